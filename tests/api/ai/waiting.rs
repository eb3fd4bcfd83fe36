//! How long providers are waited for, and by whom.

use std::time::Duration;

use super::chat as ask;
use super::*;
use crate::chat;

/// A server whose provider answers one at a time, and somebody signed in.
async fn narrow(first_token: Duration) -> (TestApp, Client, Provider) {
    with_provider(|config| {
        for provider in config.ai.providers.iter_mut().flatten() {
            provider.concurrency = 1;
        }
        config.ai.first_token = first_token;
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_begin_is_not_waited_for_for_ever() {
    for said in [Said::Nothing, Said::Trickle] {
        let (_app, ann, provider) =
            with_provider(|config| config.ai.first_token = Duration::from_secs(1)).await;
        provider.will_say(vec![said.clone(); 3]);
        let answer = ask(&ann, hi()).await;
        assert_eq!(code(&answer), "PROVIDER_TIMEOUT", "{said:?}");
        assert_eq!(provider.asked().len(), 3, "{said:?}");
    }
}

/// An answer of so many words, each of which takes a while.
fn slow_words(pause: Duration, words: usize) -> Said {
    let piece = |_| (pause, piece_of("word "));
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string();
    let events = (0..words).map(piece);
    Said::Events(events.chain([(Duration::ZERO, end)]).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_answer_is_waited_for_as_long_as_it_goes_on() {
    let (_app, ann, provider) =
        with_provider(|config| config.ai.first_token = Duration::from_millis(1_500)).await;
    let pause = Duration::from_millis(300);
    for round in 1..=6 {
        provider.will_say([slow_words(pause, 6)]);
        let answer = ask(&ann, hi()).await;
        let completion = &answer["completion"];
        assert_eq!(completion["content"], "word ".repeat(6), "{answer}");
        assert_eq!(completion["attempts"], 1);
        assert!(
            completion["latencyMs"].as_f64().unwrap() >= 1_800.0,
            "{answer}"
        );
        assert_eq!(provider.asked().len(), round, "nobody thinks that it fails");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_goes_on_for_ever_is_ended_and_accounted() {
    let (app, ann, provider) =
        with_provider(|config| config.ai.answer = Duration::from_secs(2)).await;
    let trickle = || slow_words(Duration::from_millis(100), 1_000);
    provider.will_say([trickle(), trickle()]);
    assert_eq!(code(&ask(&ann, hi()).await), "PROVIDER_TIMEOUT");
    let id = chat::chat(&ann, json!({})).await;
    let (_, message) = chat::say(&ann, &id, "Hi").await;
    let (text, end) = chat::read(chat::watch(&app, &ann, &message, None).await).await;
    assert_eq!(end["code"], "PROVIDER_TIMEOUT", "{end}");
    assert!(text.starts_with("word word "), "{text}");
    let usage = "{ aiUsage { requests failures usage { completionTokens estimated } } }";
    let usage = ann.graphql(usage, json!({})).await;
    let usage = usage.at("/aiUsage");
    assert_eq!(
        (&usage["requests"], &usage["failures"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(usage["usage"]["estimated"], true);
    assert!(
        usage["usage"]["completionTokens"].as_i64().unwrap() >= 4,
        "{usage}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_turn_is_not_taken_from_the_provider_s_own_time() {
    let (_app, ann, provider) = narrow(Duration::from_secs(5)).await;
    let pause = Duration::from_secs(3);
    provider.will_say([slow_words(pause, 1), slow_words(pause, 1)]);
    let answers = [ask(&ann, hi()), ask(&ann, hi())];
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(answer["completion"]["attempts"], 1, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gets_no_turn_is_told_and_pays_nothing() {
    let (app, ann, provider) = narrow(Duration::from_secs(1)).await;
    let (said, gate) = Said::held(["one"]);
    provider.will_say([said]);
    let id = chat::chat(&ann, json!({})).await;
    let (_, message) = chat::say(&ann, &id, "Hi").await;
    let mut tab = chat::watch(&app, &ann, &message, None).await;
    gate.add_permits(1);
    chat::read_to(&mut tab, 0, 3).await;
    let refused = ask(&ann, hi()).await;
    assert_eq!(code(&refused), "PROVIDER_RATE_LIMITED");
    assert_eq!(refused["errors"][0]["retryable"], true);
    assert_eq!(provider.asked().len(), 1);
    gate.add_permits(2);
    assert_eq!(chat::read(tab).await.1["content"], "one");
    let usage = ann.graphql("{ aiUsage { requests } }", json!({})).await;
    assert_eq!(usage.at("/aiUsage/requests"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_never_answers_is_left_alone_also_where_answers_come_in_one_piece() {
    let (silent, other) = (Provider::start().await, Provider::start().await);
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![
            silent.configured("a", AiKind::AzureInference),
            other.configured("b", AiKind::OpenAi),
        ]);
        config.limits.request_timeout = Duration::from_secs(8);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    silent.will_say(vec![Said::Nothing; 5]);
    let answers = (0..5).map(|_| ask(&ann, hi()));
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(code(&answer), "PROVIDER_TIMEOUT");
    }
    let answer = ask(&ann, hi()).await;
    assert_eq!(answer["completion"]["model"], "b/stand-in-1", "{answer}");
    assert_eq!(silent.asked().len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_silent_leaves_time_for_the_next_and_is_soon_left_alone() {
    let (silent, other) = (Provider::start().await, Provider::start().await);
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![
            silent.configured("a", AiKind::OpenAi),
            other.configured("b", AiKind::OpenAi),
        ]);
        config.limits.request_timeout = Duration::from_secs(12);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    silent.will_say(vec![Said::Nothing; 5]);
    let answers = (0..5).map(|_| ask(&ann, hi()));
    for answer in futures_util::future::join_all(answers).await {
        let completion = &answer["completion"];
        assert_eq!(completion["model"], "b/stand-in-1", "{answer}");
        assert_eq!(completion["attempts"], 2, "{answer}");
    }
    assert_eq!(silent.asked().len(), 5);
    let answer = ask(&ann, hi()).await;
    assert_eq!(answer["completion"]["attempts"], 1, "{answer}");
    assert_eq!(silent.asked().len(), 5);
}
