//! A manifest of trusted documents, in both formats, over every transport.

use aws_lc_rs::digest::{SHA256, digest};
use pluma::config::{Config, PersistedMode};
use serde_json::{Value, json};

use crate::support::{Ending, Reply, every_database};

const TRUSTED: &str = "query Health { health { version } }";
const OTHER: &str = "{ viewer { id } }";

fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn with(config: &mut Config, mode: PersistedMode, manifest: &Value) {
    let path = config.data_dir.join("manifest.json");
    std::fs::write(&path, manifest.to_string()).unwrap();
    config.persisted.manifest = Some(path);
    config.persisted.mode = mode;
}

fn apollo() -> Value {
    let operation = json!({ "id": "health-1", "name": "Health", "type": "query", "body": TRUSTED });
    json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation] })
}

fn by_hash(hash: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
}

fn ran(reply: &Reply) -> bool {
    reply
        .body
        .pointer("/data/health/version")
        .is_some_and(Value::is_string)
}

every_database!(
    with = |config| with(config, PersistedMode::Enforce, &apollo()),
    async fn only_the_manifest_s_documents_run(app: TestApp) {
        let client = app.client();
        for body in [
            json!({ "documentId": "health-1" }),
            by_hash("health-1"),
            json!({ "query": TRUSTED }),
            json!({ "query": TRUSTED, "operationName": "Health" }),
        ] {
            let reply = client.post(&body).await;
            assert!(ran(&reply), "{body} is answered with {:#}", reply.body);
        }
        let reply = client.get("/graphql?documentId=health-1").await;
        assert!(reply.text().await.unwrap().contains("version"));
        let registering =
            json!({ "query": OTHER, "extensions": by_hash(&hash(OTHER))["extensions"] });
        for body in [
            json!({ "query": OTHER }),
            json!({ "query": format!("{TRUSTED} ") }),
            json!({ "query": format!("{TRUSTED} query Two {OTHER}"), "operationName": "Two" }),
            json!({ "query": "{ __schema { queryType { name } } }" }),
            json!({ "documentId": "health-2" }),
            registering,
            by_hash(&hash(OTHER)),
        ] {
            let reply = client.post(&body).await;
            assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_IN_LIST", "{body}");
            assert!(reply.body.get("data").is_none());
        }
        let reply = client
            .post(&json!([{ "documentId": "health-1" }, { "query": OTHER }]))
            .await;
        assert!(reply.body[0]["data"].is_object());
        assert_eq!(
            reply.body[1]["errors"][0]["extensions"]["code"],
            "PERSISTED_QUERY_NOT_IN_LIST"
        );
    }
);

every_database!(
    with = |config| with(config, PersistedMode::Enforce, &apollo()),
    async fn sockets_and_event_streams_are_no_way_around(app: TestApp) {
        let client = app.client();
        let mut socket = app.subscribe(&client, TRUSTED, json!({})).await;
        assert!(socket.next().await["data"]["health"].is_object());
        let mut socket = app.subscribe(&client, OTHER, json!({})).await;
        let Ending::Failed(errors) = socket.ended().await else {
            panic!("the operation was not refused");
        };
        assert_eq!(
            errors[0]["extensions"]["code"],
            "PERSISTED_QUERY_NOT_IN_LIST"
        );
        let request = client.http().post(format!("{}/graphql", app.url()));
        let request = request.header("accept", "text/event-stream");
        let reply = request
            .json(&json!({ "query": OTHER }))
            .send()
            .await
            .unwrap();
        assert!(
            reply
                .text()
                .await
                .unwrap()
                .contains("PERSISTED_QUERY_NOT_IN_LIST")
        );
    }
);

every_database!(
    with = |config| {
        let text = TRUSTED;
        with(config, PersistedMode::Log, &json!({ (hash(text)): text }));
    },
    async fn watching_lets_others_run_and_counts_them(app: TestApp) {
        let client = app.client();
        let id = hash(TRUSTED);
        for body in [
            json!({ "documentId": id }),
            json!({ "documentId": format!("sha256:{id}") }),
            by_hash(&id),
        ] {
            assert!(ran(&client.post(&body).await), "{body}");
        }
        let before = untrusted(&client.get("/metrics").await.text().await.unwrap());
        let reply = client.graphql(OTHER, json!({})).await;
        assert_eq!(reply.at("/viewer"), &Value::Null);
        // Automatic persisted queries go on beside it.
        let registering =
            json!({ "query": OTHER, "extensions": by_hash(&hash(OTHER))["extensions"] });
        assert_eq!(client.post(&registering).await.at("/viewer"), &Value::Null);
        assert_eq!(
            client.post(&by_hash(&hash(OTHER))).await.at("/viewer"),
            &Value::Null
        );
        let after = untrusted(&client.get("/metrics").await.text().await.unwrap());
        assert!(after >= before + 3, "{before} {after}");
    }
);

fn untrusted(metrics: &str) -> u64 {
    let line = metrics
        .lines()
        .find(|line| line.starts_with("pluma_graphql_untrusted_total"));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

every_database!(
    async fn without_a_manifest_an_id_is_a_hash_that_was_registered(app: TestApp) {
        let client = app.client();
        let id = format!("sha256:{}", hash(TRUSTED));
        let reply = client.post(&json!({ "documentId": id })).await;
        assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_FOUND");
        let extensions = &by_hash(&hash(TRUSTED))["extensions"];
        assert!(ran(&client
            .post(&json!({ "query": TRUSTED, "extensions": extensions }))
            .await));
        assert!(ran(&client.post(&json!({ "documentId": id })).await));
        let reply = client.post(&json!({ "documentId": "health-1" })).await;
        assert_eq!(reply.code(), "PERSISTED_QUERY_NOT_FOUND");
    }
);

#[test]
fn a_bad_manifest_stops_the_start_and_says_what_to_change() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.json"), r#"{ "a": "query {" }"#).unwrap();
    let start = |variables: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pluma"));
        command
            .current_dir(folder.path())
            .env_clear()
            .env("PLUMA_LISTEN", "127.0.0.1:0");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let mode = ("PLUMA_PERSISTED_MODE", "enforce");
    let said = start(&[mode]);
    assert!(
        said.contains("PLUMA_PERSISTED_MANIFEST: is missing"),
        "{said}"
    );
    let said = start(&[mode, ("PLUMA_PERSISTED_MANIFEST", "nowhere.json")]);
    assert!(
        said.contains("nowhere.json (PLUMA_PERSISTED_MANIFEST) cannot be read"),
        "{said}"
    );
    let said = start(&[mode, ("PLUMA_PERSISTED_MANIFEST", "bad.json")]);
    assert!(
        said.contains("holds no GraphQL at \"a\"") && said.contains("generate it again"),
        "{said}"
    );
    assert!(!folder.path().join("data/pluma.db").exists());
}
