//! Differences between revisions on the wire.

use async_graphql::{Enum, Object};

use super::Revision;
use crate::graphql::cost::list_size;
use crate::text::diff::{Diff, Hunk, Line, LineKind};

/// What changed between two revisions, line by line.
pub struct RevisionDiff {
    /// The earlier text.
    pub from: Option<Revision>,
    /// The later text.
    pub to: Revision,
    /// What changed.
    pub diff: Diff,
}

/// What changed between two revisions, line by line.
#[Object]
impl RevisionDiff {
    /// The text that was compared with; null for nothing, as before a page's first revision.
    async fn from(&self) -> Option<&Revision> {
        self.from.as_ref()
    }

    /// The text that the changes lead to.
    async fn to(&self) -> &Revision {
        &self.to
    }

    /// How many lines were added.
    async fn insertions(&self) -> usize {
        self.diff.insertions
    }

    /// How many lines were removed.
    async fn deletions(&self) -> usize {
        self.diff.deletions
    }

    /// The changed places, each with three lines around it.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn hunks(&self) -> Vec<DiffHunk<'_>> {
        self.diff.hunks.iter().map(DiffHunk).collect()
    }

    /// Unified diff text.
    async fn unified(&self) -> &str {
        &self.diff.unified
    }
}

/// One changed place.
pub struct DiffHunk<'a>(&'a Hunk);

/// One changed place.
#[Object]
impl DiffHunk<'_> {
    /// The first line in the earlier text, from 1.
    async fn old_start(&self) -> usize {
        self.0.old_start
    }

    /// How many lines of the earlier text it covers.
    async fn old_lines(&self) -> usize {
        self.0.old_lines
    }

    /// The first line in the later text, from 1.
    async fn new_start(&self) -> usize {
        self.0.new_start
    }

    /// How many lines of the later text it covers.
    async fn new_lines(&self) -> usize {
        self.0.new_lines
    }

    /// The lines, in order.
    #[graphql(directive = list_size::apply(Some(20), None))]
    async fn lines(&self) -> Vec<DiffLine<'_>> {
        self.0.lines.iter().map(DiffLine).collect()
    }
}

/// What happened to a line.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffLineKind {
    /// It is in both texts.
    Context,
    /// It is new.
    Insert,
    /// It is gone.
    Delete,
}

/// One line of a changed place.
pub struct DiffLine<'a>(&'a Line);

/// One line of a changed place.
#[Object]
impl DiffLine<'_> {
    /// What happened to it.
    async fn kind(&self) -> DiffLineKind {
        match self.0.kind {
            LineKind::Context => DiffLineKind::Context,
            LineKind::Insert => DiffLineKind::Insert,
            LineKind::Delete => DiffLineKind::Delete,
        }
    }

    /// The line without its ending.
    async fn text(&self) -> &str {
        &self.0.text
    }
}
