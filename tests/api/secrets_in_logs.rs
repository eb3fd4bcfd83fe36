//! What people keep to themselves, planted everywhere a request has room for it, and looked for in everything
//! that the program writes about itself.

use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use futures_util::{SinkExt, StreamExt};

use crate::support::{Client, Database, Program, Reply, every_database};

/// Every planted text holds this, so that one search finds all of them.
const PLANTED: &str = "hush";

const REGISTER: &str = "mutation ($input: RegisterInput!) { register(input: $input) {
    user { id } accessToken refreshToken errors { code } } }";
const LOGIN: &str =
    "mutation ($input: LoginInput!) { login(input: $input) { accessToken errors { code } } }";
const REFRESH: &str = "mutation ($token: String) { refreshSession(refreshToken: $token) { accessToken errors { code } } }";
const CREATE: &str = "mutation ($input: CreateNotebookInput!) { createNotebook(input: $input) { notebook { id } errors { code } } }";
const PAGE: &str = "mutation ($input: CreatePageInput!) { createPage(input: $input) {
    page { id html currentRevision { id } } errors { code } } }";
const SAVE: &str = "mutation ($input: SavePageInput!) { savePage(input: $input) {
    conflict { marked } revision { diff { unified } } errors { code } } }";

/// Uses the server at `url` in every way that holds secrets, rightly and wrongly; gives the secrets that it made.
async fn plant(url: &str) -> Vec<String> {
    let nobody = Client::anonymous(url);
    let person = json!({ "input": {
        "username": "ann", "email": "hush-mail@example.org", "password": "hush password",
    } });
    let reply = nobody.once("hush-key-1", REGISTER, person.clone()).await;
    let secrets = ["accessToken", "refreshToken"]
        .map(|name| reply.text(&format!("/register/{name}")).to_owned());
    let mut ann = Client::anonymous(url);
    ann.access_token.clone_from(&secrets[0]);
    let mut made = secrets.to_vec();

    // Signing in: wrongly, rightly, again with the same key, with another request under it.
    for password in ["hush wrong password", "hush password"] {
        let input = json!({ "input": { "login": "ann", "password": password } });
        nobody.once("hush-key-2", LOGIN, input.clone()).await;
        let reply = Client::anonymous(url).graphql(LOGIN, input).await;
        made.extend(reply.at("/login/accessToken").as_str().map(str::to_owned));
    }
    nobody.once("hush-key-1", REGISTER, person).await;
    for token in ["pluma_rt_hush", "hush.hush.hush", secrets[1].as_str()] {
        let reply = Client::anonymous(url)
            .graphql(REFRESH, json!({ "token": token }))
            .await;
        made.extend(
            reply
                .at("/refreshSession/accessToken")
                .as_str()
                .map(str::to_owned),
        );
    }

    // Writing, with a merge, a conflict, and what is refused.
    let notebook = json!({ "input": {
        "title": "hush title", "description": "hush description", "metadata": { "hush": ["hush"] },
    } });
    let reply = ann.once("hush-key-3", CREATE, notebook).await;
    let notebook = reply.text("/createNotebook/notebook/id").to_owned();
    let content = "hush one\n\nhush two\n\nhush three\n";
    let reply = ann
        .graphql(
            PAGE,
            json!({ "input": {
        "notebookId": notebook, "title": "hush page", "content": content,
    } }),
        )
        .await;
    let (page, base) = (
        reply.text("/createPage/page/id"),
        reply.text("/createPage/page/currentRevision/id"),
    );
    for text in [
        "hush ONE\n\nhush two\n\nhush three\n",
        "hush uno\n\nhush two\n\nhush three\n",
        "\0hush",
    ] {
        ann.graphql(
            SAVE,
            json!({ "input": {
            "pageId": page, "baseRevisionId": base, "content": text, "message": "hush message",
            "clientId": "hush-client", "clientSequence": 1,
        } }),
        )
        .await;
    }
    ann.graphql("{ viewer { hush } }", json!({ "hush": "hush" }))
        .await;
    ann.graphql(
        "query ($hush: Int!) { health { state } node(id: \"hush\") { id } }",
        json!({ "hush": "hush" }),
    )
    .await;
    ann.graphql("{ health { state } } # hush {", json!({}))
        .await;
    ann.graphql(
        "mutation { createNotebook(input: { title: \"hush\" ",
        json!({}),
    )
    .await;

    headers_and_bodies(url, &ann).await;
    socket(url, &secrets[0]).await;
    made
}

