//! Versions on their way from the store to where they answer: read when they are first needed, checked against their hash,
//! and kept in memory as long as there is room.

use std::sync::Arc;

use aws_lc_rs::digest;
use futures_util::TryStreamExt;

use super::Version;
use crate::app::App;
use crate::artefacts::{Ready, Room};
use crate::error::{Error, Result, UserErrorCode};
use crate::learning::artefact::Artefact;

/// A version, ready to answer; CORRUPT where its bytes are not those that were written, SERVICE_UNAVAILABLE where too many
/// others are being read.
pub async fn load(app: &App, version: &Version) -> Result<Arc<Ready>> {
    let size = usize::try_from(version.byte_size).unwrap_or(usize::MAX);
    let read = |room| read(app, version, size, room);
    app.artefacts.get(version.id, size, read).await
}

async fn read(app: &App, version: &Version, size: usize, room: Room) -> Result<Ready> {
    let changed = || {
        tracing::error!(version.id = %version.id, "the bytes of a model are missing or changed");
        corrupt(version)
    };
    let bytes = fetch(app, version, size).await?.ok_or_else(changed)?;
    let sha256 = version.sha256.clone();
    // Not in line behind those that train: who asks is waiting.
    let made = tokio::task::spawn_blocking(move || {
        // Who goes away does not stop this thread.
        let _held = room;
        let hash = digest::digest(&digest::SHA256, &bytes);
        (hash.as_ref() == sha256).then(|| Artefact::from_bytes(&bytes).and_then(Ready::of))
    });
    let made = made.await.map_err(|error| Error::task_stopped(&error))?;
    made.ok_or_else(changed)?.map_err(|error| {
        tracing::error!(version.id = %version.id, %error, "a model cannot be made ready");
        corrupt(version)
    })
}

/// The bytes, where as many are there as were written.
async fn fetch(app: &App, version: &Version, size: usize) -> Result<Option<Vec<u8>>> {
    let Some(mut found) = app.storage.get(&version.key(), None).await? else {
        return Ok(None);
    };
    if found.size != size as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(size);
    while let Some(piece) = found.bytes.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

fn corrupt(version: &Version) -> Error {
    let message = format!(
        "The stored bytes of version {} are not those that were written: use another version, or train a new one.",
        version.version
    );
    Error::user(UserErrorCode::Corrupt, ["version"], message)
}
