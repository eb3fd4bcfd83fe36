//! Pictures in an S3 bucket, at a server that checks signatures.

use super::tickets::{complete, request, ticket};
use super::*;

async fn on(engine: Engine) -> (S3Server, TestApp) {
    let s3 = S3Server::start().await;
    let app = TestApp::on(engine, |config| s3.configure(config)).await;
    (s3, app)
}

/// Sends bytes to the store with the headers of a ticket; gives the status.
async fn put(ticket: &Value, content_type: &str, bytes: Vec<u8>) -> u16 {
    let request = reqwest::Client::new()
        .put(ticket["url"].as_str().unwrap())
        .header("content-type", content_type)
        .body(bytes);
    request.send().await.unwrap().status().as_u16()
}

async fn go_through(engine: Engine) {
    let (s3, app) = on(engine).await;
    let ann = app.user("ann").await;
    let image = uploaded(&ann, jpeg(300, 200, 1)).await;
    assert_eq!(uploaded(&ann, jpeg(300, 200, 1)).await.len(), image.len());
    assert!(s3.holds("media"));
    assert_eq!(stored(&app).await.len(), 1);
    let signed = address(&ann, &image).await;
    let whole = ann.get(&signed).await.bytes().await.unwrap();
    assert_eq!(image::load_from_memory(&whole).unwrap().width(), 300);
    let part = ann.http().get(format!("{}{signed}", app.url()));
    let part = part.header("range", "bytes=100-199").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), whole[100..200]);
    let narrow = ann.get(&signed.replacen('?', "/128?", 1)).await;
    let narrow = narrow.bytes().await.unwrap();
    assert_eq!(image::load_from_memory(&narrow).unwrap().width(), 128);
    assert_eq!(stored(&app).await.len(), 2);

    let bytes = png(90, 60, 1);
    let direct = ticket(&request(&ann, "image/png", bytes.len() as i64).await);
    assert!(!direct["url"].as_str().unwrap().contains("/media/uploads"));
    assert_eq!(put(&direct, "image/png", bytes).await, 200);
    let done = complete(&ann, &direct).await;
    assert_eq!(done["image"]["width"], 90);
    assert!(!s3.holds("uploads"));
    let report = pluma::media::fsck::check(app.app(), true, true)
        .await
        .unwrap();
    assert_eq!((report.rows, report.problems.len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_serves_pictures_and_takes_uploads_with_sqlite() {
    go_through(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_serves_pictures_and_takes_uploads_with_postgres() {
    go_through(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presigned_addresses_take_what_was_announced_and_nothing_else() {
    let (s3, app) = on(Engine::Sqlite).await;
    let ann = app.user("ann").await;
    let bytes = png(90, 60, 1);
    let direct = ticket(&request(&ann, "image/png", bytes.len() as i64).await);
    assert_eq!(put(&direct, "text/html", bytes.clone()).await, 403);
    let mut changed = direct.clone();
    let other = app.user("bob").await;
    let others = ticket(&request(&other, "image/png", bytes.len() as i64).await);
    let url = direct["url"].as_str().unwrap();
    changed["url"] = json!(url.replace(
        direct["id"].as_str().unwrap(),
        others["id"].as_str().unwrap()
    ));
    assert_eq!(put(&changed, "image/png", bytes.clone()).await, 403);
    assert!(!s3.holds("uploads"));
    // No signature caps the size: what lies there is looked at again.
    let longer = [bytes.clone(), vec![0; 10]].concat();
    assert_eq!(put(&direct, "image/png", longer).await, 200);
    let payload = complete(&ann, &direct).await;
    assert_eq!(refusal(&payload), ("TOO_LARGE", "ticketId".to_owned()));
    assert!(!s3.holds("uploads"));
    assert_eq!(put(&direct, "image/png", bytes).await, 200);
    assert_eq!(complete(&ann, &direct).await["errors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_secret_is_refused_by_the_store() {
    let s3 = S3Server::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        s3.configure(config);
        config.storage.secret_key = Some("wrong".into());
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let reply = send(&ann, "a", png(9, 9, 1), json!({})).await;
    assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
    assert!(
        reply
            .body
            .to_string()
            .contains("refuses the server's access")
    );
}
