//! What happens to pages, as it happens, over a WebSocket.

use super::*;

const EVENTS: &str = "subscription ($id: ID!, $after: String, $number: Int) {
    pageEvents(pageId: $id, after: $after, afterRevision: $number) {
        cursor kind clientId pageId actor { username } page { title content } revision { number content } } }";
const OF_NOTEBOOK: &str = "subscription ($id: ID!, $after: String) {
    notebookEvents(notebookId: $id, after: $after) { cursor kind pageId page { title } } }";

/// Follows a page from its first event on.
async fn follow(app: &TestApp, client: &Client, page: &str) -> Subscription {
    app.subscribe(client, EVENTS, json!({ "id": page, "number": 0 }))
        .await
}

async fn event(events: &mut Subscription) -> Value {
    let mut payload = events.next().await;
    assert!(payload.get("errors").is_none(), "{payload:#}");
    let data = payload["data"].as_object_mut().unwrap();
    data.values_mut().next().unwrap().take()
}

/// The kinds of the next events.
async fn kinds(events: &mut Subscription, count: usize) -> Vec<String> {
    let mut kinds = Vec::new();
    for _ in 0..count {
        let event = event(events).await;
        kinds.push(event["kind"].as_str().unwrap().to_owned());
    }
    kinds
}

async fn act(client: &Client, verb: &str, page: &str, more: &str) {
    let call = format!(r#"{verb}Page(pageId: "{page}"{more})"#);
    done(change(client, &call, "errors { message }").await);
}

every_database!(
    async fn everything_that_happens_to_a_page_is_told_in_order(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        ann.page(&notebook, "Other", "").await;
        let page = ann.page(&notebook, "T", "a\n\nb\n\nc\n").await;
        let mut events = follow(&app, &bob, &page.id).await;
        let created = event(&mut events).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(created, { ".cursor" => "[cursor]", ".pageId" => "[id]" }, @r#"
        {
          "actor": {
            "username": "ann"
          },
          "clientId": null,
          "cursor": "[cursor]",
          "kind": "CREATED",
          "page": {
            "content": "a\n\nb\n\nc\n",
            "title": "T"
          },
          "pageId": "[id]",
          "revision": {
            "content": "a\n\nb\n\nc\n",
            "number": 1
          }
        }
        "#) };
        let auto = autosaved(&ann, &page.id, &page.revision_id, "A\n\nb\n\nc\n", "tab").await;
        let saved = event(&mut events).await;
        assert_eq!(
            (&saved["kind"], &saved["clientId"]),
            (&json!("AUTOSAVED"), &json!("tab"))
        );
        assert_eq!(
            saved["revision"],
            json!({ "number": 2, "content": "A\n\nb\n\nc\n" })
        );
        assert_eq!(saved["page"]["content"], "A\n\nb\n\nc\n");
        stored(
            &bob,
            &page.id,
            &auto,
            json!({ "content": "AA\n\nb\n\nc\n" }),
        )
        .await;
        stored(&ann, &page.id, &auto, json!({ "content": "A\n\nb\n\nC\n" })).await;
        act(&ann, "move", &page.id, ", position: 0").await;
        publish(&ann, &page.id).await;
        act(&ann, "unpublish", &page.id, "").await;
        let restore = format!(r#"restoreRevision(revisionId: "{}")"#, page.revision_id);
        done(change(&bob, &restore, "page { id }").await);
        act(&ann, "delete", &page.id, "").await;
        act(&ann, "restore", &page.id, "").await;
        assert_eq!(
            kinds(&mut events, 8).await,
            [
                "SAVED",
                "MERGED",
                "MOVED",
                "PUBLISHED",
                "UNPUBLISHED",
                "RESTORED",
                "DELETED",
                "RESTORED"
            ]
        );
        act(&ann, "delete", &page.id, "").await;
        // Read before the purge: what is purged while it is read is an error that says so.
        assert_eq!(kinds(&mut events, 1).await, ["DELETED"]);
        act(&ann, "purge", &page.id, "").await;
        events.stop().await;
    }
);

every_database!(
    async fn what_was_missed_comes_first(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        let mut events = follow(&app, &ann, &page.id).await;
        let first = event(&mut events).await;
        events.stop().await;
        let second = stored(&ann, &page.id, &page.revision_id, json!({ "content": "2" })).await;
        publish(&ann, &page.id).await;
        act(&ann, "delete", &page.id, "").await;
        act(&ann, "restore", &page.id, "").await;
        stored(&ann, &page.id, &second, json!({ "content": "3" })).await;
        let rest = ["PUBLISHED", "DELETED", "RESTORED", "SAVED"];

        let variables = json!({ "id": page.id, "after": first["cursor"] });
        let mut missed = app.subscribe(&ann, EVENTS, variables).await;
        assert_eq!(kinds(&mut missed, 1).await, ["SAVED"]);
        assert_eq!(kinds(&mut missed, 4).await, rest);
        let variables = json!({ "id": page.id, "number": 2 });
        let mut missed = app.subscribe(&ann, EVENTS, variables).await;
        assert_eq!(
            kinds(&mut missed, 4).await,
            rest,
            "behind the save of revision 2"
        );
        let variables = json!({ "id": page.id, "number": 3 });
        let mut missed = app.subscribe(&ann, EVENTS, variables).await;
        let variables = json!({ "id": notebook, "after": first["cursor"] });
        let mut whole = app.subscribe(&ann, OF_NOTEBOOK, variables).await;
        assert_eq!(kinds(&mut whole, 5).await.len(), 5);
        publish(&ann, &page.id).await;
        assert_eq!(kinds(&mut missed, 1).await, ["PUBLISHED"]);
        assert_eq!(kinds(&mut whole, 1).await, ["PUBLISHED"]);
        let other = ann.page(&notebook, "Other", "").await;
        let event = event(&mut whole).await;
        assert_eq!(
            (&event["kind"], &event["pageId"]),
            (&json!("CREATED"), &json!(other.id))
        );
        assert_eq!(event["page"]["title"], "Other");

        let elsewhere = ann.notebook("Elsewhere").await;
        for (query, variables) in [
            (EVENTS, json!({ "id": page.id, "after": "nonsense" })),
            (
                EVENTS,
                json!({ "id": page.id, "after": first["cursor"], "number": 1 }),
            ),
            (
                OF_NOTEBOOK,
                json!({ "id": elsewhere, "after": first["cursor"] }),
            ),
        ] {
            let refused = app.subscribe(&ann, query, variables).await;
            assert_eq!(
                refusal(refused).await["extensions"]["code"],
                "BAD_USER_INPUT"
            );
        }
    }
);

/// The error that a subscription is refused with.
async fn refusal(mut refused: Subscription) -> Value {
    match refused.ended().await {
        Ending::Failed(mut errors) => errors[0].take(),
        other => panic!("a refusal was expected, and not {other:?}"),
    }
}

every_database!(
    async fn readers_hear_of_what_is_public_until_it_is_not(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        let hidden = ann.page(&notebook, "Hidden", "h").await;
        let (no_page, no_notebook) = (
            "page_01h455vb4pex5vsknk084sn02q".to_owned(),
            "notebook_01h455vb4pex5vsknk084sn02q".to_owned(),
        );
        for (query, id, missing) in [
            (EVENTS, &page.id, &no_page),
            (OF_NOTEBOOK, &notebook, &no_notebook),
        ] {
            let anybody = app.client();
            let secret = app.subscribe(&anybody, query, json!({ "id": id })).await;
            let nothing = app
                .subscribe(&anybody, query, json!({ "id": missing }))
                .await;
            let (secret, nothing) = (refusal(secret).await, refusal(nothing).await);
            assert_eq!(secret, nothing, "a draft is as good as missing");
            assert_eq!(secret["extensions"]["code"], "BAD_USER_INPUT");
        }
        publish(&ann, &page.id).await;
        publish_notebook(&ann, &notebook).await;
        act(&ann, "unpublish", &hidden.id, "").await;
        let mut events = follow(&app, &app.client(), &page.id).await;
        let published = event(&mut events).await;
        assert_eq!(published["kind"], "PUBLISHED");
        assert_eq!(published["actor"]["username"], "ann");
        let variables = json!({ "id": notebook, "after": published["cursor"] });
        let mut whole = app.subscribe(&app.client(), OF_NOTEBOOK, variables).await;
        let second = autosaved(&ann, &page.id, &page.revision_id, "2", "tab").await;
        stored(&ann, &page.id, &second, json!({ "content": "3" })).await;
        stored(
            &ann,
            &hidden.id,
            &hidden.revision_id,
            json!({ "content": "secret" }),
        )
        .await;
        publish(&ann, &page.id).await;
        let event_of_page = event(&mut events).await;
        assert_eq!(event_of_page["kind"], "PUBLISHED");
        assert_eq!(event_of_page["page"]["content"], "3");
        assert_eq!(
            event_of_page["revision"],
            json!({ "number": 3, "content": "3" })
        );
        let of_notebook = kinds(&mut whole, 3).await;
        assert_eq!(of_notebook, ["PUBLISHED", "UNPUBLISHED", "PUBLISHED"]);
        act(&ann, "unpublish", &page.id, "").await;
        let last = event(&mut events).await;
        assert_eq!(last["kind"], "UNPUBLISHED");
        assert_eq!(
            (&last["page"], &last["revision"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(events.ended().await, Ending::Complete);
        assert_eq!(kinds(&mut whole, 1).await, ["UNPUBLISHED"]);
        let call = format!(r#"unpublishNotebook(notebookId: "{notebook}")"#);
        done(change(&ann, &call, "notebook { id }").await);
        assert_eq!(whole.ended().await, Ending::Complete);
    }
);

every_database!(
    async fn a_stream_ends_with_the_share(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        share(&ann, &notebook, &bob, "VIEWER").await;
        let mut events = follow(&app, &bob, &page.id).await;
        assert_eq!(kinds(&mut events, 1).await, ["CREATED"]);
        let call = format!(
            r#"removeCollaborator(notebookId: "{notebook}", userId: "{}")"#,
            bob.id
        );
        done(change(&ann, &call, "notebook { id }").await);
        stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "secret" }),
        )
        .await;
        assert_eq!(events.ended().await, Ending::Complete);
        let refused = follow(&app, &bob, &page.id).await;
        let refusal = refusal(refused).await;
        assert_eq!(refusal["extensions"]["code"], "BAD_USER_INPUT");
    }
);

every_database!(
    async fn a_stream_ends_with_the_notebook(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        publish_notebook(&ann, &notebook).await;
        let mut events = follow(&app, &app.client(), &page.id).await;
        assert_eq!(kinds(&mut events, 1).await, ["PUBLISHED"]);
        let mut own = follow(&app, &ann, &page.id).await;
        assert_eq!(kinds(&mut own, 2).await, ["CREATED", "PUBLISHED"]);
        let call = format!(r#"deleteNotebook(notebookId: "{notebook}")"#);
        done(change(&ann, &call, "notebook { id }").await);
        assert_eq!(events.ended().await, Ending::Complete);
        let call = format!(r#"purgeNotebook(notebookId: "{notebook}")"#);
        done(change(&ann, &call, "deletedId").await);
        assert_eq!(own.ended().await, Ending::Complete);
    }
);
