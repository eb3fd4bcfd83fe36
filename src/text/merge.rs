//! Merging a save that was made from an older text into the current one.

use super::diff3::{self, Region, Touching};
use super::{Format, lines, rich};

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// Both sides' changes are in this text.
    Clean(String),
    /// Both sides changed the same place.
    Conflict {
        /// The merged text with markers around what overlaps, for [`Format::Markdown`] only;
        /// see [`three_way`].
        marked: Option<String>,
    },
}

/// Merges `submitted` into `current`; both descend from `base`.
///
/// Markdown is merged by lines, like git does it: changes with at least one unchanged line
/// between them are combined, equal changes are taken once, anything else is a conflict, which
/// `marked` shows in place:
///
/// ```text
/// <<<<<<< current
/// what is stored now
/// ||||||| base
/// what the writer started from
/// =======
/// what the writer wants to save
/// >>>>>>> submitted
/// ```
///
/// Lines keep their endings; the markers take the ending of the current text's first line,
/// and a last line without an ending gets one only before a marker. Lines of the text that
/// look like markers are not escaped.
///
/// RICH_JSON is merged by top-level nodes ([`rich::merge_nodes`]); the result is then the
/// merged tree as compact JSON. A side that nobody changed gives the other's very bytes.
///
/// The work is bounded: where the texts differ over more than 40,000 lines (base and the
/// longer side together, without the common beginning and end), that stretch is one conflict.
pub fn three_way(format: Format, base: &str, current: &str, submitted: &str) -> Merge {
    if current == submitted || submitted == base {
        return Merge::Clean(current.to_owned());
    }
    if current == base {
        return Merge::Clean(submitted.to_owned());
    }
    match format {
        Format::Markdown => by_lines(base, current, submitted),
        Format::RichJson => by_nodes(base, current, submitted)
            .map_or(Merge::Conflict { marked: None }, Merge::Clean),
    }
}

fn by_nodes(base: &str, current: &str, submitted: &str) -> Option<String> {
    let base_tree = rich::parse(base).ok()?;
    let current_tree = rich::parse(current).ok()?;
    let submitted_tree = rich::parse(submitted).ok()?;
    if submitted_tree == base_tree || submitted_tree == current_tree {
        return Some(current.to_owned());
    }
    if current_tree == base_tree {
        return Some(submitted.to_owned());
    }
    let merged = rich::merge_nodes(&base_tree, &current_tree, &submitted_tree)?;
    let merged = serde_json::to_string(&merged).ok()?;
    rich::parse(&merged).is_ok().then_some(merged)
}

fn by_lines(base: &str, current: &str, submitted: &str) -> Merge {
    let (base, current, submitted) = (
        lines::split(base),
        lines::split(current),
        lines::split(submitted),
    );
    let [base_numbers, current_numbers, submitted_numbers] =
        lines::number([&base, &current, &submitted]);
    let regions = diff3::regions(
        &base_numbers,
        &current_numbers,
        &submitted_numbers,
        Touching::Conflicts,
    );

    let ending = match current.first().or(base.first()) {
        Some(line) if line.ends_with("\r\n") => "\r\n",
        _ => "\n",
    };
    let mut text = String::new();
    let mut conflicts = false;
    for region in regions {
        match region {
            Region::Stable(range) => text.extend(base[range].iter().copied()),
            Region::Current(range) => text.extend(current[range].iter().copied()),
            Region::Submitted(range) => text.extend(submitted[range].iter().copied()),
            Region::Conflict {
                base: base_range,
                current: current_range,
                submitted: submitted_range,
            } => {
                conflicts = true;
                push_marker(&mut text, "<<<<<<< current", ending);
                text.extend(current[current_range].iter().copied());
                push_marker(&mut text, "||||||| base", ending);
                text.extend(base[base_range].iter().copied());
                push_marker(&mut text, "=======", ending);
                text.extend(submitted[submitted_range].iter().copied());
                push_marker(&mut text, ">>>>>>> submitted", ending);
            }
        }
    }
    if conflicts {
        Merge::Conflict { marked: Some(text) }
    } else {
        Merge::Clean(text)
    }
}

fn push_marker(text: &mut String, marker: &str, ending: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(ending);
    }
    text.push_str(marker);
    text.push_str(ending);
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
