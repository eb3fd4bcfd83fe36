//! Open-data services of parliaments: what every one of them gives, and what the last answers were.

mod camara;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::http::Failure;
use crate::config;
use crate::db::types::Timestamp;
use crate::error::Result;

/// How many bills a page of a source has.
pub const PAGE: usize = 100;
/// How many pages are remembered; a page has some ten kilobytes.
const PAGES: u64 = 200;

/// A bill as a source gives it.
#[derive(Debug, Clone)]
pub struct Bill {
    /// The id at the source.
    pub external_id: String,
    /// `PL`, `PEC`, `MPV`, …
    pub kind: String,
    /// Its number within the year.
    pub number: i32,
    /// The year.
    pub year: i32,
    /// What it is about.
    pub summary: String,
    /// Who brought it in.
    pub authors: Vec<String>,
    /// Where it is in the procedure.
    pub status: Option<String>,
    /// When it was brought in.
    pub presented_on: Option<NaiveDate>,
    /// Its whole text.
    pub url: Option<String>,
    /// The votes on it.
    pub votes: Vec<Vote>,
}

/// A vote on a bill.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Vote {
    /// The id at the source.
    pub external_id: String,
    /// When.
    pub date: Option<DateTime<Utc>>,
    /// Which part of the parliament voted.
    pub body: Option<String>,
    /// What was decided.
    pub description: String,
    /// Whether it was accepted; none where the source does not say.
    pub approved: Option<bool>,
}

/// Which bills are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Wanted {
    /// Words of the summary or the keywords.
    pub query: Option<String>,
    /// `PL`, `PEC`, …
    pub kind: Option<String>,
    /// The number.
    pub number: Option<i32>,
    /// The year.
    pub year: Option<i32>,
}

/// A page of a source's list.
#[derive(Debug)]
pub struct Listed {
    /// The bills, without authors, status and votes.
    pub bills: Vec<Bill>,
    /// There are more behind them.
    pub more: bool,
}

type Answer<'a, T> = BoxFuture<'a, std::result::Result<T, Failure>>;

/// What a parliament's service is asked.
pub trait LegislativeSource: Send + Sync {
    /// A page of bills, from page 1 on, [`PAGE`] at a time; a failure where it is not there by `until`.
    fn list<'a>(&'a self, wanted: &'a Wanted, page: u32, until: Instant) -> Answer<'a, Listed>;
    /// A bill with everything about it, by `until` as well; `None` where the source knows none of that id.
    fn find<'a>(&'a self, external_id: &'a str, until: Instant) -> Answer<'a, Option<Bill>>;
}

type Remembered = (Timestamp, Arc<Listed>);

/// The configured source, asked once however many want the same at the same time.
pub struct Legislature {
    source: Option<Arc<dyn LegislativeSource>>,
    pages: Cache<(Wanted, u32), Remembered>,
    finding: Cache<String, Option<Arc<Bill>>>,
    list_fresh: Duration,
    /// How long a bill counts as fresh.
    pub fresh: Duration,
}

impl Legislature {
    /// The source that the configuration names, if it names one.
    pub fn new(config: &config::Legislation) -> Result<Self> {
        let source = config.url.clone().map(|url| {
            let source = camara::Camara::new(url, config.timeout)?;
            Ok::<Arc<dyn LegislativeSource>, crate::error::Error>(Arc::new(source))
        });
        Ok(Self {
            source: source.transpose()?,
            pages: Cache::new(PAGES),
            finding: Cache::new(PAGES),
            list_fresh: config.list_fresh,
            fresh: config.fresh,
        })
    }

    /// Whether there is a source.
    pub fn is_configured(&self) -> bool {
        self.source.is_some()
    }

    /// A page of bills, and whether it comes from the source just now; `None` without a source. Whoever asks for what
    /// is being asked already waits as long as that.
    pub async fn list(
        &self,
        wanted: Wanted,
        page: u32,
        now: Timestamp,
        until: Instant,
    ) -> Option<std::result::Result<(Arc<Listed>, bool), Failure>> {
        let source = self.source.clone()?;
        let key = (wanted, page);
        if let Some((at, listed)) = self.pages.get(&key).await {
            if now < at.plus(self.list_fresh) {
                return Some(Ok((listed, false)));
            }
            self.pages.invalidate(&key).await;
        }
        let (wanted, page) = key.clone();
        let asking = async move {
            let listed = source.list(&wanted, page, until).await?;
            Ok((now, Arc::new(listed)))
        };
        let listed = self.pages.try_get_with(key, asking).await;
        let listed = listed.map(|(_, listed)| (listed, true));
        Some(listed.map_err(|failure: Arc<Failure>| Failure::clone(&failure)))
    }

    /// A bill with everything about it; the outer `None` without a source.
    pub async fn find(
        &self,
        external_id: &str,
        until: Instant,
    ) -> Option<std::result::Result<Option<Arc<Bill>>, Failure>> {
        let source = self.source.clone()?;
        let key = external_id.to_owned();
        let asked = key.clone();
        let asking = async move { Ok(source.find(&asked, until).await?.map(Arc::new)) };
        let found = self.finding.try_get_with(key.clone(), asking).await;
        // The database remembers; this only brings those together who ask at the same time.
        self.finding.invalidate(&key).await;
        Some(found.map_err(|failure: Arc<Failure>| Failure::clone(&failure)))
    }
}

/// The longest id of a source.
const LONGEST_ID: usize = 40;

/// Whether a text can be an id of a source; others are never asked for.
pub fn is_external_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}
