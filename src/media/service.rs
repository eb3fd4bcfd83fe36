//! What people do with pictures; every function here authorises.

mod serving;
mod tickets;

pub use serving::{Served, open, permitted, serve};
pub use tickets::{NewUpload, Received, Ticket, complete, receive, request};

use serde_json::json;

use super::decode::{self, Bounds, Clean};
use super::{Deletion, Image, MAX_ALT, Object, Purpose, Seen, Use, not_found};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{ImageId, PlaceId, UploadId};
use crate::logs::Log;
use crate::pages;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "CREATED_AT";
/// How often an upload is tried whose bytes' row goes at the same moment.
const TRIES: usize = 3;
/// How many pages a message names.
const NAMED: usize = 5;

/// What a new picture is to be.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What it shows, in words.
    pub alt_text: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
}

impl About {
    /// Checks what was written.
    fn checked(mut self, checks: &mut Checks) -> Self {
        let alt = self
            .alt_text
            .map(|text| checks.text(["input", "altText"], &text, MAX_ALT));
        self.alt_text = alt.filter(|text| !text.is_empty());
        self
    }
}

/// Stores a picture.
pub async fn upload(app: &App, viewer: &Viewer, file: std::fs::File, about: About) -> Result<Seen> {
    viewer.require()?;
    let mut checks = Checks::new();
    let about = about.checked(&mut checks);
    checks.done()?;
    let bounds = Bounds::of(&app.config.media);
    let most = app.config.limits.body_bytes as u64;
    let path = ["input", "file"];
    let clean = app.pictures.run(move || {
        let bytes = read_file(file, most)?;
        decode::clean(&bytes, bounds, path)
    });
    let clean = clean.await?;
    keep(app, viewer, clean, about, None).await
}

fn read_file(mut file: std::fs::File, most: u64) -> Result<Vec<u8>> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind().map_err(Error::caused_by)?;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(Error::caused_by)?;
    Ok(bytes)
}

/// Writes the object and then the rows; what is stored already is not written again.
async fn keep(
    app: &App,
    viewer: &Viewer,
    clean: Clean,
    about: About,
    ticket: Option<UploadId>,
) -> Result<Seen> {
    let identity = viewer.require()?;
    let sha256 = clean.sha256();
    let now = app.clock.now();
    let image = Image {
        id: ImageId::new(),
        owner_id: identity.user_id,
        sha256: sha256.clone(),
        purpose: about.purpose,
        alt_text: about.alt_text,
        created_at: now,
    };
    let entry = Log::audit(viewer, now, "image.uploaded", image.id).with(json!({
        "sha256": hex::encode(&sha256),
        "contentType": clean.kind.content_type(),
        "byteSize": clean.bytes.len(),
        "purpose": about.purpose.as_str(),
    }));
    let new = object(&clean, sha256.clone(), now)?;
    let bytes = bytes::Bytes::from(clean.bytes);
    for _ in 0..TRIES {
        let stored = query!(app.db, media::has_object(sha256.clone()))?;
        let object = match stored {
            true => None,
            false => {
                let object = Object {
                    place: PlaceId::new(),
                    ..new.clone()
                };
                app.storage.put(&object.key(), bytes.clone()).await?;
                Some(object)
            }
        };
        let written = object.as_ref().map(Object::key);
        let kept = commit!(
            app.db,
            media::insert(image.clone(), object, ticket, entry.clone())
        );
        // Where it is not known whether the rows were written, the bytes are left to the sweep.
        let kept = kept?;
        let key = kept.as_ref().map(Object::key);
        if let Some(written) = written.filter(|written| Some(written) != key.as_ref()) {
            // Somebody else's bytes were first: these are nobody's.
            if let Err(error) = app.storage.delete(&written).await {
                tracing::warn!(%error, key = written, "an object without a row is left to the sweep");
            }
        }
        if let Some(object) = kept {
            return Ok(Seen {
                image,
                object,
                public: false,
            });
        }
    }
    Err(Error::internal("the bytes of a picture came and went"))
}

