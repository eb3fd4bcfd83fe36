//! Making, moving, trashing, restoring and purging pages.

use super::*;

/// The titles of a notebook's pages in order, and their positions.
async fn titles(client: &Client, notebook: &str) -> String {
    let query = format!(
        r#"{{ notebook(id: "{notebook}") {{ pages(first: 100) {{ nodes {{ title position }} }} }} }}"#
    );
    let nodes = look(client, &query, "/notebook/pages/nodes").await;
    let mut titles = String::new();
    for (place, node) in nodes.as_array().unwrap().iter().enumerate() {
        assert_eq!(node["position"], place, "{nodes:#}");
        titles.push_str(node["title"].as_str().unwrap());
    }
    titles
}

async fn create(client: &Client, notebook: &str, title: &str, position: &str) -> Value {
    let call =
        format!(r#"createPage(input: {{ notebookId: "{notebook}", title: "{title}"{position} }})"#);
    change(
        client,
        &call,
        "page { id position content format state wordCount }",
    )
    .await
}

every_database!(
    async fn pages_are_put_where_they_are_wanted(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let payload = done(create(&ann, &notebook, "b", "").await);
        let b = payload["page"]["id"].as_str().unwrap().to_owned();
        insta::allow_duplicates! { insta::assert_json_snapshot!(payload, { ".**.id" => "[id]" }, @r#"
        {
          "errors": [],
          "page": {
            "content": "",
            "format": "MARKDOWN",
            "id": "[id]",
            "position": 0,
            "state": "DRAFT",
            "wordCount": 0
          }
        }
        "#) };
        done(create(&ann, &notebook, "d", ", position: null").await);
        done(create(&ann, &notebook, "a", ", position: 0").await);
        let payload = done(create(&ann, &notebook, "c", ", position: 2").await);
        let c = payload["page"]["id"].as_str().unwrap().to_owned();
        done(create(&ann, &notebook, "e", ", position: 4").await);
        assert_eq!(titles(&ann, &notebook).await, "abcde");
        for position in [-1, 6, i32::MAX, i32::MIN] {
            let payload = create(&ann, &notebook, "x", &format!(", position: {position}")).await;
            assert_eq!(errors(&payload), ["OUT_OF_RANGE input.position"]);
        }
        let place = async |page: &str, position: i32| {
            let call = format!(r#"movePage(pageId: "{page}", position: {position})"#);
            change(&ann, &call, "page { position }").await
        };
        assert_eq!(done(place(&b, 4).await)["page"]["position"], 4);
        assert_eq!(titles(&ann, &notebook).await, "acdeb");
        done(place(&b, 0).await);
        assert_eq!(titles(&ann, &notebook).await, "bacde");
        done(place(&c, 2).await);
        assert_eq!(
            titles(&ann, &notebook).await,
            "bacde",
            "it stands there already"
        );
        for position in [-1, 5, i32::MAX] {
            assert_eq!(
                errors(&place(&b, position).await),
                ["OUT_OF_RANGE position"]
            );
        }
        assert_eq!(titles(&ann, &notebook).await, "bacde");
        assert_eq!(logged(&app, "page.moved", &b).await, 2);
    }
);

every_database!(
    async fn the_trash_closes_gaps_and_gives_back(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let mut ids = Vec::new();
        for title in ["a", "b", "c", "d"] {
            ids.push(ann.page(&notebook, title, "").await.id);
        }
        let on = |verb: &str, page: &str| format!(r#"{verb}Page(pageId: "{page}")"#);
        done(change(&bob, &on("delete", &ids[1]), "page { deletedAt }").await);
        assert_eq!(titles(&ann, &notebook).await, "acd");
        done(change(&bob, &on("delete", &ids[1]), "page { id }").await);
        assert_eq!(titles(&ann, &notebook).await, "acd", "it is there already");
        let payload =
            done(change(&bob, &on("restore", &ids[1]), "page { position deletedAt }").await);
        assert_eq!(payload["page"], json!({ "position": 1, "deletedAt": null }));
        assert_eq!(titles(&ann, &notebook).await, "abcd");
        done(change(&bob, &on("restore", &ids[1]), "page { id }").await);
        assert_eq!(titles(&ann, &notebook).await, "abcd");
        assert_eq!(
            refused(&ann, &on("purge", &ids[3])).await,
            ["CONFLICT pageId"]
        );
        done(change(&ann, &on("delete", &ids[3]), "page { id }").await);
        done(change(&ann, &on("delete", &ids[0]), "page { id }").await);
        let payload = done(change(&ann, &on("restore", &ids[3]), "page { position }").await);
        assert_eq!(payload["page"]["position"], 2, "at the end of what is left");
        assert_eq!(
            refused(&bob, &on("purge", &ids[0])).await,
            ["FORBIDDEN pageId"]
        );
        let payload = done(change(&ann, &on("purge", &ids[0]), "deletedId").await);
        assert_eq!(payload["deletedId"], ids[0]);
        assert_eq!(
            refused(&ann, &on("restore", &ids[0])).await,
            ["NOT_FOUND pageId"]
        );
        assert_eq!(titles(&ann, &notebook).await, "bcd");
        for (action, page, times) in [
            ("page.created", &ids[1], 1),
            ("page.trashed", &ids[1], 1),
            ("page.restored", &ids[1], 1),
            ("page.purged", &ids[0], 1),
        ] {
            assert_eq!(logged(&app, action, page).await, times, "{action}");
        }
    }
);
