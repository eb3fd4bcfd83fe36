//! What may stand in a page, how many words it has, and how two versions of it become one.

use super::draft::Reconciled;
use super::{ContentFormat, Text};
use crate::error::{Error, Result, UserErrorCode};
use crate::search::Body;
use crate::text::merge::{Merge, three_way};
use crate::text::{markdown, rich, words};
use crate::validate::Checks;

/// The longest content, in bytes of UTF-8.
pub const MAX_CONTENT: usize = 5 * 1024 * 1024;
/// From this size on, work on a text leaves the threads that serve requests.
const LARGE: usize = 32 * 1024;

/// Checks a page's content.
pub fn check(checks: &mut Checks, format: ContentFormat, content: &str) {
    let path = ["input", "content"];
    if content.len() > MAX_CONTENT {
        checks.add(
            UserErrorCode::TooLarge,
            path,
            format!(
                "A page holds at most {MAX_CONTENT} bytes; this has {}. Split it into several pages.",
                content.len()
            ),
        );
    } else if content.contains('\0') {
        checks.add(UserErrorCode::Invalid, path, "U+0000 is not allowed.");
    } else if format == ContentFormat::RichJson {
        if content.is_empty() {
            checks.add(
                UserErrorCode::Blank,
                path,
                "A RICH_JSON page needs its content: pass the editor's empty document.",
            );
        } else if let Err(problem) = rich::parse(content) {
            checks.add(
                UserErrorCode::Invalid,
                path,
                format!("This is not JSON: {problem}"),
            );
        }
    }
}

/// The text alone.
pub fn plain(format: ContentFormat, content: &str) -> String {
    match format {
        ContentFormat::Markdown => markdown::to_plain(content),
        ContentFormat::RichJson => rich::parse(content)
            .map(|tree| rich::to_plain(&tree))
            .unwrap_or_default(),
    }
}

/// What a content comes to: its words, and what it is found by. Large ones are read where they hold nobody up.
pub async fn read(format: ContentFormat, content: String) -> Result<(String, i32, Body)> {
    off_thread(content.len(), move || {
        let plain = plain(format, &content);
        let words = i32::try_from(words::count(&plain)).unwrap_or(i32::MAX);
        (content, words, Body::of(&plain))
    })
    .await
}

/// How many words a content has.
pub fn count_words(format: ContentFormat, content: &str) -> i32 {
    i32::try_from(words::count(&plain(format, content))).unwrap_or(i32::MAX)
}

/// Runs `work` on a text of `bytes` bytes where it holds nobody up.
pub async fn off_thread<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    if bytes < LARGE {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::task_stopped(&error))
}

/// Merges what was submitted with what is current; both descend from `base`.
pub fn reconcile(
    format: ContentFormat,
    base: &Text,
    current: &Text,
    submitted: &Text,
) -> Reconciled {
    let title = if submitted.title == base.title {
        Some(&current.title)
    } else if current.title == base.title || current.title == submitted.title {
        Some(&submitted.title)
    } else {
        None
    };
    let merged = three_way(
        format.into(),
        &base.content,
        &current.content,
        &submitted.content,
    );
    match (title, merged) {
        (Some(title), Merge::Clean(content)) if content.len() <= MAX_CONTENT => {
            let words = count_words(format, &content);
            let title = title.clone();
            Reconciled::Merged(Text { title, content }, words)
        }
        // Two new titles, or more text than a page holds: the submitted text is shown as it came.
        (_, Merge::Clean(_)) => Reconciled::Overlapping(
            (format == ContentFormat::Markdown).then(|| submitted.content.clone()),
        ),
        (_, Merge::Conflict { marked }) => Reconciled::Overlapping(marked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, content: &str) -> Text {
        Text {
            title: title.to_owned(),
            content: content.to_owned(),
        }
    }

    #[test]
    fn a_new_title_and_a_new_text_go_together() {
        let base = text("a", "one\n");
        let current = text("b", "one\n");
        let submitted = text("a", "one\ntwo\n");
        let Reconciled::Merged(merged, words) =
            reconcile(ContentFormat::Markdown, &base, &current, &submitted)
        else {
            panic!("these changes do not overlap");
        };
        assert_eq!((merged, words), (text("b", "one\ntwo\n"), 2));
    }

    #[test]
    fn two_new_titles_are_a_conflict() {
        let outcome = reconcile(
            ContentFormat::Markdown,
            &text("a", "x"),
            &text("b", "x"),
            &text("c", "x"),
        );
        assert!(matches!(outcome, Reconciled::Overlapping(Some(text)) if text == "x"));
    }

    #[test]
    fn content_is_checked_by_its_format() {
        for (format, content, ok) in [
            (ContentFormat::Markdown, "", true),
            (ContentFormat::Markdown, "\0", false),
            (ContentFormat::RichJson, "", false),
            (ContentFormat::RichJson, "{", false),
            (ContentFormat::RichJson, "[]", true),
        ] {
            let mut checks = Checks::new();
            check(&mut checks, format, content);
            assert_eq!(checks.done().is_ok(), ok, "{content:?}");
        }
        let mut checks = Checks::new();
        check(
            &mut checks,
            ContentFormat::Markdown,
            &"a".repeat(MAX_CONTENT + 1),
        );
        assert!(checks.done().is_err());
    }
}
