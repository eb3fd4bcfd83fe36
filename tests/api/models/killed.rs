//! Trainings that end in the middle: on request, or with their worker.

use std::process::Stdio;

use super::deleted::delete;
use super::*;

/// A table on which a forest takes long enough to be met in the middle.
fn noise() -> String {
    let rows = (0_u64..2_000).map(|number| {
        let mixed = |by: u64| (number.wrapping_mul(by) >> 7) % 1_000;
        format!(
            "{},{},{},{}\n",
            mixed(7_919),
            mixed(104_729),
            mixed(1_299_709),
            mixed(15_485_863) % 5
        )
    });
    format!("a,b,c,label\n{}", rows.collect::<String>())
}

fn long_order(dataset: &str) -> Value {
    json!({
        "name": "long", "task": "CLASSIFICATION", "algorithm": "RANDOM_FOREST", "datasetId": dataset, "target": "label",
        "params": { "trees": 100 },
    })
}

/// Waits until a training is on its way.
async fn running(address: &str, client: &Client, job: &str) {
    let stream = Subscription::start(address, client, PROGRESS, json!({ "id": job })).await;
    let mut stream = stream.patient(PATIENCE);
    loop {
        let state = stream.next().await["data"]["jobProgress"].clone();
        assert!(
            ["QUEUED", "RUNNING"].contains(&state["status"].as_str().unwrap()),
            "{state}"
        );
        if state["message"] == "Training" {
            break;
        }
    }
}

every_database!(
    async fn a_training_stops_when_it_is_cancelled_and_leaves_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Noise", "TABULAR", noise()).await;
        let job = started(&ann, long_order(&dataset)).await;
        running(&app.ws_url(), &ann, &job).await;
        let query = "mutation ($id: ID!) { cancelJob(jobId: $id) { errors { code } } }";
        let reply = ann.graphql(query, json!({ "id": job })).await;
        assert_eq!(reply.user_errors("cancelJob"), &json!([]));
        assert_eq!(ended(&app, &ann, &job).await["status"], "CANCELLED");
        assert_eq!(model(&ann, "long").await, Value::Null);
        assert_eq!(stored(&app).await, 0);
    }
);

/// A worker is killed in the middle of a training; another one begins it again and ends it once.
async fn dies(engine: Engine) {
    let app = TestApp::on(engine, |config| config.jobs.inline = false).await;
    let ann = app.user("ann").await;
    let dataset = ann.dataset("Noise", "TABULAR", noise()).await;
    let job = started(&ann, long_order(&dataset)).await;
    let mut command = app.program(&["worker"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut worker = command.spawn().unwrap();
    running(&app.ws_url(), &ann, &job).await;
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(model(&ann, "long").await, Value::Null);
    assert_eq!(stored(&app).await, 0);
    app.execute("UPDATE jobs SET lease_until = created_at WHERE kind = 'model.train'")
        .await;
    let other = app.app().clone();
    tokio::spawn(async move { pluma::work::run(&other).await });
    let ended = ended(&app, &ann, &job).await;
    let (status, attempts) = (&ended["status"], &ended["attempts"]);
    assert_eq!(
        (status, attempts),
        (&json!("SUCCEEDED"), &json!(2)),
        "{ended:#}"
    );
    let found = model(&ann, "long").await;
    assert_eq!(found["versions"]["totalCount"], 1);
    assert_eq!(found["champion"]["id"], ended["result"]["modelVersionId"]);
    assert_eq!(stored(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_training_killed_in_the_middle_is_begun_again_and_done_once() {
    dies(Engine::Sqlite).await;
    dies(Engine::Postgres).await;
}

every_database!(
    async fn a_job_that_has_trained_its_version_trains_no_other(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let job = started(&ann, order(&dataset, "Sides")).await;
        let first = ended(&app, &ann, &job).await;
        // As if its worker had died between its transaction and the end of the job.
        let again =
            "UPDATE jobs SET status = 'QUEUED', finished_at = NULL, result = NULL, progress = 0
            WHERE kind = 'model.train'";
        assert_eq!(app.execute(again).await, 1);
        app.app().events.wake(pluma::jobs::topic());
        let second = ended(&app, &ann, &job).await;
        assert_eq!(
            (&second["status"], &second["result"]),
            (&json!("SUCCEEDED"), &first["result"])
        );
        assert_eq!(second["attempts"], 2);
        assert_eq!(model(&ann, "sides").await["versions"]["totalCount"], 1);
    }
);

every_database!(
    async fn a_model_that_is_deleted_takes_its_trainings_along(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let easy = ann.dataset("Points", "TABULAR", points()).await;
        let of_bob = bob.dataset("Points", "TABULAR", points()).await;
        let dataset = ann.dataset("Noise", "TABULAR", noise()).await;
        trained(&app, &ann, order(&easy, "Long")).await;
        let id = model(&ann, "long").await["id"].clone();
        let of_ann = started(&ann, long_order(&dataset)).await;
        let of_admin = started(&admin, long_order(&dataset)).await;
        let other = started(&bob, order(&of_bob, "Longer")).await;
        running(&app.ws_url(), &ann, &of_ann).await;
        assert_eq!(delete(&ann, &id).await["deletedId"], id);
        for (client, job) in [(&ann, &of_ann), (&admin, &of_admin)] {
            assert_eq!(ended(&app, client, job).await["status"], "CANCELLED");
        }
        assert_eq!(ended(&app, &bob, &other).await["status"], "SUCCEEDED");
        assert_eq!(model(&ann, "long").await, Value::Null);
        assert_eq!(model(&ann, "longer").await["versions"]["totalCount"], 1);
        assert_eq!(stored(&app).await, 1);
    }
);

every_database!(
    async fn a_training_that_died_behind_its_version_brings_no_deleted_model_back(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let job = started(&ann, order(&dataset, "Sides")).await;
        assert_eq!(ended(&app, &ann, &job).await["status"], "SUCCEEDED");
        // As if its worker had died between its transaction and the end of the job.
        let died = "UPDATE jobs SET status = 'RUNNING', finished_at = NULL, result = NULL
            WHERE kind = 'model.train'";
        assert_eq!(app.execute(died).await, 1);
        let id = model(&ann, "sides").await["id"].clone();
        assert_eq!(delete(&ann, &id).await["deletedId"], id);
        app.execute("UPDATE jobs SET lease_until = created_at WHERE kind = 'model.train'")
            .await;
        app.app().events.wake(pluma::jobs::topic());
        assert_eq!(ended(&app, &ann, &job).await["status"], "CANCELLED");
        assert_eq!(model(&ann, "sides").await, Value::Null);
        assert_eq!(stored(&app).await, 0);
    }
);
