//! Who may ask for changes, see them and decide; and what may be asked for.

use super::*;

every_database!(
    async fn editors_alone_ask_see_and_decide(app: TestApp, provider: Provider) {
        let (ann, bob, eve) = (
            app.user("ann").await,
            app.user("bob").await,
            app.user("eve").await,
        );
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        for (user, role) in [(&bob, "EDITOR"), (&eve, "VIEWER")] {
            let share = format!(
                "setCollaborator(notebookId: \"{notebook}\", userId: \"{}\", role: {role})",
                user.id
            );
            done(change(&ann, &share, "notebook { id }").await);
        }
        provider.will_say([Said::Text("b\n".to_owned())]);
        let id = proposed(&app, &ann, &page.id).await;
        let input = json!({ "pageId": page.id, "instruction": "x" });
        assert_eq!(
            propose(&eve, input.clone()).await["errors"][0]["code"],
            "FORBIDDEN"
        );
        let mallory = app.user("mallory").await;
        let refused = propose(&mallory, input).await;
        assert_eq!(
            (&refused["errors"][0]["code"], &refused["errors"][0]["path"]),
            (&json!("NOT_FOUND"), &json!(["input", "pageId"]))
        );
        for other in [&eve, &mallory] {
            assert_eq!(found(other, &id).await, Value::Null);
            assert_eq!(errors(&accept(other, &id).await), ["NOT_FOUND proposalId"]);
            assert_eq!(errors(&reject(other, &id).await), ["NOT_FOUND proposalId"]);
            let mut stream = app.subscribe(other, STREAM, json!({ "id": id })).await;
            assert!(matches!(stream.ended().await, Ending::Failed(_)));
        }
        let saved = accept(&bob, &id).await;
        assert_eq!(saved["revision"]["author"]["username"], "bob");
    }
);

every_database!(
    async fn the_text_of_a_proposal_is_told_for_as_long_as_one_may_edit(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let (bob, eve) = (app.user("bob").await, app.user("eve").await);
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        share(&ann, &notebook, &eve, "EDITOR").await;
        let (said, gate) = Said::held(["One\n", "Two\n", "Three"]);
        provider.will_say([said]);
        let payload = propose(&ann, json!({ "pageId": page.id, "instruction": "x" })).await;
        let id = payload["proposal"]["id"].as_str().unwrap();
        let of_bob = app.subscribe(&bob, STREAM, json!({ "id": id })).await;
        let of_eve = app.subscribe(&eve, STREAM, json!({ "id": id })).await;
        let (mut of_bob, mut of_eve) = (of_bob.patient(PATIENCE), of_eve.patient(PATIENCE));
        gate.add_permits(1);
        for stream in [&mut of_bob, &mut of_eve] {
            assert_eq!(crate::chat::read_to(stream, 0, 4).await, "One\n");
        }
        let remove = async |user: &Client| {
            let call = format!(
                "removeCollaborator(notebookId: \"{notebook}\", userId: \"{}\")",
                user.id
            );
            done(change(&ann, &call, "notebook { id }").await);
        };
        remove(&bob).await;
        // The right was seen when the stream began, and counts for a second.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        gate.add_permits(1);
        assert_eq!(crate::chat::read_to(&mut of_eve, 4, 8).await, "Two\n");
        assert_eq!(of_bob.ended().await, Ending::Complete);
        // The end holds all of it: it is never told on the word of a second ago.
        remove(&eve).await;
        gate.add_permits(3);
        let ending = loop {
            match of_eve.answer().await {
                Ok(payload) => {
                    let event = &payload["data"]["proposalStream"];
                    assert_eq!(event["__typename"], "CompletionDelta", "{payload:#}");
                }
                Err(ending) => break ending,
            }
        };
        assert_eq!(ending, Ending::Complete);
        let (text, _) = follow(&app, &ann, id).await;
        assert_eq!(text, "One\nTwo\nThree");
    }
);

every_database!(
    async fn a_wrong_wish_says_what_to_change(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        let long = ann.page(&notebook, "Long", &"word ".repeat(90_000)).await;
        let gone = ann.page(&notebook, "Gone", "a").await;
        done(
            change(
                &ann,
                &format!("deletePage(pageId: \"{}\")", gone.id),
                "page { id }",
            )
            .await,
        );
        let json_format = json!({ "responseFormat": "JSON_OBJECT" });
        let cases = [
            (
                json!({ "pageId": page.id, "instruction": " " }),
                "BLANK input.instruction",
            ),
            (
                json!({ "pageId": page.id, "instruction": "x".repeat(2_001) }),
                "TOO_LONG input.instruction",
            ),
            (
                json!({ "pageId": page.id, "instruction": "x", "options": { "temperature": 3 } }),
                "OUT_OF_RANGE input.options.temperature",
            ),
            (
                json!({ "pageId": page.id, "instruction": "x", "options": json_format }),
                "INVALID input.options.responseFormat",
            ),
            (
                json!({ "pageId": long.id, "instruction": "x" }),
                "TOO_LONG input.pageId",
            ),
            (
                json!({ "pageId": gone.id, "instruction": "x" }),
                "CONFLICT input.pageId",
            ),
        ];
        for (input, expected) in cases {
            let payload = propose(&ann, input).await;
            assert_eq!(errors(&payload), [expected]);
            assert_eq!(payload["proposal"], Value::Null);
        }
        assert!(provider.asked().is_empty());
    }
);
