//! SQL of pictures and of the bytes behind them.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, image_uses as uses, logs, transaction};
use crate::db::schema::{
    image_uploads, image_uses, images, media_objects, media_removals, notebooks, pages, users,
};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::paging::{Window, keyset};
use crate::id::{ImageId, UploadId, UserId};
use crate::logs::Log;
use crate::media::{Deletion, Image, Object, Row, completed};

/// Whether everybody may see a picture: it is somebody's avatar, or stands in a page that readers see.
macro_rules! public {
    () => {
        exists(users::table.filter(users::avatar_id.eq(images::id.nullable()))).or(exists(
            image_uses::table
                .inner_join(pages::table.inner_join(notebooks::table))
                .filter(image_uses::image_id.eq(images::id))
                .filter(image_uses::published)
                .filter(pages::deleted_at.is_null())
                .filter(pages::published_revision_id.is_not_null())
                .filter(notebooks::published_at.is_not_null())
                .filter(notebooks::deleted_at.is_null()),
        ))
    };
}
pub(super) use public;

/// Pictures with their bytes' rows.
macro_rules! rows {
    ($query:expr) => {
        $query.select((Image::as_select(), Object::as_select(), public!()))
    };
}

/// Several pictures.
pub async fn by_ids(conn: &mut Conn, ids: Vec<ImageId>) -> Result<Vec<Row>> {
    let query = images::table
        .inner_join(media_objects::table)
        .filter(images::id.eq_any(ids));
    Ok(rows!(query).load(conn).await?)
}

/// Somebody's pictures, the newest first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    owner: UserId,
    window: Window<(Timestamp, ImageId)>,
) -> Result<Vec<Row>> {
    let query = images::table
        .inner_join(media_objects::table)
        .filter(images::owner_id.eq(owner))
        .into_boxed();
    let query = keyset!(query, window, true, images::created_at, images::id);
    Ok(rows!(query).load(conn).await?)
}

/// How many pictures somebody has.
pub async fn count(conn: &mut Conn, owner: UserId) -> Result<i64> {
    let owned = images::table.filter(images::owner_id.eq(owner));
    Ok(owned.count().get_result(conn).await?)
}

/// Whether the bytes of this hash are stored.
pub async fn has_object(conn: &mut Conn, sha256: Vec<u8>) -> Result<bool> {
    let found = diesel::select(exists(media_objects::table.find(sha256)));
    Ok(found.get_result(conn).await?)
}

/// Stores a picture; gives the row of its bytes, which is `object` or an older one of the same hash. `None` where
/// neither is there, or the place of `object` is about to be removed. A `ticket` is used up by it.
pub async fn insert(
    conn: &mut Conn,
    image: Image,
    object: Option<Object>,
    ticket: Option<UploadId>,
    log: Log,
) -> Result<Option<Object>> {
    transaction!(conn, {
        if revive(conn, &image.sha256).await? == 0 {
            let Some(object) = object else {
                return Ok(None);
            };
            // A sweep took it for left over, by a clock that is far from this one's.
            let condemned = diesel::select(exists(media_removals::table.find(object.place)));
            if condemned.get_result(conn).await? {
                return Ok(None);
            }
            let inserted = diesel::insert_into(media_objects::table)
                .values(&object)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
            // Somebody uploads the same at the same time and was first.
            if inserted == 0 && revive(conn, &image.sha256).await? == 0 {
                return Err(Error::internal("the bytes of a picture went as they came"));
            }
        }
        if let Some(ticket) = ticket {
            let open = image_uploads::table
                .find(ticket)
                .filter(image_uploads::completed_at.is_null());
            let used = diesel::update(open)
                .set(image_uploads::completed_at.eq(Some(image.created_at)))
                .execute(conn)
                .await?;
            if used == 0 {
                return Err(completed());
            }
        }
        diesel::insert_into(images::table)
            .values(&image)
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await?;
        let object = media_objects::table
            .find(&image.sha256)
            .select(Object::as_select())
            .first(conn)
            .await?;
        Ok(Some(object))
    })
}

/// Takes the mark of being unused away. The update is also the lock that a sweep waits for.
async fn revive(conn: &mut Conn, sha256: &[u8]) -> Result<usize> {
    let found = diesel::update(media_objects::table.find(sha256))
        .set(media_objects::unused_since.eq(None::<Timestamp>))
        .execute(conn)
        .await?;
    Ok(found)
}

/// Removes a picture; one that pages use only with `force`. Its bytes stay until a sweep finds them unused.
pub async fn delete(
    conn: &mut Conn,
    id: ImageId,
    viewer: Option<UserId>,
    force: bool,
    log: Log,
) -> Result<Deletion> {
    transaction!(conn, {
        let used = uses::current(conn, id, viewer).await?;
        if !used.is_empty() && !force {
            return Ok(Deletion::Used(used));
        }
        let gone = diesel::delete(images::table.find(id)).execute(conn).await?;
        if gone == 0 {
            return Ok(Deletion::Gone);
        }
        uses::forget(conn, id).await?;
        let log = log.with(serde_json::json!({ "forced": force, "pages": used.len() }));
        logs::insert(conn, &log).await?;
        Ok(Deletion::Done)
    })
}
