//! Saving: what is stored, what is merged, and what is answered with a conflict.

use super::*;

every_database!(
    async fn a_save_from_the_current_revision_is_stored(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "One", "one").await;
        let input = json!({ "content": "one two", "message": "More." });
        let payload = save(&ann, &page.id, &page.revision_id, input).await;
        let id = payload["revision"]["id"].as_str().unwrap().to_owned();
        insta::allow_duplicates! { insta::assert_json_snapshot!(payload, { ".**.id" => "[id]" }, @r#"
        {
          "conflict": null,
          "errors": [],
          "merged": false,
          "page": {
            "content": "one two",
            "currentRevision": {
              "id": "[id]"
            },
            "title": "One",
            "wordCount": 2
          },
          "revision": {
            "content": "one two",
            "id": "[id]",
            "kind": "SAVED",
            "message": "More.",
            "number": 2,
            "title": "One"
          },
          "superseded": false
        }
        "#) };
        let input = json!({ "title": " Uno " });
        let payload = done(save(&ann, &page.id, &id, input).await);
        assert_eq!(payload["revision"]["title"], "Uno");
        assert_eq!(
            payload["revision"]["content"], "one two",
            "a title alone keeps the text"
        );
        assert_eq!(payload["page"]["wordCount"], 2);
        assert_eq!(payload["revision"]["message"], Value::Null);
    }
);

every_database!(
    async fn edits_of_different_places_are_merged(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let page = ann.page(&notebook, "T", "a\n\nb\n\nc\n").await;
        let base = &page.revision_id;
        stored(
            &ann,
            &page.id,
            base,
            json!({ "content": "A\n\nb\n\nc\n", "title": "New" }),
        )
        .await;
        let input = json!({ "content": "a\n\nb\n\nC D\n", "autosave": true });
        let payload = done(save(&bob, &page.id, base, input).await);
        assert_eq!(payload["merged"], true);
        assert_eq!(payload["conflict"], Value::Null);
        assert_eq!(payload["revision"]["kind"], "MERGED");
        assert_eq!(payload["revision"]["content"], "A\n\nb\n\nC D\n");
        assert_eq!(payload["revision"]["title"], "New");
        assert_eq!(payload["page"]["wordCount"], 4);
        assert_eq!(
            logged(&app, "page.saved", &page.id).await,
            2,
            "a merge is no autosave any more"
        );
    }
);

every_database!(
    async fn edits_that_overlap_are_a_conflict_and_nothing_is_stored(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        let base = &page.revision_id;
        let current = stored(&ann, &page.id, base, json!({ "content": "mine\n" })).await;
        let payload = save(&ann, &page.id, base, json!({ "content": "yours\n" })).await;
        assert_eq!(payload["errors"], json!([]));
        assert_eq!(
            (&payload["page"], &payload["revision"]),
            (&Value::Null, &Value::Null)
        );
        let conflict = &payload["conflict"];
        assert_eq!(conflict["base"], json!({ "id": base, "content": "a\n" }));
        assert_eq!(
            conflict["current"],
            json!({ "id": current, "content": "mine\n" })
        );
        let marked = conflict["marked"].as_str().unwrap();
        for part in ["<<<<<<<", "mine\n", "=======", "yours\n", ">>>>>>>"] {
            assert!(marked.contains(part), "{marked}");
        }
        assert_eq!(
            numbers(&ann, &page.id, "(includeAutosaves: true)").await,
            [2, 1]
        );
        let titles = [json!({ "title": "X" }), json!({ "title": "Y" })];
        stored(&ann, &page.id, &current, titles[0].clone()).await;
        let payload = done(save(&ann, &page.id, &current, titles[1].clone()).await);
        assert!(payload["conflict"].is_object(), "two new titles overlap");
    }
);

every_database!(
    async fn a_base_that_is_not_one_of_the_page_is_a_conflict_without_base(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        let other = ann.page(&notebook, "O", "o\n").await;
        let missing = "revision_01h455vb4pex5vsknk084sn02q";
        for base in [other.revision_id.as_str(), missing] {
            let payload = save(&ann, &page.id, base, json!({ "content": "b" })).await;
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
            assert_eq!(
                payload["conflict"],
                json!({
                    "base": null, "marked": null,
                    "current": { "id": page.revision_id, "content": "a\n" },
                })
            );
        }
    }
);

every_database!(
    async fn rich_json_is_kept_byte_for_byte_and_merged_by_nodes(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let text = |a: &str, b: &str| {
            format!(
                "{{ \"type\":\"doc\",\r\n \"content\": [{{\"type\":\"paragraph\",\"content\":[{{\"type\":\"text\",\"text\":\"{a}\"}}]}},  {{\"type\":\"paragraph\",\"content\":[{{\"type\":\"text\",\"text\":\"{b}\"}}]}}] }}\n"
            )
        };
        let input = json!({
            "notebookId": notebook, "title": "Rich", "format": "RICH_JSON", "content": text("a one", "b"),
        });
        let reply = ann
            .graphql(
                "mutation ($input: CreatePageInput!) { createPage(input: $input) {
                   page { id content html plainText wordCount currentRevision { id } } errors { code } } }",
                json!({ "input": input }),
            )
            .await;
        let page = reply.at("/createPage/page");
        assert_eq!(page["content"], text("a one", "b"));
        assert_eq!(
            (&page["html"], &page["wordCount"]),
            (&Value::Null, &json!(3))
        );
        assert!(page["plainText"].as_str().unwrap().contains("a one"));
        let id = page["id"].as_str().unwrap();
        let base = page["currentRevision"]["id"].as_str().unwrap();

        stored(&ann, id, base, json!({ "content": text("A", "b") })).await;
        let payload = done(save(&ann, id, base, json!({ "content": text("a one", "B") })).await);
        assert_eq!(payload["merged"], true, "{payload:#}");
        let merged: Value =
            serde_json::from_str(payload["revision"]["content"].as_str().unwrap()).unwrap();
        let expected: Value = serde_json::from_str(&text("A", "B")).unwrap();
        assert_eq!(merged, expected);
        let payload = done(save(&ann, id, base, json!({ "content": text("Z", "b") })).await);
        assert!(payload["conflict"].is_object(), "{payload:#}");
        assert_eq!(payload["conflict"]["marked"], Value::Null);
        let payload = save(&ann, id, base, json!({ "content": "{" })).await;
        assert_eq!(errors(&payload), ["INVALID input.content"]);
    }
);

