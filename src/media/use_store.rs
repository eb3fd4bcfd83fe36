//! SQL of which pages have which pictures in their texts; the writers of pages call it in their transactions.
//!
//! A mention becomes a use where its writer could show the picture anyhow: it is theirs, or public, or stands in
//! the same notebook or another one of theirs. So nobody publishes a picture by guessing its id.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::Conn;
use super::media::public;
use crate::db::schema::{collaborators, image_uses, images, notebooks, pages, revisions, users};
use crate::error::Result;
use crate::id::{ImageId, PageId, RevisionId, UserId};
use crate::media::{Use, mentions};
use crate::notebooks::Notebook;
use crate::pages::Page;

/// More uses than this are not read at once; a page of results is cut from them.
const MOST: i64 = 10_000;

/// Notes what a page's new draft mentions.
pub async fn draft(
    conn: &mut Conn,
    page: &Page,
    author: Option<UserId>,
    content: &str,
) -> Result<()> {
    let mentioned = mentions::of(content);
    let known: Vec<(ImageId, bool)> = image_uses::table
        .filter(image_uses::page_id.eq(page.id))
        .select((image_uses::image_id, image_uses::draft))
        .load(conn)
        .await?;
    let (mut comes, mut goes) = (Vec::new(), Vec::new());
    for (id, used) in &known {
        match (used, mentioned.binary_search(id).is_ok()) {
            (false, true) => comes.push(*id),
            (true, false) => goes.push(*id),
            _ => {}
        }
    }
    for (ids, used) in [(comes, true), (goes, false)] {
        if !ids.is_empty() {
            let rows = image_uses::table
                .filter(image_uses::page_id.eq(page.id))
                .filter(image_uses::image_id.eq_any(ids));
            diesel::update(rows)
                .set(image_uses::draft.eq(used))
                .execute(conn)
                .await?;
        }
    }
    let is_known = |id: &ImageId| known.iter().any(|(known, _)| known == id);
    let new: Vec<ImageId> = mentioned.into_iter().filter(|id| !is_known(id)).collect();
    for id in allowed(conn, page, author, new).await? {
        diesel::insert_into(image_uses::table)
            .values((
                image_uses::page_id.eq(page.id),
                image_uses::image_id.eq(id),
                image_uses::draft.eq(true),
                image_uses::published.eq(false),
            ))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Those of the pictures that `author` may put into the page.
async fn allowed(
    conn: &mut Conn,
    page: &Page,
    author: Option<UserId>,
    ids: Vec<ImageId>,
) -> Result<Vec<ImageId>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let author = author.unwrap_or(UserId(Uuid::nil()));
    let nearby = image_uses::table
        .inner_join(pages::table.inner_join(notebooks::table))
        .filter(image_uses::image_id.eq(images::id))
        .filter(
            notebooks::id
                .eq(page.notebook_id)
                .or(notebooks::owner_id.eq(author)),
        );
    let found = images::table
        .filter(images::id.eq_any(ids))
        .filter(images::owner_id.eq(author).or(exists(nearby)).or(public!()))
        .select(images::id)
        .load(conn)
        .await?;
    Ok(found)
}

/// Notes what the text mentions that readers of a page see from now on.
pub async fn published(conn: &mut Conn, page: PageId, revision: RevisionId) -> Result<()> {
    let used = image_uses::table.filter(image_uses::page_id.eq(page));
    if !diesel::select(exists(used)).get_result(conn).await? {
        return Ok(());
    }
    let content: String = revisions::table
        .find(revision)
        .select(revisions::content)
        .first(conn)
        .await?;
    unpublished(conn, page).await?;
    let rows = image_uses::table
        .filter(image_uses::page_id.eq(page))
        .filter(image_uses::image_id.eq_any(mentions::of(&content)));
    diesel::update(rows)
        .set(image_uses::published.eq(true))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that readers see a page no more.
pub async fn unpublished(conn: &mut Conn, page: PageId) -> Result<()> {
    let rows = image_uses::table
        .filter(image_uses::page_id.eq(page))
        .filter(image_uses::published);
    diesel::update(rows)
        .set(image_uses::published.eq(false))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a picture is gone.
pub async fn forget(conn: &mut Conn, id: ImageId) -> Result<()> {
    diesel::delete(image_uses::table.filter(image_uses::image_id.eq(id)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The pictures of several pages' texts, earlier ones too, and whether everybody may see them.
pub async fn of_pages(
    conn: &mut Conn,
    page_ids: Vec<PageId>,
) -> Result<Vec<(PageId, ImageId, bool)>> {
    // The join is written by hand, as the columns of the inner query would be taken for these.
    let uses = image_uses::table
        .filter(image_uses::page_id.eq_any(page_ids))
        .select((image_uses::page_id, image_uses::image_id))
        .limit(MOST)
        .load::<(PageId, ImageId)>(conn)
        .await?;
    let ids: Vec<ImageId> = uses.iter().map(|(_, image)| *image).collect();
    let open: Vec<(ImageId, bool)> = images::table
        .filter(images::id.eq_any(ids))
        .select((images::id, public!()))
        .load(conn)
        .await?;
    let public = |id: ImageId| open.iter().find(|(known, _)| *known == id);
    let rows = uses
        .into_iter()
        .filter_map(|(page, image)| public(image).map(|(_, open)| (page, image, *open)));
    Ok(rows.collect())
}

macro_rules! placed {
    ($viewer:expr) => {
        image_uses::table
            .inner_join(pages::table.inner_join(notebooks::table))
            .left_join(
                collaborators::table.on(collaborators::notebook_id
                    .eq(notebooks::id)
                    .and(collaborators::user_id.eq($viewer.unwrap_or(UserId(Uuid::nil()))))),
            )
            .select((
                image_uses::image_id,
                (image_uses::draft, image_uses::published),
                (
                    Page::as_select(),
                    Notebook::as_select(),
                    collaborators::role.nullable(),
                ),
            ))
            .order((image_uses::image_id, image_uses::page_id))
            .limit(MOST)
    };
}

/// Which pages have several pictures in a text, an earlier one too, with what decides who sees them.
pub async fn of_images(
    conn: &mut Conn,
    ids: Vec<ImageId>,
    viewer: Option<UserId>,
) -> Result<Vec<Use>> {
    let query = placed!(viewer).filter(image_uses::image_id.eq_any(ids));
    Ok(query.load(conn).await?)
}

/// Which pages use a picture now.
pub async fn current(conn: &mut Conn, id: ImageId, viewer: Option<UserId>) -> Result<Vec<Use>> {
    let query = placed!(viewer)
        .filter(image_uses::image_id.eq(id))
        .filter(image_uses::draft.or(image_uses::published));
    Ok(query.load(conn).await?)
}
