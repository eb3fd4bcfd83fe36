//! One attempt at an answer: a slot, the time that a provider has to begin and to go on, and what its breaker is told.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::provider::Provider;
use super::{Ask, Failure, FailureKind, Piece, Pieces};

/// A provider that had less than this part of its time to begin is not blamed for having been silent.
const FAIR: u32 = 2;

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

/// Why there is no answer.
pub(super) enum Refusal {
    /// The provider was not asked.
    NotAsked(Failure),
    /// It was.
    Failed(Failure),
}

/// A provider's turn to answer.
pub(super) struct Turn<'a> {
    /// Whose it is.
    pub provider: &'a Arc<Provider>,
    /// The model that is asked.
    pub model: &'a str,
    /// When it has to have begun: the time behind that is for those who are asked after it.
    pub until: Instant,
    /// How many share the time, with those before it.
    pub sharers: u32,
}

/// How long providers may take.
pub(super) struct Waits {
    /// Until an answer begins.
    pub first_token: Duration,
    /// From one piece to the next.
    pub between_pieces: Duration,
    /// As long as a request waits at most that has nothing else to wait for.
    pub request: Duration,
}

impl Waits {
    /// Asks once; says in `asking` whom, as soon as there is a slot for it.
    pub async fn attempt(
        &self,
        turn: &Turn<'_>,
        ask: &Ask,
        stream: bool,
        deadline: Instant,
        asking: &mut Option<(String, String)>,
    ) -> std::result::Result<Begun, Refusal> {
        let Turn {
            provider, model, ..
        } = *turn;
        if !provider.breaker.lets_through() {
            return Err(Refusal::NotAsked(Failure::passing(
                FailureKind::Unavailable,
                "The AI provider has failed several times and is left alone for some seconds.",
            )));
        }
        let waited_by = turn.until.min(Instant::now() + self.first_token);
        let slot = timeout_at(waited_by, Arc::clone(&provider.slots).acquire_owned()).await;
        let Ok(Ok(slot)) = slot else {
            return Err(Refusal::NotAsked(Failure::passing(
                FailureKind::RateLimited,
                "The AI provider is busy with as many requests as it may have at once.",
            )));
        };
        let name = provider.config.name.clone();
        *asking = Some((name.clone(), model.to_owned()));
        let began = Instant::now();
        let stream = stream || provider.client.streams_gladly();
        // Of an answer that comes in one piece the first piece is all of it.
        let first_by = match stream {
            true => turn.until.min(began + self.first_token),
            false => deadline,
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
        // Who was let go early has not failed: somebody else's time was up.
        let fair = self.first_token.min(self.request / turn.sharers) / FAIR;
        let blamed = asked.is_ok() || began.elapsed() >= fair;
        match asked.unwrap_or_else(|_| Err(late())) {
            Ok((first, rest)) => {
                provider.breaker.succeeded();
                Ok(Begun {
                    provider: name,
                    model: model.to_owned(),
                    first_after: began.elapsed(),
                    pieces: self.guarded(first, rest, slot, deadline),
                })
            }
            Err(failure) => {
                match failure.passing {
                    // It is there, and says no.
                    false => provider.breaker.succeeded(),
                    true if blamed && failure.kind != FailureKind::RateLimited => {
                        provider.breaker.failed();
                    }
                    true => {}
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
}
