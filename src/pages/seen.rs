//! Pages as one viewer sees them: what exists for whom is decided here and in `notebooks::Access`.

use super::Page;
use crate::id::RevisionId;
use crate::notebooks::{Access, CollaboratorRole, Notebook};
use crate::viewer::Viewer;

/// A page with what decides who may see it.
pub type Placed = (Page, Notebook, Option<CollaboratorRole>);

/// A page as one viewer sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The page.
    pub page: Page,
    /// What the viewer may do in its notebook.
    pub access: Access,
}

impl Seen {
    /// The page for a viewer with `access` to its notebook; `None` where it does not exist for them.
    pub fn with(page: Page, access: Access) -> Option<Self> {
        let visible = if page.deleted_at.is_some() {
            access.edits()
        } else {
            access.sees_drafts() || page.published_revision_id.is_some()
        };
        visible.then_some(Self { page, access })
    }

    /// The page for `viewer`.
    pub fn by(viewer: &Viewer, (page, notebook, share): Placed) -> Option<Self> {
        Access::decide(viewer, &notebook, share).and_then(|access| Self::with(page, access))
    }

    /// The revision whose text the viewer reads: the draft, or what is published.
    pub fn revision_id(&self) -> RevisionId {
        if self.access.sees_drafts() {
            self.page.current_revision_id
        } else {
            // A reader sees a page because it has one.
            self.page
                .published_revision_id
                .unwrap_or(self.page.current_revision_id)
        }
    }

    /// Whether the viewer may read a revision of this page.
    pub fn shows(&self, revision: RevisionId) -> bool {
        self.access.sees_drafts() || self.page.published_revision_id == Some(revision)
    }
}

/// Which pages of a notebook a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// Those that readers see.
    Public,
    /// All that are not in the trash.
    Drafts,
    /// Those in the trash.
    Trash,
}

/// How many pages and words a notebook has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Pages that are not in the trash.
    pub pages: i32,
    /// Their words.
    pub words: i32,
}
