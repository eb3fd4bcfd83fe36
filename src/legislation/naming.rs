//! Finding the names of bills in texts: `PL 1234/2020`, `PEC nº 45/2019`, `MPV 1.045/2021`.

use serde_json::Value;

/// The kinds of bills that are recognised.
const KINDS: [&str; 12] = [
    "PL", "PLP", "PEC", "PLV", "PDL", "PDC", "PRC", "PLS", "PLC", "MPV", "MP", "REQ",
];
/// The most bills that are looked for in one text.
pub const MOST: usize = 5;

/// The name of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `PL`, `PEC`, …
    pub kind: String,
    /// The number.
    pub number: i32,
    /// The year.
    pub year: i32,
}

/// The bills that records name, in a text or by the fields of the source; without records, those of the text.
pub fn named(content: &str, records: &[Value]) -> Vec<Named> {
    let mut found = Vec::new();
    if records.is_empty() {
        in_text(content, &mut found);
    }
    for record in records {
        in_value(record, &mut found);
    }
    found
}

fn add(named: Named, found: &mut Vec<Named>) {
    if found.len() < MOST && !found.contains(&named) {
        found.push(named);
    }
}

fn in_value(value: &Value, found: &mut Vec<Named>) {
    match value {
        _ if found.len() >= MOST => {}
        Value::String(text) => in_text(text, found),
        Value::Array(items) => items.iter().for_each(|item| in_value(item, found)),
        Value::Object(fields) => {
            let number = |name: &str| i32::try_from(fields.get(name)?.as_i64()?).ok();
            let kind = fields.get("siglaTipo").and_then(Value::as_str);
            if let (Some(kind), Some(number), Some(year)) = (kind, number("numero"), number("ano"))
                && KINDS.contains(&kind)
            {
                let kind = kind.to_owned();
                add(Named { kind, number, year }, found);
            }
            fields.values().for_each(|value| in_value(value, found));
        }
        _ => {}
    }
}

fn in_text(text: &str, found: &mut Vec<Named>) {
    // Each name has a slash between number and year: there are few of those.
    for (slash, _) in text.match_indices('/') {
        if found.len() >= MOST {
            return;
        }
        if let Some(named) = around(&text[..slash], &text[slash + 1..]) {
            add(named, found);
        }
    }
}

/// The bill whose number ends before a slash and whose year begins behind it.
fn around(before: &str, after: &str) -> Option<Named> {
    let digits = after.bytes().take_while(u8::is_ascii_digit).take(5).count();
    let year: i32 = after.get(..digits).filter(|_| digits == 4)?.parse().ok()?;
    let mut start = before.len();
    for (at, character) in before.char_indices().rev().take(12) {
        if !character.is_ascii_digit() && character != '.' {
            break;
        }
        start = at;
    }
    let number: String = before[start..]
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let mut words = before[..start].trim_end();
    for mark in ["nº", "n°", "no", "n."] {
        if let Some(rest) = words.strip_suffix(mark) {
            words = rest.trim_end();
            break;
        }
    }
    let mut kind = words.len();
    for (at, character) in words.char_indices().rev().take(6) {
        if !character.is_ascii_uppercase() {
            break;
        }
        kind = at;
    }
    let whole = words[..kind]
        .chars()
        .next_back()
        .is_none_or(|c| !c.is_alphanumeric());
    let kind = Some(&words[kind..]).filter(|kind| whole && KINDS.contains(kind))?;
    // The Chamber calls provisional measures MPV.
    let kind = if kind == "MP" { "MPV" } else { kind }.to_owned();
    Some(Named { kind, number, year })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(text: &str) -> Vec<String> {
        let found = named(text, &[]);
        let each = found
            .iter()
            .map(|bill| format!("{} {}/{}", bill.kind, bill.number, bill.year));
        each.collect()
    }

    #[test]
    fn bills_are_found_by_their_names() {
        assert_eq!(
            written("O PL 1234/2020 e a PEC nº 45/2019."),
            ["PL 1234/2020", "PEC 45/2019"]
        );
        assert_eq!(
            written("MP 1.045/2021, PL 1/2020, PL 1/2020"),
            ["MPV 1045/2021", "PL 1/2020"]
        );
        assert_eq!(
            written("10/2020 XPL 1/2020 PL 12/20 PL 0/2020 é/2020 PL/2020"),
            [""; 0]
        );
    }

    #[test]
    fn records_name_bills_by_fields_too() {
        let records = [
            json!({ "siglaTipo": "PL", "numero": 7, "ano": 2021 }),
            json!(["PL 8/2021"]),
        ];
        let found = named("PL 9/2021", &records);
        assert_eq!(
            found.iter().map(|bill| bill.number).collect::<Vec<_>>(),
            [7, 8]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "[PLEC0-9/.º n\u{e9}]{0,80}") {
            proptest::prop_assert!(named(&text, &[]).len() <= MOST);
        }
    }
}
