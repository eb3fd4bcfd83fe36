//! The configured providers: who is asked, how often, for how long, and who is asked instead.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::attempt::{Begun, Refusal, Turn, Waits};
use super::provider::{Provider, Status};
use super::{Ask, Failure, FailureKind, Model};
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
    waits: Waits,
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

/// What was tried of an answer, also where nobody waits for the end of it any more.
#[derive(Debug, Default)]
pub struct Tried {
    /// The attempts that brought nothing.
    pub failed: Vec<Attempt>,
    /// The provider and the model that are being asked.
    pub asking: Option<(String, String)>,
}

impl Providers {
    /// Those of the configuration; a request waits for an answer as long as `request`.
    pub fn new(config: &config::Ai, request: Duration) -> Result<Self> {
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
            waits: Waits {
                first_token: config.first_token,
                between_pieces: config.between_pieces,
                request,
            },
        })
    }

    /// Asks until an answer begins, a failure is final, or it is `deadline`; notes in `tried` what was tried until then.
    /// The answer goes on until `deadline` at most.
    pub async fn begin(
        &self,
        ask: &Ask,
        stream: bool,
        deadline: Instant,
        tried: &mut Tried,
    ) -> std::result::Result<Begun, Failure> {
        let (candidates, model) = self.candidates(ask.model.as_deref());
        let mut last = self.nobody(ask.model.as_deref());
        for (provider, left) in candidates.iter().zip((1..=candidates.len()).rev()) {
            let model = model.unwrap_or(&provider.config.model);
            let turn = Turn {
                provider,
                model,
                until: share(deadline, left),
                sharers: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
            };
            for attempt in 1..=TRIES {
                let attempted = self
                    .waits
                    .attempt(&turn, ask, stream, deadline, &mut tried.asking);
                let begun = attempted.await;
                tried.asking = None;
                let failure = match begun {
                    Ok(begun) => return Ok(begun),
                    Err(Refusal::NotAsked(failure)) => {
                        last = failure;
                        break;
                    }
                    Err(Refusal::Failed(failure)) => failure,
                };
                let wait = pause(attempt, failure.retry_after);
                let again = failure.passing
                    && attempt < TRIES
                    && wait.is_some_and(|wait| Instant::now() + wait < turn.until);
                tried.failed.push(Attempt {
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
        Err(last)
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

/// When the first of so many has to have begun that all have as much of the time until `deadline`.
fn share(deadline: Instant, among: usize) -> Instant {
    let among = u32::try_from(among).unwrap_or(u32::MAX).max(1);
    match among {
        1 => deadline,
        _ => Instant::now() + deadline.saturating_duration_since(Instant::now()) / among,
    }
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
        let providers = Providers::new(&config, Duration::ZERO).unwrap();
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
