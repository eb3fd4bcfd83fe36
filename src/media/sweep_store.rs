//! SQL of finding out which bytes are used by nothing, and of letting go of them.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, logs, transaction};
use crate::db::schema::{image_uses, images, media_objects, media_removals};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::id::{ImageId, PlaceId};
use crate::logs::Log;
use crate::media::Object;

macro_rules! used {
    () => {
        exists(images::table.filter(images::sha256.eq(media_objects::sha256)))
    };
}

/// Marks bytes that no picture has, and forgets uses of pictures that are gone; gives how many were marked.
pub async fn mark(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    transaction!(conn, {
        let picture = exists(images::table.filter(images::id.eq(image_uses::image_id)));
        diesel::delete(image_uses::table.filter(diesel::dsl::not(picture)))
            .execute(conn)
            .await?;
        let unused = media_objects::table
            .filter(media_objects::unused_since.is_null())
            .filter(diesel::dsl::not(used!()));
        let marked = diesel::update(unused)
            .set(media_objects::unused_since.eq(Some(now)))
            .execute(conn)
            .await?;
        Ok(marked)
    })
}

/// Bytes that were marked before `before`.
pub async fn marked(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<Object>> {
    let found = media_objects::table
        .filter(media_objects::unused_since.lt(Some(before)))
        .order(media_objects::unused_since)
        .select(Object::as_select())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found)
}

/// Looks again, and lets go of bytes that were marked before `before` and have no picture still; says whether it
/// did. From then on nothing refers to their place.
pub async fn retire(conn: &mut Conn, object: Object, before: Timestamp, log: Log) -> Result<bool> {
    transaction!(conn, {
        let unused = media_objects::table
            .find(&object.sha256)
            .filter(media_objects::place.eq(object.place))
            .filter(media_objects::unused_since.lt(Some(before)))
            .filter(diesel::dsl::not(used!()));
        if diesel::delete(unused).execute(conn).await? == 0 {
            // A picture without an upload since the mark: an account's row that a backup brought back.
            diesel::update(media_objects::table.find(&object.sha256).filter(used!()))
                .set(media_objects::unused_since.eq(None::<Timestamp>))
                .execute(conn)
                .await?;
            return Ok(false);
        }
        note(conn, object.place, object.sha256, &log).await?;
        Ok(true)
    })
}

/// Lets go of a place that was found in the store, unless a row names it; says whether it did.
pub async fn disown(conn: &mut Conn, place: PlaceId, sha256: Vec<u8>, log: Log) -> Result<bool> {
    transaction!(conn, {
        let named = media_objects::table.filter(media_objects::place.eq(place));
        if diesel::select(exists(named)).get_result(conn).await? {
            return Ok(false);
        }
        note(conn, place, sha256, &log).await?;
        Ok(true)
    })
}

async fn note(conn: &mut Conn, place: PlaceId, sha256: Vec<u8>, log: &Log) -> Result<()> {
    let noted = diesel::insert_into(media_removals::table)
        .values((
            media_removals::place.eq(place),
            media_removals::sha256.eq(sha256),
            media_removals::created_at.eq(log.date),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    match noted {
        0 => Ok(()),
        _ => logs::insert(conn, log).await,
    }
}

/// Places whose bytes are to go.
pub async fn removals(conn: &mut Conn, limit: i64) -> Result<Vec<(PlaceId, Vec<u8>)>> {
    let found = media_removals::table
        .order(media_removals::created_at)
        .select((media_removals::place, media_removals::sha256))
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found)
}

/// Notes that nothing lies at a place any more.
pub async fn removed(conn: &mut Conn, place: PlaceId) -> Result<()> {
    transaction!(conn, {
        diesel::delete(media_removals::table.find(place))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Those of the places that a row names.
pub async fn named(conn: &mut Conn, places: Vec<PlaceId>) -> Result<Vec<PlaceId>> {
    let found = media_objects::table
        .filter(media_objects::place.eq_any(places))
        .select(media_objects::place)
        .load(conn)
        .await?;
    Ok(found)
}

/// Bytes in the order of their hashes, behind one of them.
pub async fn list(conn: &mut Conn, after: Vec<u8>, limit: i64) -> Result<Vec<Object>> {
    let found = media_objects::table
        .filter(media_objects::sha256.gt(after))
        .order(media_objects::sha256)
        .select(Object::as_select())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found)
}

/// The pictures that bytes are.
pub async fn pictures(conn: &mut Conn, sha256: Vec<u8>) -> Result<Vec<ImageId>> {
    let found = images::table
        .filter(images::sha256.eq(sha256))
        .select(images::id)
        .load(conn)
        .await?;
    Ok(found)
}
