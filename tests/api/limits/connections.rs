//! How many connections an address, and how many streams a viewer may have open.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Response;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Client, TestApp, every_database};

const PATIENCE: Duration = Duration::from_secs(10);
const EVENTS: &str = "subscription ($id: ID!) { pageEvents(pageId: $id) { kind } }";

/// Whether the server answers on this connection; `false` where it has closed it.
async fn answers(stream: &mut TcpStream) -> bool {
    let asked = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    let mut first = [0; 8];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut first));
    asked.is_ok() && matches!(read.await.unwrap(), Ok(1..))
}

every_database!(
    with = |config| config.limits.connections_per_address = 3,
    async fn an_address_has_so_many_connections_and_gets_them_back(app: TestApp) {
        let mut open = Vec::new();
        for _ in 0..3 {
            let mut stream = TcpStream::connect(app.address()).await.unwrap();
            assert!(answers(&mut stream).await);
            open.push(stream);
        }
        let mut more = TcpStream::connect(app.address()).await.unwrap();
        assert!(!answers(&mut more).await);
        assert!(answers(&mut open[0]).await, "those that are open stay");
        drop(open.pop());
        let retrying = async {
            loop {
                let mut stream = TcpStream::connect(app.address()).await.unwrap();
                if answers(&mut stream).await {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, retrying).await.unwrap();
    }
);

every_database!(
    with = |config| {
        config.limits.connections_per_address = 1;
        config.server.trusted_proxies = 1;
    },
    async fn a_trusted_proxy_may_have_any_number(app: TestApp) {
        let mut open = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(app.address()).await.unwrap();
            assert!(answers(&mut stream).await);
            open.push(stream);
        }
    }
);

async fn stream(app: &TestApp, client: &Client, page: &str) -> Response {
    let request = client.http().post(format!("{}/graphql", app.url()));
    let request = request
        .header("accept", "text/event-stream")
        .bearer_auth(&client.access_token)
        .json(&json!({ "query": EVENTS, "variables": { "id": page } }));
    request.send().await.unwrap()
}

/// Connects by WebSocket; gives the code that the server closes with, or `None` once it acknowledges.
async fn socket(app: &TestApp, client: &Client) -> Result<impl Sized + use<>, u16> {
    let mut request = app.ws_url().into_client_request().unwrap();
    let protocol = "graphql-transport-ws".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.unwrap();
    let payload = json!({ "authorization": format!("Bearer {}", client.access_token) });
    let init = json!({ "type": "connection_init", "payload": payload });
    socket.send(Message::text(init.to_string())).await.unwrap();
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Text(_))) => return Ok(socket),
            Some(Ok(Message::Close(frame))) => return Err(frame.unwrap().code.into()),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

every_database!(
    with = |config| config.limits.streams_per_viewer = 2,
    async fn a_viewer_has_so_many_streams_of_every_kind(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Watched").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let first = stream(&app, &ann, &page.id).await;
        assert_eq!(first.status(), 200);
        let second = socket(&app, &ann).await;
        assert!(second.is_ok());
        let third = stream(&app, &ann, &page.id).await;
        assert_eq!(third.status(), 429);
        assert!(third.text().await.unwrap().contains("TOO_MANY_STREAMS"));
        assert_eq!(socket(&app, &ann).await.err(), Some(1013));
        assert!(socket(&app, &bob).await.is_ok(), "others have their own");
        drop(first);
        let retrying = async { while stream(&app, &ann, &page.id).await.status() != 200 {} };
        tokio::time::timeout(PATIENCE, retrying).await.unwrap();
    }
);
