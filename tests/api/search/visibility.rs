//! Nobody finds what they may not read; drafts are found by those who write them.

use super::*;
use crate::pages::{change, done, publish, publish_notebook, share, stored};

/// A page that is published with one text and drafted with another.
async fn edited(ann: &Client) -> (String, String) {
    let notebook = ann.notebook("Harbour").await;
    let page = ann.page(&notebook, "Arrivals", "lighthouse").await;
    publish_notebook(ann, &notebook).await;
    let draft = json!({ "title": "Departures", "content": "submarine" });
    stored(ann, &page.id, &page.revision_id, draft).await;
    (notebook, page.id)
}

every_database!(
    async fn readers_find_the_published_text_and_authors_the_draft(app: TestApp) {
        let (ann, bob, carol) = (
            app.user("ann").await,
            app.user("bob").await,
            app.user("carol").await,
        );
        let admin = app.admin().await;
        let (notebook, page) = edited(&ann).await;
        share(&ann, &notebook, &bob, "VIEWER").await;
        for (who, sees, misses) in [
            (
                &app.client(),
                ["lighthouse", "arrivals"],
                ["submarine", "departures"],
            ),
            (
                &carol,
                ["lighthouse", "arrivals"],
                ["submarine", "departures"],
            ),
            (
                &ann,
                ["submarine", "departures"],
                ["lighthouse", "arrivals"],
            ),
            (
                &bob,
                ["submarine", "departures"],
                ["lighthouse", "arrivals"],
            ),
            (
                &admin,
                ["submarine", "departures"],
                ["lighthouse", "arrivals"],
            ),
        ] {
            for word in sees {
                assert_eq!(
                    found(who, word).await,
                    [page.as_str()],
                    "{word}, {}",
                    who.username
                );
                let snippet = snippet(who, word).await;
                assert!(snippet.starts_with("<mark>"), "{snippet}");
            }
            for word in misses {
                assert!(
                    found(who, word).await.is_empty(),
                    "{word}, {}",
                    who.username
                );
            }
        }
        // Published as it is now.
        publish(&ann, &page).await;
        assert_eq!(found(&carol, "submarine").await, [page.as_str()]);
        assert!(found(&carol, "lighthouse").await.is_empty());
        assert!(found(&ann, "lighthouse").await.is_empty());
    }
);

