//! How many tokens a document has, counted without parsing it.

/// Counts names, numbers, strings and punctuators, and stops soon after `limit`.
pub fn count_tokens(query: &str, limit: usize) -> usize {
    let mut count = 0;
    let mut rest = query;
    while count <= limit {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', '\u{feff}']);
        let Some(first) = rest.chars().next() else {
            break;
        };
        if first == '#' {
            rest = rest.trim_start_matches(|symbol| symbol != '\n' && symbol != '\r');
            continue;
        }
        count += 1;
        rest = if let Some(text) = rest.strip_prefix("\"\"\"") {
            behind_block(text)
        } else if let Some(text) = rest.strip_prefix('"') {
            behind_string(text)
        } else if let Some(behind) = rest.strip_prefix("...") {
            behind
        } else if first.is_ascii_alphabetic() || first == '_' {
            rest.trim_start_matches(|symbol: char| symbol.is_ascii_alphanumeric() || symbol == '_')
        } else {
            let behind = &rest[first.len_utf8()..];
            match first {
                '-' | '0'..='9' => behind.trim_start_matches(is_of_number),
                _ => behind,
            }
        };
    }
    count
}

fn is_of_number(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric() || matches!(symbol, '.' | '-' | '+')
}

/// What stands behind a string; one that its line does not end is an error for the parser.
fn behind_string(text: &str) -> &str {
    let mut escaped = false;
    for (at, symbol) in text.char_indices() {
        match symbol {
            '"' if !escaped => return &text[at + 1..],
            '\n' | '\r' => return &text[at..],
            _ => escaped = symbol == '\\' && !escaped,
        }
    }
    ""
}

/// What stands behind a block string, in which quotes may stand and only three of them end it.
fn behind_block(text: &str) -> &str {
    let mut from = 0;
    while let Some(found) = text[from..].find("\"\"\"") {
        let end = from + found;
        if !text[..end].ends_with('\\') {
            return &text[end + 3..];
        }
        from = end + 3;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_but_for_white_space_and_comments() {
        assert_eq!(
            count_tokens("{ a(b: \"x } \\\" y\") # c d e\n, ...F }", 100),
            10
        );
        assert!(count_tokens(&"a ".repeat(1_000), 10) <= 11);
        assert_eq!(
            count_tokens("{a...F...on B{c(d:-1.5e+3,e:[1 2])}}", 100),
            22
        );
    }

    #[test]
    fn nothing_hides_tokens_behind_a_quote_or_a_comment() {
        assert_eq!(count_tokens("\"\"\" a \" b \\\"\"\" c \"\"\" d e", 100), 3);
        assert_eq!(count_tokens("# \" a\rb \"\" c", 100), 3);
        assert_eq!(count_tokens("\"open\na b", 100), 3);
        assert_eq!(count_tokens("\"\\\\\" a", 100), 2);
    }
}
