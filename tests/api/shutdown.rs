//! How the server ends: what has begun is finished, within the grace.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{every_database, json};

every_database!(
    async fn a_request_that_has_begun_is_finished_before_the_server_stops(app: TestApp) {
        let mut app = app;
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let body = r#"{"query":"{ notebooks(first: 1) { totalCount } }"}"#;
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server says that it has begun to read the request.
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).await.unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        app.begin_stop();
        app.app().shutdown.cancelled().await;
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(10), reading)
            .await
            .unwrap()
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(r#""totalCount":0"#), "{answer}");
        assert!(app.stopped().await);
        assert!(TcpStream::connect(app.address()).await.is_err());
    }
);

every_database!(
    with = |config| {
        config.server.shutdown_grace = Duration::ZERO;
    },
    async fn the_grace_ends(app: TestApp) {
        let mut app = app;
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                    expect: 100-continue\r\ncontent-length: 10\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).await.unwrap();
        // The body never comes.
        assert!(!app.stopped().await);
    }
);

every_database!(
    async fn a_mutation_that_has_begun_is_answered_before_the_server_stops(app: TestApp) {
        let mut app = app;
        // While no password can be hashed, nobody can finish registering.
        let hashing = app.app().password_hashes.clone();
        let all = u32::try_from(hashing.available_permits()).unwrap();
        let held = hashing.acquire_many_owned(all).await.unwrap();
        let body = json!({
            "query": "mutation ($input: RegisterInput!) {
              register(input: $input) { user { username } errors { code } }
            }",
            "variables": { "input": {
                "username": "ann",
                "email": "ann@example.org",
                "password": "correct horse ann",
            } },
        });
        let body = body.to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        app.begin_stop();
        app.app().shutdown.cancelled().await;
        drop(held);
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(10), reading)
            .await
            .unwrap()
            .unwrap();
        assert!(answer.contains(r#""username":"ann""#), "{answer}");
        assert!(app.stopped().await);
        let kept = app.execute("UPDATE users SET bio = 'kept' WHERE username = 'ann'");
        assert_eq!(kept.await, 1);
    }
);
