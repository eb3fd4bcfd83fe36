//! An object store that is down, slow, overloaded, or refuses.

use std::time::Duration;

use super::*;

const FAULTS: [Fault; 4] = [
    Fault::Down,
    Fault::Slow,
    Fault::Overloaded,
    Fault::Forbidden,
];

async fn components(app: &TestApp) -> Vec<(String, String)> {
    let query = "{ health { components { name state } } }";
    let reply = app.client().graphql(query, json!({})).await;
    let components = reply.at("/health/components").as_array().unwrap().iter();
    let text = |component: &Value, name: &str| component[name].as_str().unwrap().to_owned();
    components
        .map(|component| (text(component, "name"), text(component, "state")))
        .collect()
}

async fn stumble(engine: Engine) {
    let s3 = S3Server::start().await;
    let app = TestApp::on(engine, |config| {
        s3.configure(config);
        config.storage.timeout = Duration::from_secs(1);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    let image = uploaded(&ann, png(80, 60, 1)).await;
    let notebook = ann.notebook("Notebook").await;
    let page = page_with(&ann, &notebook, &image).await;
    let bytes = png(80, 60, 2);
    let ticket = tickets::ticket(&tickets::request(&ann, "image/png", bytes.len() as i64).await);
    for fault in FAULTS {
        s3.turn(fault);
        let reply = send(&ann, "a", bytes.clone(), json!({})).await;
        assert_eq!(reply.code(), "SERVICE_UNAVAILABLE", "{fault:?}");
        let text = reply.body.to_string();
        assert!(
            text.contains("S3 bucket pluma") && !text.contains("test-"),
            "{text}"
        );
        let query =
            "mutation ($id: ID!) { completeImageUpload(ticketId: $id) { errors { code } } }";
        let reply = ann.graphql(query, json!({ "id": ticket["id"] })).await;
        assert_eq!(reply.code(), "SERVICE_UNAVAILABLE", "{fault:?}");
        let shown = ann.get(&address(&ann, &image).await).await;
        assert_eq!(shown.status(), 503, "{fault:?}");
        assert_eq!(shown.headers()["cache-control"], "no-store");
        // Pages are read and written all the same.
        let query = "query ($id: ID!) { page(id: $id) { html content } images { totalCount } }";
        let reply = ann.graphql(query, json!({ "id": page.id })).await;
        assert!(reply.text("/page/html").contains(&image));
        assert_eq!(reply.at("/images/totalCount"), 1);
        page_with(&ann, &notebook, &image).await;
        let state = ("storage".to_owned(), "DEGRADED".to_owned());
        assert!(components(&app).await.contains(&state), "{fault:?}");
        assert_eq!(app.client().get("/readyz").await.status(), 200);
        // What is deleted goes from the database; its bytes wait.
        assert!(pluma::media::sweeping::sweep(app.app()).await.is_err());
    }
    s3.turn(Fault::None);
    assert_eq!(ann.get(&address(&ann, &image).await).await.status(), 200);
    uploaded(&ann, bytes).await;
    assert_eq!(stored(&app).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_fails_pictures_alone_with_sqlite() {
    stumble(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_fails_pictures_alone_with_postgres() {
    stumble(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_is_named_by_the_doctor() {
    let s3 = S3Server::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| s3.configure(config)).await;
    let endpoint = app.app().config.storage.endpoint.clone().unwrap();
    let doctor = async || {
        let mut doctor = app.program(&["doctor"]);
        doctor
            .env("PLUMA_STORAGE_BUCKET", "pluma")
            .env("PLUMA_STORAGE_ENDPOINT", endpoint.as_str())
            .env("PLUMA_STORAGE_ALLOW_HTTP", "true")
            .env("PLUMA_STORAGE_ACCESS_KEY", "test-user")
            .env("PLUMA_STORAGE_SECRET_KEY", "test-password");
        let output = tokio::task::spawn_blocking(move || doctor.output().unwrap());
        let text = String::from_utf8(output.await.unwrap().stdout).unwrap();
        let line = text.lines().find(|line| line.contains("storage"));
        line.unwrap().to_owned()
    };
    let line = doctor().await;
    assert!(
        line.starts_with("ok") && line.contains("S3 bucket pluma"),
        "{line}"
    );
    s3.turn(Fault::Forbidden);
    let line = doctor().await;
    assert!(
        line.starts_with("fail") && !line.contains("test-password"),
        "{line}"
    );
}