every_database!(
    async fn whatever_becomes_of_a_page_the_search_follows_at_once(app: TestApp) {
        let (ann, carol) = (app.user("ann").await, app.user("carol").await);
        let (notebook, page) = edited(&ann).await;
        let everybody = async |call: String, readers: &str, author: &str| {
            let field = if call.contains("pageId") || call.starts_with("restoreRevision") {
                "page"
            } else {
                "notebook"
            };
            if !call.is_empty() {
                done(change(&ann, &call, &format!("{field} {{ id }}")).await);
            }
            for (who, seen) in [(&carol, readers), (&ann, author)] {
                for word in ["lighthouse", "submarine"] {
                    let expected = if word == seen {
                        vec![page.clone()]
                    } else {
                        vec![]
                    };
                    assert_eq!(found(who, word).await, expected, "{word} after {call}");
                }
            }
        };
        let (on_page, on_notebook) = (
            format!(r#"(pageId: "{page}")"#),
            format!(r#"(notebookId: "{notebook}")"#),
        );
        everybody(String::new(), "lighthouse", "submarine").await;
        everybody(format!("unpublishPage{on_page}"), "", "submarine").await;
        everybody(format!("publishPage{on_page}"), "submarine", "submarine").await;
        everybody(format!("unpublishNotebook{on_notebook}"), "", "submarine").await;
        everybody(
            format!("publishNotebook{on_notebook}"),
            "submarine",
            "submarine",
        )
        .await;
        everybody(format!("deletePage{on_page}"), "", "").await;
        everybody(format!("restorePage{on_page}"), "submarine", "submarine").await;
        everybody(format!("deleteNotebook{on_notebook}"), "", "").await;
        everybody(
            format!("restoreNotebook{on_notebook}"),
            "submarine",
            "submarine",
        )
        .await;
        // An older text comes back as the draft, and an older one is published.
        let query = format!(
            r#"{{ page(id: "{page}") {{ revisions(first: 9) {{ nodes {{ id number }} }} }} }}"#
        );
        let reply = ann.graphql(&query, json!({})).await;
        let revisions = reply
            .at("/page/revisions/nodes")
            .as_array()
            .unwrap()
            .clone();
        let first = revisions
            .iter()
            .find(|revision| revision["number"] == 1)
            .unwrap();
        let first = first["id"].as_str().unwrap();
        everybody(
            format!(r#"restoreRevision(revisionId: "{first}")"#),
            "submarine",
            "lighthouse",
        )
        .await;
        everybody(
            format!(r#"publishPage(pageId: "{page}", revisionId: "{first}")"#),
            "lighthouse",
            "lighthouse",
        )
        .await;
    }
);

every_database!(
    async fn the_index_agrees_with_what_each_viewer_may_read(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (carol, admin) = (app.user("carol").await, app.admin().await);
        let mut pages = Vec::new();
        for number in 0..8 {
            // Every combination of published, shared and thrown away.
            let notebook = ann.notebook(&format!("Marble {number}")).await;
            let page = ann.page(&notebook, "Marble", "marble").await;
            if number & 1 > 0 {
                publish_notebook(&ann, &notebook).await;
            }
            let draft = ann.page(&notebook, "Marble draft", "marble").await;
            if number & 2 > 0 {
                share(&ann, &notebook, &bob, "EDITOR").await;
            }
            if number & 4 > 0 {
                let call = format!(r#"deletePage(pageId: "{}")"#, page.id);
                done(change(&ann, &call, "page { id }").await);
            }
            pages.extend([page.id, draft.id, notebook]);
        }
        for who in [&app.client(), &carol, &bob, &ann, &admin] {
            let hits = found(who, "marble").await;
            let answer = who
                .graphql(
                    "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Page { deletedAt } } }",
                    json!({ "ids": pages }),
                )
                .await;
            let nodes = answer.at("/nodes").as_array().unwrap().iter();
            let mut readable: Vec<_> = nodes
                .filter(|node| node["id"].is_string() && node["deletedAt"].is_null())
                .map(|node| node["id"].as_str().unwrap().to_owned())
                .collect();
            let mut hits: Vec<_> = hits.into_iter().collect();
            hits.sort();
            readable.sort();
            assert_eq!(hits, readable, "{}", who.username);
            assert!(!hits.is_empty());
        }
    }
);

every_database!(
    async fn totals_scores_and_pages_do_not_depend_on_hidden_texts(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Open").await;
        for number in 0..3 {
            ann.page(&notebook, &format!("Page {number}"), "granite here")
                .await;
        }
        publish_notebook(&ann, &notebook).await;
        let asked = json!({ "query": "granite ", "first": 2 });
        let before = [
            search(&bob, asked.clone()).await,
            search(&app.client(), asked.clone()).await,
        ];
        let hidden = ann.notebook("Granite granite").await;
        for number in 0..5 {
            ann.page(
                &hidden,
                "Granite",
                &format!("granite granite granite {number}"),
            )
            .await;
        }
        let after = [
            search(&bob, asked.clone()).await,
            search(&app.client(), asked).await,
        ];
        assert_eq!(before, after);
        assert_eq!(after[0]["totalCount"], 3);
        assert_eq!(after[0]["edges"].as_array().unwrap().len(), 2);
    }
);

every_database!(
    async fn users_are_found_by_those_who_are_signed_in_and_never_by_address(app: TestApp) {
        let (ann, bob) = (app.user("annabel").await, app.user("bob").await);
        assert_eq!(found(&bob, "annabel").await, [ann.id.as_str()]);
        assert!(found(&app.client(), "annabel").await.is_empty());
        assert!(found(&bob, "annabel@example.org").await.is_empty());
        assert!(found(&bob, "example").await.is_empty());
        let asked = json!({ "query": "annabel", "kinds": ["USER"] });
        assert_eq!(
            app.client().graphql(SEARCH, asked.clone()).await.code(),
            "UNAUTHENTICATED"
        );
        assert_eq!(search(&bob, asked).await["totalCount"], 1);
        // Another name takes the place of the one before, and nothing is left of an account.
        done(
            change(
                &ann,
                r#"updateProfile(input: { displayName: "Beatrix", username: "trixie" })"#,
                "user { id }",
            )
            .await,
        );
        assert!(found(&bob, "annabel").await.is_empty());
        assert_eq!(found(&bob, "beatrix").await, [ann.id.as_str()]);
        assert_eq!(found(&bob, "trix").await, [ann.id.as_str()]);
        app.execute("DELETE FROM users WHERE username = 'trixie'")
            .await;
        assert!(found(&bob, "beatrix").await.is_empty());
    }
);

every_database!(
    async fn a_key_needs_the_scope_to_read(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Quartz").await;
        for (scope, answer) in [("READ", None), ("WRITE", Some("FORBIDDEN"))] {
            let call = format!(r#"createApiKey(input: {{ name: "k", scopes: [{scope}] }})"#);
            let made = done(change(&ann, &call, "secret").await);
            let mut key = ann.clone();
            key.access_token = made["secret"].as_str().unwrap().to_owned();
            let reply = key.graphql(SEARCH, json!({ "query": "quartz" })).await;
            match answer {
                None => assert_eq!(reply.text("/search/edges/0/node/subject/id"), notebook),
                Some(code) => assert_eq!(reply.code(), code),
            }
        }
    }
);
