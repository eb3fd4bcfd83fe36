//! Tests that no Markdown takes more than bounded time, memory and stack.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn a_document_nested_too_deep_is_shown_as_its_source() {
    let deep = format!("{}x <b>", "> ".repeat(500));
    let html = to_html(&deep);
    assert!(html.starts_with("<pre><code>&gt; &gt; "), "{html}");
    assert!(html.ends_with("x &lt;b&gt;</code></pre>\n"), "{html}");
    assert_eq!(to_plain(&deep), "x");
    assert!(to_html(&"> ".repeat(50)).contains("<blockquote>"));
}

/// Runs on a small stack, so that recursion as deep as the input cannot go unseen.
fn render_in_bounds(name: &str, source: String) {
    let started = Instant::now();
    let size = source.len();
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let (html, plain) = thread
        .spawn(move || (to_html(&source), to_plain(&source)))
        .unwrap()
        .join()
        .unwrap();
    let took = started.elapsed();
    println!("{name}: {size} bytes, {} of HTML, {took:?}", html.len());
    assert!(!html.contains("<script"));
    assert!(
        plain.len() <= 2 * size,
        "{name}: {} bytes of text",
        plain.len()
    );
    // Unoptimised and on a busy machine; what is quadratic takes minutes at this size.
    assert!(took < Duration::from_secs(60), "{name} took {took:?}");
}

#[test]
fn nesting_of_every_kind_is_bounded() {
    let n = 100_000;
    let pairs = 2_000;
    for (name, source) in [
        ("quotes", ">".repeat(n)),
        ("spaced quotes", "> ".repeat(n)),
        (
            "lazy lines",
            format!("{}\n{}", "> a".repeat(pairs), "b\n".repeat(n / 5)),
        ),
        ("brackets", "[".repeat(n)),
        (
            "bracket pairs",
            format!("{}{}", "[".repeat(n), "]".repeat(n)),
        ),
        ("link openings", "[a](".repeat(n / 4)),
        ("images", "![".repeat(n)),
        (
            "nested images",
            format!("{}x{}", "![".repeat(pairs), "](u)".repeat(pairs)),
        ),
        (
            "emphasis",
            format!("{}a{}", "*a **".repeat(n / 20), "** a*".repeat(n / 20)),
        ),
        ("stars", "*".repeat(n)),
        ("underscores", "a_".repeat(n / 4)),
        ("tildes", "~a ~~b ".repeat(n / 8)),
        ("list markers", "- ".repeat(n / 4)),
        ("numbered lists", "1. ".repeat(n / 8)),
        (
            "backticks",
            (1..400).map(|i| format!("a{}", "`".repeat(i))).collect(),
        ),
        ("tags", "<a ".repeat(n / 4)),
        ("comments", "<!-- ".repeat(n)),
        ("pointy links", "<http://".repeat(n / 8)),
        ("addresses", "www.a@b.".repeat(n / 4)),
    ] {
        render_in_bounds(name, source);
    }
}

#[test]
fn characters_that_need_escaping_are_bounded() {
    for (name, source) in [
        ("entities", "&amp;&#0;".repeat(20_000)),
        (
            "ampersands in code",
            format!("```\n{}\n```", "& ".repeat(200_000)),
        ),
        ("guillemets", "«»".repeat(100_000)),
        (
            "an address of ampersands",
            format!("[a](/?{})", "&".repeat(200_000)),
        ),
        (
            "a picture of ampersands",
            format!("![{}](/a)", "& ".repeat(50_000)),
        ),
    ] {
        render_in_bounds(name, source);
    }
}

#[test]
fn long_texts_come_through_unchanged() {
    let words = "R&D « º 1\u{a0}000 x>y é ".repeat(500);
    let html = to_html(&format!("```\n{words}\n```\n"));
    let escaped = words
        .replace('&', "&amp;")
        .replace('>', "&gt;")
        .replace('\u{a0}', "&nbsp;");
    assert_eq!(html, format!("<pre><code>{escaped}\n</code></pre>\n"));
}

#[test]
fn tables_cannot_multiply_a_page() {
    let wide = |columns: usize, rows: usize| {
        format!(
            "{}\n{}\n{}\n",
            "|a".repeat(columns),
            "|-".repeat(columns),
            "|b\n".repeat(rows)
        )
    };
    assert!(to_html(&wide(20, 20)).contains("<table>"));
    let tables = wide(500, 300).repeat(40);
    let html = to_html(&tables);
    assert!(html.starts_with("<pre><code>|a"), "{} bytes", html.len());
    assert!(to_plain(&tables).starts_with("|a"));
    assert!(to_html(&wide(3_000, 1)).starts_with("<pre><code>|a"));
}

#[test]
fn nested_lists_are_bounded() {
    let source = (0..1_000)
        .map(|i| format!("{}- a\n", "  ".repeat(i)))
        .collect();
    render_in_bounds("indented lists", source);
}

#[test]
fn many_references_do_not_multiply() {
    let definition = format!("[a]: /{}\n\n", "x".repeat(10_000));
    let html = to_html(&format!("{definition}{}", "[a] ".repeat(50_000)));
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
}

#[test]
fn a_long_book_renders() {
    let paragraph =
        "Era uma vez um *texto* longo, com [ligações](https://example.org) e `código`. ";
    let chapter = format!("## Capítulo\n\n{}\n\n", paragraph.repeat(20));
    let source = chapter.repeat(1024 * 1024 / chapter.len());
    render_in_bounds("1 MiB of prose", source);
}
