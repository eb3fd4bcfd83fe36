//! What the program is for: writing together, publishing, being read.

use super::*;

/// Autosaves one's own line of a page again and again, from what one's editor last heard.
async fn write(client: &Client, page: &Page, old: &str, editor: &str) {
    let (mut base, mut text) = (page.revision_id.clone(), TEXT.to_owned());
    let mut line = old.to_owned();
    for round in 1..=4 {
        let next = format!("{editor} wrote {round}");
        text = text.replace(&line, &next);
        line = next;
        let input = json!({
            "content": text, "autosave": true, "clientId": editor, "clientSequence": round,
        });
        let payload = done(save(client, &page.id, &base, input).await);
        assert_eq!(payload["conflict"], Value::Null, "{payload:#}");
        let revision = &payload["revision"];
        base = revision["id"].as_str().unwrap().to_owned();
        text = revision["content"].as_str().unwrap().to_owned();
    }
}

const TEXT: &str =
    "first\n\nThe *middle* <script>alert(1)</script> [stays](javascript:x).\n\nAnd on.\n\nlast\n";

every_database!(
    async fn two_editors_write_a_notebook_and_anybody_reads_it(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Cadernos").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let mut pages = Vec::new();
        for title in ["Um", "Dois", "Três"] {
            pages.push(ann.page(&notebook, title, TEXT).await);
        }
        for page in &pages {
            tokio::join!(
                write(&ann, page, "first", "ann"),
                write(&bob, page, "last", "bob")
            );
        }
        publish_notebook(&ann, &notebook).await;
        stored(
            &ann,
            &pages[0].id,
            &current(&ann, &pages[0].id).await,
            json!({ "content": "secret" }),
        )
        .await;

        let read = format!(
            r#"{{ notebook(id: "{notebook}") {{
                title state viewerCanEdit pageCount wordCount owner {{ username }}
                pages {{ totalCount nodes {{ title content html wordCount position draft {{ id }} }} }}
            }} }}"#
        );
        let seen = look(&app.client(), &read, "/notebook").await;
        assert_eq!(seen["title"], "Cadernos");
        assert_eq!(seen["state"], "PUBLISHED");
        assert_eq!(seen["viewerCanEdit"], false);
        assert_eq!(seen["owner"]["username"], "ann");
        assert_eq!(
            (&seen["pageCount"], &seen["pages"]["totalCount"]),
            (&json!(3), &json!(3))
        );
        let nodes = seen["pages"]["nodes"].as_array().unwrap();
        let titles: Vec<_> = nodes
            .iter()
            .map(|page| page["title"].as_str().unwrap())
            .collect();
        assert_eq!(titles, ["Um", "Dois", "Três"]);
        for page in nodes {
            assert_eq!(
                page["content"],
                TEXT.replace("first", "ann wrote 4")
                    .replace("last", "bob wrote 4")
            );
            let html = page["html"].as_str().unwrap();
            assert!(html.contains("<em>middle</em>"), "{html}");
            assert!(!html.contains("script"), "{html}");
            assert_eq!(page["draft"], Value::Null);
        }
        let words = nodes.iter().map(|page| page["wordCount"].as_i64().unwrap());
        assert_eq!(seen["wordCount"], words.sum::<i64>());
        let listed = look(
            &app.client(),
            "{ notebooks { totalCount nodes { id } } }",
            "/notebooks",
        )
        .await;
        assert_eq!(
            listed,
            json!({ "totalCount": 1, "nodes": [{ "id": notebook }] })
        );
    }
);

/// A page's current revision.
async fn current(client: &Client, page: &str) -> String {
    let seen = see(client, page, "currentRevision { id }").await;
    seen["currentRevision"]["id"].as_str().unwrap().to_owned()
}
