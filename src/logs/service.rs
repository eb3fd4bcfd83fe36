//! What people do with the log; every function here authorises.

use serde_json::Value;

use super::chain::{ChainKey, Follow, Sealed};
use super::{Log, LogChanges, LogFilter, LogKind, MAX_ACTION};
use crate::app::App;
use crate::db::commit;
use crate::db::query;
use crate::db::types::{JsonValue, Timestamp};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{LogId, UserId};
use crate::validate::{Checks, json};
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "DATE";
/// The longest id, in characters.
const MAX_SUBJECT: usize = 100;
/// How many entries are checked at once.
const CHUNK: i64 = 1_000;
/// How often a check begins anew when the log was trimmed meanwhile.
const RETRIES: usize = 3;

/// What a client notes.
pub struct NewLog {
    /// What was done.
    pub action: String,
    /// What it was done to.
    pub subject_id: Option<String>,
    /// More about it.
    pub details: Option<Value>,
}

/// What a check of the chain found.
pub struct Verification {
    /// How many entries hold, from the oldest one on.
    pub entries: i64,
    /// The first entry that does not.
    pub first_broken: Option<Log>,
    /// What is wrong; nothing where the chain holds.
    pub problem: Option<String>,
    /// The newest hash that holds.
    pub head: String,
}

/// The filter of what `viewer` may see.
pub(super) fn visible(viewer: &Viewer, filter: LogFilter) -> Result<LogFilter> {
    let identity = viewer.require()?;
    let visible_to: Option<UserId> = (!viewer.is_admin()).then_some(identity.user_id);
    Ok(LogFilter {
        visible_to,
        ..filter
    })
}

/// An entry, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: LogId) -> Result<Option<Log>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let filter = visible(viewer, LogFilter::default())?;
    query!(app.db, logs::find(id, filter))
}

/// A page of the log, the newest entries first: everybody's for administrators, their own for others.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    filter: LogFilter,
) -> Result<Items<Log>> {
    let filter = visible(viewer, filter)?;
    let window = page.window::<(Timestamp, LogId)>(ORDER)?;
    let rows = query!(app.db, logs::list(filter.clone(), window.clone()))?;
    let slice = Slice::cut(rows, &window).map(|log| (encode(ORDER, &(log.date, log.id)), log));
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let (app, filter) = (app.clone(), filter.clone());
        async move { query!(app.db, logs::count(filter)) }
    }))
}

/// Notes something under the viewer's name.
pub async fn create(app: &App, viewer: &Viewer, input: NewLog) -> Result<Log> {
    viewer.require()?;
    let mut checks = Checks::new();
    let action = action(&mut checks, &input.action);
    let subject_id = input.subject_id.map(|id| {
        let path = ["input", "subjectId"];
        let id = checks.line(path, &id, 1, MAX_SUBJECT);
        if id.contains(char::is_whitespace) {
            let message = "This is no id: ids hold no white space.";
            checks.add(UserErrorCode::Invalid, path, message);
        }
        id
    });
    let details = details(&mut checks, input.details);
    checks.done()?;
    let entry = Log {
        subject_id,
        details,
        ..Log::of(viewer, LogKind::Custom, app.clock.now(), action)
    };
    commit!(app.db, logs::create(entry.clone()))?;
    Ok(entry)
}

/// Changes a CUSTOM entry; its author and administrators may.
pub async fn update(
    app: &App,
    viewer: &Viewer,
    id: LogId,
    new_action: Option<String>,
    new_details: Option<Value>,
) -> Result<Log> {
    let path = ["input", "logId"];
    editable(app, viewer, id, path).await?;
    let mut checks = Checks::new();
    let action = new_action.map(|new| action(&mut checks, &new));
    let details = details(&mut checks, new_details);
    checks.done()?;
    commit!(app.db, logs::update(id, LogChanges { action, details }))?
        .ok_or_else(|| Error::not_found("log entry", path))
}

/// Removes a CUSTOM entry; its author and administrators may.
pub async fn delete(app: &App, viewer: &Viewer, id: LogId) -> Result<LogId> {
    let path = ["logId"];
    editable(app, viewer, id, path).await?;
    if commit!(app.db, logs::delete(id))? {
        Ok(id)
    } else {
        Err(Error::not_found("log entry", path))
    }
}

async fn editable<const N: usize>(
    app: &App,
    viewer: &Viewer,
    id: LogId,
    path: [&str; N],
) -> Result<()> {
    viewer.require()?;
    let entry = find(app, viewer, id).await?;
    match entry.map(|entry| entry.kind) {
        None => Err(Error::not_found("log entry", path)),
        Some(LogKind::Audit) => Err(Error::user(
            UserErrorCode::Forbidden,
            path,
            "AUDIT entries are written by the server and stay as they are.",
        )),
        Some(LogKind::Custom) => Ok(()),
    }
}

fn action(checks: &mut Checks, action: &str) -> String {
    checks.line(["input", "action"], action, 1, MAX_ACTION)
}

fn details(checks: &mut Checks, details: Option<Value>) -> Option<JsonValue> {
    let details = details.filter(|details| !details.is_null())?;
    json::check(checks, ["input", "details"], &details);
    Some(JsonValue(details))
}

/// Follows the whole chain; for administrators.
pub async fn verify(app: &App, viewer: &Viewer) -> Result<Verification> {
    viewer.require_admin()?;
    verify_chain(app, |_, _| Ok(())).await
}

/// Follows the whole chain and hands each entry that holds to `each`, with the hash before it; for the command
/// line.
pub async fn verify_chain(
    app: &App,
    mut each: impl FnMut(&[u8], &Sealed) -> Result<()>,
) -> Result<Verification> {
    let key = ChainKey::of(&app.config.secret)?;
    let mut tries = 0;
    'anew: loop {
        let chain = query!(app.db, chain::find())?;
        let mut follow = Follow::new(&chain);
        let (mut after, mut first_broken) = (0, None);
        'entries: loop {
            let entries = query!(app.db, chain::list(after, chain.last_seq, CHUNK))?;
            let Some(last) = entries.last() else { break };
            after = last.seq;
            for entry in entries {
                let previous = follow.reached().to_vec();
                if follow.next(&entry)? {
                    each(&previous, &entry)?;
                } else {
                    first_broken = Some(entry.log);
                    break 'entries;
                }
            }
        }
        let whole = follow.reached() == chain.end() && follow.entries == chain.entries;
        let problem = if first_broken.is_some() {
            Some("An entry was changed, moved, added or removed here.")
        } else if !whole {
            Some("Entries are missing at the end.")
        } else if !chain.holds(&key) {
            Some(
                "The chain was not closed by this server, or PLUMA_SECRET is another one than before.",
            )
        } else {
            None
        };
        // Retention may have moved the beginning meanwhile.
        if problem.is_some() && tries < RETRIES && follow.entries == 0 {
            let now = query!(app.db, chain::find())?;
            if now.base != chain.base {
                tries += 1;
                continue 'anew;
            }
        }
        return Ok(Verification {
            entries: follow.entries,
            first_broken,
            problem: problem.map(str::to_owned),
            head: hex::encode(follow.reached()),
        });
    }
}
