//! Tests of rendering and reading Markdown: what comes through, and what must not.

use proptest::prelude::*;

use super::*;

#[test]
fn github_flavoured_markdown_becomes_html() {
    let source = "# Olá\n\n~~old~~ **new** https://example.org\n\n- [x] done\n- [ ] open\n\n\
                  | a | b |\n|:-:|---|\n| 1 | 2 |\n\n3. three\n";
    let html = to_html(source);
    for part in [
        "<h1>Olá</h1>",
        "<del>old</del> <strong>new</strong>",
        r#"<a href="https://example.org" rel="noopener nofollow">https://example.org</a>"#,
        r#"<th align="center">a</th>"#,
        "<td>2</td>",
        r#"<ol start="3">"#,
    ] {
        assert!(html.contains(part), "{part} is missing in {html}");
    }
    assert_eq!(html.matches(r#"type="checkbox""#).count(), 2, "{html}");
    assert_eq!(html.matches("disabled").count(), 2, "{html}");
    assert_eq!(html.matches("checked").count(), 1, "{html}");
}

#[test]
fn code_keeps_its_language_and_nothing_else() {
    let html = to_html("```rust ignore\nlet a = 1 < 2;\n```\n");
    assert_eq!(
        html,
        "<pre><code class=\"language-rust\">let a = 1 &lt; 2;\n</code></pre>\n"
    );
}

#[test]
fn dangerous_markup_does_not_come_through() {
    for source in [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<iframe src=\"https://evil.example\"></iframe>",
        "<style>body{display:none}</style>",
        "<input type=\"text\" name=\"password\">",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#10;script:alert(1))",
        "[a](&#x6A;avascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](data:image/png;base64,AAAA)",
        "![a](mailto:x@example.org)",
        "<javascript:alert(1)>",
        "[a](vbscript:x)",
        "```\"onclick=\"alert(1)\nx\n```",
        "[a](https://x.example \"\\\" onclick=\\\"alert(1)\")",
    ] {
        let html = to_html(source);
        assert_safe(&html);
        assert!(!html.contains("evil.example"), "{html}");
    }
}

#[test]
fn relative_and_mail_links_stay() {
    let html = to_html("[a](/p/1#x) [b](mailto:a@example.org) ![c](pic.png \"T\")");
    assert!(html.contains(r#"href="/p/1#x""#), "{html}");
    assert!(html.contains(r#"href="mailto:a@example.org""#), "{html}");
    assert!(
        html.contains(r#"<img src="pic.png" alt="c" title="T">"#),
        "{html}"
    );
}

#[test]
fn plain_text_has_the_words_and_no_markup() {
    let source = "# Um *título*\n\nLine one\nsame line  \nnext [link](https://x.example) \
                  ![a **picture**](p.png) `code()`\n\n- [x] one\n- two\n\n> quote\n\n\
                  ```rust\nfn a() {}\n\nfn b() {}\n```\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n\
                  <div>raw</div>\n\nA<b>B</b> &amp; C";
    assert_eq!(
        to_plain(source),
        "Um título\nLine one same line\nnext link a picture code()\none\ntwo\nquote\n\
         fn a() {}\n\nfn b() {}\nh i\n1 2\nAB & C"
    );
    assert_eq!(to_plain(" \n\n"), "");
}

/// Reads the tags as the sanitiser writes them, and accepts nothing unknown.
fn assert_safe(html: &str) {
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        rest = &rest[open + 1..];
        let end = rest.find([' ', '>']).expect("a tag ends");
        let name = rest[..end].trim_start_matches('/');
        assert!(
            [
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
                "ul"
            ]
            .contains(&name),
            "<{name}> in {html}"
        );
        rest = &rest[end..];
        while let Some(attribute) = rest.strip_prefix(' ') {
            let (key, value) = attribute.split_once("=\"").expect("a quoted value");
            let (value, after) = value.split_once('"').expect("a closing quote");
            assert!(
                [
                    "href", "rel", "title", "src", "alt", "start", "class", "align", "type",
                    "checked", "disabled"
                ]
                .contains(&key),
                "{key} in {html}"
            );
            if key == "href" || key == "src" {
                let address: String = value.chars().filter(|c| !c.is_whitespace()).collect();
                let address = address.to_lowercase();
                for scheme in ["javascript:", "data:", "vbscript:"] {
                    assert!(!address.starts_with(scheme), "{html}");
                }
            }
            rest = after;
        }
        rest = rest.strip_prefix('>').expect("a tag is closed");
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,8}",
        proptest::sample::select(vec![
            "<script>",
            "</script>",
            "<img src=x onerror=alert(1)>",
            " onclick=\"x\"",
            "[a](",
            "javascript:alert(1)",
            "data:text/html,x",
            ")",
            "](",
            "[",
            "]",
            "![",
            "<",
            ">",
            "\"",
            "'",
            "`",
            "```",
            "\n",
            "\n\n",
            "> ",
            "- ",
            "- [x] ",
            "| a |\n|---|\n| ",
            "**",
            "_",
            "~~",
            "&#106;",
            "&colon;",
            "\\",
            "\t",
            "<!--",
            "-->",
            "<![CDATA[",
            "https://a.b/",
            "[a]: ",
            "\0",
            "<javascript:x>",
            "    ",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn html_is_safe_whatever_is_written(source in markdown()) {
        let html = to_html(&source);
        prop_assert!(!html.to_lowercase().contains("<script"));
        assert_safe(&html);
    }

    #[test]
    fn words_of_a_paragraph_are_in_its_plain_text(words in proptest::collection::vec("[a-z]{1,8}", 1..20)) {
        let source = format!("# {}\n\n*{}*", words.join(" "), words.join("\n"));
        let line = words.join(" ");
        prop_assert_eq!(to_plain(&source), format!("{line}\n{line}"));
    }
}
