//! Answers outside of chats that are streamed, found again, and cancelled.

use super::*;

const COMPLETE: &str = "subscription ($input: AiCompleteInput!, $request: ID, $after: Int) {
    aiCompletionStream(input: $input, requestId: $request, afterSequence: $after) {
        __typename
        ... on CompletionDelta { sequence text }
        ... on CompletionFinished { sequence finishReason content json usage { totalTokens } }
        ... on CompletionFailed { sequence code message retryable } } }";

fn input(content: &str) -> Value {
    json!({ "messages": [{ "role": "USER", "content": content }] })
}

async fn complete(app: &TestApp, client: &Client, variables: Value) -> Subscription {
    app.subscribe(client, COMPLETE, variables)
        .await
        .patient(PATIENCE)
}

every_database!(
    async fn an_answer_is_streamed_word_by_word_and_checked(app: TestApp) {
        let ann = app.user("ann").await;
        let mut stream = complete(&app, &ann, json!({ "input": input("a b c d e f") })).await;
        let first = event(&mut stream).await;
        assert_eq!(first["__typename"], "CompletionDelta");
        assert!(
            first["text"].as_str().unwrap().len() < "You said: a b c d e f".len(),
            "{first}"
        );
        let (rest, end) = read(stream).await;
        assert_eq!(
            format!("{}{rest}", first["text"].as_str().unwrap()),
            "You said: a b c d e f"
        );
        assert_eq!(end["content"], "You said: a b c d e f");
        assert!(end["usage"]["totalTokens"].as_i64().unwrap() > 0);
        let json = json!({ "messages": [{ "role": "USER", "content": "x" }], "options": { "responseFormat": "JSON_OBJECT" } });
        let (_, end) = read(complete(&app, &ann, json!({ "input": json })).await).await;
        assert!(end["json"].is_object(), "{end}");
        let mut stranger = complete(&app, &app.client(), json!({ "input": input("a") })).await;
        let Ending::Failed(errors) = stranger.ended().await else {
            panic!("strangers ask nothing");
        };
        assert_eq!(errors[0]["extensions"]["code"], "UNAUTHENTICATED");
    }
);

every_database!(
    async fn the_same_request_is_resumed_and_not_asked_again(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let (said, gate) = Said::held(["one ", "two ", "three"]);
        provider.will_say([said]);
        let variables = |after: Option<usize>| json!({ "input": input("Count"), "request": "r-1", "after": after });
        let mut stream = complete(&app, &ann, variables(None)).await;
        gate.add_permits(1);
        assert_eq!(read_to(&mut stream, 0, 4).await, "one ");
        stream.stop().await;
        gate.add_permits(1);
        let mut stream = complete(&app, &ann, variables(Some(4))).await;
        assert_eq!(read_to(&mut stream, 4, 8).await, "two ");
        gate.add_permits(3);
        let (text, end) = read(stream).await;
        assert_eq!(
            (text.as_str(), &end["content"]),
            ("three", &json!("one two three"))
        );
        let (text, again) = read(complete(&app, &ann, variables(None)).await).await;
        assert_eq!((text.as_str(), &again), ("one two three", &end));
        assert_eq!(provider.asked().len(), 1);
        // An id is one user's, for one prompt, for ten minutes.
        let other = json!({ "input": input("Else"), "request": "r-1" });
        let (_, end) = read(complete(&app, &ann, other.clone()).await).await;
        assert_eq!(
            (&end["code"], &end["retryable"]),
            (&json!("CONFLICT"), &json!(false))
        );
        let bob = app.user("bob").await;
        let (text, _) = read(complete(&app, &bob, other.clone()).await).await;
        assert_eq!(text, "Answer 2 to: Else");
        app.clock().advance(std::time::Duration::from_secs(601));
        let ann = app.client().sign_in("ann").await;
        let (text, _) = read(complete(&app, &ann, other).await).await;
        assert_eq!(text, "Answer 3 to: Else");
    }
);

every_database!(
    async fn a_request_that_comes_from_many_tabs_at_once_is_asked_once(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        for round in 1..=3 {
            let variables = json!({ "input": input("Count"), "request": format!("r-{round}") });
            let tabs =
                (0..6).map(async |_| read(complete(&app, &ann, variables.clone()).await).await);
            for (text, end) in futures_util::future::join_all(tabs).await {
                assert_eq!(text, format!("Answer {round} to: Count"), "{end}");
            }
            assert_eq!(provider.asked().len(), round);
        }
    }
);

