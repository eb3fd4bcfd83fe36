//! Pictures: what people upload, the bytes behind it, and which pages use it.
//!
//! A picture (`images`) has an owner and an id that pages write; the bytes (`media_objects`) are kept once per
//! SHA-256, at a place in the object store that is drawn anew each time something is stored there and is never
//! used again: `media/<two digits>/<sha256>/<place>/original`, with renditions beside it. From that follows
//! what happens when things happen at once:
//!
//! - **The object goes first, the row after.** A crash in between leaves an object without a row. A sweep finds
//!   it by its place, which no row names, once it is a day old: no upload takes that long, so that none is about
//!   to name it.
//! - **Two people upload the same picture.** Both write an object, each at a place of its own; the unique key
//!   lets one row in. The other finds it, uses it, and removes what it wrote itself.
//! - **A picture is uploaded whose bytes are about to be swept.** Sweeping takes two sweeps with a day between:
//!   the first marks rows without pictures, the second deletes those in one statement that looks again. An
//!   upload that finds a row takes its mark away under the same lock: either the sweep finds no mark, or
//!   the upload finds no row, writes its object and makes a row of its own. What the sweep then removes from the
//!   store is the old place, noted in `media_removals` by the transaction that deleted the row.
//! - **A sweep dies in the middle.** The places are still noted, and the next sweep removes them.
//! - **A picture is deleted while an autosave mentions it.** The save succeeds and the page has a broken picture,
//!   as it would had it come a moment earlier.

pub mod decode;
pub mod fsck;
mod gif;
pub mod graphql;
pub mod jobs;
mod jpeg;
pub mod links;
pub mod loaders;
pub mod mentions;
mod rendition;
pub mod service;
mod sniff;
pub mod sweeping;

pub use rendition::rung;
pub use sniff::Kind;

use diesel::{Insertable, Queryable, Selectable};

use crate::db::schema::{image_uploads, images, media_objects};
use crate::db::types::Timestamp;
use crate::error::{Error, UserErrorCode};
use crate::id::{ImageId, PlaceId, UploadId, UserId};
use crate::notebooks::{CollaboratorRole, Notebook};
use crate::pages::{Page, Seen as SeenPage};
use crate::viewer::Viewer;

/// The longest alternative text, in characters.
pub const MAX_ALT: usize = 1_000;
/// The prefix of what pictures are stored under.
pub const PREFIX: &str = "media";
/// The prefix of what was uploaded and not looked at yet.
pub const RAW: &str = "uploads";

/// What a picture is for.
#[derive(
    async_graphql::Enum,
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[graphql(name = "ImagePurpose")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Purpose {
    /// To show who somebody is.
    Avatar,
    /// To stand in pages.
    #[default]
    Content,
}
crate::db::types::text_enum!(Purpose { Avatar = "AVATAR", Content = "CONTENT" });

/// A picture's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = images)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// Who uploaded it.
    pub owner_id: UserId,
    /// SHA-256 of the bytes behind it.
    pub sha256: Vec<u8>,
    /// What it is for.
    pub purpose: Purpose,
    /// What it shows, in words.
    pub alt_text: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// The bytes behind pictures.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = media_objects)]
pub struct Object {
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// Where they lie.
    pub place: PlaceId,
    /// `image/jpeg`, `image/png`, `image/webp` or `image/gif`.
    pub content_type: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// How many bytes there are.
    pub byte_size: i64,
    /// When they were stored.
    pub created_at: Timestamp,
    /// Since when a sweep has found no picture of them.
    pub unused_since: Option<Timestamp>,
}

/// A permission to upload a picture straight to the store.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = image_uploads)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who may upload, and complete it.
    pub owner_id: UserId,
    /// What the picture is for.
    pub purpose: Purpose,
    /// What it shows, in words.
    pub alt_text: Option<String>,
    /// What was said to come.
    pub content_type: String,
    /// How many bytes were said to come.
    pub byte_size: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When it became a picture.
    pub completed_at: Option<Timestamp>,
}

impl Upload {
    /// Where the bytes are put before they are looked at.
    pub fn key(&self) -> String {
        format!("{RAW}/{}", self.id)
    }
}

impl Object {
    /// The prefix of everything that is stored of it.
    pub fn prefix(&self) -> String {
        prefix(&self.sha256, self.place)
    }

    /// Where the bytes lie.
    pub fn key(&self) -> String {
        format!("{}/{ORIGINAL}", self.prefix())
    }

    /// Where the rendition of this width lies.
    pub fn rendition(&self, width: u32) -> String {
        format!("{}/w{width}", self.prefix())
    }
}

/// The last part of the key of bytes that are no rendition.
const ORIGINAL: &str = "original";

/// The prefix of everything that is stored at a place.
pub fn prefix(sha256: &[u8], place: PlaceId) -> String {
    let digits = hex::encode(sha256);
    format!(
        "{PREFIX}/{}/{digits}/{}",
        digits.get(..2).unwrap_or("00"),
        crate::id::encode(place.0)
    )
}

/// A picture with its bytes' row, and whether everybody may see it.
pub type Row = (Image, Object, bool);

/// A page that has a picture in a text of it, by the picture's id; and whether its draft and its published text do.
pub type Use = (
    ImageId,
    (bool, bool),
    (Page, Notebook, Option<CollaboratorRole>),
);

/// A picture as one viewer sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The picture.
    pub image: Image,
    /// The bytes.
    pub object: Object,
    /// Whether everybody may see it: its address needs no signature.
    pub public: bool,
}

impl From<Row> for Seen {
    fn from((image, object, public): Row) -> Self {
        Self {
            image,
            object,
            public,
        }
    }
}

impl Seen {
    /// Whether `viewer` may see and delete it without any page.
    pub fn is_of(&self, viewer: &Viewer) -> bool {
        viewer.is_admin() || viewer.id() == Some(self.image.owner_id)
    }
}

/// Whether a use of a picture shows it to `viewer`: those who see a page's drafts see what any of its texts has.
pub fn shows(viewer: &Viewer, (_, (_, published), placed): &Use) -> bool {
    SeenPage::by(viewer, placed.clone()).is_some_and(|page| page.access.sees_drafts() || *published)
}

/// The error for a picture that does not exist for the viewer.
pub fn not_found<const N: usize>(path: [&str; N]) -> Error {
    Error::not_found("picture", path)
}

/// The error for an upload that does not exist for the viewer.
pub fn no_upload() -> Error {
    Error::not_found("upload", ["ticketId"])
}

/// The error for an upload that is a picture already.
pub fn completed() -> Error {
    Error::user(
        UserErrorCode::Reused,
        ["ticketId"],
        "This upload was completed before; its picture is among your `images`.",
    )
}

/// How a deletion went.
#[derive(Debug)]
pub enum Deletion {
    /// It is gone.
    Done,
    /// There was none.
    Gone,
    /// Pages use it, and it stays.
    Used(Vec<Use>),
}
