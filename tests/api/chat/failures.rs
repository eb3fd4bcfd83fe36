//! Providers that fail before and in the middle of an answer.

use std::time::Duration;

use super::*;

async fn failed(app: &TestApp, client: &Client, chat: &str) -> (String, Value, Value) {
    let (_, id) = say(client, chat, "Hi").await;
    let (text, end) = read(watch(app, client, &id, None).await).await;
    assert_eq!(end["__typename"], "CompletionFailed", "{end}");
    let now = message(client, &id).await;
    assert_eq!(
        (&now["status"], &now["content"], &now["finishReason"]),
        (&json!("FAILED"), &json!(text), &json!("ERROR"))
    );
    assert_eq!(now["error"], end["message"]);
    (text, end, now)
}

every_database!(
    async fn a_stream_that_breaks_off_keeps_what_had_arrived_and_is_not_asked_again(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let event = |data: &str| (Duration::ZERO, data.to_owned());
        let half = crate::support::piece_of("half ");
        for broken in [
            Said::Events(vec![event(&half)]),
            Said::Events(vec![
                event(&half),
                event("{\"choices\": [{\"delta\": {\"con"),
            ]),
            Said::Events(vec![
                event(&half),
                event("{\"error\": {\"message\": \"overloaded\"}}"),
            ]),
            Said::Cut(vec!["half "]),
        ] {
            let before = provider.asked().len();
            provider.will_say([broken.clone()]);
            let (text, end, now) = failed(&app, &ann, &chat).await;
            assert_eq!(text, "half ", "{broken:?}");
            assert_eq!(end["retryable"], true, "{broken:?} {end}");
            assert_eq!(now["usage"]["estimated"], true);
            assert_eq!(provider.asked().len(), before + 1);
        }
        let reply = ann
            .graphql("{ aiUsage { requests failures } }", json!({}))
            .await;
        assert_eq!(
            reply.at("/aiUsage"),
            &json!({ "requests": 4, "failures": 4 })
        );
    }
);

every_database!(
    async fn what_fails_before_its_first_piece_is_tried_again_or_told(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        provider.will_say([Said::status(500), Said::status(429)]);
        assert_eq!(
            answered(&app, &ann, &chat, "Hi").await["content"],
            "Answer 3 to: Hi"
        );
        let reply = ann
            .graphql("{ aiUsage { requests failures } }", json!({}))
            .await;
        assert_eq!(
            reply.at("/aiUsage"),
            &json!({ "requests": 3, "failures": 2 })
        );
        let wait = ("retry-after", "60".to_owned());
        let cases = [
            (Said::status(401), "PROVIDER_REJECTED", false),
            (
                Said::Plain(429, vec![wait], String::new()),
                "PROVIDER_RATE_LIMITED",
                true,
            ),
            (Said::status(400), "PROVIDER_REJECTED", false),
        ];
        for (said, code, retryable) in cases {
            provider.will_say([said]);
            let (text, end, now) = failed(&app, &ann, &chat).await;
            assert_eq!(
                (text.as_str(), &end["code"], &end["retryable"]),
                ("", &json!(code), &json!(retryable))
            );
            assert_eq!(now["model"], Value::Null);
        }
    }
);

every_database!(
    with = |config| {
        config.ai.first_token = Duration::from_millis(300);
        config.ai.between_pieces = Duration::from_millis(300);
    },
    async fn nothing_is_waited_for_without_end(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        provider.will_say([Said::Nothing, Said::Nothing, Said::Nothing]);
        let (_, end, _) = failed(&app, &ann, &chat).await;
        assert_eq!(end["code"], "PROVIDER_TIMEOUT");
        // Six failures in a row would leave the provider alone for a while.
        answered(&app, &ann, &chat, "Hi").await;
        provider.will_say([Said::Trickle, Said::Trickle, Said::Trickle]);
        let (_, end, _) = failed(&app, &ann, &chat).await;
        assert_eq!(end["code"], "PROVIDER_TIMEOUT");
        let (stuck, gate) = Said::held(["one ", "two"]);
        gate.add_permits(1);
        provider.will_say([stuck]);
        let (text, end, _) = failed(&app, &ann, &chat).await;
        assert_eq!(
            (text.as_str(), &end["code"]),
            ("one ", &json!("PROVIDER_TIMEOUT"))
        );
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_provider_answers_where_the_first_one_cannot() {
    let (first, second) = (Provider::start().await, Provider::start().await);
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![
            first.configured("first", AiKind::OpenAi),
            second.configured("second", AiKind::OpenAi),
        ]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let chat = chat(&ann, json!({})).await;
    first.will_say([Said::status(401)]);
    let answer = answered(&app, &ann, &chat, "Hi").await;
    assert_eq!(
        (&answer["model"], &answer["content"]),
        (&json!("second/stand-in-1"), &json!("Answer 1 to: Hi"))
    );
    let usage = ann
        .graphql("{ aiUsage { requests failures } }", json!({}))
        .await;
    assert_eq!(
        usage.at("/aiUsage"),
        &json!({ "requests": 2, "failures": 1 })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_asked_as_much_at_once_as_it_takes_and_counted() {
    let provider = Provider::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        let mut narrow = provider.configured("narrow", AiKind::OpenAi);
        narrow.concurrency = 1;
        config.ai.providers = Some(vec![narrow]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let chat = chat(&ann, json!({})).await;
    let (said, gate) = Said::held(["one"]);
    provider.will_say([said]);
    let (_, first) = say(&ann, &chat, "Hi").await;
    let mut tab = watch(&app, &ann, &first, None).await;
    gate.add_permits(1);
    read_to(&mut tab, 0, 3).await;
    let other = super::chat(&ann, json!({})).await;
    let (_, second) = say(&ann, &other, "Hi again").await;
    // Time enough for it to be asked, if nothing kept it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(provider.asked().len(), 1);
    assert_eq!(message(&ann, &second).await["status"], "STREAMING");
    gate.add_permits(2);
    assert_eq!(read(tab).await.1["content"], "one");
    let (_, end) = read(watch(&app, &ann, &second, None).await).await;
    assert_eq!(end["content"], "Answer 2 to: Hi again");
    let metrics = app.client().get("/metrics").await.text().await.unwrap();
    for line in [
        "pluma_ai_attempts_total{provider=\"narrow\",outcome=\"done\"} 2",
        "pluma_ai_tokens_total{provider=\"narrow\",kind=\"completion\"} ",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
}
