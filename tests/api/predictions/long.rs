//! Forecasts that take long: jobs, told of as they go on, and never half.

use std::process::{Child, Stdio};

use super::*;

const DELETE: &str =
    "mutation ($id: ID!) { deletePrediction(predictionId: $id) { deletedId errors { code } } }";

/// Watches a forecast to its end; gives each state.
async fn watched(app: &TestApp, client: &Client, id: &Value) -> Vec<Value> {
    let stream = app.subscribe(client, UPDATED, json!({ "id": id })).await;
    let mut stream = stream.patient(Duration::from_secs(120));
    let mut states = Vec::new();
    loop {
        match stream.answer().await {
            Ok(next) => states.push(next["data"]["predictionUpdated"].clone()),
            Err(ending) => {
                assert_eq!(ending, Ending::Complete);
                return states;
            }
        }
    }
}

every_database!(
    async fn a_long_forecast_waits_and_runs_and_is_told_at_its_end(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(120)).await;
        let input = json!({ "model": "lstm", "datasetId": dataset, "days": 3 });
        let asked = predicted(&ann, input.clone()).await;
        let begun = ["QUEUED", "RUNNING"].contains(&asked["status"].as_str().unwrap());
        assert!(begun && asked["forecast"] == json!([]), "{asked:#}");
        assert!(asked["job"]["id"].is_string());
        let states = watched(&app, &ann, &asked["id"]).await;
        let last = states.last().unwrap();
        assert_eq!(last["status"], "SUCCEEDED", "{states:#?}");
        assert_eq!(last["forecast"].as_array().unwrap().len(), 3);
        assert_eq!(last["forecast"][0]["date"], "2024-05-01");
        assert!(
            states
                .iter()
                .rev()
                .skip(1)
                .all(|state| state["forecast"] == json!([]) && state["metrics"].is_null())
        );
        assert!(last["metrics"]["mase"].is_number(), "{last:#}");
        assert_eq!(last["metrics"]["naive"]["mase"], 1.0);
        // Who looks later is told once.
        assert_eq!(watched(&app, &ann, &asked["id"]).await.len(), 1);
        let subject = "query ($id: ID!) { job(id: $id) { status subject { id } } }";
        let reply = ann
            .graphql(subject, json!({ "id": asked["job"]["id"] }))
            .await;
        assert_eq!(reply.at("/job/subject/id"), &asked["id"]);
        // The same request gives the same numbers.
        let again = predicted(&ann, input).await;
        let states = watched(&app, &ann, &again["id"]).await;
        assert_eq!(states.last().unwrap()["forecast"], last["forecast"]);
        let actions = log(&ann, "prediction").await;
        assert_eq!(
            actions,
            [
                "prediction.requested",
                "prediction.succeeded",
                "prediction.requested",
                "prediction.succeeded"
            ]
        );
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_forecast_ends_with_its_job_however_that_ends(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(120)).await;
        let input = json!({ "model": "lstm", "datasetId": dataset, "days": 3 });
        let cancelled = predicted(&ann, input.clone()).await;
        let failed = predicted(&ann, input.clone()).await;
        let deleted = predicted(&ann, input).await;
        let stream = app
            .subscribe(&ann, UPDATED, json!({ "id": cancelled["id"] }))
            .await;
        let mut stream = stream.patient(Duration::from_secs(60));
        assert_eq!(
            stream.next().await["data"]["predictionUpdated"]["status"],
            "QUEUED"
        );
        let cancel = "mutation ($id: ID!) { cancelJob(jobId: $id) { errors { code } } }";
        let reply = ann
            .graphql(cancel, json!({ "id": cancelled["job"]["id"] }))
            .await;
        assert_eq!(reply.user_errors("cancelJob"), &json!([]));
        let told = stream.next().await;
        assert_eq!(told["data"]["predictionUpdated"]["status"], "CANCELLED");
        assert!(told["data"]["predictionUpdated"]["finishedAt"].is_string());
        assert_eq!(stream.ended().await, Ending::Complete);

        let reply = ann.graphql(DELETE, json!({ "id": deleted["id"] })).await;
        assert_eq!(reply.at("/deletePrediction/deletedId"), &deleted["id"]);
        let job = "query ($id: ID!) { job(id: $id) { status } }";
        let reply = ann
            .graphql(job, json!({ "id": deleted["job"]["id"] }))
            .await;
        assert_eq!(reply.at("/job/status"), &json!("CANCELLED"));

        // A worker that dies at the last attempt.
        let dead =
            "UPDATE jobs SET status = 'RUNNING', attempts = max_attempts, lease_until = created_at
            WHERE kind = 'prediction.run' AND status = 'QUEUED'";
        assert_eq!(app.execute(dead).await, 1);
        let state = "query ($id: ID!) { prediction(id: $id) { status error finishedAt forecast { value } } }";
        let reply = ann.graphql(state, json!({ "id": failed["id"] })).await;
        assert_eq!(reply.at("/prediction/status"), &json!("RUNNING"));
        let other = app.app().clone();
        tokio::spawn(async move { pluma::work::run(&other).await });
        let states = watched(&app, &ann, &failed["id"]).await;
        let last = states.last().unwrap();
        assert_eq!(last["status"], "FAILED");
        assert_eq!(last["error"], "The server stopped in the middle of it.");
        assert_eq!(last["forecast"], json!([]));
        pluma::predictions::settling::settle(app.app())
            .await
            .unwrap();
        let actions = log(&ann, "prediction").await;
        assert_eq!(actions[..3], ["prediction.requested"; 3]);
        let mut ends = actions[3..].to_vec();
        ends.sort();
        assert_eq!(
            ends,
            [
                "prediction.cancelled",
                "prediction.deleted",
                "prediction.failed"
            ]
        );
        assert_eq!(
            pluma::predictions::settling::settle(app.app())
                .await
                .unwrap(),
            0
        );
    }
);

