//! The `Image` type and its connection.

use async_graphql::{Context, Object};

use crate::accounts::graphql::{User, load_user};
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::paging::{self, PageArgs, Slice, Window};
use crate::id::{ImageId, PageId};
use crate::media::links::Links;
use crate::media::loaders::Loaders;
use crate::media::{Purpose, Seen};
use crate::pages;
use crate::pages::graphql::{Page, PageConnection};

/// What cursors of a list of pages that use a picture belong to.
const ORDER: &str = "PAGE";
/// The least and the most that `width` may be.
const WIDTHS: std::ops::RangeInclusive<i32> = 16..=65_535;

/// A picture that somebody uploaded: decoded, turned upright, and written anew without anything but its pixels.
#[derive(Clone)]
pub struct Image(pub Seen);

/// A picture that somebody uploaded: decoded, turned upright, and written anew without anything but its pixels.
#[Object]
impl Image {
    /// The global id, `image_…`. A page uses a picture by mentioning it: `![…](/media/image_…)` in Markdown, the
    /// same address or the id alone in RICH_JSON.
    pub async fn id(&self) -> ImageId {
        self.0.image.id
    }

    /// URL of the original, or of a rendition no wider than `width` pixels. Public pictures keep theirs; private
    /// ones get a signed one that expires. `Page.html` has such addresses already.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most pixels that it may be wide, 16 to 65535. It is as wide as the widest of 16, 32, 64, 96, 128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 1920 and 2560 that is not more, or the original."
        )]
        width: Option<i32>,
    ) -> Result<String> {
        let width = match width {
            Some(width) if !WIDTHS.contains(&width) => {
                return Err(Error::bad_input(format!(
                    "`width` is {width}; it must be from {} to {}.",
                    WIDTHS.start(),
                    WIDTHS.end()
                )));
            }
            width => width.and_then(|width| u32::try_from(width).ok()),
        };
        Ok(Links::new(ctx.app()?)?.of(&self.0, width))
    }

    /// `image/jpeg`, `image/png`, `image/webp` or `image/gif`: of what is stored, which may not be what was uploaded.
    async fn content_type(&self) -> &str {
        &self.0.object.content_type
    }

    /// In pixels, as it is shown.
    async fn width(&self) -> i32 {
        self.0.object.width
    }

    /// In pixels, as it is shown.
    async fn height(&self) -> i32 {
        self.0.object.height
    }

    /// How many bytes the original has as it is stored.
    async fn byte_size(&self) -> i32 {
        i32::try_from(self.0.object.byte_size).unwrap_or(i32::MAX)
    }

    /// What it shows, in words, for those who do not see it.
    async fn alt_text(&self) -> Option<&str> {
        self.0.image.alt_text.as_deref()
    }

    /// What it is for.
    async fn purpose(&self) -> Purpose {
        self.0.image.purpose
    }

    /// Who uploaded it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<User> {
        let owner = load_user(ctx, self.0.image.owner_id).await?;
        owner.ok_or_else(|| Error::internal("a picture has no owner"))
    }

    /// The pages that the viewer may see and that have the picture in their draft or in their published text.
    async fn used_by(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
    ) -> Result<Option<PageConnection>> {
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        let window: Window<PageId> = args.window(ORDER)?;
        let found = ctx.loaders::<Loaders>()?.used_by.load(self.0.image.id);
        let mut pages = found.await?.unwrap_or_default();
        let all = i64::try_from(pages.len()).unwrap_or(i64::MAX);
        pages.sort_by_key(|seen| seen.page.id);
        let behind = |seen: &pages::Seen| window.after.is_none_or(|after| seen.page.id > after);
        pages.retain(behind);
        let slice = Slice::cut(pages, &window)
            .map(|seen| (paging::encode(ORDER, &seen.page.id), Page(seen)));
        Ok(Some(PageConnection(Items::new(
            slice,
            move || async move { Ok(all) },
        ))))
    }

    /// When it was uploaded.
    async fn created_at(&self) -> Timestamp {
        self.0.image.created_at
    }
}

connection!(ImageConnection, ImageEdge, Image, "pictures");

/// The picture of that id, if the viewer may see it, by the request's DataLoader.
pub async fn load_image(ctx: &Context<'_>, id: ImageId) -> Result<Option<Image>> {
    let seen = ctx.loaders::<Loaders>()?.images.load(id).await?;
    Ok(seen.map(Image))
}
