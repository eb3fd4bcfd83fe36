//! What slices write, they write in a transaction: that is where an idempotency key learns of it.

use std::fs;
use std::path::Path;

/// Where a refusal is noted that is not to count as a change, and last uses, which nobody's request writes.
const NOTES: [&str; 2] = ["api_keys::touch", "logs::note"];

/// The files of the stores, by the names that `commit!` knows them by.
fn stores() -> Vec<(String, String)> {
    let text = fs::read_to_string("src/db/stores.rs").unwrap();
    let parts = text.split("#[path = \"../").skip(1);
    let stores = parts.map(|part| {
        let (file, rest) = part.split_once('"').unwrap();
        let name = rest.split_once("pub mod ").unwrap().1;
        let name = name.split_once(';').unwrap().0;
        (
            name.to_owned(),
            fs::read_to_string(Path::new("src").join(file)).unwrap(),
        )
    });
    stores.collect()
}

/// The store functions that a file commits, as `store::function`.
fn committed(text: &str) -> Vec<String> {
    let calls = text.split("commit!(").skip(1).filter_map(|call| {
        let (_, rest) = call.split_once(',')?;
        let (path, _) = rest.split_once('(')?;
        Some(path.trim().to_owned())
    });
    calls.collect()
}

/// The text of a function, up to the next one.
fn body<'a>(text: &'a str, function: &str) -> &'a str {
    let start = text.find(&format!("pub async fn {function}(")).unwrap();
    let end = text[start + 1..]
        .find("\npub async fn ")
        .map(|end| start + 1 + end);
    &text[start..end.unwrap_or(text.len())]
}

#[test]
fn what_a_service_commits_is_a_transaction() {
    let stores = stores();
    let mut files = Vec::new();
    super::collect(Path::new("src"), &mut files);
    let mut seen = 0;
    for file in files {
        let name = file
            .strip_prefix("src")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let floor = ["jobs", "idempotency", "keyring", "db"];
        if floor.iter().any(|part| name.starts_with(part)) {
            continue;
        }
        for path in committed(&fs::read_to_string(&file).unwrap()) {
            let (store, function) = path.split_once("::").unwrap();
            let (_, text) = stores.iter().find(|(name, _)| name == store).unwrap();
            let is_one = body(text, function).contains("transaction!");
            assert!(
                is_one || NOTES.contains(&path.as_str()),
                "{name}: {path} is no transaction"
            );
            seen += 1;
        }
    }
    assert!(seen > 25, "only {seen} commits were found");
}
