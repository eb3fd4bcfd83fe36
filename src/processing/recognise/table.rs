//! Markdown tables as GFM has them: a header, a line of dashes, and rows between bars.

use super::delimited::{Header, rows_to_records};
use super::{Found, Issues, MAX_RECORDS};

/// The records of the first table of a text.
pub fn read(text: &str, issues: &mut Issues) -> Found {
    let mut before: Option<&str> = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(header) = before
            && header.contains('|')
            && is_delimiter(line)
        {
            let names = cells(header);
            if names.len() == cells(line).len()
                && let Some(header) = Header::of(&names, issues)
            {
                let rows = lines.take_while(|line| line.contains('|'));
                let rows = rows.map(cells).take(MAX_RECORDS + 1);
                return Some(rows_to_records(&header, rows, issues));
            }
        }
        before = Some(line);
    }
    None
}

fn is_delimiter(line: &str) -> bool {
    let line = line.trim();
    let dashes = |cell: &String| {
        let cell = cell.strip_prefix(':').unwrap_or(cell);
        let cell = cell.strip_suffix(':').unwrap_or(cell);
        !cell.is_empty() && cell.bytes().all(|byte| byte == b'-')
    };
    line.contains('|')
        && line.bytes().all(|byte| b"|:- \t".contains(&byte))
        && cells(line).iter().all(dashes)
}

/// The cells of a row; a bar behind a backslash is a character of its cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'|') => {
                characters.next();
                push(&mut cells, '|');
            }
            '|' if characters.peek().is_none() => {}
            '|' => cells.push(String::new()),
            other => push(&mut cells, other),
        }
    }
    cells.iter().map(|cell| plain(cell.trim())).collect()
}

fn push(cells: &mut [String], character: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(character);
    }
}

/// A cell without the marks of bold text or code around all of it.
fn plain(cell: &str) -> String {
    for mark in ["**", "`", "_"] {
        let inner = cell
            .strip_prefix(mark)
            .and_then(|cell| cell.strip_suffix(mark));
        if let Some(inner) = inner.filter(|inner| !inner.contains(mark)) {
            return inner.trim().to_owned();
        }
    }
    cell.to_owned()
}
