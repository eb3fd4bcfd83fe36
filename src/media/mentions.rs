//! Which pictures a text mentions: every image id in it counts, in an address or alone, in Markdown as in JSON.

use std::collections::BTreeSet;

use crate::id::ImageId;

/// More pictures than this are not looked for in one text.
pub const MOST: usize = 1_000;
/// How long the part behind the underscore is.
const SUFFIX: usize = 26;

/// The pictures that a text mentions, each once.
pub fn of(text: &str) -> Vec<ImageId> {
    let start = format!("{}_", ImageId::PREFIX);
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(&start) {
        let id = text
            .get(at..at + start.len() + SUFFIX)
            .and_then(ImageId::parse);
        found.extend(id);
        if found.len() == MOST {
            break;
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_addresses_in_json_and_alone() {
        let (one, two, three) = (ImageId::new(), ImageId::new(), ImageId::new());
        let text = format!(
            "![a](/media/{one}/640?expires=1&signature=x) {{\"imageId\":\"{two}\"}} {three}{one} é"
        );
        let mut wanted = vec![one, two, three];
        wanted.sort();
        assert_eq!(of(&text), wanted);
    }

    #[test]
    fn what_only_begins_like_an_id_is_none() {
        for text in [
            "image_",
            "image_01",
            "see image_é0000000000000000000000000",
            "imag",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    #[test]
    fn so_many_pictures_and_no_more_are_taken_from_a_text() {
        let text: String = (0..MOST + 5).map(|_| ImageId::new().to_string()).collect();
        assert_eq!(of(&text).len(), MOST);
    }
}
