//! What answers use: reserved before they are asked for, settled after, so that no user gets past the day's budget
//! by asking often at once, on any replica.

use std::time::Duration;

use serde_json::json;

use super::budget::{day, exceeded, limit};
use super::{AttemptRow, Outcome, Usage, named, tokens};
use crate::app::App;
use crate::db::commit;
use crate::error::Result;
use crate::id::{AttemptId, UserId};
use crate::idempotency::slot;
use crate::logs::Log;
use crate::remote::ai::{Ask, FailureKind, Tokens, Tried};
use crate::viewer::Viewer;

/// How long after its own end an answer may be settled.
const LATE: Duration = Duration::from_secs(60);

/// The account of one answer, from its reservation to its settlement.
pub struct Account {
    rows: Vec<AttemptRow>,
    prompt: i64,
}

/// How an attempt ended that did get an answer, or a part of one.
pub struct Answered<'a> {
    /// Who answered.
    pub provider: &'a str,
    /// For which model.
    pub model: &'a str,
    /// What arrived.
    pub text: &'a str,
    /// What was used, where the provider says so.
    pub tokens: Option<Tokens>,
    /// What became of it.
    pub outcome: Outcome,
}

impl Account {
    /// Reserves what `ask` may use under `id`; cuts its `max_tokens` down to what is left of the day. QUOTA_EXCEEDED
    /// where that is nothing.
    pub async fn open(
        app: &App,
        id: AttemptId,
        user: UserId,
        purpose: &str,
        ask: &mut Ask,
        within: Duration,
    ) -> Result<Self> {
        let prompt = tokens::of_prompt(&ask.messages).await?;
        let now = app.clock.now();
        let (provider, model) = app.ai.expected(ask.model.as_deref());
        let want = prompt.saturating_add(i64::from(ask.max_tokens));
        let row = AttemptRow {
            id,
            user_id: user,
            at: now,
            settle_by: now.plus(within + LATE),
            purpose: purpose.to_owned(),
            provider,
            model,
            outcome: Outcome::Running,
            reserved: i32::try_from(want).unwrap_or(i32::MAX),
            prompt_tokens: i32::try_from(prompt).unwrap_or(i32::MAX),
            completion_tokens: 0,
            estimated: true,
        };
        let limit = limit(app);
        let least = prompt.saturating_add(1);
        let attempt = row.clone();
        // A reservation is nothing that a mutation has done: a crash behind it leaves the next try free to ask.
        let reserved = slot::carried(None, async {
            commit!(app.db, ai_usage::reserve(attempt, day(now), limit, least))
        });
        match reserved.await? {
            Ok(granted) => {
                let left = i64::from(granted).saturating_sub(prompt).max(1);
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                ask.max_tokens = ask.max_tokens.min(left);
                Ok(Self {
                    rows: vec![row],
                    prompt,
                })
            }
            Err(left) => Err(exceeded(left, now)),
        }
    }

    /// Notes attempts that brought nothing, the one among them that somebody did not want to wait for any more.
    pub fn tried(&mut self, tried: &Tried) {
        for attempt in &tried.failed {
            count(&attempt.provider, "failed");
            // Who took too long may have worked all the same; who refused has not.
            let worked = attempt.failure.kind == FailureKind::Timeout;
            let prompt = if worked { self.prompt } else { 0 };
            self.note(
                &attempt.provider,
                &attempt.model,
                Outcome::Failed,
                prompt,
                0,
                true,
            );
        }
        if let Some((provider, model)) = &tried.asking {
            count(provider, Outcome::Stopped.name());
            self.note(provider, model, Outcome::Stopped, self.prompt, 0, true);
        }
    }

    /// Notes an attempt that got an answer, or a part of one.
    pub async fn answered(&mut self, answered: Answered<'_>) -> Result<()> {
        let usage = match answered.tokens {
            Some(tokens) => Usage {
                prompt: tokens.prompt.into(),
                completion: tokens.completion.into(),
                estimated: false,
            },
            None => Usage {
                prompt: self.prompt,
                completion: tokens::of_answer(answered.text).await?,
                estimated: true,
            },
        };
        let Answered {
            provider,
            model,
            outcome,
            ..
        } = answered;
        count(provider, outcome.name());
        for (kind, tokens) in [("prompt", usage.prompt), ("completion", usage.completion)] {
            let provider = provider.to_owned();
            metrics::counter!("pluma_ai_tokens_total", "provider" => provider, "kind" => kind)
                .increment(u64::try_from(tokens).unwrap_or(0));
        }
        self.note(
            provider,
            model,
            outcome,
            usage.prompt,
            usage.completion,
            usage.estimated,
        );
        Ok(())
    }