fn object(clean: &Clean, sha256: Vec<u8>, now: Timestamp) -> Result<Object> {
    Ok(Object {
        sha256,
        place: PlaceId::new(),
        content_type: clean.kind.content_type().to_owned(),
        width: i32::try_from(clean.width).map_err(Error::caused_by)?,
        height: i32::try_from(clean.height).map_err(Error::caused_by)?,
        byte_size: i64::try_from(clean.bytes.len()).map_err(Error::caused_by)?,
        created_at: now,
        unused_since: None,
    })
}

/// The viewer's own pictures, the newest first.
pub async fn list(app: &App, viewer: &Viewer, page: PageArgs) -> Result<Items<Seen>> {
    let owner = viewer.require()?.user_id;
    let window = page.window::<(Timestamp, ImageId)>(ORDER)?;
    let rows = query!(app.db, media::list(owner, window.clone()))?;
    let rows = rows.into_iter().map(Seen::from).collect();
    let slice = Slice::cut(rows, &window).map(|seen: Seen| {
        let key = (seen.image.created_at, seen.image.id);
        (encode(ORDER, &key), seen)
    });
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, media::count(owner)) }
    }))
}

/// Removes a picture of the viewer's, or anybody's for administrators; one that pages use only with `force`.
/// `seen` is the picture as the viewer may see it.
pub async fn delete(
    app: &App,
    viewer: &Viewer,
    seen: Option<Seen>,
    force: bool,
) -> Result<ImageId> {
    viewer.require()?;
    let path = ["imageId"];
    let seen = seen.ok_or_else(|| not_found(path))?;
    if !seen.is_of(viewer) {
        let message = "Only who uploaded a picture, and administrators, may delete it.";
        return Err(Error::user(UserErrorCode::Forbidden, path, message));
    }
    let id = seen.image.id;
    let entry = Log::audit(viewer, app.clock.now(), "image.deleted", id);
    match commit!(app.db, media::delete(id, viewer.id(), force, entry))? {
        Deletion::Done => Ok(id),
        Deletion::Gone => Err(not_found(path)),
        Deletion::Used(uses) => Err(Error::user(
            UserErrorCode::Conflict,
            path,
            used_by(viewer, uses),
        )),
    }
}

/// Names the pages that the viewer may see, and counts the others.
fn used_by(viewer: &Viewer, uses: Vec<Use>) -> String {
    let all = uses.len();
    let seen: Vec<pages::Seen> = uses
        .into_iter()
        .filter_map(|(_, _, placed)| pages::Seen::by(viewer, placed))
        .collect();
    let names = seen.iter().take(NAMED).map(|seen| {
        let title = match &seen.page.published_title {
            Some(title) if !seen.access.sees_drafts() => title,
            _ => &seen.page.title,
        };
        format!("“{title}” ({})", seen.page.id)
    });
    let mut parts: Vec<String> = names.collect();
    if seen.len() > NAMED {
        parts.push(format!("{} more of yours", seen.len() - NAMED));
    }
    match all - seen.len() {
        0 => {}
        1 => parts.push("1 page that you do not see".to_owned()),
        hidden => parts.push(format!("{hidden} pages that you do not see")),
    }
    format!(
        "It is used by {}. Take it out there, or pass `force: true`: it will be missing there.",
        parts.join(", ")
    )
}

/// The viewer's own picture of this id, to be their avatar.
pub async fn own(app: &App, viewer: &Viewer, id: ImageId) -> Result<Option<ImageId>> {
    let rows = query!(app.db, media::by_ids(vec![id]))?;
    let own = |row: &super::Row| viewer.id() == Some(row.0.owner_id);
    Ok(rows
        .first()
        .filter(|row| own(row))
        .map(|(image, ..)| image.id))
}
