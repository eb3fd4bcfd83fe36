//! Batches that end before their time: what was done of them is not lost.

use super::batches::{batch, ended};
use super::*;

/// How a batch ends before its time.
#[derive(Clone, Copy)]
enum Cut {
    /// Somebody cancels it.
    Cancelled,
    /// Its worker dies once too often.
    Failed,
}

/// What was done of a batch that is cancelled or fails stays to be read.
async fn cut(engine: Engine, how: Cut) {
    let service = StandIn::start(|asked| match asked.body["variable"] == 3 {
        true => Answer::Silence,
        false => Answer::Json(json!({ "seen": true })),
    })
    .await;
    let settings = EnricherSettings {
        timeout: Duration::from_secs(30),
        ..enricher("slow", &service, "")
    };
    let app = TestApp::on(engine, |config| {
        config.processing.enrichers = Some(vec![settings]);
    })
    .await;
    let ann = app.user("ann").await;
    let input = |content: &str| json!({ "content": content, "persist": false });
    let inputs = json!(["variable: 1", "variable: 2", "variable: 3", "variable: 4"].map(input));
    let started = batch(&ann, inputs).await;
    let id = &started["job"]["id"];
    service.until(|asked| asked.body["variable"] == 3).await;
    let status = match how {
        Cut::Cancelled => {
            let cancel = "mutation ($id: ID!) { cancelJob(jobId: $id) { errors { code } } }";
            ann.graphql(cancel, json!({ "id": id })).await;
            "CANCELLED"
        }
        Cut::Failed => {
            let dead = "UPDATE jobs SET lease_until = created_at, max_attempts = attempts
                WHERE kind = 'processing.batch'";
            app.execute(dead).await;
            app.app().events.wake(pluma::jobs::topic());
            "FAILED"
        }
    };
    let job = ended(&app, &ann, id).await;
    assert_eq!(job["status"], status);
    let result = &job["result"];
    assert_eq!(
        (&result["succeeded"], &result["failed"]),
        (&json!(2), &json!(0))
    );
    let items = result["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[1]["index"], 1);
    assert_eq!(items[1]["variable"], 2);
    assert_eq!(items[1]["enrichment"]["slow"]["seen"], true);
    // And for as long as the job is there.
    let look = async || {
        let job = "query ($id: ID!) { job(id: $id) { status result } }";
        let reply = ann.graphql(job, json!({ "id": id })).await;
        reply.at("/job").clone()
    };
    assert_eq!(&look().await["result"], result);
    if matches!(how, Cut::Failed) {
        // Begun again, it has come to nothing yet.
        let id = id.as_str().unwrap();
        let retried = app.program(&["admin", "jobs", "retry", id]).output();
        assert!(retried.unwrap().status.success());
        app.app().events.wake(pluma::jobs::topic());
        let thirds = || {
            service
                .asked()
                .into_iter()
                .filter(|asked| asked.body["variable"] == 3)
        };
        eventually("it goes on", async || thirds().count() == 2).await;
        assert_eq!(look().await, json!({ "status": "RUNNING", "result": null }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_of_a_batch_that_is_cut_is_kept_on_sqlite() {
    cut(Engine::Sqlite, Cut::Cancelled).await;
    cut(Engine::Sqlite, Cut::Failed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_of_a_batch_that_is_cut_is_kept_on_postgres() {
    cut(Engine::Postgres, Cut::Cancelled).await;
    cut(Engine::Postgres, Cut::Failed).await;
}
