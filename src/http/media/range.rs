//! Conditional requests and ranges of one object (RFC 9110, sections 13 and 14).

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, header};

/// What of the object is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// These bytes.
    Some(Range<u64>),
    /// Bytes that it does not have.
    Nothing,
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether the client has the bytes of this tag already; the weak comparison does for that.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH);
    known
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// What is asked for of an object of `size` bytes. Several ranges at once, and whatever cannot be read, are
/// answered with the whole, as the specification allows.
pub fn of(headers: &HeaderMap, tag: &str, size: u64) -> Part {
    // A range of something else than the client has a part of would be of no use to it.
    if text(headers, &header::IF_RANGE).is_some_and(|wanted| wanted.trim() != tag) {
        return Part::Whole;
    }
    let range = text(headers, &header::RANGE).and_then(|range| {
        let (unit, range) = range.split_once('=')?;
        unit.trim()
            .eq_ignore_ascii_case("bytes")
            .then_some(range.trim())
    });
    let Some((from, to)) = range.and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit are a number all the same, beyond the end.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (number(from.trim()), number(to.trim())) {
        (Some(from), _)
            if from >= size && (to.trim().is_empty() || number(to.trim()).is_some()) =>
        {
            Part::Nothing
        }
        (Some(from), Some(to)) if to >= from => Part::Some(from..to.saturating_add(1).min(size)),
        (Some(from), None) if to.trim().is_empty() => Part::Some(from..size),
        (None, Some(0)) if from.trim().is_empty() => Part::Nothing,
        (None, Some(last)) if from.trim().is_empty() && size > 0 => {
            Part::Some(size.saturating_sub(last)..size)
        }
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, if_range: Option<&str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        of(&headers, "\"a\"", 100)
    }

    #[test]
    fn ranges_are_read_as_the_specification_says() {
        for (range, part) in [
            ("bytes=0-0", Part::Some(0..1)),
            ("bytes=10-19", Part::Some(10..20)),
            ("bytes=90-1000", Part::Some(90..100)),
            ("bytes=90-", Part::Some(90..100)),
            ("bytes=-7", Part::Some(93..100)),
            ("bytes=-700", Part::Some(0..100)),
            ("BYTES=5-6", Part::Some(5..7)),
            ("bytes=100-", Part::Nothing),
            ("bytes=100-200", Part::Nothing),
            ("bytes=99999999999999999999999-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=20-10", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=", Part::Whole),
            ("items=0-1", Part::Whole),
        ] {
            assert_eq!(asked(range, None), part, "{range}");
        }
        assert_eq!(asked("bytes=1-2", Some("\"a\"")), Part::Some(1..3));
        assert_eq!(asked("bytes=1-2", Some("\"b\"")), Part::Whole);
        let date = Some("Sat, 21 Nov 2026 18:00:00 GMT");
        assert_eq!(asked("bytes=1-2", date), Part::Whole);
    }

    #[test]
    fn a_tag_is_known_in_a_list_weakly_and_by_a_star() {
        for (value, known) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            assert_eq!(is_known(&headers, "\"a\""), known, "{value}");
        }
    }
}
