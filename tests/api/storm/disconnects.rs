//! Clients that go away in the middle of a mutation.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Client, every_database, json};

/// How many requests of each kind are sent.
const TIMES: usize = 60;

fn request(client: &Client, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let mut request = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        client.access_token,
        body.len()
    );
    request.push_str(&body);
    request.into_bytes()
}

fn creation(title: &str) -> Value {
    json!({
        "query": "mutation ($title: String!) { createNotebook(input: { title: $title }) { notebook { id } } }",
        "variables": { "title": title },
    })
}

/// Sends all of it, and closes at once without reading a word.
async fn send_and_leave(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    drop(stream);
}

/// The titles of the notebooks that begin with `prefix`, sorted.
async fn titles(client: &Client, prefix: &str) -> Vec<String> {
    let (mut titles, mut after) = (Vec::new(), Value::Null);
    loop {
        let query = "query ($after: String) { notebooks(mine: true, first: 100, after: $after) {
            pageInfo { hasNextPage endCursor } nodes { title } } }";
        let reply = client.graphql(query, json!({ "after": after })).await;
        let list = reply.at("/notebooks");
        let found = list["nodes"].as_array().unwrap().iter();
        titles.extend(found.map(|node| node["title"].as_str().unwrap().to_owned()));
        if list["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = list["pageInfo"]["endCursor"].clone();
    }
    titles.retain(|title| title.starts_with(prefix));
    titles.sort();
    titles
}

/// Waits until as many notebooks begin with `prefix`, ten seconds at most.
async fn arrived(client: &Client, prefix: &str, count: usize) {
    let all = async {
        while titles(client, prefix).await.len() < count {
            tokio::task::yield_now().await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .is_err()
    {
        let found = titles(client, prefix).await.len();
        panic!("of {count} mutations that were sent, {found} happened");
    }
}

every_database!(
    async fn a_mutation_that_was_sent_happens_although_its_client_has_left(app: TestApp) {
        let ann = app.user("ann").await;
        for number in 0..TIMES {
            let bytes = request(&ann, &creation(&format!("left {number:02}")));
            send_and_leave(app.address(), &bytes).await;
        }
        arrived(&ann, "left", TIMES).await;
        // Once each.
        assert_eq!(titles(&ann, "left").await.len(), TIMES);
    }
);

every_database!(
    async fn every_mutation_of_a_batch_that_was_sent_happens(app: TestApp) {
        let ann = app.user("ann").await;
        for number in 0..TIMES / 5 {
            let batch =
                ["a", "b", "c", "d", "e"].map(|part| creation(&format!("batch {number} {part}")));
            let bytes = request(&ann, &json!(batch));
            send_and_leave(app.address(), &bytes).await;
        }
        arrived(&ann, "batch", TIMES).await;
    }
);

every_database!(
    async fn connections_that_are_reset_leave_mutations_whole_and_nothing_locked(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let mut streams = Vec::new();
        for number in 0..TIMES {
            let body = json!({
                "query": "mutation ($input: CreatePageInput!) { createPage(input: $input) { page { id } } }",
                "variables": { "input": {
                    "notebookId": notebook, "title": format!("reset {number:02}"),
                    "content": "whole", "position": 0,
                } },
            });
            let bytes = request(&ann, &body);
            let mut stream = TcpStream::connect(app.address()).await.unwrap();
            stream.set_zero_linger().unwrap();
            // Some break off in the body, and some after it.
            let end = bytes.len() - (number % 3) * 7;
            stream.write_all(&bytes[..end]).await.unwrap();
            streams.push(stream);
            if streams.len() == 5 {
                // With this linger, closing is resetting.
                streams.clear();
            }
        }
        drop(streams);
        // Writes still work, and soon.
        let query = "mutation ($input: SavePageInput!) { savePage(input: $input) { revision { number } errors { code } } }";
        let input =
            json!({ "pageId": page.id, "baseRevisionId": page.revision_id, "content": "after" });
        let saving = ann.graphql(query, json!({ "input": input }));
        let saved = tokio::time::timeout(Duration::from_secs(10), saving)
            .await
            .unwrap();
        assert_eq!(saved.at("/savePage/revision/number"), 2);
        let query = "query ($id: ID!) { notebook(id: $id) { pages(first: 100) {
            nodes { title position content currentRevision { number } } } } }";
        let reply = ann.graphql(query, json!({ "id": notebook })).await;
        let pages = reply.at("/notebook/pages/nodes").as_array().unwrap();
        for (position, page) in pages.iter().enumerate() {
            assert_eq!(page["position"], position);
            if page["title"] != "Page" {
                assert_eq!(
                    (&page["content"], &page["currentRevision"]["number"]),
                    (&json!("whole"), &json!(1))
                );
            }
        }
        // What broke off in its body never happened.
        let cut = pages
            .iter()
            .filter_map(|page| page["title"].as_str()?.strip_prefix("reset "));
        for number in cut {
            assert_eq!(
                number.parse::<usize>().unwrap() % 3,
                0,
                "page {number} arrived in part"
            );
        }
    }
);
