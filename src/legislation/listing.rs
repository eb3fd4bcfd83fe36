//! Lists of bills: from the source, and of what is kept while it is down.

use super::Proposition;
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Code, Error, Result};
use crate::graphql::paging::{DEFAULT_SIZE, MAX_SIZE, decode, encode};
use crate::remote::http::Failure;
use crate::remote::legislative::{PAGE, Wanted};
use crate::validate::fold;
use crate::viewer::Viewer;

/// The part of a request's time in which the source has to answer: once for a list, and then for each of its bills.
pub(super) const SHARE: f32 = 0.4;
/// What the cursors belong to: pages of the source, or what is kept.
const AT_SOURCE: &str = "PROPOSITIONS";
const KEPT: &str = "KEPT_PROPOSITIONS";
/// The longest query, in characters, and the most words that are looked for in what is kept.
const MAX_QUERY: usize = 200;
const MAX_WORDS: usize = 10;
/// The last page of the source that is asked for.
const LAST_PAGE: u32 = 10_000;

/// A page of bills with their cursors.
pub struct Listing {
    /// The bills.
    pub rows: Vec<(String, Proposition)>,
    /// There are more behind them.
    pub more: bool,
    /// There are others before them.
    pub previous: bool,
}

/// Bills, from the source or, while it is down, of those that are kept. For signed-in viewers.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    first: Option<i32>,
    after: Option<String>,
    wanted: Wanted,
) -> Result<Listing> {
    viewer.require()?;
    let size = first.unwrap_or(DEFAULT_SIZE as i32);
    let size = usize::try_from(size)
        .ok()
        .filter(|size| (1..=MAX_SIZE).contains(size));
    let size =
        size.ok_or_else(|| Error::bad_input(format!("`first` must be from 1 to {MAX_SIZE}.")))?;
    let wanted = checked(wanted)?;
    if let Some(after) = &after {
        if let Some(offset) = decode::<u32>(KEPT, after) {
            return kept(app, wanted, offset.saturating_add(1), size).await;
        }
        let (page, offset) = decode::<(u32, u32)>(AT_SOURCE, after)
            .filter(|(page, offset)| {
                (1..=LAST_PAGE).contains(page) && usize::try_from(*offset).is_ok_and(|at| at < PAGE)
            })
            .ok_or_else(|| {
                Error::bad_input("`after` is not a cursor of this list: pass one that it gave.")
            })?;
        let at = at_source(app, &wanted, (page, offset + 1), size).await?;
        return at.map_err(|failure| unavailable(app, failure.as_ref()));
    }
    match at_source(app, &wanted, (1, 0), size).await? {
        Ok(listing) => Ok(listing),
        Err(failure) => {
            let listing = kept(app, wanted, 0, size).await?;
            // An empty list would say that there is no such bill.
            if listing.rows.is_empty() {
                return Err(unavailable(app, failure.as_ref()));
            }
            Ok(listing)
        }
    }
}

/// What is looked for, in the form that the source takes.
fn checked(wanted: Wanted) -> Result<Wanted> {
    let line = |name: &str, text: Option<String>, most: usize| match text {
        Some(text) if text.chars().count() > most => Err(Error::bad_input(format!(
            "`filter.{name}` has more than {most} characters."
        ))),
        Some(text) if text.chars().any(char::is_control) => Err(Error::bad_input(format!(
            "`filter.{name}` holds control characters."
        ))),
        text => Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())),
    };
    let positive = |name: &str, number: Option<i32>| match number {
        Some(number) if number < 1 => Err(Error::bad_input(format!(
            "`filter.{name}` is not positive."
        ))),
        number => Ok(number),
    };
    Ok(Wanted {
        query: line("query", wanted.query, MAX_QUERY)?,
        kind: line("type", wanted.kind, 10)?.map(|kind| kind.to_uppercase()),
        number: positive("number", wanted.number)?,
        year: positive("year", wanted.year)?,
    })
}

/// Bills of the source from a place on; the inner error where it gives none.
pub(super) async fn at_source(
    app: &App,
    wanted: &Wanted,
    from: (u32, u32),
    size: usize,
) -> Result<std::result::Result<Listing, Option<Failure>>> {
    let (mut page, mut offset) = from;
    let until = app.due(SHARE);
    let mut listing = Listing {
        rows: Vec::new(),
        more: false,
        previous: from != (1, 0),
    };
    loop {
        let now = app.clock.now();
        let asked = app.legislature.list(wanted.clone(), page, now, until);
        let (listed, new) = match asked.await {
            Some(Ok(answer)) => answer,
            Some(Err(failure)) => return Ok(Err(Some(failure))),
            None => return Ok(Err(None)),
        };
        let bills = listed.bills.iter();
        let bills: Vec<_> = bills
            .map(|bill| Proposition::of(bill, now, false))
            .collect();
        let wanted_here = size - listing.rows.len();
        let mut rows = Vec::new();
        if !new {
            let ids = bills.iter().map(|bill| bill.external_id.clone()).collect();
            rows = query!(app.db, propositions::list_external(ids))?;
        }
        // A page is remembered before its bills are kept: that may be under way, or have failed.
        if rows.len() < bills.len() {
            rows = commit!(app.db, propositions::keep(bills))?;
        }
        let total = rows.len();
        let behind = (0_u32..).zip(rows).skip(offset as usize).take(wanted_here);
        listing
            .rows
            .extend(behind.map(|(at, row)| (encode(AT_SOURCE, &(page, at)), row)));
        let taken = (total.saturating_sub(offset as usize)).min(wanted_here);
        let left_here = total > offset as usize + taken;
        listing.more = left_here || listed.more;
        if listing.rows.len() >= size || !listed.more || page >= LAST_PAGE {
            return Ok(Ok(listing));
        }
        (page, offset) = (page + 1, 0);
    }
}

/// Bills that are kept.
pub(super) async fn kept(app: &App, wanted: Wanted, offset: u32, size: usize) -> Result<Listing> {
    let words = wanted.query.as_deref().map(fold);
    let words = words.map(|words| {
        let words: Vec<&str> = words.split_whitespace().take(MAX_WORDS).collect();
        words.join(" ")
    });
    let wanted = Wanted {
        query: words,
        ..wanted
    };
    let limit = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = query!(
        app.db,
        propositions::search(wanted, i64::from(offset), limit)
    )?;
    let more = rows.len() > size;
    rows.truncate(size);
    let rows = (offset..)
        .zip(rows)
        .map(|(at, row)| (encode(KEPT, &at), row));
    Ok(Listing {
        rows: rows.collect(),
        more,
        previous: offset > 0,
    })
}

/// What is told where the source gives nothing and nothing is kept.
pub(super) fn unavailable(app: &App, failure: Option<&Failure>) -> Error {
    let message = match failure {
        Some(failure) => format!("The source of bills gave nothing: {failure}. Try again later."),
        None if app.legislature.is_configured() => "The source of bills gave nothing.".to_owned(),
        None => "No source of bills is configured: set LEGISLATIVE_API_URL, for instance to \
                 https://dadosabertos.camara.leg.br/api/v2."
            .to_owned(),
    };
    Error::refused(Code::ServiceUnavailable, message)
}
