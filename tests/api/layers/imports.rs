//! Reads which paths a source file names: those of its `use` lines, and those that begin with `crate::`.

/// The paths that the file imports, from the root: `crate::db::query`, `diesel::prelude`.
pub fn imports(file: &str, text: &str) -> Vec<String> {
    if file
        .split('/')
        .any(|part| part == "tests" || part == "tests.rs")
    {
        return Vec::new();
    }
    let code = without_comments(text);
    // Tests come last in a file, and may import what they test it with.
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let module = module(file);
    let (statements, code) = statements(code);
    let mut found = Vec::new();
    for statement in statements {
        expand("", &statement, &mut found);
    }
    found.extend(inline(&code));
    found.iter().map(|path| resolve(&module, path)).collect()
}

fn without_comments(text: &str) -> String {
    let lines = text.lines();
    let code = lines.map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    code.collect::<Vec<_>>().join("\n")
}

/// The module of a file: `["pages", "service"]`.
fn module(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(
        parts.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        parts.pop();
    }
    parts
}

/// What stands between each `use` and its semicolon, without white space, and the code without that.
fn statements(code: &str) -> (Vec<String>, String) {
    let (mut found, mut other) = (Vec::new(), String::new());
    let mut rest = code;
    while let Some(start) = rest.find("use ") {
        let is_word = rest[..start]
            .chars()
            .next_back()
            .is_none_or(|before| before.is_whitespace() || matches!(before, '{' | '}' | ';'));
        other.push_str(&rest[..start]);
        rest = &rest[start + 4..];
        if let (true, Some(end)) = (is_word, rest.find(';')) {
            let text = rest[..end].replace(" as ", "@");
            found.push(text.split_whitespace().collect());
            rest = &rest[end..];
        }
    }
    other.push_str(rest);
    (found, other)
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let Some(open) = tree.find('{') else {
        let path = tree.split('@').next().unwrap_or_default();
        let whole = format!("{prefix}{path}");
        found.push(whole.trim_end_matches("::self").to_owned());
        return;
    };
    let (head, group) = tree.split_at(open);
    let prefix = format!("{prefix}{head}");
    let inner = group[1..].rsplit_once('}').map_or("", |(inner, _)| inner);
    let (mut depth, mut start) = (0, 0);
    for (at, symbol) in inner.char_indices() {
        match symbol {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < inner.len() {
        expand(&prefix, &inner[start..], found);
    }
}

/// Paths such as `crate::db::query!(…)` in the middle of code.
fn inline(code: &str) -> Vec<String> {
    let starts = code.match_indices("crate::").map(|(at, _)| &code[at..]);
    starts
        .map(|rest| {
            let end =
                rest.find(|symbol: char| !(symbol.is_alphanumeric() || "_:".contains(symbol)));
            rest[..end.unwrap_or(rest.len())]
                .trim_end_matches(':')
                .to_owned()
        })
        .filter(|path| path != "crate")
        .collect()
}

/// Makes `super::` and `self::` paths absolute.
fn resolve(module: &[String], path: &str) -> String {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = module.iter().map(String::as_str).collect();
    match parts.first() {
        Some(&"self") => {
            parts.remove(0);
        }
        Some(&"super") => {
            while parts.first() == Some(&"super") {
                parts.remove(0);
                base.pop();
            }
        }
        _ => return path.to_owned(),
    }
    let all = ["crate"].into_iter().chain(base).chain(parts);
    all.collect::<Vec<_>>().join("::")
}

#[test]
fn paths_are_read_as_the_compiler_reads_them() {
    let text = "use super::{self, names::{fold, Key as K}};\nuse self::inputs::*;\nfn f() { super::service::x() }";
    assert_eq!(
        imports("pages/graphql.rs", text),
        [
            "crate::pages",
            "crate::pages::names::fold",
            "crate::pages::names::Key",
            "crate::pages::graphql::inputs::*",
        ]
    );
}
