//! Keyset pagination: the arguments of a connection, checked once, and opaque cursors.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};

/// How many a page holds unless the client says otherwise.
pub const DEFAULT_SIZE: usize = 20;
/// The most that a page may hold.
pub const MAX_SIZE: usize = 100;

/// The four arguments of a Relay connection, as they came.
#[derive(Debug, Clone, Default)]
pub struct PageArgs {
    /// So many from the start.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// So many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

/// A slice of a list: which keys bound it, from which end it is taken, and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Window<K> {
    /// Behind this key, exclusive.
    pub after: Option<K>,
    /// Before this key, exclusive.
    pub before: Option<K>,
    /// Taken from the end of the list.
    pub backwards: bool,
    /// How many rows to give.
    pub size: usize,
}

impl<K> Window<K> {
    /// How many rows a statement reads: one more than the window holds, to tell whether there are more.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size)
            .unwrap_or(i64::MAX)
            .saturating_add(1)
    }
}

impl PageArgs {
    /// Checks the arguments. `order` names what the list is sorted by: a cursor of another order is refused.
    pub fn window<K: DeserializeOwned>(self, order: &str) -> Result<Window<K>> {
        let (size, backwards) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_input("Pass either `first` or `last`, not both."));
            }
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (DEFAULT_SIZE, false),
        };
        Ok(Window {
            after: cursor("after", self.after, order)?,
            before: cursor("before", self.before, order)?,
            backwards,
            size,
        })
    }
}

/// The size of a page for a cost estimate, which runs before the arguments are checked.
pub fn estimated_size(first: Option<i32>, last: Option<i32>) -> usize {
    let size = first.or(last).unwrap_or(DEFAULT_SIZE as i32);
    size.clamp(1, MAX_SIZE as i32) as usize
}

fn size(name: &str, value: i32) -> Result<usize> {
    usize::try_from(value)
        .ok()
        .filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or_else(|| {
            Error::bad_input(format!(
                "`{name}` is {value}; it must be from 1 to {MAX_SIZE}."
            ))
        })
}

/// Writes a cursor for `key` in a list sorted by `order`.
pub fn encode<K: Serialize>(order: &str, key: &K) -> String {
    // Keys are numbers, strings and ids: they always have a JSON form.
    let text = serde_json::to_string(&(order, key)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(text)
}

/// Reads a cursor that [`encode`] wrote for the same order.
pub fn decode<K: DeserializeOwned>(order: &str, cursor: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (of, key) = serde_json::from_slice::<(String, Value)>(&bytes).ok()?;
    if of != order || !can_be_kept(&key) {
        return None;
    }
    serde_json::from_value(key).ok()
}

/// Whether every database could hold a key: anyone can write a cursor, and PostgreSQL has no U+0000.
fn can_be_kept(key: &Value) -> bool {
    match key {
        Value::String(text) => !text.contains('\0'),
        Value::Array(parts) => parts.iter().all(can_be_kept),
        _ => true,
    }
}

fn cursor<K: DeserializeOwned>(
    name: &str,
    cursor: Option<String>,
    order: &str,
) -> Result<Option<K>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    decode(order, &cursor).map(Some).ok_or_else(|| {
        Error::bad_input(format!(
            "`{name}` is not a cursor of this list: pass one that `cursor`, `startCursor` or `endCursor` gave for the same arguments."
        ))
    })
}

/// One page of a list and what lies around it.
#[derive(Debug, Clone)]
pub struct Slice<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// There are rows before these.
    pub has_previous: bool,
    /// There are rows behind these.
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// Cuts what a store read (one row more than asked for, in the direction it was read) to a page.
    pub fn cut<K>(mut rows: Vec<T>, window: &Window<K>) -> Self {
        let more = rows.len() > window.size;
        rows.truncate(window.size);
        if window.backwards {
            rows.reverse();
            Self {
                rows,
                has_previous: more,
                has_next: window.before.is_some(),
            }
        } else {
            Self {
                rows,
                has_previous: window.after.is_some(),
                has_next: more,
            }
        }
    }

    /// The same page with other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            rows: self.rows.into_iter().map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

/// Bounds, sorts and limits a boxed query by `(key, id)`, reading one row more than the window holds.
macro_rules! keyset {
    ($query:expr, $window:expr, $descending:expr, $key:expr, $id:expr) => {{
        let mut query = $query;
        let window = &$window;
        let descending: bool = $descending;
        // Two bounds per side, so that an index on (key, id) is used for a range.
        if let Some((key, id)) = if descending {
            &window.before
        } else {
            &window.after
        } {
            query = query
                .filter($key.ge(key.clone()))
                .filter($key.gt(key.clone()).or($id.gt(*id)));
        }
        if let Some((key, id)) = if descending {
            &window.after
        } else {
            &window.before
        } {
            query = query
                .filter($key.le(key.clone()))
                .filter($key.lt(key.clone()).or($id.lt(*id)));
        }
        let limit = i64::try_from(window.size)
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        if descending != window.backwards {
            query.order(($key.desc(), $id.desc())).limit(limit)
        } else {
            query.order(($key.asc(), $id.asc())).limit(limit)
        }
    }};
}
pub(crate) use keyset;

#[cfg(test)]
mod tests {
    use super::*;

    fn args(first: Option<i32>, last: Option<i32>) -> PageArgs {
        PageArgs {
            first,
            last,
            ..PageArgs::default()
        }
    }

    #[test]
    fn sizes_outside_of_1_to_100_and_both_ends_at_once_are_refused() {
        for (first, last) in [
            (Some(0), None),
            (Some(-1), None),
            (Some(101), None),
            (None, Some(i32::MIN)),
            (Some(1), Some(1)),
        ] {
            assert!(args(first, last).window::<i64>("x").is_err());
        }
        assert_eq!(args(None, None).window::<i64>("x").unwrap().size, 20);
        assert!(args(None, Some(7)).window::<i64>("x").unwrap().backwards);
    }

    #[test]
    fn a_cursor_of_another_order_or_of_nothing_is_refused() {
        let cursor = encode("TITLE", &("a", 1));
        assert_eq!(
            decode::<(String, i32)>("TITLE", &cursor),
            Some(("a".into(), 1))
        );
        assert_eq!(decode::<(String, i32)>("CREATED_AT", &cursor), None);
        assert_eq!(decode::<(String, i32)>("TITLE", "nonsense"), None);
    }

    #[test]
    fn a_cost_estimate_stays_within_bounds_whatever_is_asked() {
        assert_eq!(estimated_size(Some(i32::MIN), None), 1);
        assert_eq!(estimated_size(None, Some(i32::MAX)), 100);
        assert_eq!(estimated_size(None, None), 20);
    }
}
