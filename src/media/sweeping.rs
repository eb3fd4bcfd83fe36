//! Removes what is left over: bytes without a picture, objects without a row, uploads that nobody completed.
//!
//! Nothing goes before a day has passed, and nothing but what a transaction has looked at again.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PREFIX, RAW, prefix};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::Result;
use crate::id::{PlaceId, UploadId, decode};
use crate::logs::Log;
use crate::storage::Stored;
use crate::viewer::Viewer;

/// How long everything is left alone.
pub const DAY_SECONDS: i64 = 24 * 3_600;
/// Rows that are read at once.
const STEP: i64 = 500;
/// Steps of one run; the next one goes on from there.
const STEPS: usize = 1_000;

/// Sweeps once; gives what it did.
pub async fn sweep(app: &App) -> Result<Value> {
    let now = app.clock.now();
    let before = now.plus_seconds(-DAY_SECONDS);
    let retired = retire(app, before).await?;
    let marked = commit!(app.db, media_sweeps::mark(now))?;
    let disowned = disown(app, before).await?;
    let uploads = uploads(app, before).await?;
    let removed = remove(app).await?;
    Ok(json!({
        "marked": marked,
        "retired": retired,
        "disowned": disowned,
        "uploads": uploads,
        "removed": removed,
    }))
}

/// The entry about bytes that go.
fn entry(app: &App, why: &str, sha256: &[u8]) -> Log {
    let digits = hex::encode(sha256);
    Log::audit(
        &Viewer::default(),
        app.clock.now(),
        "media.removed",
        &digits,
    )
    .with(json!({ "why": why }))
}

/// Lets go of bytes that were marked long enough ago.
async fn retire(app: &App, before: Timestamp) -> Result<usize> {
    let mut retired = 0;
    for _ in 0..STEPS {
        let marked = query!(app.db, media_sweeps::marked(before, STEP))?;
        if marked.is_empty() {
            break;
        }
        for object in marked {
            let entry = entry(app, "no picture", &object.sha256);
            let gone = commit!(app.db, media_sweeps::retire(object, before, entry))?;
            retired += usize::from(gone);
        }
    }
    Ok(retired)
}

/// The places in the store whose objects are all older than `before`, by what lies there; and what is no place.
pub(super) async fn places(
    app: &App,
    before: Timestamp,
) -> Result<(BTreeMap<Uuid, Vec<Stored>>, Vec<Stored>)> {
    let (mut places, mut strange) = (BTreeMap::<Uuid, Vec<Stored>>::new(), Vec::new());
    let mut objects = app.storage.list(PREFIX);
    while let Some(object) = objects.try_next().await? {
        match place(&object.key) {
            Some((_, place)) => places.entry(place.0).or_default().push(object),
            None => strange.push(object),
        }
    }
    places.retain(|_, objects| objects.iter().all(|object| object.written_at < before));
    Ok((places, strange))
}

/// The hash and the place of a key.
pub(super) fn place(key: &str) -> Option<(Vec<u8>, PlaceId)> {
    let mut parts = key.split('/');
    let (first, two) = (parts.next()?, parts.next()?);
    let (digits, place, _) = (parts.next()?, parts.next()?, parts.next()?);
    let known = first == PREFIX && digits.starts_with(two) && parts.next().is_none();
    let sha256 = hex::decode(digits)
        .ok()
        .filter(|sha256| sha256.len() == 32)?;
    known.then_some((sha256, PlaceId(decode(place)?)))
}

/// Lets go of objects that no row names.
pub(super) async fn disown(app: &App, before: Timestamp) -> Result<usize> {
    let (places, _) = places(app, before).await?;
    let ids: Vec<PlaceId> = places.keys().map(|place| PlaceId(*place)).collect();
    let mut disowned = 0;
    for some in ids.chunks(500) {
        let named = query!(app.db, media_sweeps::named(some.to_vec()))?;
        for id in some.iter().filter(|id| !named.contains(id)) {
            let key = places.get(&id.0).and_then(|objects| objects.first());
            let Some((sha256, id)) = key.and_then(|object| place(&object.key)) else {
                continue;
            };
            let entry = entry(app, "no row", &sha256);
            let gone = commit!(app.db, media_sweeps::disown(id, sha256, entry))?;
            disowned += usize::from(gone);
        }
    }
    Ok(disowned)
}

/// Removes uploads that ended long ago, and what lies there without one.
async fn uploads(app: &App, before: Timestamp) -> Result<usize> {
    let mut removed = 0;
    for _ in 0..STEPS {
        let ended = query!(app.db, image_uploads::ended(before, STEP))?;
        if ended.is_empty() {
            break;
        }
        for id in ended {
            app.storage.delete(&format!("{RAW}/{id}")).await?;
            commit!(app.db, image_uploads::delete(id, before))?;
            removed += 1;
        }
    }
    let mut objects = app.storage.list(RAW);
    while let Some(object) = objects.try_next().await? {
        let id = object.key.rsplit('/').next().and_then(UploadId::parse);
        let open = match id {
            Some(id) => query!(app.db, image_uploads::find(id))?.is_some(),
            None => false,
        };
        if !open && object.written_at < before {
            app.storage.delete(&object.key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes from the store what nothing can refer to any more.
pub(super) async fn remove(app: &App) -> Result<usize> {
    let mut removed = 0;
    for _ in 0..STEPS {
        let places = query!(app.db, media_sweeps::removals(STEP))?;
        if places.is_empty() {
            break;
        }
        for (place, sha256) in places {
            // A row may have come as the place was noted; then the note was wrong.
            let named = query!(app.db, media_sweeps::named(vec![place]))?;
            if named.is_empty() {
                app.storage.delete_all(&prefix(&sha256, place)).await?;
                removed += 1;
            }
            commit!(app.db, media_sweeps::removed(place))?;
        }
    }
    Ok(removed)
}