every_database!(
    async fn texts_and_titles_have_their_limits(app: TestApp) {
        const MOST: usize = 5 * 1024 * 1024;
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "").await;
        for (input, expected) in [
            (
                json!({ "content": "a".repeat(MOST + 1) }),
                "TOO_LARGE input.content",
            ),
            (json!({ "content": "a\u{0}b" }), "INVALID input.content"),
            (json!({ "title": "" }), "BLANK input.title"),
            (json!({ "title": " \t " }), "BLANK input.title"),
            (json!({ "title": "é".repeat(201) }), "TOO_LONG input.title"),
            (json!({ "title": "a\u{0}" }), "INVALID input.title"),
            (
                json!({ "message": "m".repeat(501) }),
                "TOO_LONG input.message",
            ),
            (
                json!({ "clientId": "c".repeat(65) }),
                "TOO_LONG input.clientId",
            ),
            (json!({ "clientSequence": 1 }), "BLANK input.clientId"),
            (
                json!({ "clientSequence": -1, "clientId": "c" }),
                "OUT_OF_RANGE input.clientSequence",
            ),
        ] {
            let payload = save(&ann, &page.id, &page.revision_id, input).await;
            assert_eq!(errors(&payload), [expected]);
            assert_eq!(payload["conflict"], Value::Null);
        }
        assert_eq!(
            numbers(&ann, &page.id, "").await,
            [1],
            "nothing of that was stored"
        );
        let longest = "\n".repeat(MOST);
        let input = json!({ "content": longest, "title": "é".repeat(200) });
        stored(&ann, &page.id, &page.revision_id, input).await;
        let seen = see(&ann, &page.id, "content").await;
        assert!(seen["content"].as_str().unwrap() == longest);
    }
);

every_database!(
    async fn what_is_in_the_trash_is_not_written(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a").await;
        let other = ann.page(&notebook, "O", "o").await;
        let call = format!(r#"deletePage(pageId: "{}")"#, page.id);
        done(change(&ann, &call, "page { id }").await);
        let payload = save(&ann, &page.id, &page.revision_id, json!({ "content": "b" })).await;
        assert_eq!(errors(&payload), ["CONFLICT input.pageId"]);
        let call = format!(r#"deleteNotebook(notebookId: "{notebook}")"#);
        done(change(&ann, &call, "notebook { id }").await);
        let payload = save(
            &ann,
            &other.id,
            &other.revision_id,
            json!({ "content": "b" }),
        )
        .await;
        assert_eq!(errors(&payload), ["CONFLICT input.pageId"]);
        for (call, expected) in [
            (
                format!(r#"publishPage(pageId: "{}")"#, other.id),
                "CONFLICT pageId",
            ),
            (
                format!(r#"movePage(pageId: "{}", position: 0)"#, page.id),
                "CONFLICT pageId",
            ),
            (
                format!(r#"movePage(pageId: "{}", position: 0)"#, other.id),
                "CONFLICT pageId",
            ),
            (
                format!(r#"createPage(input: {{ notebookId: "{notebook}", title: "x" }})"#),
                "CONFLICT input.notebookId",
            ),
            (
                format!(r#"publishNotebook(notebookId: "{notebook}")"#),
                "CONFLICT notebookId",
            ),
            (
                format!(r#"purgePage(pageId: "{}")"#, other.id),
                "CONFLICT pageId",
            ),
        ] {
            assert_eq!(refused(&ann, &call).await, [expected], "{call}");
        }
    }
);
