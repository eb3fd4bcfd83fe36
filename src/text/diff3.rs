//! Three-way comparison of sequences, in the manner of diff3.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The most items that base and one side may have together between the common beginning and
/// the common end; beyond it the whole stretch is one conflict.
const MAX_ITEMS: usize = 40_000;

/// A stretch of the merged sequence, by its place in the sequences it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Region {
    /// Nobody changed it: the base's range.
    Stable(Range<usize>),
    /// Only the current side changed it, or both alike: the current side's range.
    Current(Range<usize>),
    /// Only the submitted side changed it: the submitted side's range.
    Submitted(Range<usize>),
    /// Both changed it differently.
    Conflict {
        base: Range<usize>,
        current: Range<usize>,
        submitted: Range<usize>,
    },
}

/// What two changes are that touch without an unchanged item between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touching {
    /// A conflict, as git has it: neighbouring lines depend on each other.
    Conflicts,
    /// Independent, unless one is a pure insertion, whose side of the border is unknown.
    Merges,
}

#[derive(Debug)]
struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

/// Splits the three sequences into regions, in order and without gaps.
pub(super) fn regions(
    base: &[usize],
    current: &[usize],
    submitted: &[usize],
    touching: Touching,
) -> Vec<Region> {
    let prefix = common(base.iter(), current.iter(), submitted.iter());
    let suffix = common(
        base[prefix..].iter().rev(),
        current[prefix..].iter().rev(),
        submitted[prefix..].iter().rev(),
    );
    let whole = |items: &[usize]| prefix..items.len() - suffix;
    let (base_middle, current_middle, submitted_middle) =
        (whole(base), whole(current), whole(submitted));

    let mut regions = Vec::new();
    push_stable(&mut regions, 0..prefix);
    let longest_side = current_middle.len().max(submitted_middle.len());
    if base_middle.len() + longest_side > MAX_ITEMS {
        regions.push(Region::Conflict {
            base: base_middle.clone(),
            current: current_middle,
            submitted: submitted_middle,
        });
    } else {
        let current_edits = edits(base, base_middle.clone(), current, current_middle);
        let submitted_edits = edits(base, base_middle.clone(), submitted, submitted_middle);
        let sweep = Sweep {
            current: &current_edits,
            submitted: &submitted_edits,
            touching,
        };
        sweep.run(base_middle.clone(), &mut regions, |a, b| {
            current[a] == submitted[b]
        });
    }
    push_stable(&mut regions, base_middle.end..base.len());
    regions
}

fn common<'a>(
    base: impl Iterator<Item = &'a usize>,
    current: impl Iterator<Item = &'a usize>,
    submitted: impl Iterator<Item = &'a usize>,
) -> usize {
    base.zip(current)
        .zip(submitted)
        .take_while(|((base, current), submitted)| base == current && base == submitted)
        .count()
}

fn push_stable(regions: &mut Vec<Region>, range: Range<usize>) {
    if !range.is_empty() {
        regions.push(Region::Stable(range));
    }
}

fn edits(
    base: &[usize],
    base_range: Range<usize>,
    side: &[usize],
    side_range: Range<usize>,
) -> Vec<Edit> {
    let (base_from, side_from) = (base_range.start, side_range.start);
    let operations = capture_diff_slices(Algorithm::Myers, &base[base_range], &side[side_range]);
    let mut edits: Vec<Edit> = Vec::new();
    for operation in operations {
        if matches!(operation, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (operation.old_range(), operation.new_range());
        let base = base_from + old.start..base_from + old.end;
        let side = side_from + new.start..side_from + new.end;
        match edits.last_mut() {
            Some(last) if last.base.end == base.start && last.side.end == side.start => {
                last.base.end = base.end;
                last.side.end = side.end;
            }
            _ => edits.push(Edit { base, side }),
        }
    }
    edits
}

struct Sweep<'a> {
    current: &'a [Edit],
    submitted: &'a [Edit],
    touching: Touching,
}

