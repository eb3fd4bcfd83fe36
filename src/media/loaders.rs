//! DataLoaders of pictures, one set per request.

use std::collections::HashMap;

use super::{Seen, Use, shows};
use crate::app::App;
use crate::db::query;
use crate::graphql::loader::Loader;
use crate::id::{ImageId, PageId};
use crate::pages;
use crate::viewer::Viewer;

/// What resolvers load in batches.
pub struct Loaders {
    /// Pictures that the viewer may see.
    pub images: Loader<ImageId, Seen>,
    /// The pages that the viewer may see and that use a picture, in the order of their ids.
    pub used_by: Loader<ImageId, Vec<pages::Seen>>,
    /// The pictures of a page's texts, earlier ones too, and whether everybody may see them.
    pub of_pages: Loader<PageId, HashMap<ImageId, bool>>,
}

impl Loaders {
    /// Loaders for one request.
    pub fn new(app: &App, viewer: &Viewer) -> Self {
        let context = || (app.db.clone(), viewer.clone());
        let (images, used_by, of_pages) = (context(), context(), context());
        Self {
            images: Loader::new(move |ids: Vec<ImageId>| {
                let (db, viewer) = images.clone();
                async move {
                    let rows = query!(db, media::by_ids(ids))?;
                    let rows = rows.into_iter().map(Seen::from);
                    let (mut seen, hidden): (Vec<Seen>, Vec<Seen>) =
                        rows.partition(|seen| seen.public || seen.is_of(&viewer));
                    if !hidden.is_empty() {
                        let ids = hidden.iter().map(|seen| seen.image.id).collect();
                        let uses = query!(db, image_uses::of_images(ids, viewer.id()))?;
                        let shown = |seen: &Seen| {
                            uses.iter()
                                .any(|used| used.0 == seen.image.id && shows(&viewer, used))
                        };
                        seen.extend(hidden.into_iter().filter(shown));
                    }
                    Ok(seen.into_iter().map(|seen| (seen.image.id, seen)).collect())
                }
            }),
            used_by: Loader::new(move |ids: Vec<ImageId>| {
                let (db, viewer) = used_by.clone();
                async move {
                    let uses = query!(db, image_uses::of_images(ids, viewer.id()))?;
                    let mut found: HashMap<ImageId, Vec<pages::Seen>> = HashMap::new();
                    for one in uses {
                        if let Some(page) = used_now(&viewer, &one) {
                            found.entry(one.0).or_default().push(page);
                        }
                    }
                    Ok(found)
                }
            }),
            of_pages: Loader::new(move |ids: Vec<PageId>| {
                let (db, _) = of_pages.clone();
                async move {
                    let mut found: HashMap<PageId, HashMap<ImageId, bool>> = HashMap::new();
                    for (page, image, public) in query!(db, image_uses::of_pages(ids))? {
                        found.entry(page).or_default().insert(image, public);
                    }
                    Ok(found)
                }
            }),
        }
    }
}

/// The page of a use, where `viewer` sees it with the picture in it as it is now.
fn used_now(viewer: &Viewer, one: &Use) -> Option<pages::Seen> {
    let (_, (draft, published), placed) = one;
    let page = pages::Seen::by(viewer, placed.clone())?;
    (*published || *draft && page.access.sees_drafts()).then_some(page)
}
