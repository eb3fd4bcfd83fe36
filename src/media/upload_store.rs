//! SQL of permissions to upload pictures straight to the store.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, hold_user, logs, transaction};
use crate::db::schema::image_uploads;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::id::UploadId;
use crate::logs::Log;
use crate::media::Upload;

/// Stores a permission, as long as its owner has fewer than `most` that are open.
pub async fn insert(conn: &mut Conn, upload: Upload, most: i64, log: Log) -> Result<()> {
    transaction!(conn, {
        hold_user(conn, upload.owner_id).await?;
        let open: i64 = image_uploads::table
            .filter(image_uploads::owner_id.eq(upload.owner_id))
            .filter(image_uploads::completed_at.is_null())
            .filter(image_uploads::expires_at.gt(upload.created_at))
            .count()
            .get_result(conn)
            .await?;
        if open >= most {
            return Err(Error::user(
                UserErrorCode::LimitReached,
                ["input"],
                format!("{most} uploads are open: complete them, or wait until they expire."),
            ));
        }
        diesel::insert_into(image_uploads::table)
            .values(&upload)
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// A permission.
pub async fn find(conn: &mut Conn, id: UploadId) -> Result<Option<Upload>> {
    let found = image_uploads::table
        .find(id)
        .select(Upload::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Permissions that ended before `before`.
pub async fn ended(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<UploadId>> {
    let found = image_uploads::table
        .filter(image_uploads::expires_at.lt(before))
        .order(image_uploads::expires_at)
        .select(image_uploads::id)
        .limit(limit)
        .load(conn)
        .await?;
    Ok(found)
}

/// Forgets a permission that ended before `before`.
pub async fn delete(conn: &mut Conn, id: UploadId, before: Timestamp) -> Result<()> {
    transaction!(conn, {
        let ended = image_uploads::table
            .find(id)
            .filter(image_uploads::expires_at.lt(before));
        diesel::delete(ended).execute(conn).await?;
        Ok(())
    })
}
