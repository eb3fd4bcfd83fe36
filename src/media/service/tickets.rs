//! Uploads that go straight to the store: permission first, the bytes then, and a look at them in the end.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use serde_json::json;

use super::{About, keep, read_file};
use crate::app::App;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::id::UploadId;
use crate::logs::Log;
use crate::media::decode::{self, Bounds};
use crate::media::links::Links;
use crate::media::{Kind, Seen, Upload, completed, no_upload};
use crate::storage::Written;
use crate::validate::Checks;
use crate::viewer::Viewer;

/// For how long a permission is good.
const TTL: Duration = Duration::from_secs(15 * 60);
/// How many permissions somebody may have open.
const MOST_OPEN: i64 = 100;

/// What is to be uploaded.
pub struct NewUpload {
    /// What it is, in the client's words.
    pub content_type: String,
    /// How many bytes it has.
    pub byte_size: i32,
    /// What the picture is to be.
    pub about: About,
}

/// How to upload.
pub struct Ticket {
    /// The permission.
    pub upload: Upload,
    /// Where to put the bytes.
    pub url: String,
    /// What to send with them.
    pub headers: Vec<(&'static str, String)>,
}

/// Permits an upload.
pub async fn request(app: &App, viewer: &Viewer, new: NewUpload) -> Result<Ticket> {
    let identity = viewer.require()?;
    let mut checks = Checks::new();
    let about = new.about.checked(&mut checks);
    if Kind::of_content_type(&new.content_type).is_none() {
        let message = "Pictures are image/jpeg, image/png, image/webp or image/gif.";
        let path = ["input", "contentType"];
        checks.add(UserErrorCode::UnsupportedType, path, message);
    }
    let most = app.config.limits.body_bytes;
    let path = ["input", "byteSize"];
    match usize::try_from(new.byte_size) {
        Ok(size) if size > most => {
            let message = format!("A picture has at most {most} bytes.");
            checks.add(UserErrorCode::TooLarge, path, message);
        }
        Ok(1..) => {}
        _ => checks.add(UserErrorCode::OutOfRange, path, "A picture has bytes."),
    }
    checks.done()?;
    let now = app.clock.now();
    let upload = Upload {
        id: UploadId::new(),
        owner_id: identity.user_id,
        purpose: about.purpose,
        alt_text: about.alt_text,
        content_type: new.content_type,
        byte_size: new.byte_size.into(),
        created_at: now,
        expires_at: now.plus(TTL),
        completed_at: None,
    };
    let presigned = app
        .storage
        .presign_put(&upload.key(), &upload.content_type, TTL)
        .await?;
    let entry = Log::audit(viewer, now, "image.upload_requested", upload.id).with(json!({
        "contentType": upload.content_type,
        "byteSize": upload.byte_size,
    }));
    commit!(
        app.db,
        image_uploads::insert(upload.clone(), MOST_OPEN, entry)
    )?;
    let (url, headers) = match presigned {
        Some(presigned) => (presigned.url, presigned.headers),
        None => {
            let headers = vec![("Content-Type", upload.content_type.clone())];
            (Links::new(app)?.upload(&upload), headers)
        }
    };
    Ok(Ticket {
        upload,
        url,
        headers,
    })
}

/// What became of bytes that came to an address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// They are there.
    Stored,
    /// The address permits nothing, or nothing any more.
    Refused,
    /// There are more or fewer of them than were asked for.
    WrongSize,
}

/// Takes the bytes of an upload, exactly as many as it was permitted for.
pub async fn receive(
    app: &App,
    id: UploadId,
    (expires, signature): (&str, &str),
    announced: Option<u64>,
    bytes: impl Stream<Item = Result<Bytes>> + Unpin,
) -> Result<Received> {
    if !Links::new(app)?.permits_upload(id, expires, signature) {
        return Ok(Received::Refused);
    }
    let upload = query!(app.db, image_uploads::find(id))?;
    let Some(upload) = upload.filter(|upload| upload.completed_at.is_none()) else {
        return Ok(Received::Refused);
    };
    let size = u64::try_from(upload.byte_size).unwrap_or(0);
    if announced.is_some_and(|announced| announced != size) {
        return Ok(Received::WrongSize);
    }
    match app.storage.put_stream(&upload.key(), bytes, size).await? {
        Written::Whole(written) if written == size => Ok(Received::Stored),
        Written::Whole(_) => {
            app.storage.delete(&upload.key()).await?;
            Ok(Received::WrongSize)
        }
        Written::TooLong => Ok(Received::WrongSize),
    }
}

/// Makes a picture of what was uploaded; once.
pub async fn complete(app: &App, viewer: &Viewer, id: UploadId) -> Result<Seen> {
    let identity = viewer.require()?;
    let path = ["ticketId"];
    let upload = query!(app.db, image_uploads::find(id))?
        .filter(|upload| upload.owner_id == identity.user_id)
        .ok_or_else(no_upload)?;
    if upload.completed_at.is_some() {
        return Err(completed());
    }
    if upload.expires_at < app.clock.now() {
        let message = "This upload has expired: request another one.";
        return Err(Error::user(UserErrorCode::Expired, path, message));
    }
    // A store does not keep to what it was told for everybody: look again.
    let found = app.storage.head(&upload.key()).await?;
    let size = u64::try_from(upload.byte_size).unwrap_or(0);
    match found.map(|found| found.size) {
        None => {
            let message = "Nothing was uploaded yet, or not all of it.";
            return Err(Error::user(UserErrorCode::Conflict, path, message));
        }
        Some(found) if found != size => {
            let message = format!("{size} bytes were announced and {found} came.");
            let code = match found > size {
                true => UserErrorCode::TooLarge,
                false => UserErrorCode::Corrupt,
            };
            app.storage.delete(&upload.key()).await?;
            return Err(Error::user(code, path, message));
        }
        Some(_) => {}
    }
    let file = app.storage.fetch(&upload.key(), size).await?;
    let file = file.ok_or_else(no_upload)?;
    let bounds = Bounds::of(&app.config.media);
    let declared = Kind::of_content_type(&upload.content_type);
    let clean = app.pictures.run(move || {
        let bytes = read_file(file, size)?;
        let real = Kind::of(&bytes, path)?;
        if declared != Some(real) {
            let message = format!(
                "This is {}, and another type was announced.",
                real.content_type()
            );
            return Err(Error::user(UserErrorCode::UnsupportedType, path, message));
        }
        decode::clean(&bytes, bounds, path)
    });
    let clean = clean.await?;
    let about = About {
        alt_text: upload.alt_text.clone(),
        purpose: upload.purpose,
    };
    let seen = keep(app, viewer, clean, about, Some(id)).await?;
    if let Err(error) = app.storage.delete(&upload.key()).await {
        tracing::warn!(%error, upload = %id, "what was uploaded is left to the sweep");
    }
    Ok(seen)
}
