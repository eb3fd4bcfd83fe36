//! What people do with datasets; every function here authorises.

use std::fs::File;
use std::io::{Read, Seek};

use aws_lc_rs::digest;
use futures_util::StreamExt;
use serde_json::json;
use tokio_util::io::ReaderStream;

use super::importing::{self, Bounds, Imported};
use super::{Dataset, Kind, MAX_NAME, key, not_found};
use crate::app::App;
use crate::db::types::JsonValue;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{DatasetId, UserId};
use crate::logs::Log;
use crate::storage::Written;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "DATASETS";
/// How much of a dataset is read at once where nothing but its bytes matters.
const PIECE: usize = 64 * 1024;

/// Reads a CSV and keeps it as the viewer's.
pub async fn import(
    app: &App,
    viewer: &Viewer,
    name: &str,
    kind: Kind,
    file: File,
) -> Result<Dataset> {
    let owner = viewer.require()?.user_id;
    let mut checks = Checks::new();
    let name = checks.line(["input", "name"], name, 1, MAX_NAME);
    checks.done()?;
    if query!(app.db, datasets::owned(owner))? >= most(app) {
        return Err(super::too_many(most(app)));
    }
    keep(app, viewer, Some(owner), name, kind, file).await
}

/// Brings a dataset that belongs to nobody and that everybody may use, unless it is there already; for the command
/// line.
pub async fn bring(app: &App, name: &str, kind: Kind, file: File) -> Result<Dataset> {
    if let Some(there) = query!(app.db, datasets::find_brought(name.to_owned()))? {
        return Ok(there);
    }
    keep(app, &Viewer::default(), None, name.to_owned(), kind, file).await
}

fn most(app: &App) -> i64 {
    i64::from(app.config.datasets.most)
}

/// Writes the bytes and then the row.
async fn keep(
    app: &App,
    viewer: &Viewer,
    owner_id: Option<UserId>,
    name: String,
    kind: Kind,
    file: File,
) -> Result<Dataset> {
    let config = &app.config.datasets;
    let bounds = Bounds {
        bytes: config.bytes,
        columns: config.columns,
        gap_days: i64::from(config.gap_days),
    };
    let read = app
        .tables
        .run(move || importing::import(file, kind, bounds));
    let imported = read.await?;
    let dataset = row(owner_id, name, kind, &imported, app.clock.now())?;
    let file = tokio::fs::File::from_std(imported.file);
    let bytes =
        ReaderStream::with_capacity(file, PIECE).map(|piece| piece.map_err(Error::caused_by));
    let key = dataset.key();
    let written = app.storage.put_stream(&key, bytes, imported.byte_size);
    if written.await? != Written::Whole(imported.byte_size) {
        return Err(Error::internal("a temporary file has changed"));
    }
    let entry =
        Log::audit(viewer, dataset.created_at, "dataset.imported", dataset.id).with(json!({
            "kind": kind.as_str(),
            "rows": dataset.row_count,
            "sha256": hex::encode(&dataset.sha256),
        }));
    // Where the row is not written, the bytes are left to the sweep.
    commit!(app.db, datasets::insert(dataset.clone(), most(app), entry))?;
    Ok(dataset)
}

fn row(
    owner_id: Option<UserId>,
    name: String,
    kind: Kind,
    imported: &Imported,
    now: Timestamp,
) -> Result<Dataset> {
    let columns = serde_json::to_value(&imported.columns).map_err(Error::caused_by)?;
    Ok(Dataset {
        id: DatasetId::new(),
        owner_id,
        name,
        kind,
        fields: JsonValue(columns),
        row_count: i64::try_from(imported.rows).map_err(Error::caused_by)?,
        first_day: imported.days.map(|(first, ..)| first.to_string()),
        last_day: imported.days.map(|(_, last, _)| last.to_string()),
        missing_days: imported.days.map(|(.., missing)| missing),
        sha256: imported.sha256.clone(),
        byte_size: i64::try_from(imported.byte_size).map_err(Error::caused_by)?,
        created_at: now,
    })
}

/// A dataset, if the viewer may see it.
pub async fn find(app: &App, viewer: &Viewer, id: DatasetId) -> Result<Option<Dataset>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let found = query!(app.db, datasets::find(id))?;
    Ok(found.filter(|dataset| dataset.shows_to(viewer)))
}

/// The viewer's own datasets and those that the program brought, for administrators everybody's; the newest first.
pub async fn list(app: &App, viewer: &Viewer, page: PageArgs) -> Result<Items<Dataset>> {
    let identity = viewer.require()?;
    let owner = (!viewer.is_admin()).then_some(identity.user_id);
    let window = page.window::<(Timestamp, DatasetId)>(ORDER)?;
    let rows = query!(app.db, datasets::list(owner, window.clone()))?;
    let slice = Slice::cut(rows, &window).map(|row| {
        let cursor = encode(ORDER, &(row.created_at, row.id));
        (cursor, row)
    });
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, datasets::count(owner)) }
    }))
}

/// Removes a dataset of the viewer's, or any for administrators. Models that were trained on it stay.
pub async fn delete(app: &App, viewer: &Viewer, id: DatasetId) -> Result<DatasetId> {
    viewer.require()?;
    let path = ["datasetId"];
    let dataset = find(app, viewer, id).await?;
    let dataset = dataset.ok_or_else(|| not_found(path))?;
    if dataset.owner_id != viewer.id() && !viewer.is_admin() {
        let message = "The program brought this dataset: only administrators may delete it.";
        return Err(Error::user(UserErrorCode::Forbidden, path, message));
    }
    let entry = Log::audit(viewer, app.clock.now(), "dataset.deleted", id);
    if !commit!(app.db, datasets::delete(id, entry))? {
        return Err(not_found(path));
    }
    if let Err(error) = app.storage.delete(&key(id)).await {
        tracing::warn!(%error, dataset.id = %id, "the bytes of a dataset are left to the sweep");
    }
    Ok(id)
}

/// The bytes of a dataset in the form that is kept, of at most `most`: CORRUPT where they are not those that were
/// written. Whether the viewer may have them is for the caller to have asked.
pub async fn open(app: &App, dataset: &Dataset, most: u64) -> Result<File> {
    let path = ["input", "datasetId"];
    let size = u64::try_from(dataset.byte_size).unwrap_or(u64::MAX);
    if size > most {
        let message = format!(
            "This takes datasets of at most {most} bytes; {} has {size}.",
            dataset.name
        );
        return Err(Error::user(UserErrorCode::TooLarge, path, message));
    }
    let file = app.storage.fetch(&dataset.key(), size).await?;
    let sha256 = dataset.sha256.clone();
    let checked = match file {
        Some(file) => app.tables.run(move || has_hash(file, &sha256)).await?,
        None => None,
    };
    checked.ok_or_else(|| {
        let message =
            "The stored bytes of this dataset are not those that were imported: import it again.";
        Error::user(UserErrorCode::Corrupt, path, message)
    })
}

/// The file from its start, where it has this hash.
fn has_hash(mut file: File, sha256: &[u8]) -> Result<Option<File>> {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(Error::caused_by)? {
            0 => break,
            some => hash.update(&piece[..some]),
        }
    }
    file.rewind().map_err(Error::caused_by)?;
    Ok((hash.finish().as_ref() == sha256).then_some(file))
}
