//! Providers that behave and that do not, each a real HTTP server.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_goes_out_in_the_wire_format_and_its_answer_comes_back() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let input = json!({ "systemMessage": "Be brief.", "userMessage": "Hi",
        "options": { "temperature": 0.5, "topP": 0.9, "maxTokens": 50 } });
    let answer = chat(&ann, input).await;
    let completion = &answer["completion"];
    assert_eq!(completion["content"], "Answer 1 to: Hi");
    assert_eq!(completion["model"], "stand-in/stand-in-1");
    assert_eq!(
        completion["usage"],
        json!({ "promptTokens": 7, "completionTokens": 11, "totalTokens": 18, "estimated": false })
    );
    let asked = provider.asked();
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(
        asked.authorization.as_deref(),
        Some("Bearer the-key-of-the-stand-in")
    );
    assert_eq!(
        asked.body,
        json!({ "model": "stand-in", "max_tokens": 50, "temperature": 0.5, "top_p": 0.9, "messages": [
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hi" }],
            "stream": true, "stream_options": { "include_usage": true } })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn azure_is_asked_at_its_own_addresses() {
    let provider = Provider::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![
            provider.configured("azure", AiKind::AzureOpenAi),
            provider.configured("inference", AiKind::AzureInference),
        ]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    for model in ["azure/gpt-4o", "inference/phi"] {
        let answer = chat(
            &ann,
            json!({ "userMessage": "Hi", "options": { "model": model } }),
        )
        .await;
        assert_eq!(answer["errors"], json!([]), "{model}");
    }
    let asked = provider.asked();
    let path = "/v1/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
    assert_eq!(asked[0].path, path);
    assert_eq!(asked[0].api_key.as_deref(), Some("the-key-of-the-stand-in"));
    assert_eq!(asked[0].authorization, None);
    assert_eq!(asked[0].body["model"], "gpt-4o");
    assert_eq!(asked[1].path, "/v1/chat/completions?api-version=2024-10-21");
    assert!(asked[1].api_key.is_some() && asked[1].authorization.is_some());
    // It does not say what a streamed answer used, so what is waited for is not streamed.
    assert_eq!(asked[1].body["stream"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_pass_is_tried_again() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let html = ("content-type", "text/html".to_owned());
    for failures in [
        vec![Said::status(500), Said::status(503)],
        vec![Said::status(408), Said::status(409)],
        vec![Said::status(429)],
        vec![Said::Plain(
            200,
            vec![html],
            "<h1>Bad gateway</h1>".to_owned(),
        )],
        vec![Said::Plain(
            200,
            vec![],
            "{\"choices\": [{\"mess".to_owned(),
        )],
        vec![Said::Plain(
            200,
            vec![],
            r#"{"error": {"message": "overloaded"}}"#.to_owned(),
        )],
    ] {
        let before = provider.asked().len();
        let failed = failures.len();
        provider.will_say(failures.clone());
        let answer = chat(&ann, hi()).await;
        assert_eq!(answer["errors"], json!([]), "{failures:?}");
        assert_eq!(answer["completion"]["attempts"], failed + 1, "{failures:?}");
        assert_eq!(provider.asked().len() - before, failed + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_pass_is_not_tried_again() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    for (status, expected) in [
        (400, "PROVIDER_REJECTED"),
        (401, "PROVIDER_REJECTED"),
        (403, "PROVIDER_REJECTED"),
        (404, "UNKNOWN_MODEL"),
        (422, "PROVIDER_REJECTED"),
    ] {
        let before = provider.asked().len();
        let body =
            r#"{"error": {"message": "no, sk-verysecretkey1234567890 is wrong", "code": "x"}}"#;
        provider.will_say([Said::Plain(status, vec![], body.to_owned())]);
        let answer = chat(&ann, hi()).await;
        assert_eq!(code(&answer), expected, "{status}");
        assert!(!answer.to_string().contains("sk-verysecret"), "{answer}");
        assert_eq!(provider.asked().len() - before, 1, "{status}");
    }
    let input = json!({ "userMessage": "Hi", "options": { "model": "large" } });
    provider.will_say([Said::status(404)]);
    let answer = chat(&ann, input).await;
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["input", "options", "model"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_wait_is_honoured_or_passed_on() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let wait = |seconds: &str| {
        Said::Plain(
            429,
            vec![("retry-after", seconds.to_owned())],
            String::new(),
        )
    };
    provider.will_say([wait("2")]);
    let begun = Instant::now();
    let answer = chat(&ann, hi()).await;
    assert_eq!(answer["completion"]["attempts"], 2);
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    provider.will_say([wait("3600")]);
    let answer = chat(&ann, hi()).await;
    assert_eq!(code(&answer), "PROVIDER_RATE_LIMITED");
    let error = &answer["errors"][0];
    assert!(
        error["message"].as_str().unwrap().contains("3600 s"),
        "{error}"
    );
    assert_eq!(error["retryable"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_a_sign_of_life() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let failures = || vec![Said::status(500); 3];
    provider.will_say(failures());
    chat(&ann, hi()).await;
    provider.will_say([Said::status(400)]);
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_REJECTED");
    provider.will_say(failures());
    chat(&ann, hi()).await;
    assert_eq!(provider.asked().len(), 7, "no five failures came in a row");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_failing_is_left_alone_for_a_while() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    provider.will_say(vec![Said::status(500); 6]);
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_UNAVAILABLE");
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_UNAVAILABLE");
    let asked = provider.asked().len();
    assert_eq!(
        asked, 5,
        "the breaker opens behind the fifth failure in a row"
    );
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_UNAVAILABLE");
    assert_eq!(provider.asked().len(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_provider_answers_where_the_first_one_cannot() {
    let (first, second) = (Provider::start().await, Provider::start().await);
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![
            first.configured("a", AiKind::OpenAi),
            second.configured("b", AiKind::OpenAi),
        ]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    first.will_say(vec![Said::status(503); 3]);
    let answer = chat(&ann, hi()).await;
    assert_eq!(answer["completion"]["model"], "b/stand-in-1");
    assert_eq!(answer["completion"]["attempts"], 4);
    first.will_say([Said::status(401)]);
    assert_eq!(
        chat(&ann, hi()).await["completion"]["model"],
        "b/stand-in-1"
    );
    // What is wrong with the question is wrong everywhere.
    first.will_say([Said::status(400)]);
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_REJECTED");
    // One that is named is the one that is meant.
    first.will_say([Said::status(401)]);
    let named = json!({ "userMessage": "Hi", "options": { "model": "a/stand-in" } });
    assert_eq!(code(&chat(&ann, named).await), "PROVIDER_REJECTED");
    let reply = ann.graphql("{ aiModels { id } }", json!({})).await;
    let ids = json!([{ "id": "a/stand-in" }, { "id": "a/large" }, { "id": "b/stand-in" }, { "id": "b/large" }]);
    assert_eq!(reply.at("/aiModels"), &ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configured_order_says_who_is_asked_first_and_who_only_by_name() {
    let providers = [
        Provider::start().await,
        Provider::start().await,
        Provider::start().await,
    ];
    let app = TestApp::on(Engine::Sqlite, |config| {
        let named = ["a", "b", "c"].into_iter().zip(&providers);
        let all = named.map(|(name, provider)| provider.configured(name, AiKind::OpenAi));
        config.ai.providers = Some(all.collect());
        config.ai.order = Some(vec!["c".to_owned(), "a".to_owned()]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let model = async |input: Value| chat(&ann, input).await["completion"]["model"].clone();
    assert_eq!(model(hi()).await, "c/stand-in-1");
    providers[2].will_say([Said::status(401)]);
    assert_eq!(model(hi()).await, "a/stand-in-1");
    let by_name = json!({ "userMessage": "Hi", "options": { "model": "b" } });
    assert_eq!(model(by_name).await, "b/stand-in-1");
    for provider in [&providers[0], &providers[2]] {
        provider.will_say([Said::status(401)]);
    }
    assert_eq!(code(&chat(&ann, hi()).await), "PROVIDER_REJECTED");
    assert_eq!(
        providers[1].asked().len(),
        1,
        "it is asked by its name alone"
    );
}
