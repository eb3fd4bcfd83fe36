//! Many writers who save the same page at the same moment.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::{Client, every_database, json};

const WRITERS: usize = 50;
const ROUNDS: usize = 3;

const SAVE: &str = "mutation ($input: SavePageInput!) { savePage(input: $input) {
    merged superseded conflict { current { id } base { id } }
    revision { id number content } errors { code message } } }";

/// A page with a paragraph for every writer, which only that writer changes.
fn page_of(lines: &[String]) -> String {
    lines.join("\n\n")
}

async fn autosave(client: Client, input: Value) -> Value {
    let reply = client.graphql(SAVE, json!({ "input": input })).await;
    assert_eq!(reply.status, 200, "{:#}", reply.body);
    assert_eq!(reply.user_errors("savePage"), &json!([]));
    reply.at("/savePage").clone()
}

every_database!(
    async fn fifty_writers_at_once_lose_nothing(app: TestApp) {
        let owner = app.user("owner").await;
        let editor = app.user("editor").await;
        let notebook = owner.notebook("Notebook").await;
        let share = "mutation ($notebook: ID!, $user: ID!) {
            setCollaborator(notebookId: $notebook, userId: $user, role: EDITOR) { errors { code } } }";
        let variables = json!({ "notebook": notebook, "user": editor.id });
        let shared = owner.graphql(share, variables).await;
        assert_eq!(shared.user_errors("setCollaborator"), &json!([]));
        let mut lines: Vec<_> = (0..WRITERS)
            .map(|writer| format!("paragraph {writer}"))
            .collect();
        let page = owner.page(&notebook, "Page", &page_of(&lines)).await;
        let mut base = page.revision_id.clone();
        let (mut ids, mut numbers) = (HashSet::new(), HashSet::from([1]));
        let mut stored = 0;
        for round in 0..ROUNDS {
            let mut writers = JoinSet::new();
            for writer in 0..WRITERS {
                let line = format!("paragraph {writer} round {round}");
                let mut mine = lines.clone();
                mine[writer].clone_from(&line);
                // In the last round all of them write the same paragraph: one of them can be stored.
                if round + 1 == ROUNDS {
                    mine.clone_from(&lines);
                    mine[0].clone_from(&line);
                }
                let input = json!({
                    "pageId": page.id, "baseRevisionId": base, "content": page_of(&mine),
                    "autosave": true, "clientId": format!("tab{writer}"), "clientSequence": round,
                });
                let client = if writer % 2 == 0 { &owner } else { &editor }.clone();
                writers.spawn(async move { (writer, line, autosave(client, input).await) });
            }
            let all = tokio::time::timeout(Duration::from_secs(30), writers.join_all());
            let mut conflicts = 0;
            for (writer, line, answer) in all.await.expect("fifty saves end within thirty seconds")
            {
                let Some(revision) = answer["revision"].as_object() else {
                    assert!(
                        answer["conflict"]["current"]["id"].is_string(),
                        "{answer:#}"
                    );
                    conflicts += 1;
                    continue;
                };
                assert!(answer["conflict"].is_null(), "{answer:#}");
                assert!(
                    revision["content"].as_str().unwrap().contains(&line),
                    "{line} is lost"
                );
                assert!(ids.insert(revision["id"].as_str().unwrap().to_owned()));
                assert!(
                    numbers.insert(revision["number"].as_i64().unwrap()),
                    "a number was given twice"
                );
                stored += 1;
                if round + 1 < ROUNDS {
                    lines[writer] = line;
                }
            }
            let expected = if round + 1 == ROUNDS { WRITERS - 1 } else { 0 };
            assert_eq!(conflicts, expected, "round {round}");
            let query =
                "query ($id: ID!) { page(id: $id) { content currentRevision { id number } } }";
            let now = owner.graphql(query, json!({ "id": page.id })).await;
            assert_eq!(now.at("/page/currentRevision/number"), stored + 1);
            if round + 1 < ROUNDS {
                // Everybody's paragraph is in the text that all of it was merged into.
                assert_eq!(now.text("/page/content"), page_of(&lines));
            }
            base = now.text("/page/currentRevision/id").to_owned();
        }
        let gapless: HashSet<i64> = (1..=stored + 1).collect();
        assert_eq!(numbers, gapless);
    }
);