impl Sweep<'_> {
    /// Walks both lists of edits along the base and groups those that meet.
    fn run(
        &self,
        middle: Range<usize>,
        regions: &mut Vec<Region>,
        alike: impl Fn(Range<usize>, Range<usize>) -> bool,
    ) {
        let (mut i, mut j) = (0, 0);
        let mut done = middle.start;
        loop {
            let (first_i, first_j) = (i, j);
            let mut span = match (self.current.get(i), self.submitted.get(j)) {
                (None, None) => break,
                (Some(current), Some(submitted)) if submitted.base.start < current.base.start => {
                    j += 1;
                    submitted.base.clone()
                }
                (Some(current), _) => {
                    i += 1;
                    current.base.clone()
                }
                (None, Some(submitted)) => {
                    j += 1;
                    submitted.base.clone()
                }
            };
            loop {
                let (edit, next) = match (self.current.get(i), self.submitted.get(j)) {
                    (Some(edit), _) if self.meets(&edit.base, &span) => (edit, &mut i),
                    (_, Some(edit)) if self.meets(&edit.base, &span) => (edit, &mut j),
                    _ => break,
                };
                span.end = span.end.max(edit.base.end);
                *next += 1;
            }
            push_stable(regions, done..span.start);
            done = span.end;
            let current = side_range(&self.current[first_i..i], &span);
            let submitted = side_range(&self.submitted[first_j..j], &span);
            regions.extend(match (current, submitted) {
                (Some(current), Some(submitted)) => {
                    Some(if alike(current.clone(), submitted.clone()) {
                        Region::Current(current)
                    } else {
                        Region::Conflict {
                            base: span,
                            current,
                            submitted,
                        }
                    })
                }
                (Some(current), None) => Some(Region::Current(current)),
                (None, Some(submitted)) => Some(Region::Submitted(submitted)),
                (None, None) => None,
            });
        }
        push_stable(regions, done..middle.end);
    }

    fn meets(&self, a: &Range<usize>, b: &Range<usize>) -> bool {
        let overlap = a.start < b.end && b.start < a.end;
        let touch = a.start <= b.end && b.start <= a.end;
        let independent = self.touching == Touching::Merges && !a.is_empty() && !b.is_empty();
        overlap || (touch && !independent)
    }
}

/// What one side has in place of the base's `span`, which holds all of `edits`.
fn side_range(edits: &[Edit], span: &Range<usize>) -> Option<Range<usize>> {
    let (first, last) = (edits.first()?, edits.last()?);
    let before = first.base.start - span.start;
    let after = span.end - last.base.end;
    Some(first.side.start - before..last.side.end + after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_replacements_conflict_or_merge_as_asked() {
        let (base, current, submitted) = ([1, 2, 3, 4], [1, 9, 3, 4], [1, 2, 8, 4]);
        assert_eq!(
            regions(&base, &current, &submitted, Touching::Conflicts),
            [
                Region::Stable(0..1),
                Region::Conflict {
                    base: 1..3,
                    current: 1..3,
                    submitted: 1..3
                },
                Region::Stable(3..4),
            ]
        );
        assert_eq!(
            regions(&base, &current, &submitted, Touching::Merges),
            [
                Region::Stable(0..1),
                Region::Current(1..2),
                Region::Submitted(2..3),
                Region::Stable(3..4),
            ]
        );
    }

    #[test]
    fn insertions_at_one_place_conflict_unless_alike() {
        for touching in [Touching::Conflicts, Touching::Merges] {
            assert_eq!(
                regions(&[1, 2], &[1, 7, 2], &[1, 8, 2], touching),
                [
                    Region::Stable(0..1),
                    Region::Conflict {
                        base: 1..1,
                        current: 1..2,
                        submitted: 1..2
                    },
                    Region::Stable(1..2),
                ]
            );
            assert_eq!(
                regions(&[1, 2], &[1, 7, 2], &[1, 7, 2], touching),
                [
                    Region::Stable(0..1),
                    Region::Current(1..2),
                    Region::Stable(1..2)
                ]
            );
        }
    }

    #[test]
    fn a_stretch_beyond_the_limit_is_one_conflict() {
        let base: Vec<usize> = (0..MAX_ITEMS).collect();
        let mut current = base.clone();
        current[1] = usize::MAX;
        let mut submitted = base.clone();
        submitted[MAX_ITEMS - 2] = usize::MAX;
        let middle = 1..MAX_ITEMS - 1;
        assert_eq!(
            regions(&base, &current, &submitted, Touching::Conflicts),
            [
                Region::Stable(0..1),
                Region::Conflict {
                    base: middle.clone(),
                    current: middle.clone(),
                    submitted: middle
                },
                Region::Stable(MAX_ITEMS - 1..MAX_ITEMS),
            ]
        );
    }
}
