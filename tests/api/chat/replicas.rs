//! Chats on several servers: an answer is written by one of them, and belongs to all.

use super::*;

async fn pair(redis: Option<pluma::config::Redis>) -> (TestApp, TestApp, Provider) {
    let provider = Provider::start().await;
    let configured = provider.configured("stand-in", AiKind::OpenAi);
    let (one, other) = TestApp::replicas(redis, |config| {
        config.ai.providers = Some(vec![configured.clone()]);
    })
    .await;
    (one, other, provider)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_watched_and_stopped_on_whichever_server() {
    let (one, other, provider) = pair(Some(crate::support::shared_redis())).await;
    let ann = one.user("ann").await;
    let there = ann.at(&other.url());
    let chat = chat(&ann, json!({})).await;
    let (said, gate) = Said::held(["one ", "two "]);
    provider.will_say([said]);
    let (_, id) = say(&ann, &chat, "Hi").await;
    let mut streams = [
        watch(&one, &ann, &id, None).await,
        watch(&other, &there, &id, None).await,
    ];
    for (from, to) in [(0, 4), (4, 8)] {
        gate.add_permits(1);
        for stream in &mut streams {
            read_to(stream, from, to).await;
        }
    }
    // One of the two does not write it.
    let stop = "mutation ($id: ID!) { stopMessage(messageId: $id) { message { status content } errors { code } } }";
    let reply = there.graphql(stop, json!({ "id": id })).await;
    assert_eq!(
        reply.at("/stopMessage/message"),
        &json!({ "status": "CANCELLED", "content": "one two " })
    );
    for stream in streams {
        let (text, end) = read(stream).await;
        assert_eq!(
            (text.as_str(), &end["finishReason"]),
            ("", &json!("CANCELLED"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_s_budget_holds_over_both() {
    let provider = Provider::start().await;
    let configured = provider.configured("stand-in", AiKind::OpenAi);
    let (one, other) = TestApp::replicas(None, |config| {
        config.ai.providers = Some(vec![configured.clone()]);
        config.ai.daily_tokens = 5_000;
    })
    .await;
    let ann = one.user("ann").await;
    let there = ann.at(&other.url());
    let own = chat(&ann, json!({})).await;
    let (said, gate) = Said::held(["one"]);
    provider.will_say([said]);
    // What is reserved for it leaves less than a thousand.
    let (_, id) = say(&ann, &own, "Hi").await;
    let mut stream = watch(&one, &ann, &id, None).await;
    gate.add_permits(1);
    read_to(&mut stream, 0, 3).await;
    let elsewhere = chat(&there, json!({})).await;
    let sent = send(
        &there,
        json!({ "chatId": elsewhere, "content": "long ".repeat(2_000) }),
    )
    .await;
    assert_eq!(sent["errors"][0]["code"], "QUOTA_EXCEEDED");
    gate.add_permits(2);
    read(stream).await;
    let sent = send(
        &there,
        json!({ "chatId": elsewhere, "content": "long ".repeat(2_000) }),
    )
    .await;
    assert_eq!(sent["errors"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_to_several_servers_at_once_do_not_get_past_a_day_s_budget() {
    let (one, other) = TestApp::replicas(None, |config| {
        config.ai.daily_tokens = 100;
        config.ai.echo_pause = std::time::Duration::from_secs(1);
    })
    .await;
    let ann = one.user("ann").await;
    let there = ann.at(&other.url());
    // Each reserves sixty and some of the hundred tokens: of many at once two cannot run.
    let input = json!({ "userMessage": "word", "options": { "maxTokens": 60 } });
    let all = (0..6).map(|number| {
        let client = if number % 2 == 0 { &ann } else { &there };
        crate::ai::chat(client, input.clone())
    });
    let answers = futures_util::future::join_all(all).await;
    let good = answers
        .iter()
        .filter(|answer| !answer["completion"].is_null());
    let good = good.count() as i64;
    assert!((1..=2).contains(&good), "{answers:?}");
    let budget = "{ aiUsage { budget { remaining } } }";
    let left = there.graphql(budget, json!({})).await;
    assert_eq!(left.at("/aiUsage/budget/remaining"), 100 - 4 * good);
}
