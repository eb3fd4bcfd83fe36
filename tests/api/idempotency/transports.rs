//! Keys over every way in: batches, WebSockets, files, and clients that leave.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{CREATE, create, notebooks, replayed};
use crate::support::{Subscription, every_database};

every_database!(
    async fn each_request_of_a_batch_is_done_once(app: TestApp) {
        let ann = app.user("ann").await;
        let batch =
            json!([create("First"), create("First"), { "query": "{ viewer { username } }" }]);
        let first = ann.post_once("batch", &batch).await;
        assert_eq!(notebooks(&ann, "First").await, 2);
        let second = ann.post_once("batch", &batch).await;
        assert_eq!(first.body, second.body);
        assert_eq!(notebooks(&ann, "First").await, 2);
        // The query was not replayed, and so the batch was not.
        assert!(!replayed(&second));
        let shorter = json!([create("First"), create("First")]);
        assert!(replayed(&ann.post_once("batch", &shorter).await));
        let changed = ann
            .post_once("batch", &json!([create("First"), create("Other")]))
            .await;
        assert_eq!(changed.body[0], first.body[0]);
        assert_eq!(
            changed.body[1]["errors"][0]["extensions"]["code"],
            "IDEMPOTENCY_KEY_REUSED"
        );
    }
);

every_database!(
    async fn a_websocket_sends_the_key_as_an_extension(app: TestApp) {
        let ann = app.user("ann").await;
        let mut request = create("Socket");
        request["extensions"] = json!({ "idempotencyKey": "socket" });
        let mut answers = Vec::new();
        for _ in 0..2 {
            let mut socket = Subscription::start_with(&app.ws_url(), &ann, request.clone()).await;
            answers.push(socket.next().await);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(notebooks(&ann, "Socket").await, 1);
        // The same key by another way is the same key.
        let posted = ann.post_once("socket", &create("Socket")).await;
        assert!(replayed(&posted));
        assert_eq!(posted.body["data"], answers[0]["data"]);
    }
);

every_database!(
    async fn who_leaves_and_comes_back_gets_the_answer(app: TestApp) {
        let ann = app.user("ann").await;
        for number in 0..10 {
            let (title, key) = (format!("left {number}"), format!("left-{number}"));
            let body = create(&title).to_string();
            let request = format!(
                "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 idempotency-key: {key}\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
                ann.access_token,
                body.len()
            );
            let mut stream = TcpStream::connect(app.address()).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            drop(stream);
            let reply = ann.once(&key, CREATE, json!({ "title": title })).await;
            assert_eq!(reply.text("/createNotebook/notebook/title"), title);
            assert_eq!(notebooks(&ann, &title).await, 1);
        }
    }
);

every_database!(
    async fn a_multipart_request_is_the_same_one_where_its_files_are(app: TestApp) {
        let ann = app.user("ann").await;
        let send = |content: &'static str| {
            let operations = json!({
                "query": "mutation ($title: String!, $file: Upload) { createNotebook(input: { title: $title }) { notebook { id } } }",
                "variables": { "title": "File", "file": null },
            });
            let form = reqwest::multipart::Form::new()
                .text("operations", operations.to_string())
                .text("map", json!({ "0": ["variables.file"] }).to_string())
                .part(
                    "0",
                    reqwest::multipart::Part::text(content).file_name("a.txt"),
                );
            let request = ann.http().post(format!("{}/graphql", app.url()));
            let request = request.bearer_auth(&ann.access_token).multipart(form);
            let request = request
                .header("apollo-require-preflight", "1")
                .header("idempotency-key", "file");
            async { crate::support::Reply::read(request.send().await.unwrap()).await }
        };
        // No mutation takes a file yet, so that each try is refused and frees its key.
        for content in ["one", "two"] {
            let reply = send(content).await;
            assert_eq!(
                reply.code(),
                "GRAPHQL_VALIDATION_FAILED",
                "{:#}",
                reply.body
            );
            assert!(!replayed(&reply));
        }
        assert_eq!(app.dump("idempotency_keys").await, Vec::<String>::new());
    }
);
