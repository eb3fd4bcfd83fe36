//! Markdown as HTML that is safe to embed, and as plain text.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::NodeValue;
use comrak::{Arena, Node, Options};

use super::plain::PlainText;

/// Comrak copes with any depth, but building and reading HTML that deep takes time quadratic
/// in it, here and in browsers.
const MAX_DEPTH: usize = 100;

/// A few bytes of table can ask for half a million empty cells, again and again.
const MAX_NODES: usize = 1_000_000;

/// The most `|` in a line: bounds how far a table grows between two looks at the nodes.
const MAX_PIPES_IN_LINE: usize = 2_000;

/// The longest attribute value, in bytes.
const MAX_ATTRIBUTE: usize = 4_096;

/// The longest text the serialiser gets in one piece, in bytes; see [`split_long_texts`].
const MAX_TEXT_PIECE: usize = 1_024;

/// Renders CommonMark with GitHub's tables, task lists, strikethrough and autolinks.
///
/// The HTML is sanitised: raw HTML in the source is left out, links go to `http`, `https`,
/// `mailto`, `tel` or relative addresses and carry `rel="noopener nofollow"`, images come
/// from `http`, `https` or relative addresses. Beside plain elements only disabled
/// checkboxes and `language-…` classes on `code` come through.
///
/// A document that nobody writes by hand is answered with its source, escaped, in
/// `<pre><code>`: one nested deeper than 100 levels, with more than a million parts, or with
/// more than 2,000 `|` in a line. Addresses, titles and alternative texts beyond 4 KiB are left
/// out. So the work is linear in the source, and the stack does not grow with it.
pub fn to_html(source: &str) -> String {
    let arena = Arena::new();
    let mut html = String::new();
    match parse(&arena, source) {
        Some(root) if !is_deeper_than(root, MAX_DEPTH) => {
            // Writing to a string cannot fail.
            let _ = comrak::format_html(root, &options(), &mut html);
            SANITIZER.clean(&split_long_texts(html)).to_string()
        }
        _ => {
            html.push_str("<pre><code>");
            let _ = comrak::html::escape(&mut html, &source.replace('\0', "\u{fffd}"));
            html.push_str("</code></pre>\n");
            html
        }
    }
}

/// The text alone: headings, paragraphs, list items, table rows and code blocks each on lines
/// of their own, link texts and the alternative texts of images, no markup and no raw HTML.
///
/// A document with too many parts (see [`to_html`]) is answered with its source.
pub fn to_plain(source: &str) -> String {
    let arena = Arena::new();
    let mut plain = PlainText::default();
    let Some(root) = parse(&arena, source) else {
        plain.push(source);
        return plain.finish();
    };
    for edge in root.traverse() {
        let (node, entering) = match edge {
            NodeEdge::Start(node) => (node, true),
            NodeEdge::End(node) => (node, false),
        };
        match &node.data().value {
            NodeValue::TableCell if entering && node.previous_sibling().is_some() => {
                plain.push(" ");
            }
            NodeValue::TableCell => {}
            value if value.block() => {
                plain.block();
                if let (true, NodeValue::CodeBlock(code)) = (entering, value) {
                    plain.push(code.literal.trim_end_matches('\n'));
                }
            }
            _ if !entering => {}
            NodeValue::Text(text) => plain.push(text),
            NodeValue::Code(code) => plain.push(&code.literal),
            NodeValue::SoftBreak => plain.push(" "),
            NodeValue::LineBreak => plain.push("\n"),
            _ => {}
        }
    }
    plain.finish()
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options
}

/// The document's tree, or `None` where it has too many parts.
fn parse<'a>(arena: &'a Arena<'a>, source: &str) -> Option<Node<'a>> {
    let pipes = |line: &[u8]| line.iter().filter(|byte| **byte == b'|').count();
    let mut lines = source
        .as_bytes()
        .split(|byte| matches!(byte, b'\n' | b'\r'));
    if lines.any(|line| pipes(line) > MAX_PIPES_IN_LINE) {
        return None;
    }
    let too_many = || arena.len() > MAX_NODES;
    comrak::try_parse_document(arena, source, &options(), &too_many).ok()
}

/// Puts empty comments into long texts; the sanitiser drops them and leaves short texts.
///
/// At every `&` and every byte 0xC2, html5ever's serialiser searches the rest of the text
/// for `<`, so one text of a megabyte full of them would take minutes.
fn split_long_texts(html: String) -> String {
    if html.len() <= MAX_TEXT_PIECE {
        return html;
    }
    let mut split = String::with_capacity(html.len() + html.len() / 64);
    let mut copied = 0;
    let mut piece_start = 0;
    let mut in_tag = false;
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            // Comrak escapes both everywhere else, in attributes too.
            b'<' => in_tag = true,
            b'>' => {
                in_tag = false;
                piece_start = at + 1;
            }
            b'&' | 0xc2 if !in_tag && at - piece_start >= MAX_TEXT_PIECE => {
                split.push_str(&html[copied..at]);
                split.push_str("<!---->");
                copied = at;
                piece_start = at;
            }
            _ => {}
        }
    }
    split.push_str(&html[copied..]);
    split
}

fn is_deeper_than(root: Node<'_>, limit: usize) -> bool {
    let mut depth = 0;
    root.traverse().any(|edge| {
        match edge {
            NodeEdge::Start(_) => depth += 1,
            NodeEdge::End(_) => depth -= 1,
        }
        depth > limit
    })
}

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "input",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let attributes = [
        ("a", vec!["href", "title"]),
        ("img", vec!["src", "alt", "title"]),
        ("ol", vec!["start"]),
        ("code", vec!["class"]),
        ("td", vec!["align"]),
        ("th", vec!["align"]),
        ("input", vec!["checked"]),
    ];
    let attributes: HashMap<_, HashSet<_>> = attributes
        .into_iter()
        .map(|(tag, names)| (tag, names.into_iter().collect()))
        .collect();
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(tags))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("noopener nofollow"))
        .attribute_filter(keep_attribute);
    builder
});

fn keep_attribute<'v>(tag: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let keep = value.len() <= MAX_ATTRIBUTE
        && match (tag, attribute) {
            ("code", "class") => value
                .strip_prefix("language-")
                .is_some_and(|language| !language.contains(char::is_whitespace)),
            ("td" | "th", "align") => matches!(value, "left" | "center" | "right"),
            ("img", "src") => {
                let scheme = value.split(['/', '?', '#']).next().unwrap_or(value);
                match scheme.split_once(':') {
                    Some((scheme, _)) => {
                        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
                    }
                    None => true,
                }
            }
            _ => true,
        };
    keep.then_some(Cow::Borrowed(value))
}

#[cfg(test)]
#[path = "markdown_bounds_tests.rs"]
mod bounds;

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
