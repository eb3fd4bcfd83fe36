//! The cases of tests/cases/search: a corpus, and what is found in it, the same on every database.

use std::collections::{BTreeSet, HashMap};
use std::fs;

use super::*;
use crate::pages::{change, done, publish_notebook};

/// The lines of a file of cases, each as its fields.
fn lines(file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(format!("tests/cases/search/{file}")).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let fields = lines.map(|line| {
        line.split('\t')
            .map(|field| field.replace("\\n", "\n"))
            .collect()
    });
    fields.collect()
}

/// Writes the corpus; gives its author, and the keys by the ids.
async fn write(app: &TestApp) -> (Client, HashMap<String, String>) {
    let ann = app.user("ann").await;
    let library = ann.notebook("Library").await;
    let lines = lines("corpus.tsv");
    let mut keys = HashMap::new();
    let describe = async |id: &str, text: &str| {
        let input = format!(
            r#"updateNotebook(input: {{ notebookId: "{id}", description: {} }})"#,
            json!(text)
        );
        done(change(&ann, &input, "notebook { id }").await);
    };
    // What is published first, so that publishing the notebook takes no draft along.
    for public in [true, false] {
        for line in &lines {
            let [key, kind, title, text] = line.as_slice() else {
                panic!("four fields are needed: {line:?}");
            };
            let id = match (kind.as_str(), public) {
                ("page", true) | ("draft" | "trash", false) => {
                    ann.page(&library, title, text).await.id
                }
                ("notebook", true) | ("draft-notebook", false) => {
                    let id = ann.notebook(title).await;
                    describe(&id, text).await;
                    id
                }
                ("user", true) => {
                    let user = app.user(title).await;
                    let (name, bio) = text.split_once('|').unwrap();
                    let call = format!(
                        "updateProfile(input: {{ displayName: {}, bio: {} }})",
                        json!(name),
                        json!(bio)
                    );
                    done(change(&user, &call, "user { id }").await);
                    user.id
                }
                ("page" | "draft" | "trash" | "notebook" | "draft-notebook" | "user", _) => {
                    continue;
                }
                _ => panic!("{kind} is no kind"),
            };
            if kind == "trash" {
                let call = format!(r#"deletePage(pageId: "{id}")"#);
                done(change(&ann, &call, "page { id }").await);
            }
            if kind == "notebook" {
                publish_notebook(&ann, &id).await;
            }
            assert!(keys.insert(id, key.clone()).is_none());
        }
        if public {
            publish_notebook(&ann, &library).await;
        }
    }
    assert_eq!(keys.values().collect::<BTreeSet<_>>().len(), lines.len());
    (ann, keys)
}

every_database!(
    async fn the_cases_find_what_they_say_and_first_what_they_say(app: TestApp) {
        let (ann, keys) = write(&app).await;
        let (stranger, reader) = (app.client(), app.user("reader").await);
        let mut wrong = Vec::new();
        let cases = lines("queries.tsv");
        for case in &cases {
            let (who, query) = (&case[0], case[1].strip_prefix('|').unwrap());
            let query = query.strip_suffix('|').unwrap();
            let who = match who.as_str() {
                "stranger" => &stranger,
                "reader" => &reader,
                "ann" => &ann,
                _ => panic!("{who} is nobody"),
            };
            let hits = found(who, query).await;
            let hits: Vec<_> = hits
                .iter()
                .map(|id| keys.get(id).map_or("?", String::as_str))
                .collect();
            let expected: Vec<_> = case[2..].iter().map(String::as_str).collect();
            let same = hits.iter().collect::<BTreeSet<_>>() == expected.iter().collect();
            if !same || hits.len() != expected.len() || hits.first() != expected.first() {
                wrong.push(format!(
                    "{}: {expected:?} was expected, {hits:?} found",
                    case[1]
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}:\n{}",
            wrong.len(),
            cases.len(),
            wrong.join("\n")
        );
        assert!(cases.len() > 90);
    }
);
