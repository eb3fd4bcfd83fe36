//! Which bytes an address shows, to whom, and for how long they may be kept.

use std::ops::Range;
use std::time::Duration;

use super::read_file;
use crate::app::App;
use crate::db::query;
use crate::error::{Error, Result};
use crate::id::ImageId;
use crate::media::links::Links;
use crate::media::rendition::{self, LADDER};
use crate::media::{Kind, Object, Seen, rung};
use crate::storage::Download;

/// What is served.
#[derive(Debug, Clone)]
pub struct Served {
    /// The content type.
    pub content_type: String,
    /// Tells these bytes from all others.
    pub tag: String,
    /// How many there are.
    pub size: u64,
    /// For how long they may be kept where only the browser keeps them; `None` where everybody may.
    pub private: Option<Duration>,
    key: String,
    object: Object,
    width: Option<u32>,
}

/// A picture that everybody may see, or that a signed address shows; and for how long it does.
pub async fn permitted(
    app: &App,
    id: ImageId,
    signed: Option<(&str, &str)>,
) -> Result<Option<(Seen, Option<Duration>)>> {
    let rows = query!(app.db, media::by_ids(vec![id]))?;
    let Some(seen) = rows.into_iter().next().map(Seen::from) else {
        return Ok(None);
    };
    // A signed address stays private: it is not what others should keep the picture under.
    let left = match signed {
        Some((expires, signature)) => Links::new(app)?.permits(id, expires, signature),
        None => None,
    };
    Ok(match left {
        Some(left) => Some((seen, Some(left))),
        None if seen.public => Some((seen, None)),
        None => None,
    })
}

/// Finds the bytes of a picture, or of its rendition no wider than `width`, which is made where it is missing.
/// `None` for a width that no rendition has.
pub async fn serve(
    app: &App,
    seen: Seen,
    private: Option<Duration>,
    width: Option<u32>,
) -> Result<Option<Served>> {
    if width.is_some_and(|width| width < LADDER[0]) {
        return Ok(None);
    }
    let object = seen.object;
    let tag = hex::encode(&object.sha256);
    let width = width.and_then(|width| rung(&object, width));
    let mut served = Served {
        content_type: object.content_type.clone(),
        tag,
        size: u64::try_from(object.byte_size).unwrap_or(0),
        private,
        key: object.key(),
        object,
        width,
    };
    if let Some(width) = width {
        served.key = served.object.rendition(width);
        served.tag = format!("{}-{width}", served.tag);
        served.size = make(app, &served.object, width).await?;
    }
    Ok(Some(served))
}

/// The bytes, or some of them; `None` where they are gone.
pub async fn open(
    app: &App,
    served: &Served,
    range: Option<Range<u64>>,
) -> Result<Option<Download>> {
    if let Some(found) = app.storage.get(&served.key, range.clone()).await? {
        return Ok(Some(found));
    }
    let Some(width) = served.width else {
        tracing::error!(
            key = served.key,
            "the bytes of a picture are missing: see `pluma admin media fsck`"
        );
        return Ok(None);
    };
    // Somebody removed the rendition.
    app.pictures.forget(&served.key).await;
    make(app, &served.object, width).await?;
    app.storage.get(&served.key, range).await
}

/// Makes a rendition where there is none; gives how many bytes it has.
async fn make(app: &App, object: &Object, width: u32) -> Result<u64> {
    let key = object.rendition(width);
    let making = async {
        if let Some(found) = app.storage.head(&key).await? {
            return Ok(found.size);
        }
        let size = u64::try_from(object.byte_size).unwrap_or(0);
        let file = app.storage.fetch(&object.key(), size).await?;
        let file = file.ok_or_else(|| Error::internal("the bytes of a picture are missing"))?;
        let kind = Kind::of_content_type(&object.content_type);
        let kind = kind.ok_or_else(|| Error::internal("a picture is of no kind"))?;
        let side = |side: i32| u32::try_from(side).unwrap_or(1);
        let sides = (side(object.width), side(object.height));
        let made = app
            .pictures
            .run(move || rendition::make(&read_file(file, size)?, kind, width, sides))
            .await?;
        let size = made.len() as u64;
        app.storage.put(&key, made.into()).await?;
        Ok(size)
    };
    app.pictures.once(&key, making).await
}
