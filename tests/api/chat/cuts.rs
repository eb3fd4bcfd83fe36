//! A stream never repeats or loses a character, whatever is cut when.

use super::*;

/// Characters of one to four bytes, in pieces of every length.
fn pieces(count: usize) -> Vec<String> {
    let alphabet: Vec<char> = "aé日😀 \n".chars().collect();
    let piece = |number: usize| {
        (0..=number % 7)
            .map(|at| alphabet[(number + at) % alphabet.len()])
            .collect()
    };
    (0..count).map(piece).collect()
}

/// Watches in short sittings, each from where the one before was cut, on one server after the other.
async fn in_sittings(
    apps: &[&TestApp],
    client: &Client,
    id: &str,
    mut luck: usize,
) -> (String, Value) {
    let mut text = String::new();
    for sitting in 0.. {
        let app = apps[sitting % apps.len()];
        let mut events = watch(app, client, id, Some(text.chars().count())).await;
        luck = luck
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        for _ in 0..=(luck >> 60) {
            let event = event(&mut events).await;
            match event["text"].as_str() {
                Some(more) => text.push_str(more),
                None => return (text, event),
            }
            assert_eq!(event["sequence"], text.chars().count());
        }
        events.stop().await;
    }
    unreachable!("a stream ends")
}

async fn cut(apps: &[&TestApp], client: &Client, provider: &Provider) {
    let pieces = pieces(150);
    let whole = pieces.concat();
    let (said, gate) = Said::held(pieces.iter().map(String::as_str));
    provider.will_say([said]);
    let chat = chat(client, json!({})).await;
    let (_, id) = say(client, &chat, "Hi").await;
    let feeding = tokio::spawn(async move {
        for _ in 0..160 {
            gate.add_permits(1);
            tokio::task::yield_now().await;
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
    });
    let watchers = (0..6).map(|luck| in_sittings(apps, client, &id, luck));
    for (text, end) in futures_util::future::join_all(watchers).await {
        assert_eq!(text, whole);
        assert_eq!(
            (&end["content"], &end["sequence"]),
            (&json!(whole), &json!(whole.chars().count()))
        );
    }
    feeding.await.unwrap();
}

every_database!(
    async fn watchers_that_come_and_go_read_the_whole(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        cut(&[&app], &ann, &provider).await;
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn also_on_several_replicas_with_redis_and_without() {
    for redis in [None, Some(crate::support::shared_redis())] {
        let provider = Provider::start().await;
        let configured = provider.configured("stand-in", AiKind::OpenAi);
        let (one, other) = TestApp::replicas(redis, |config| {
            config.ai.providers = Some(vec![configured.clone()]);
        })
        .await;
        let ann = one.user("ann").await;
        cut(&[&one, &other], &ann, &provider).await;
    }
}
