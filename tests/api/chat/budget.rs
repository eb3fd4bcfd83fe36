//! A day's budget of tokens, before an answer and in the middle of one.

use super::*;

every_database!(
    with = |config| {
        config.ai.daily_tokens = 60;
    },
    async fn a_budget_that_is_spent_in_the_middle_ends_the_answer_and_keeps_what_had_arrived(
        app: TestApp,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let long = "word ".repeat(40);
        let (_, id) = say(&ann, &chat, &long).await;
        let (text, end) = read(watch(&app, &ann, &id, None).await).await;
        assert_eq!(
            (&end["code"], &end["retryable"]),
            (&json!("QUOTA_EXCEEDED"), &json!(true))
        );
        assert!(
            text.starts_with("You said: word") && text.len() < long.len(),
            "{text}"
        );
        let now = message(&ann, &id).await;
        assert_eq!(
            (&now["status"], &now["content"]),
            (&json!("FAILED"), &json!(text))
        );
        let usage = "{ aiUsage { usage { totalTokens } budget { limit remaining } } }";
        let reply = ann.graphql(usage, json!({})).await;
        let spent = reply.at("/aiUsage/usage/totalTokens").as_i64().unwrap();
        assert_eq!(
            reply.at("/aiUsage/budget"),
            &json!({ "limit": 60, "remaining": 60 - spent })
        );
        // What is left is too little for more: nothing is said.
        let sent = send(&ann, json!({ "chatId": chat, "content": long })).await;
        assert_eq!(
            (&sent["errors"][0]["code"], &sent["userMessage"]),
            (&json!("QUOTA_EXCEEDED"), &Value::Null)
        );
        let bob = app.user("bob").await;
        let own = super::chat(&bob, json!({})).await;
        assert_eq!(answered(&app, &bob, &own, "Hi").await["status"], "COMPLETE");
    }
);

every_database!(
    with = |config| {
        config.ai.daily_tokens = 100;
    },
    async fn a_provider_s_answer_ends_with_the_budget_whether_it_keeps_to_that_or_not(
        app: TestApp,
        provider: Provider,
    ) {
        let words = "word ".repeat(30);
        let cut = json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] }).to_string();
        let obedient = [piece_of(&words), cut].map(|event| (std::time::Duration::ZERO, event));
        let endless = Said::pieces(&[words.as_str(); 20]);
        for (name, said) in [("ann", Said::Events(obedient.to_vec())), ("bob", endless)] {
            let user = app.user(name).await;
            let chat = chat(&user, json!({})).await;
            provider.will_say([said]);
            let (_, id) = say(&user, &chat, "Hi").await;
            let (text, end) = read(watch(&app, &user, &id, None).await).await;
            assert_eq!(end["code"], "QUOTA_EXCEEDED", "{name}: {end}");
            assert!(text.starts_with(&words), "{name}: {text}");
            let asked = provider.asked();
            let most = asked.last().unwrap().body["max_tokens"].as_i64().unwrap();
            assert!((50..100).contains(&most), "{name}: {most}");
            let now = message(&user, &id).await;
            assert_eq!(now["content"], text, "{name}");
            assert_eq!(now["status"], "FAILED", "{name}");
        }
    }
);

every_database!(
    with = |config| {
        config.ai.max_tokens = 16;
    },
    async fn a_provider_that_does_not_keep_to_its_bound_is_stopped(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let word = "much more than was asked for ".repeat(10);
        let (said, gate) = Said::held([word.as_str(); 50]);
        gate.add_permits(100);
        provider.will_say([said]);
        let answer = answered(&app, &ann, &chat, "Hi").await;
        assert_eq!(
            (&answer["status"], &answer["finishReason"]),
            (&json!("COMPLETE"), &json!("LENGTH"))
        );
        assert_eq!(answer["content"], word);
    }
);

every_database!(
    with = |config| {
        config.ai.daily_tokens = 400;
    },
    async fn what_an_answer_has_reserved_does_not_keep_its_owner_from_it(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let (said, gate) = Said::held(["one ", "two"]);
        provider.will_say([said]);
        let query = "subscription ($request: ID) {
            aiCompletionStream(input: { messages: [{ role: USER, content: \"Count\" }] }, requestId: $request) {
                __typename
                ... on CompletionDelta { sequence text }
                ... on CompletionFinished { content }
                ... on CompletionFailed { code message } } }";
        let watch = async |request: &str| {
            let stream = app
                .subscribe(&ann, query, json!({ "request": request }))
                .await;
            stream.patient(PATIENCE)
        };
        let mut first = watch("r-1").await;
        gate.add_permits(1);
        read_to(&mut first, 0, 4).await;
        first.stop().await;
        // All that is left of the day is reserved for it: another one is refused, and this one is not.
        let (_, end) = read(watch("r-2").await).await;
        assert_eq!(end["code"], "QUOTA_EXCEEDED", "{end}");
        let mut again = watch("r-1").await;
        assert_eq!(read_to(&mut again, 0, 4).await, "one ");
        gate.add_permits(3);
        let (text, end) = read(again).await;
        assert_eq!((text.as_str(), &end["content"]), ("two", &json!("one two")));
    }
);