every_database!(
    async fn without_an_id_unsubscribing_cancels(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let (said, gate) = Said::held(["one ", "two"]);
        provider.will_say([said]);
        let mut stream = complete(&app, &ann, json!({ "input": input("Count") })).await;
        gate.add_permits(1);
        read_to(&mut stream, 0, 4).await;
        let reply = ann
            .graphql("{ jobs(first: 1) { nodes { id } } }", json!({}))
            .await;
        let job = reply.text("/jobs/nodes/0/id").to_owned();
        stream.stop().await;
        let progress = "subscription ($id: ID!) { jobProgress(jobId: $id) { status } }";
        let mut ended = app
            .subscribe(&ann, progress, json!({ "id": job }))
            .await
            .patient(PATIENCE);
        let mut last = Value::Null;
        while let Ok(state) = ended.answer().await {
            last = state["data"]["jobProgress"]["status"].clone();
        }
        assert_eq!(last, "CANCELLED");
        let reply = ann
            .graphql("{ aiUsage { requests failures } }", json!({}))
            .await;
        assert_eq!(
            reply.at("/aiUsage"),
            &json!({ "requests": 1, "failures": 1 })
        );
    }
);

every_database!(
    async fn unsubscribing_while_it_begins_cancels_too(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        provider.will_say(vec![Said::Nothing; 12]);
        for round in 0..12 {
            let stream = complete(&app, &ann, json!({ "input": input("Count") })).await;
            // From before its row is written to after its job is begun.
            tokio::time::sleep(std::time::Duration::from_millis(round * 2)).await;
            stream.stop().await;
        }
        let unfinished =
            "SELECT status AS line FROM jobs WHERE kind = 'ai.write' AND finished_at IS NULL";
        eventually("its jobs end", async || {
            app.lines(unfinished).await.is_empty()
        })
        .await;
        // Nor does one begin later.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(app.lines(unfinished).await, Vec::<String>::new());
        let answers = "SELECT status AS line FROM answers WHERE status = 'STREAMING'";
        eventually("its answers end", async || {
            app.lines(answers).await.is_empty()
        })
        .await;
    }
);

every_database!(
    async fn what_is_wrong_with_the_input_is_an_end_that_says_so(app: TestApp) {
        let ann = app.user("ann").await;
        let with = |options: Value| json!({ "messages": [{ "role": "USER", "content": "a" }], "options": options });
        let cases = [
            (with(json!({ "temperature": 3 })), "OUT_OF_RANGE"),
            (json!({ "messages": [] }), "BLANK"),
            (input(&"x".repeat(1_000_000)), "TOO_LONG"),
            (
                json!({ "messages": [{ "role": "USER", "content": "a" }], "variables": { "b": 1 } }),
                "UNKNOWN_VARIABLE",
            ),
            (
                json!({ "messages": [{ "role": "USER", "content": "{a}" }], "variables": {} }),
                "MISSING_VARIABLE",
            ),
            (
                with(json!({ "responseFormat": "JSON_SCHEMA", "jsonSchema": { "type": "x" } })),
                "INVALID",
            ),
            (
                with(
                    json!({ "responseFormat": "JSON_SCHEMA", "jsonSchema": { "$ref": "https://example.org/s" } }),
                ),
                "INVALID",
            ),
        ];
        for (input, code) in cases {
            let (text, end) = read(complete(&app, &ann, json!({ "input": input })).await).await;
            assert_eq!((text.as_str(), &end["sequence"]), ("", &json!(0)));
            assert_eq!(end["code"], code, "{end}");
        }
        let (_, end) =
            read(complete(&app, &ann, json!({ "input": input("a"), "request": "" })).await).await;
        assert_eq!(end["code"], "INVALID");
        let reply = ann.graphql("{ aiUsage { requests } }", json!({})).await;
        assert_eq!(reply.at("/aiUsage/requests"), 0);
    }
);

every_database!(
    async fn old_answers_are_forgotten(app: TestApp) {
        let ann = app.user("ann").await;
        read(complete(&app, &ann, json!({ "input": input("a"), "request": "r" })).await).await;
        app.clock().advance(std::time::Duration::from_secs(3_700));
        pluma::ai::tending::forget(app.app()).await.unwrap();
        assert_eq!(app.execute("DELETE FROM transcripts").await, 0);
    }
);
