//! Jobs as they go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::processing::enricher;

const PROGRESS: &str =
    "subscription ($id: ID!) { jobProgress(jobId: $id) { status progress message } }";

every_database!(
    async fn progress_tells_the_state_now_each_change_and_the_end(app: TestApp) {
        let ann = app.user("ann").await;
        let id = ann.batch(&["a: 1", "a: 2", "a: 3"]).await;
        let mut stream = app.subscribe(&ann, PROGRESS, json!({ "id": id })).await;
        let (mut last, mut states) = (-1.0, Vec::new());
        loop {
            match stream.answer().await {
                Ok(next) => {
                    let state = next["data"]["jobProgress"].clone();
                    let progress = state["progress"].as_f64().unwrap();
                    assert!(progress >= last);
                    last = progress;
                    states.push(state["status"].as_str().unwrap().to_owned());
                }
                Err(ending) => {
                    assert_eq!(ending, Ending::Complete);
                    break;
                }
            }
        }
        assert_eq!(states.last().unwrap(), "SUCCEEDED");
        assert_eq!(last, 1.0);
        // One that has ended is told once more to whoever asks later.
        let mut late = app.subscribe(&ann, PROGRESS, json!({ "id": id })).await;
        assert_eq!(
            late.next().await["data"]["jobProgress"]["status"],
            "SUCCEEDED"
        );
        assert_eq!(late.ended().await, Ending::Complete);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn progress_outlives_lost_calls_and_ends_with_the_job(app: TestApp) {
        let ann = app.user("ann").await;
        let id = ann.batch(&["a: 1"]).await;
        let mut stream = app.subscribe(&ann, PROGRESS, json!({ "id": id })).await;
        assert_eq!(
            stream.next().await["data"]["jobProgress"]["status"],
            "QUEUED"
        );
        // Nobody calls: the stream looks by itself.
        app.execute(
            "UPDATE jobs SET progress = 0.5, message = 'half' WHERE kind = 'processing.batch'",
        )
        .await;
        let half = stream.next().await["data"]["jobProgress"].clone();
        assert_eq!(
            half,
            json!({ "status": "QUEUED", "progress": 0.5, "message": "half" })
        );
        cancel(&ann, &id).await;
        assert_eq!(
            stream.next().await["data"]["jobProgress"]["status"],
            "CANCELLED"
        );
        assert_eq!(stream.ended().await, Ending::Complete);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn progress_ends_when_the_job_is_no_longer_there(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let id = ann.batch(&["a: 1"]).await;
        let mut stream = app.subscribe(&admin, PROGRESS, json!({ "id": id })).await;
        stream.next().await;
        app.execute("DELETE FROM jobs").await;
        assert_eq!(stream.ended().await, Ending::Complete);
        for client in [&ann, &app.client()] {
            let mut refused = app.subscribe(client, PROGRESS, json!({ "id": id })).await;
            assert!(matches!(refused.ended().await, Ending::Failed(_)));
        }
    }
);

/// A running job stops when it is asked to, also while it waits for a service.
async fn stops(engine: Engine) {
    let held = Arc::new(AtomicBool::new(true));
    let holding = Arc::clone(&held);
    let service = StandIn::start(move |_| match holding.load(Ordering::SeqCst) {
        true => Answer::Silence,
        false => Answer::Json(json!({})),
    })
    .await;
    let settings = enricher("slow", &service, "");
    let app = TestApp::on(engine, |config| {
        config.processing.enrichers = Some(vec![settings]);
    })
    .await;
    let ann = app.user("ann").await;
    let id = ann.batch(&["a: 1", "a: 2"]).await;
    service.until(|_| true).await;
    let asked = cancel(&ann, &id).await;
    assert_eq!(asked["errors"], json!([]));
    let mut stream = app.subscribe(&ann, PROGRESS, json!({ "id": id })).await;
    loop {
        let state = stream.next().await["data"]["jobProgress"]["status"].clone();
        if state != "RUNNING" {
            assert_eq!(state, "CANCELLED");
            break;
        }
    }
    assert_eq!(stream.ended().await, Ending::Complete);
    assert_eq!(job(&ann, &id).await["error"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_stops_when_it_is_cancelled() {
    stops(Engine::Sqlite).await;
    stops(Engine::Postgres).await;
}
