//! The configured providers: who is asked, how often, for how long, and who is asked instead.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::provider::{Provider, Status};
use super::{Ask, Failure, FailureKind, Model, Piece, Pieces};
use crate::clock;
use crate::config;
use crate::error::{Error, Result};

/// How often one provider is asked at most, and the pause before the second time; it doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);
/// A provider that asks to wait longer is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// All of them.
pub struct Providers {
    all: Vec<Arc<Provider>>,
    order: Vec<Arc<Provider>>,
    first_token: Duration,
    between_pieces: Duration,
}

/// One attempt that brought nothing.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Who was asked.
    pub provider: String,
    /// For which model.
    pub model: String,
    /// What came instead.
    pub failure: Failure,
}

/// An answer that has begun.
pub struct Begun {
    /// Who answers.
    pub provider: String,
    /// The model that was asked.
    pub model: String,
    /// How long its first piece took.
    pub first_after: Duration,
    /// Its pieces, from the first one on. Dropping them ends the request.
    pub pieces: Pieces,
}

impl Providers {
    /// Those of the configuration.
    pub fn new(config: &config::Ai) -> Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(Error::caused_by)?;
        let configured = config.providers.iter().flatten();
        let all: Vec<_> = configured
            .map(|provider| Arc::new(Provider::new(provider, &http, config)))
            .collect();
        let order = match &config.order {
            None => all.clone(),
            Some(order) => {
                let named = |name: &String| all.iter().find(|one| one.config.name == *name);
                order.iter().filter_map(named).cloned().collect()
            }
        };
        Ok(Self {
            all,
            order,
            first_token: config.first_token,
            between_pieces: config.between_pieces,
        })
    }

    /// Asks until an answer begins, a failure is final, or it is `deadline`; gives what was tried before too. The
    /// answer goes on until `deadline` at most.
    pub async fn begin(
        &self,
        ask: &Ask,
        stream: bool,
        deadline: Instant,
    ) -> (Vec<Attempt>, std::result::Result<Begun, Failure>) {
        let mut failed = Vec::new();
        let (candidates, model) = self.candidates(ask.model.as_deref());
        let mut last = self.nobody(ask.model.as_deref());
        for provider in candidates {
            let model = model.unwrap_or(&provider.config.model);
            for attempt in 1..=TRIES {
                let begun = self.attempt(provider, ask, model, stream, deadline).await;
                let failure = match begun {
                    Ok(begun) => return (failed, Ok(begun)),
                    Err(Refusal::NotAsked(failure)) => {
                        last = failure;
                        break;
                    }
                    Err(Refusal::Failed(failure)) => failure,
                };
                let wait = pause(attempt, failure.retry_after);
                let again = failure.passing
                    && attempt < TRIES
                    && wait.is_some_and(|wait| Instant::now() + wait < deadline);
                failed.push(Attempt {
                    provider: provider.config.name.clone(),
                    model: model.to_owned(),
                    failure: failure.clone(),
                });
                last = failure;
                match wait {
                    Some(wait) if again => tokio::time::sleep(wait).await,
                    _ => break,
                }
            }
            if !last.elsewhere || Instant::now() >= deadline {
                break;
            }
        }
        (failed, Err(last))
    }

    /// Whether there is somebody to ask for a model, without asking.
    pub fn require(&self, model: Option<&str>) -> std::result::Result<(), Failure> {
        match self.candidates(model).0.is_empty() {
            true => Err(self.nobody(model)),
            false => Ok(()),
        }
    }

    fn nobody(&self, model: Option<&str>) -> Failure {
        match model {
            Some(model) if !self.all.is_empty() => {
                let message = format!("No AI provider has a model `{}`.", shortened(model));
                Failure::lasting(FailureKind::UnknownModel, message)
            }
            _ => Failure::lasting(
                FailureKind::Unavailable,
                "No AI provider is configured: set PLUMA_AI_PROVIDERS.",
            ),
        }
    }

    /// Who may be asked, in their order, and for which model if not for their own.
    fn candidates<'a>(&'a self, model: Option<&'a str>) -> (&'a [Arc<Provider>], Option<&'a str>) {
        let Some(model) = model else {
            return (&self.order, None);
        };
        let named = |name: &str| self.all.iter().position(|one| one.config.name == name);
        if let Some((name, model)) = model.split_once('/')
            && let Some(index) = named(name)
        {
            return (
                &self.all[index..=index],
                Some(model).filter(|name| !name.is_empty()),
            );
        }
        // `echo` alone is the provider and its model.
        if let Some(index) = named(model) {
            return (&self.all[index..=index], None);
        }
        (&self.order, Some(model))
    }

    /// Who would be asked first, and for which model.
    pub fn expected(&self, model: Option<&str>) -> (String, String) {
        let (candidates, model) = self.candidates(model);
        let first = candidates.first().map(|provider| &provider.config);
        let model = model.or(first.map(|first| first.model.as_str()));
        let name = first.map(|first| first.name.clone());
        (
            name.unwrap_or_default(),
            model.unwrap_or_default().to_owned(),
        )
    }

    async fn attempt(
        &self,
        provider: &Arc<Provider>,
        ask: &Ask,
        model: &str,
        stream: bool,
        deadline: Instant,
    ) -> std::result::Result<Begun, Refusal> {
        if !provider.breaker.lets_through() {
            return Err(Refusal::NotAsked(Failure::passing(
                FailureKind::Unavailable,
                "The AI provider has failed several times and is left alone for some seconds.",
            )));
        }
        let began = Instant::now();
        let first_by = deadline.min(began + self.first_token);
        let slot = timeout_at(first_by, Arc::clone(&provider.slots).acquire_owned()).await;
        let Ok(Ok(slot)) = slot else {
            return Err(Refusal::NotAsked(Failure::passing(
                FailureKind::RateLimited,
                "The AI provider is busy with as many requests as it may have at once.",
            )));
        };
        let asked = async {
            let mut pieces = provider.client.ask(ask, model, stream).await?;
            match pieces.next().await {
                Some(Ok(first)) => Ok((first, pieces)),
                Some(Err(failure)) => Err(failure),
                None => Err(Failure::broken_off()),
            }
        };
        let late = || Failure::passing(FailureKind::Timeout, "The AI provider took too long.");
        let asked = timeout_at(first_by, asked).await;
        match asked.unwrap_or_else(|_| Err(late())) {
            Ok((first, rest)) => {
                provider.breaker.succeeded();
                Ok(Begun {
                    provider: provider.config.name.clone(),
                    model: model.to_owned(),
                    first_after: began.elapsed(),
                    pieces: self.guarded(first, rest, slot, deadline),
                })
            }
            Err(failure) => {
                if failure.passing && failure.kind != FailureKind::RateLimited {
                    provider.breaker.failed();
                }
                Err(Refusal::Failed(failure))
            }
        }
    }

    /// The pieces of an answer, none of which may take too long.
    fn guarded(
        &self,
        first: Piece,
        mut rest: Pieces,
        slot: OwnedSemaphorePermit,
        deadline: Instant,
    ) -> Pieces {
        let between = self.between_pieces;
        stream! {
            let _slot = slot;
            let mut last = matches!(first, Piece::End { .. });
            yield Ok(first);
            while !last {
                let by = deadline.min(Instant::now() + between);
                let piece = match timeout_at(by, rest.next()).await {
                    Ok(Some(piece)) => piece,
                    Ok(None) => Err(Failure::broken_off()),
                    Err(_) => Err(Failure::passing(
                        FailureKind::Timeout,
                        "The AI provider took too long to go on.",
                    )),
                };
                last = !matches!(piece, Ok(Piece::Text(_)));
                yield piece;
            }
        }
        .boxed()
    }

    /// The models of every provider that says which it has, with the provider's name; the default one of the others.
    pub async fn models(&self) -> Vec<(String, Model)> {
        let lists = self.all.iter().map(|provider| async {
            let models = provider.models().await;
            let named = |model| (provider.config.name.clone(), model);
            models.into_iter().map(named).collect::<Vec<_>>()
        });
        futures_util::future::join_all(lists).await.concat()
    }

    /// How the first provider is; `None` where there is none.
    pub async fn status(&self) -> Option<Status> {
        let provider = self.order.first()?;
        Some(provider.status().await)
    }

    /// The model that is asked unless a request names one.
    pub fn default_model(&self) -> Option<&str> {
        let provider = self.order.first()?;
        Some(provider.config.model.as_str())
    }
}

