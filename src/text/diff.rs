//! What changed between two texts, line by line.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices_deadline, group_diff_ops};

use super::lines;

/// Unchanged lines shown around each change.
const CONTEXT_LINES: usize = 3;

/// After this long the search for the shortest difference gives way to a coarser one.
const DEADLINE: Duration = Duration::from_millis(200);

const NO_NEWLINE: &str = "\\ No newline at end of file\n";

/// The difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// How many lines only the newer text has.
    pub insertions: usize,
    /// How many lines only the older text has.
    pub deletions: usize,
    /// The changes with three lines of context; empty for equal texts.
    pub hunks: Vec<Hunk>,
    /// The hunks as unified diff text, without file names; empty for equal texts.
    pub unified: String,
}

/// Changes that stand close together, with what surrounds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The first line in the older text, from 1; with no lines there, the line before (0 at the beginning).
    pub old_start: usize,
    /// How many lines of the older text the hunk covers.
    pub old_lines: usize,
    /// The first line in the newer text, counted like `old_start`.
    pub new_start: usize,
    /// How many lines of the newer text the hunk covers.
    pub new_lines: usize,
    /// The lines, in order; where a line was replaced, deletions come first.
    pub lines: Vec<Line>,
}

/// A line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which of the two texts has it.
    pub kind: LineKind,
    /// The line without its newline; a carriage return before it stays.
    pub text: String,
}

/// Which text a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Both have it.
    Context,
    /// Only the newer has it.
    Insert,
    /// Only the older has it.
    Delete,
}

/// Compares two texts by lines. Two lines that differ only in their ending are different.
///
/// The result always leads from one text to the other. It is the shortest way for ordinary
/// texts; after 200 ms of searching it may be longer than needed.
pub fn between(from: &str, to: &str) -> Diff {
    let (old, new) = (lines::split(from), lines::split(to));
    let [old_numbers, new_numbers] = lines::number([&old, &new]);
    let operations = capture_diff_slices_deadline(
        Algorithm::Myers,
        &old_numbers,
        &new_numbers,
        Some(Instant::now() + DEADLINE),
    );
    let mut diff = Diff {
        insertions: 0,
        deletions: 0,
        hunks: Vec::new(),
        unified: String::new(),
    };
    if operations
        .iter()
        .all(|operation| operation.tag() == DiffTag::Equal)
    {
        return diff;
    }
    for group in group_diff_ops(operations, CONTEXT_LINES) {
        diff.add_hunk(&group, &old, &new);
    }
    diff
}

impl Diff {
    fn add_hunk(&mut self, group: &[DiffOp], old: &[&str], new: &[&str]) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return;
        };
        let old_range = first.old_range().start..last.old_range().end;
        let new_range = first.new_range().start..last.new_range().end;
        let mut hunk = Hunk {
            old_start: old_range.start + usize::from(!old_range.is_empty()),
            old_lines: old_range.len(),
            new_start: new_range.start + usize::from(!new_range.is_empty()),
            new_lines: new_range.len(),
            lines: Vec::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.unified,
            "@@ -{} +{} @@",
            position(hunk.old_start, hunk.old_lines),
            position(hunk.new_start, hunk.new_lines),
        );
        for operation in group {
            if operation.tag() == DiffTag::Equal {
                self.add_lines(&mut hunk, LineKind::Context, &old[operation.old_range()]);
            } else {
                self.deletions += operation.old_range().len();
                self.insertions += operation.new_range().len();
                self.add_lines(&mut hunk, LineKind::Delete, &old[operation.old_range()]);
                self.add_lines(&mut hunk, LineKind::Insert, &new[operation.new_range()]);
            }
        }
        self.hunks.push(hunk);
    }

    fn add_lines(&mut self, hunk: &mut Hunk, kind: LineKind, lines: &[&str]) {
        for line in lines {
            let text = line.strip_suffix('\n');
            self.unified.push(match kind {
                LineKind::Context => ' ',
                LineKind::Insert => '+',
                LineKind::Delete => '-',
            });
            self.unified.push_str(text.unwrap_or(line));
            self.unified.push('\n');
            if text.is_none() {
                self.unified.push_str(NO_NEWLINE);
            }
            hunk.lines.push(Line {
                kind,
                text: text.unwrap_or(line).to_owned(),
            });
        }
    }
}

/// A place in a hunk's header; the length is left out where it is one.
fn position(start: usize, lines: usize) -> String {
    if lines == 1 {
        start.to_string()
    } else {
        format!("{start},{lines}")
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
