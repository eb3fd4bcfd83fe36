//! Notebooks: made, shared, published, trashed, listed, and who sees them.

mod changes;
mod deletion;
mod lists;
mod paging;
mod sharing;

use serde_json::Value;

use crate::pages::{
    change, done, errors, logged, look, publish_notebook, refused, save, see, share, stored,
};
use crate::support::*;

/// Every mutation of a notebook, its page and a revision of it, with what names the target in its errors.
fn mutations(
    notebook: &str,
    page: &str,
    revision: &str,
    user: &str,
) -> Vec<(String, &'static str)> {
    vec![
        (
            format!(r#"updateNotebook(input: {{ notebookId: "{notebook}", title: "x" }})"#),
            "input.notebookId",
        ),
        (
            format!(r#"deleteNotebook(notebookId: "{notebook}")"#),
            "notebookId",
        ),
        (
            format!(r#"restoreNotebook(notebookId: "{notebook}")"#),
            "notebookId",
        ),
        (
            format!(r#"purgeNotebook(notebookId: "{notebook}")"#),
            "notebookId",
        ),
        (
            format!(r#"publishNotebook(notebookId: "{notebook}")"#),
            "notebookId",
        ),
        (
            format!(r#"unpublishNotebook(notebookId: "{notebook}")"#),
            "notebookId",
        ),
        (
            format!(r#"setCollaborator(notebookId: "{notebook}", userId: "{user}", role: EDITOR)"#),
            "notebookId",
        ),
        (
            format!(r#"removeCollaborator(notebookId: "{notebook}", userId: "{user}")"#),
            "notebookId",
        ),
        (
            format!(r#"createPage(input: {{ notebookId: "{notebook}", title: "x" }})"#),
            "input.notebookId",
        ),
        (
            format!(
                r#"savePage(input: {{ pageId: "{page}", baseRevisionId: "{revision}", content: "x" }})"#
            ),
            "input.pageId",
        ),
        (
            format!(r#"movePage(pageId: "{page}", position: 0)"#),
            "pageId",
        ),
        (format!(r#"deletePage(pageId: "{page}")"#), "pageId"),
        (format!(r#"restorePage(pageId: "{page}")"#), "pageId"),
        (format!(r#"purgePage(pageId: "{page}")"#), "pageId"),
        (format!(r#"publishPage(pageId: "{page}")"#), "pageId"),
        (
            format!(r#"cancelScheduledPublish(pageId: "{page}")"#),
            "pageId",
        ),
        (format!(r#"unpublishPage(pageId: "{page}")"#), "pageId"),
        (
            format!(r#"restoreRevision(revisionId: "{revision}")"#),
            "revisionId",
        ),
        (
            format!(r#"nameRevision(revisionId: "{revision}", name: "x")"#),
            "revisionId",
        ),
    ]
}