/// Why there is no answer.
enum Refusal {
    /// The provider was not asked.
    NotAsked(Failure),
    /// It was.
    Failed(Failure),
}

fn shortened(model: &str) -> String {
    model
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect()
}

/// How long to wait before another attempt; `None` where the provider asks to wait too long.
fn pause(attempt: u32, asked: Option<Duration>) -> Option<Duration> {
    let [random] = clock::random_bytes().unwrap_or([0]);
    let whole = PAUSE * 2_u32.pow(attempt - 1);
    let pause = whole / 2 + whole * u32::from(random) / 255;
    let wait = asked.map_or(pause, |asked| asked.max(pause.min(PAUSE)));
    (wait <= LONGEST_WAIT).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AiProvider;

    #[test]
    fn a_provider_s_wish_to_wait_is_honoured_or_its_request_given_up() {
        let asked = |millis| Some(Duration::from_millis(millis));
        assert!(pause(1, None).unwrap() <= PAUSE * 2);
        assert!(pause(3, None).unwrap() >= PAUSE * 2);
        assert_eq!(pause(1, asked(5_000)), asked(5_000));
        assert_eq!(pause(1, asked(60_000)), None);
    }

    #[test]
    fn a_model_s_name_says_who_is_asked() {
        let provider = |name: &str| AiProvider {
            name: name.to_owned(),
            model: format!("{name}-default"),
            ..AiProvider::echo()
        };
        let config = config::Config::load_from(&|_| None, None).unwrap().ai;
        let config = config::Ai {
            providers: Some(vec![provider("a"), provider("b"), provider("c")]),
            order: Some(vec!["c".to_owned(), "a".to_owned()]),
            ..config
        };
        let providers = Providers::new(&config).unwrap();
        let candidates = |model: Option<&'static str>| {
            let (candidates, model) = providers.candidates(model);
            let names = candidates.iter().map(|one| one.config.name.clone());
            (names.collect::<Vec<_>>().concat(), model)
        };
        assert_eq!(candidates(None), ("ca".to_owned(), None));
        assert_eq!(candidates(Some("b/x/y")), ("b".to_owned(), Some("x/y")));
        assert_eq!(
            candidates(Some("meta/llama")),
            ("ca".to_owned(), Some("meta/llama"))
        );
        assert_eq!(candidates(Some("b")), ("b".to_owned(), None));
    }
}