    /// What all attempts used together.
    pub fn usage(&self) -> Usage {
        let asked = self
            .rows
            .iter()
            .filter(|row| row.outcome != Outcome::Running);
        asked.fold(Usage::default(), |mut sum, row| {
            sum += Usage {
                prompt: row.prompt_tokens.into(),
                completion: row.completion_tokens.into(),
                // Who refused has used nothing, and that is no estimate.
                estimated: row.estimated && row.prompt_tokens > 0,
            };
            sum
        })
    }

    fn note(
        &mut self,
        provider: &str,
        model: &str,
        outcome: Outcome,
        prompt: i64,
        completion: i64,
        estimated: bool,
    ) {
        let whole = |tokens| i32::try_from(tokens).unwrap_or(i32::MAX);
        let noted = |row: &AttemptRow| AttemptRow {
            provider: provider.to_owned(),
            model: model.to_owned(),
            outcome,
            reserved: 0,
            prompt_tokens: whole(prompt),
            completion_tokens: whole(completion),
            estimated,
            ..row.clone()
        };
        match self.rows.as_mut_slice() {
            // The reservation becomes the first attempt.
            [row] if row.outcome == Outcome::Running => *row = noted(row),
            [row, ..] => {
                let id = AttemptId::new();
                let row = AttemptRow { id, ..noted(row) };
                self.rows.push(row);
            }
            [] => {}
        }
    }

    /// How often a provider was asked.
    pub fn attempts(&self) -> usize {
        let asked = |row: &&AttemptRow| row.outcome != Outcome::Running;
        self.rows.iter().filter(asked).count()
    }

    /// Writes what was used, and an entry of the log; where nobody was asked, the reservation is taken back.
    pub async fn settle(self, app: &App, viewer: &Viewer) -> Result<()> {
        let entry = Log::audit(viewer, app.clock.now(), "ai.asked", self.id());
        match self.settlement(entry) {
            // A reservation that is taken back is nothing that a mutation has done.
            Settlement::Release(id) => {
                let release = Settlement::Release(id);
                slot::carried(None, async { commit!(app.db, ai_usage::settle(release)) }).await
            }
            attempts => commit!(app.db, ai_usage::settle(attempts)),
        }
    }

    fn id(&self) -> AttemptId {
        self.rows.last().map_or_else(AttemptId::new, |row| row.id)
    }

    /// What is to be written; `entry` says who asked.
    pub fn settlement(self, entry: Log) -> Settlement {
        let Some(last) = self.rows.last() else {
            return Settlement::Nothing;
        };
        if last.outcome == Outcome::Running {
            return Settlement::Release(last.id);
        }
        let sum = |of: fn(&AttemptRow) -> i32| {
            self.rows.iter().map(|row| i64::from(of(row))).sum::<i64>()
        };
        let entry = entry.with(json!({
            "purpose": last.purpose,
            "model": named(&last.provider, &last.model),
            "outcome": last.outcome.as_str(),
            "attempts": self.rows.len(),
            "promptTokens": sum(|row| row.prompt_tokens),
            "completionTokens": sum(|row| row.completion_tokens),
        }));
        Settlement::Attempts(self.rows, Box::new(entry))
    }
}

/// What becomes of a reservation.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// There was none.
    Nothing,
    /// It is taken back: nobody was asked.
    Release(AttemptId),
    /// It becomes what was used, with an entry of the log.
    Attempts(Vec<AttemptRow>, Box<Log>),
}

/// By provider alone: a label that requests could choose would grow without bound.
fn count(provider: &str, outcome: &'static str) {
    let provider = provider.to_owned();
    metrics::counter!("pluma_ai_attempts_total", "provider" => provider, "outcome" => outcome)
        .increment(1);
}
