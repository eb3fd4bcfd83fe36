//! Fenced blocks of Markdown: what stands between lines of three backticks or tildes.

/// A fenced block.
pub struct Block<'a> {
    /// The first word behind the fence, in lower case.
    pub language: String,
    /// What stands in it.
    pub text: &'a str,
}

/// The blocks of a text, in order; one that is not closed goes to the end.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    // The fence, the language, and where the block begins.
    let mut open: Option<(&str, String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let fence = fence(trimmed);
        match (&open, fence) {
            (None, Some(fence)) => {
                let info = &trimmed[fence.len()..];
                let language = info.split_whitespace().next().unwrap_or_default();
                open = Some((fence, language.to_lowercase(), at + line.len()));
            }
            (Some((opened, language, start)), Some(fence))
                if fence.starts_with(*opened) && fence.len() == trimmed.len() =>
            {
                found.push(Block {
                    language: language.clone(),
                    text: &text[*start..at],
                });
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    if let Some((_, language, start)) = open {
        found.push(Block {
            language,
            text: &text[start..],
        });
    }
    found
}

/// The fence that a line begins with.
fn fence(line: &str) -> Option<&str> {
    let mark = line
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    (length >= 3).then(|| &line[..length])
}
