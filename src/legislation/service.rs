//! Reading single bills: from the source where they are not fresh, and as they are kept while it is down.

use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::timeout;
use tracing::Instrument;

use super::Proposition;
use super::listing::{SHARE, at_source, kept, unavailable};
use super::naming::Named;
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Code, Error, Result};
use crate::id::PropositionId;
use crate::remote::http::Failure;
use crate::remote::legislative::{Wanted, is_external_id};
use crate::viewer::Viewer;

/// How long the source is waited for where what it said of a bill is kept.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bill with its votes, by its id at the source; `None` where neither the source nor what is kept has it. For
/// signed-in viewers.
pub async fn find_external(
    app: &App,
    viewer: &Viewer,
    external_id: &str,
) -> Result<Option<Proposition>> {
    viewer.require()?;
    if !is_external_id(external_id) {
        return Ok(None);
    }
    read(app, external_id).await
}

/// A bill that is kept, by its id here; for signed-in viewers.
pub async fn find(app: &App, viewer: &Viewer, id: PropositionId) -> Result<Option<Proposition>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    query!(app.db, propositions::find(id))
}

/// The same bill with authors, status and votes, as far as the source or what is kept has them.
pub async fn detailed(app: &App, bill: Proposition) -> Result<Proposition> {
    if bill.details_at.is_some() {
        return Ok(bill);
    }
    match read(app, &bill.external_id).await {
        Ok(found) => Ok(found.unwrap_or(bill)),
        Err(Error::Refused {
            code: Code::ServiceUnavailable,
            ..
        }) => Ok(bill),
        Err(error) => Err(error),
    }
}

async fn read(app: &App, external_id: &str) -> Result<Option<Proposition>> {
    let now = app.clock.now();
    let known = query!(app.db, propositions::find_external(external_id.to_owned()))?;
    let read_at = known.as_ref().and_then(|bill| bill.details_at);
    if read_at.is_some_and(|at| now < at.plus(app.legislature.fresh)) {
        return Ok(known);
    }
    // In a task of its own: a slow source renews what is kept also where nobody waits for it any longer.
    let renewing = renewed(app.clone(), external_id.to_owned());
    let renewing = tokio::spawn(renewing.in_current_span());
    let renewed = match read_at {
        Some(_) => match timeout(PATIENCE, renewing).await {
            Ok(renewed) => renewed,
            Err(_) => return Ok(known),
        },
        None => renewing.await,
    };
    match renewed.map_err(|cause| Error::task_stopped(&cause))?? {
        Ok(Some(bill)) => Ok(Some(bill)),
        // What the source has taken down stays readable here.
        Ok(None) => Ok(known),
        Err(_) if known.is_some() => Ok(known),
        Err(failure) => Err(unavailable(app, failure.as_ref())),
    }
}

/// A bill as the source has it now, which is kept; the inner error where it does not say.
async fn renewed(
    app: App,
    external_id: String,
) -> Result<std::result::Result<Option<Proposition>, Option<Failure>>> {
    let now = app.clock.now();
    let bill = match app.legislature.find(&external_id, app.due(SHARE)).await {
        Some(Ok(Some(bill))) => Proposition::of(&bill, now, true),
        Some(Ok(None)) => return Ok(Ok(None)),
        Some(Err(failure)) => return Ok(Err(Some(failure))),
        None => return Ok(Err(None)),
    };
    let kept = commit!(app.db, propositions::keep(vec![bill]))?;
    Ok(Ok(kept.into_iter().next()))
}

/// The bills of these names, as an enrichment.
pub async fn named(app: &App, names: &[Named]) -> Result<Vec<Value>> {
    // All at once: one after the other, a slow source would take longer than the request may.
    let found = try_join_all(names.iter().map(|name| of_name(app, name))).await?;
    let found = found.into_iter().flatten().map(|bill| {
        json!({
            "id": bill.id,
            "externalId": bill.external_id,
            "type": bill.kind,
            "number": bill.number,
            "year": bill.year,
            "summary": bill.summary,
            "authors": bill.authors.0,
            "status": bill.status,
            "presentedOn": bill.presented_on,
            "url": bill.url,
            "fetchedAt": bill.fetched_at,
        })
    });
    Ok(found.collect())
}

async fn of_name(app: &App, name: &Named) -> Result<Option<Proposition>> {
    let wanted = Wanted {
        query: None,
        kind: Some(name.kind.clone()),
        number: Some(name.number),
        year: Some(name.year),
    };
    let first = match at_source(app, &wanted, (1, 0), 1).await? {
        Ok(listing) => listing,
        Err(failure) => match kept(app, wanted, 0, 1).await? {
            listing if listing.rows.is_empty() => {
                return Err(unavailable(app, failure.as_ref()));
            }
            listing => listing,
        },
    };
    match first.rows.into_iter().next() {
        Some((_, bill)) => detailed(app, bill).await.map(Some),
        None => Ok(None),
    }
}
