//! Uploads that do not pass through the API.

use std::time::Duration;

use super::*;

/// Asks for an upload; gives the payload.
pub async fn request(client: &Client, content_type: &str, size: i64) -> Value {
    let query = "mutation ($input: RequestImageUploadInput!) { requestImageUpload(input: $input) {
        ticket { id method url headers expiresAt } errors { code message path } } }";
    let input = json!({ "contentType": content_type, "byteSize": size, "altText": "By ticket", "purpose": "AVATAR" });
    let reply = client.graphql(query, json!({ "input": input })).await;
    reply.at("/requestImageUpload").clone()
}

/// The ticket of a payload.
pub fn ticket(payload: &Value) -> Value {
    assert_eq!(payload["errors"], json!([]), "{payload}");
    payload["ticket"].clone()
}

/// Completes an upload; gives the payload.
pub async fn complete(client: &Client, ticket: &Value) -> Value {
    let query = "mutation ($id: ID!) { completeImageUpload(ticketId: $id) {
        image { id width contentType altText purpose } errors { code message path } } }";
    let reply = client.graphql(query, json!({ "id": ticket["id"] })).await;
    reply.at("/completeImageUpload").clone()
}

/// Sends bytes to where a ticket says.
async fn put(app: &TestApp, ticket: &Value, bytes: Vec<u8>) -> u16 {
    assert_eq!(ticket["method"], "PUT");
    let address = path(ticket["url"].as_str().unwrap());
    let mut request = app.client().http().put(format!("{}{address}", app.url()));
    for (name, value) in ticket["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.body(bytes).send().await.unwrap().status().as_u16()
}

async fn raw(app: &TestApp) -> usize {
    use futures_util::TryStreamExt;
    let raw: Vec<_> = app
        .app()
        .storage
        .list("uploads")
        .try_collect()
        .await
        .unwrap();
    raw.len()
}

every_database!(
    async fn what_is_put_to_a_ticket_becomes_a_picture_once(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let bytes = png(90, 60, 1);
        let ticket = ticket(&request(&ann, "image/png", bytes.len() as i64).await);
        let early = complete(&ann, &ticket).await;
        assert_eq!(refusal(&early), ("CONFLICT", "ticketId".to_owned()));
        assert_eq!(put(&app, &ticket, bytes.clone()).await, 200);
        let stolen = complete(&bob, &ticket).await;
        assert_eq!(refusal(&stolen), ("NOT_FOUND", "ticketId".to_owned()));
        let done = complete(&ann, &ticket).await;
        assert_eq!(done["errors"], json!([]));
        assert_eq!(done["image"]["width"], 90);
        assert_eq!(done["image"]["altText"], "By ticket");
        assert_eq!(done["image"]["purpose"], "AVATAR");
        assert_eq!((raw(&app).await, stored(&app).await.len()), (0, 1));
        let again = complete(&ann, &ticket).await;
        assert_eq!(refusal(&again), ("REUSED", "ticketId".to_owned()));
        assert_eq!(put(&app, &ticket, bytes).await, 404);
        assert_eq!(
            log(&ann).await[..2],
            ["image.uploaded", "image.upload_requested"]
        );
    }
);

every_database!(
    async fn more_fewer_and_other_bytes_than_announced_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let bytes = png(90, 60, 1);
        let size = bytes.len() as i64;
        let short = ticket(&request(&ann, "image/png", size - 1).await);
        assert_eq!(put(&app, &short, bytes.clone()).await, 413);
        let long = ticket(&request(&ann, "image/png", size + 1).await);
        assert_eq!(put(&app, &long, bytes.clone()).await, 413);
        assert_eq!(raw(&app).await, 0);
        let wrong = ticket(&request(&ann, "image/jpeg", size).await);
        assert_eq!(put(&app, &wrong, bytes.clone()).await, 200);
        let payload = complete(&ann, &wrong).await;
        assert_eq!(
            refusal(&payload),
            ("UNSUPPORTED_TYPE", "ticketId".to_owned())
        );
        let damaged = ticket(&request(&ann, "image/png", 40).await);
        assert_eq!(put(&app, &damaged, bytes[..40].to_vec()).await, 200);
        let payload = complete(&ann, &damaged).await;
        assert_eq!(refusal(&payload), ("CORRUPT", "ticketId".to_owned()));
        assert_eq!(stored(&app).await.len(), 0);
    }
);

every_database!(
    async fn an_address_that_was_changed_or_has_ended_takes_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let bytes = png(90, 60, 1);
        let good = ticket(&request(&ann, "image/png", bytes.len() as i64).await);
        let other = ticket(&request(&ann, "image/png", bytes.len() as i64).await);
        let url = good["url"].as_str().unwrap();
        let swapped = url.replace(good["id"].as_str().unwrap(), other["id"].as_str().unwrap());
        for wrong in [
            swapped,
            url.replace("expires=", "expires=9"),
            url.replace("signature=", "signature=A"),
        ] {
            let mut changed = good.clone();
            changed["url"] = json!(wrong);
            assert_eq!(put(&app, &changed, bytes.clone()).await, 404);
        }
        assert_eq!(put(&app, &good, bytes.clone()).await, 200);
        app.clock().advance(Duration::from_secs(16 * 60));
        assert_eq!(put(&app, &other, bytes).await, 404);
        let payload = complete(&ann.another_device().await, &good).await;
        assert_eq!(refusal(&payload), ("EXPIRED", "ticketId".to_owned()));
    }
);

every_database!(
    async fn a_ticket_is_refused_for_what_could_never_be_a_picture(app: TestApp) {
        let ann = app.user("ann").await;
        for (content_type, size, code, at) in [
            ("image/svg+xml", 10, "UNSUPPORTED_TYPE", "input.contentType"),
            ("text/html", 10, "UNSUPPORTED_TYPE", "input.contentType"),
            ("image/png", 0, "OUT_OF_RANGE", "input.byteSize"),
            ("image/png", -1, "OUT_OF_RANGE", "input.byteSize"),
            ("image/png", 2_000_000_000, "TOO_LARGE", "input.byteSize"),
        ] {
            let payload = request(&ann, content_type, size).await;
            assert_eq!(refusal(&payload), (code, at.to_owned()));
        }
        for _ in 0..100 {
            ticket(&request(&ann, "image/png", 10).await);
        }
        let payload = request(&ann, "image/png", 10).await;
        assert_eq!(refusal(&payload), ("LIMIT_REACHED", "input".to_owned()));
    }
);

every_database!(
    async fn a_put_that_is_cut_in_the_middle_leaves_nothing(app: TestApp) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let ann = app.user("ann").await;
        let ticket = ticket(&request(&ann, "image/png", 1_000).await);
        let address = path(ticket["url"].as_str().unwrap());
        let mut socket = tokio::net::TcpStream::connect(app.address()).await.unwrap();
        let head =
            format!("PUT {address} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(&[0; 500]).await.unwrap();
        socket.shutdown().await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
        assert_eq!(raw(&app).await, 0);
        let payload = complete(&ann, &ticket).await;
        assert_eq!(refusal(&payload), ("CONFLICT", "ticketId".to_owned()));
    }
);
