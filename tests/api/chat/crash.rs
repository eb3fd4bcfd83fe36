//! Servers that die or stop in the middle of an answer.

use std::path::Path;

use super::*;
use pluma::db::Db;

/// Starts the program with the stand-in as its AI provider.
fn start(folder: &Path, database: Option<&Database>, provider: &Provider) -> Program {
    let providers = json!({ "stand-in": {
        "base_url": provider.base_url(), "model": "stand-in", "api_key": "the-key-of-the-stand-in",
    } });
    let providers = providers.to_string();
    let variables = [("PLUMA_AI_PROVIDERS", providers.as_str())];
    Program::start_with(folder, database, &variables, None)
}

async fn stream(program: &Program, client: &Client, id: &str, after: usize) -> Subscription {
    let variables = json!({ "id": id, "after": after });
    Subscription::start(&program.ws_url(), client, STREAM, variables)
        .await
        .patient(PATIENCE)
}

/// Nobody waits a minute for the lease of a dead worker.
async fn end_leases(folder: &Path, database: Option<&Database>) {
    let env = |name: &str| match (name, database) {
        ("DATABASE_URL", Some(database)) => Some(database.url().to_owned()),
        ("PLUMA_DATA_DIR", None) => Some(folder.join("data").to_str().unwrap().to_owned()),
        _ => None,
    };
    let config = pluma::config::Config::load_from(&env, None).unwrap();
    let db = Db::open(&config.database).await.unwrap();
    let ended = run_sql(
        &db,
        "UPDATE jobs SET lease_until = created_at WHERE status = 'RUNNING' AND kind = 'ai.write'",
    );
    assert_eq!(ended.await.unwrap(), 1);
}

async fn killed(database: Option<Database>) {
    let folder = tempfile::tempdir().unwrap();
    let provider = Provider::start().await;
    let mut program = start(folder.path(), database.as_ref(), &provider);
    let ann = Client::anonymous(&program.url()).register("ann").await;
    let chat = chat(&ann, json!({})).await;
    let (said, gate) = Said::held(["one ", "two ", "three"]);
    provider.will_say([said]);
    let (_, id) = say(&ann, &chat, "Hi").await;
    let mut tab = stream(&program, &ann, &id, 0).await;
    gate.add_permits(2);
    assert_eq!(read_to(&mut tab, 0, 8).await, "one two ");
    program.kill();
    assert_eq!(tab.ended().await, Ending::Closed(1006));

    let program = start(folder.path(), database.as_ref(), &provider);
    let ann = ann.at(&program.url());
    let tab = stream(&program, &ann, &id, 4).await;
    end_leases(folder.path(), database.as_ref()).await;
    let (text, end) = read(tab).await;
    assert_eq!(
        (text.as_str(), &end["code"], &end["retryable"]),
        ("two ", &json!("INTERRUPTED"), &json!(true))
    );
    let now = message(&ann, &id).await;
    assert_eq!(
        (&now["status"], &now["content"]),
        (&json!("INTERRUPTED"), &json!("one two "))
    );
    // It is accounted, and nobody was asked again.
    assert!(
        now["usage"]["completionTokens"].as_i64().unwrap() > 0,
        "{now}"
    );
    let reply = ann
        .graphql(
            "{ aiUsage { requests failures usage { estimated } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        reply.at("/aiUsage"),
        &json!({ "requests": 1, "failures": 1, "usage": { "estimated": true } })
    );
    assert_eq!(provider.asked().len(), 1);
    // And the chat goes on.
    let (_, id) = say(&ann, &chat, "Go on").await;
    let (text, _) = read(stream(&program, &ann, &id, 0).await).await;
    assert_eq!(text, "Answer 2 to: Go on");
    program.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_leaves_what_was_seen_on_sqlite() {
    killed(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_leaves_what_was_seen_on_postgres() {
    killed(Some(Database::create().await)).await;
}

every_database!(
    with = |config| {
        config.server.shutdown_grace = std::time::Duration::from_millis(300);
    },
    async fn a_server_that_stops_ends_its_answers_as_interrupted(app: TestApp, provider: Provider) {
        let mut app = app;
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one ", "two"]);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        read_to(&mut tab, 0, 4).await;
        app.app().shutdown.cancel();
        app.stopped().await;
        // The worker writes the end within its own grace.
        let ended = "UPDATE answers SET error = error WHERE status = 'INTERRUPTED' AND error_code = 'INTERRUPTED'";
        for _ in 0..600 {
            if app.execute(ended).await == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(app.execute(ended).await, 1);
        assert_eq!(
            app.execute("UPDATE transcripts SET text = text WHERE text = 'one '")
                .await,
            1
        );
    }
);