/// A worker of its own; killed with the test, whatever becomes of it.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_forecast_killed_in_the_middle_is_begun_again_and_made_once(app: TestApp) {
        let ann = app.user("ann").await;
        // Long enough to be met in the middle.
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(900)).await;
        let input = json!({ "model": "lstm", "datasetId": dataset, "days": 2 });
        let asked = predicted(&ann, input).await;
        let mut command = app.program(&["worker"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let worker = Worker(command.spawn().unwrap());
        // Without Redis no call comes from another process: it is asked until it runs.
        let query = "query ($id: ID!) { prediction(id: $id) { status } }";
        loop {
            let reply = ann.graphql(query, json!({ "id": asked["id"] })).await;
            let status = reply.text("/prediction/status");
            if status != "QUEUED" {
                assert_eq!(status, "RUNNING");
                break;
            }
        }
        drop(worker);
        let kept =
            "SELECT status AS line FROM predictions WHERE forecast IS NULL AND finished_at IS NULL";
        assert_eq!(app.lines(kept).await, ["RUNNING"]);
        app.execute("UPDATE jobs SET lease_until = created_at WHERE kind = 'prediction.run'")
            .await;
        let other = app.app().clone();
        tokio::spawn(async move { pluma::work::run(&other).await });
        let states = watched(&app, &ann, &asked["id"]).await;
        let last = states.last().unwrap();
        assert_eq!(last["status"], "SUCCEEDED", "{states:#?}");
        assert_eq!(last["forecast"].as_array().unwrap().len(), 2);
        let attempts =
            "SELECT 'x' AS line FROM jobs WHERE kind = 'prediction.run' AND attempts = 2";
        assert_eq!(app.lines(attempts).await.len(), 1);
        let actions = log(&ann, "prediction").await;
        assert_eq!(actions, ["prediction.requested", "prediction.succeeded"]);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn the_jobs_of_a_list_are_read_at_once(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Prices", "TIME_SERIES", series(120)).await;
        for _ in 0..5 {
            let input = json!({ "model": "lstm", "datasetId": dataset, "days": 3 });
            predicted(&ann, input).await;
        }
        let list = "query ($first: Int!) { predictions(first: $first) { nodes {
            job { id status } metrics { mase } forecast { value } } } }";
        let mut taken = Vec::new();
        for first in [1, 5] {
            crate::statements::quiet(&app).await;
            let before = app.app().db.statements();
            let reply = ann.graphql(list, json!({ "first": first })).await;
            taken.push(app.app().db.statements() - before);
            let nodes = reply.at("/predictions/nodes").as_array().unwrap();
            assert_eq!(nodes.len(), first);
            assert!(nodes.iter().all(|node| node["job"]["status"] == "QUEUED"));
        }
        assert_eq!(taken[0], taken[1]);
    }
);
