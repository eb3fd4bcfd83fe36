//! What answers use, and how much of it there is for a day.

use super::*;

const USAGE: &str = "query ($from: DateTime, $to: DateTime, $user: ID) {
    aiUsage(from: $from, to: $to, userId: $user) { from to requests failures
        usage { promptTokens completionTokens totalTokens estimated }
        byModel { model requests usage { totalTokens } }
        budget { limit remaining resetAt } } }";

async fn usage(client: &Client) -> Value {
    client
        .graphql(USAGE, json!({}))
        .await
        .at("/aiUsage")
        .clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_is_accounted_whatever_became_of_it() {
    let (app, ann, provider) = with_provider(|_| {}).await;
    provider.will_say([Said::status(500)]);
    chat(&ann, json!({ "userMessage": "Hi" })).await;
    let silent = r#"{"choices": [{"message": {"content": "one two three"}}]}"#;
    provider.will_say([Said::Plain(200, vec![], silent.to_owned())]);
    let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
    let estimated = &answer["completion"]["usage"];
    assert_eq!(estimated["estimated"], true);
    assert_eq!(estimated["completionTokens"], 3);
    let prompt = estimated["promptTokens"].as_i64().unwrap();
    let usage = usage(&ann).await;
    assert_eq!(
        (&usage["requests"], &usage["failures"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(usage["usage"]["promptTokens"], 7 + prompt);
    assert_eq!(usage["usage"]["completionTokens"], 11 + 3);
    assert_eq!(usage["usage"]["estimated"], true);
    assert_eq!(
        usage["byModel"],
        json!([{ "model": "stand-in", "requests": 3, "usage": { "totalTokens": 21 + prompt } }])
    );
    assert_eq!(usage["budget"], Value::Null);
    let logs = "{ logs(filter: { action: \"ai.asked\" }) { nodes { kind details } } }";
    let logs = ann.graphql(logs, json!({})).await;
    let logs = logs.at("/logs/nodes").as_array().unwrap().clone();
    assert_eq!(logs.len(), 2);
    assert_eq!(logs[1]["kind"], "AUDIT");
    assert_eq!(logs[1]["details"]["attempts"], 2);
    assert!(
        !json!(logs).to_string().contains("three"),
        "no contents: {logs:?}"
    );
    drop(app);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_says_what_all_its_attempts_used() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    // Who was too slow may have read the prompt all the same.
    let wait = ("retry-after-ms", "10".to_owned());
    provider.will_say([Said::Plain(408, vec![wait], String::new())]);
    let answer = chat(&ann, json!({ "userMessage": "Hi" })).await;
    let told = &answer["completion"]["usage"];
    assert_eq!(answer["completion"]["attempts"], 2);
    assert!(told["promptTokens"].as_i64().unwrap() > 7, "{told}");
    assert_eq!(&usage(&ann).await["usage"], told);
}

every_database!(
    async fn usage_is_one_s_own_and_of_a_span(app: TestApp) {
        let (admin, ann) = (app.admin().await, app.user("ann").await);
        chat(&ann, json!({ "userMessage": "one two" })).await;
        assert_eq!(usage(&ann).await["usage"]["totalTokens"], 2 + 4);
        let id = ann
            .graphql("{ viewer { id } }", json!({}))
            .await
            .text("/viewer/id")
            .to_owned();
        let seen = admin.graphql(USAGE, json!({ "user": id })).await;
        assert_eq!(seen.at("/aiUsage/requests"), 1);
        assert_eq!(usage(&admin).await["requests"], 0);
        let bob = app.user("bob").await;
        let refused = bob.graphql(USAGE, json!({ "user": id })).await;
        assert_eq!(refused.code(), "FORBIDDEN");
        let past = json!({ "from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z" });
        let past = ann.graphql(USAGE, past).await;
        assert_eq!(past.at("/aiUsage/requests"), 0);
        let wrong = json!({ "from": "2020-01-01T00:00:00Z", "to": "2019-02-01T00:00:00Z" });
        assert_eq!(ann.graphql(USAGE, wrong).await.code(), "BAD_USER_INPUT");
    }
);

every_database!(
    with = |config| {
        config.ai.daily_tokens = 40;
        config.ai.max_tokens = 16;
    },
    async fn a_day_has_so_many_tokens_and_the_next_one_as_many_again(app: TestApp) {
        let ann = app.user("ann").await;
        // Each asks for one word and gets three: four of forty, by echo's count.
        let ask = || {
            chat(
                &ann,
                json!({ "userMessage": "word", "options": { "maxTokens": 16 } }),
            )
        };
        let mut answered = 0;
        let refused = loop {
            let answer = ask().await;
            if answer["completion"].is_null() {
                break answer;
            }
            answered += 1;
            assert!(answered < 20);
        };
        assert_eq!(code(&refused), "QUOTA_EXCEEDED");
        assert!(answered >= 7, "{answered}");
        let left = usage(&ann).await["budget"].clone();
        assert_eq!(left["limit"], 40);
        assert_eq!(left["remaining"], 40 - 4 * answered);
        let bob = app.user("bob").await;
        let other = chat(&bob, json!({ "userMessage": "word" })).await;
        assert_eq!(
            other["errors"],
            json!([]),
            "everybody has a budget of their own"
        );
        app.clock()
            .advance(std::time::Duration::from_secs(24 * 3600));
        let ann = app.client().sign_in("ann").await;
        let answer = chat(&ann, json!({ "userMessage": "word" })).await;
        assert_eq!(answer["errors"], json!([]));
    }
);

every_database!(
    with = |config| {
        config.ai.daily_tokens = 100;
        config.ai.echo_pause = std::time::Duration::from_secs(1);
    },
    async fn questions_at_once_do_not_get_past_the_budget(app: TestApp) {
        let ann = app.user("ann").await;
        // Each reserves sixty and some of the hundred tokens: of many at once two cannot run.
        let input = json!({ "userMessage": "word", "options": { "maxTokens": 60 } });
        let all = (0..5).map(|_| chat(&ann, input.clone()));
        let answers = futures_util::future::join_all(all).await;
        let good = answers
            .iter()
            .filter(|answer| !answer["completion"].is_null())
            .count();
        let codes: Vec<&str> = answers
            .iter()
            .filter(|answer| answer["completion"].is_null())
            .map(code)
            .collect();
        assert!((1..=2).contains(&good), "{answers:?}");
        assert!(
            codes.iter().all(|code| *code == "QUOTA_EXCEEDED"),
            "{codes:?}"
        );
        assert_eq!(
            usage(&ann).await["budget"]["remaining"],
            100 - 4 * good as i64
        );
    }
);
