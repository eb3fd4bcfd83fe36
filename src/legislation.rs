//! Legislation: bills of a parliament, read from its open-data service and kept for when that is down.

pub mod graphql;
pub mod listing;
pub mod naming;
pub mod service;
pub mod summary;

use diesel::{Insertable, Queryable, Selectable};

use crate::db::types::{JsonValue, Timestamp};
use crate::id::PropositionId;
use crate::remote::legislative::{Bill, Vote};

/// A bill as it was last read.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::propositions)]
pub struct Proposition {
    /// Its id here.
    pub id: PropositionId,
    /// Its id at the source.
    pub external_id: String,
    /// `PL`, `PEC`, `MPV`, …
    pub kind: String,
    /// Its number within the year.
    pub number: i32,
    /// The year.
    pub year: i32,
    /// What it is about.
    pub summary: String,
    /// What it is found by while the source is down: kind, number, year and summary, folded.
    pub search_key: String,
    /// Who brought it in: an array of names.
    pub authors: JsonValue,
    /// Where it is in the procedure.
    pub status: Option<String>,
    /// When it was brought in, as `2020-03-30`.
    pub presented_on: Option<String>,
    /// Its whole text.
    pub url: Option<String>,
    /// The votes on it.
    pub votes: JsonValue,
    /// When it was last read, from a list or by itself.
    pub fetched_at: Timestamp,
    /// When authors, status and votes were last read; none where only a list told of it.
    pub details_at: Option<Timestamp>,
}

impl Proposition {
    /// The row of a bill that was read at `now`, with its details or from a list.
    pub fn of(bill: &Bill, now: Timestamp, detailed: bool) -> Self {
        let (kind, number, year) = (&bill.kind, bill.number, bill.year);
        let words = format!("{kind} {number}/{year} {}", bill.summary);
        let votes = serde_json::to_value(&bill.votes).unwrap_or_default();
        Self {
            id: PropositionId::new(),
            external_id: bill.external_id.clone(),
            kind: bill.kind.clone(),
            number,
            year,
            summary: bill.summary.clone(),
            search_key: crate::validate::fold(&words),
            authors: JsonValue(bill.authors.clone().into()),
            status: bill.status.clone(),
            presented_on: bill.presented_on.map(|day| day.to_string()),
            url: bill.url.clone(),
            votes: JsonValue(votes),
            fetched_at: now,
            details_at: detailed.then_some(now),
        }
    }

    /// Who brought it in.
    pub fn authors(&self) -> Vec<String> {
        serde_json::from_value(self.authors.0.clone()).unwrap_or_default()
    }

    /// The votes on it.
    pub fn votes(&self) -> Vec<Vote> {
        serde_json::from_value(self.votes.0.clone()).unwrap_or_default()
    }
}