/// Secrets where HTTP has room for them.
async fn headers_and_bodies(url: &str, ann: &Client) {
    let endpoint = format!("{url}/graphql");
    let http = ann.http();
    let health = json!({ "query": "{ health { state } }" });
    for (name, value) in [
        ("authorization", "Bearer hush"),
        ("authorization", "Basic hush"),
        ("authorization", "Bearer eyJhbGciOiJub25lIn0.hush.hush"),
        (
            "cookie",
            "pluma_access=hush; pluma_refresh=pluma_rt_hush; hush=hush",
        ),
        ("idempotency-key", "hush hush"),
        ("origin", "https://hush.example"),
        ("host", "hush.example"),
        ("x-forwarded-for", "hush"),
        ("traceparent", "hush"),
        ("x-request-id", "hush hush"),
        ("accept", "hush/hush"),
        ("content-type", "hush/hush"),
        ("user-agent", "hush"),
        ("if-none-match", "\"hush\""),
        ("referer", "https://hush.example/hush"),
    ] {
        let request = http.post(&endpoint).header(name, value).json(&health);
        Reply::read(request.send().await.unwrap()).await;
    }
    let parameters =
        "query=%7Bpage(id:%22hush%22)%7Bid%7D%7D&variables=%7B%22hush%22:%22hush%22%7D&hush=hush";
    let get = http.get(format!("{endpoint}?{parameters}"));
    Reply::read(get.send().await.unwrap()).await;
    for body in [
        "hush",
        "{\"query\": \"hush",
        "[\"hush\"]",
        "{\"query\": 1, \"hush\": \"hush\"}",
    ] {
        let request = http
            .post(&endpoint)
            .header("content-type", "application/json")
            .body(body);
        Reply::read(request.send().await.unwrap()).await;
    }
    for map in ["{\"0\": [\"variables.file\"]}", "hush"] {
        let operations = json!({ "query": "query ($file: Upload) { health { state } }", "variables": { "file": null } });
        let file = reqwest::multipart::Part::text("hush file").file_name("hush.txt");
        let form = reqwest::multipart::Form::new()
            .text("operations", operations.to_string())
            .text("map", map)
            .part("0", file);
        let request = http
            .post(&endpoint)
            .header("apollo-require-preflight", "hush")
            .multipart(form);
        Reply::read(request.send().await.unwrap()).await;
    }
    // A request that breaks off in the middle of a secret, and one that is not HTTP.
    let address = url.strip_prefix("http://").unwrap();
    for text in [
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"hush",
        "hush hush hush\r\nhush\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

/// A socket that is opened with a token, used, and used wrongly.
async fn socket(url: &str, token: &str) {
    for payload in [
        json!({ "authorization": format!("Bearer {token}") }),
        json!({ "token": "hush" }),
    ] {
        let address = format!("{}/graphql", url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.unwrap();
        let operation = json!({
            "query": CREATE, "variables": { "input": { "title": "hush socket" } },
            "extensions": { "idempotencyKey": "hush-key-4" },
        });
        for message in [
            json!({ "type": "connection_init", "payload": payload }),
            json!({ "type": "subscribe", "id": "hush", "payload": operation }),
        ] {
            let _ = socket.send(Message::text(message.to_string())).await;
        }
        // The answer and the end of the operation, or the end of the connection.
        let mut complete = false;
        while let Some(Ok(message)) = socket.next().await {
            complete |= message
                .to_text()
                .is_ok_and(|text| text.contains("\"complete\""));
            if complete {
                let _ = socket.send(Message::text("{\"type\": \"hush\"}")).await;
            }
        }
    }
}

/// The log of a program that was used in every way.
async fn log_of(database: Option<&Database>, format: &str) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = File::create(&path).unwrap();
    // Everything: of its own code all levels, of libraries what they would write at any level.
    let variables = [
        ("PLUMA_LOG", "trace"),
        ("PLUMA_LOG_FORMAT", format),
        ("PLUMA_VERBOSE_ERRORS", "true"),
    ];
    let program = Program::start_with(folder.path(), database, &variables, Some(log));
    let made = plant(&program.url()).await;
    faults(&program, folder.path(), database).await;
    program.stop();
    (std::fs::read_to_string(&path).unwrap(), made)
}

/// Faults of the database in the middle of writing secrets.
async fn faults(program: &Program, folder: &Path, database: Option<&Database>) {
    let statement = match database {
        None => "DROP TABLE refresh_tokens",
        Some(_) => "DROP TABLE refresh_tokens CASCADE",
    };
    match database {
        None => {
            use diesel::connection::SimpleConnection;
            let file = folder.join("data/pluma.db");
            let mut conn =
                <diesel::SqliteConnection as diesel::Connection>::establish(file.to_str().unwrap())
                    .unwrap();
            conn.batch_execute("PRAGMA busy_timeout = 30000").unwrap();
            conn.batch_execute(statement).unwrap();
        }
        Some(database) => {
            let (client, connection) =
                tokio_postgres::connect(database.url(), tokio_postgres::NoTls)
                    .await
                    .unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute(statement).await.unwrap();
            drop(client);
            let _ = connection.await;
        }
    }
    let nobody = Client::anonymous(&program.url());
    let person = json!({ "input": {
        "username": "bob", "email": "hush-other@example.org", "password": "hush password",
    } });
    let reply = nobody.once("hush-key-5", REGISTER, person).await;
    assert_eq!(reply.code(), "INTERNAL_SERVER_ERROR");
}

#[track_caller]
fn check(log: &str, made: &[String], format: &str) {
    assert!(
        log.contains("a request failed") && log.contains("stopped"),
        "{log}"
    );
    assert!(log.matches("answered").count() > 40, "{log}");
    for line in log.lines() {
        assert!(!line.contains(PLANTED), "{line}");
        assert!(
            !made.iter().any(|secret| line.contains(secret.as_str())),
            "{line}"
        );
        if format == "json" {
            assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        }
    }
}

macro_rules! search {
    ($($name:ident: $format:literal;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let (log, made) = log_of(None, $format).await;
                check(&log, &made, $format);
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let database = Database::create().await;
                let (log, made) = log_of(Some(&database), $format).await;
                check(&log, &made, $format);
            }
        }
    )*};
}

search! {
    no_secret_reaches_a_line_for_people: "text";
    no_secret_reaches_a_line_for_machines: "json";
}

every_database!(
    async fn no_secret_reaches_the_audit_log(app: TestApp) {
        let made = plant(&app.url()).await;
        let rows = app.dump("logs").await;
        assert!(rows.len() > 4, "{rows:?}");
        for row in rows {
            assert!(!row.contains(PLANTED), "{row}");
            assert!(
                !made.iter().any(|secret| row.contains(secret.as_str())),
                "{row}"
            );
        }
    }
);
