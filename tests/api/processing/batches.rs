//! Batches: many texts as one job.

use std::process::{Child, Stdio};

use super::*;

const BATCH: &str = "mutation ($inputs: [ProcessInput!]!) { processBatch(inputs: $inputs) {
    job { id kind status progress } errors { code path message } } }";
const PROGRESS: &str =
    "subscription ($id: ID!) { jobProgress(jobId: $id) { status progress result error } }";
const RECORDS: &str = "{ processedRecords(first: 100) { nodes { content job { id } } } }";

pub async fn batch(client: &Client, inputs: Value) -> Value {
    let reply = client.graphql(BATCH, json!({ "inputs": inputs })).await;
    reply.at("/processBatch").clone()
}

/// Waits for the end of a job, and gives the job.
pub async fn ended(app: &TestApp, client: &Client, id: &Value) -> Value {
    let stream = app.subscribe(client, PROGRESS, json!({ "id": id })).await;
    let mut stream = stream.patient(Duration::from_secs(60));
    let mut last = Value::Null;
    while let Ok(next) = stream.answer().await {
        last = next["data"]["jobProgress"].clone();
    }
    last
}

every_database!(
    async fn each_item_s_result_or_error_is_kept_in_its_order(app: TestApp) {
        let ann = app.user("ann").await;
        let inputs = json!([
            { "content": "variable: 1" },
            { "content": "{}\n".repeat(10_001) },
            { "content": "a,b\n1,2\n3,4", "persist": false, "enrich": false },
            { "content": "variable: x", "schema": { "properties": { "variable": { "type": "number" } } } },
        ]);
        let started = batch(&ann, inputs).await;
        assert_eq!(started["errors"], json!([]));
        assert_eq!(started["job"]["kind"], "processing.batch");
        let id = &started["job"]["id"];
        let job = ended(&app, &ann, id).await;
        assert_eq!(
            (&job["status"], &job["progress"]),
            (&json!("SUCCEEDED"), &json!(1.0))
        );
        let result = &job["result"];
        assert_eq!(
            (&result["succeeded"], &result["failed"]),
            (&json!(3), &json!(1))
        );
        let items = result["items"].as_array().unwrap();
        let of = |name: &str| {
            items
                .iter()
                .map(|item| item[name].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("index"), [0, 1, 2, 3]);
        assert_eq!(of("ok"), [true, false, true, true]);
        assert_eq!(items[0]["variable"], 1);
        let error = &items[1]["errors"][0];
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("TOO_LARGE"), &json!(["input", "content"]))
        );
        assert_eq!(
            items[2]["records"],
            json!([{ "a": 1, "b": 2 }, { "a": 3, "b": 4 }])
        );
        assert_eq!(items[2]["recordId"], Value::Null);
        assert_eq!(items[3]["issues"][0]["code"], "type");
        let kept = ann.graphql(RECORDS, json!({})).await;
        let kept = kept.at("/processedRecords/nodes").as_array().unwrap();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|record| record["job"]["id"] == *id));
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_batch_with_a_wrong_input_is_refused_whole_and_names_it(app: TestApp) {
        let ann = app.user("ann").await;
        let good = json!({ "content": "a: 1" });
        let inputs = json!([good, { "content": "" }, good, { "content": "a: 1", "schema": { "type": "x" } }]);
        let payload = batch(&ann, inputs).await;
        let errors = payload["errors"].as_array().unwrap().iter();
        let paths: Vec<_> = errors.map(|error| error["path"].clone()).collect();
        assert_eq!(
            paths,
            [
                json!(["inputs", "1", "content"]),
                json!(["inputs", "3", "schema"])
            ]
        );
        assert_eq!(payload["job"], Value::Null);
        for (inputs, complained) in [
            (json!([]), "TOO_SHORT inputs"),
            (json!(vec![good.clone(); 101]), "TOO_LONG inputs"),
            (
                json!(vec![json!({ "content": "x".repeat(1024 * 1024) }); 5]),
                "TOO_LARGE inputs",
            ),
        ] {
            assert_eq!(complaint(&batch(&ann, inputs).await).0, complained);
        }
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM batch_items").await.len(),
            0
        );
        assert_eq!(
            batch(&ann, json!(vec![good; 100])).await["errors"],
            json!([])
        );
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM batch_items").await.len(),
            100
        );
        let reply = app.client().graphql(BATCH, json!({ "inputs": [] })).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
        config.processing.unfinished = 2;
    },
    async fn somebody_s_batches_are_bounded_also_at_once(app: TestApp) {
        let ann = app.user("ann").await;
        let inputs = json!([{ "content": "a: 1" }]);
        let all = (0..6).map(|_| batch(&ann, inputs.clone()));
        let all = futures_util::future::join_all(all).await;
        let begun = all.iter().filter(|one| !one["job"].is_null()).count();
        assert_eq!(begun, 2, "{all:?}");
        for refused in all.iter().filter(|one| one["job"].is_null()) {
            assert_eq!(complaint(refused).0, "LIMIT_REACHED inputs");
        }
        let items = app.lines("SELECT 'x' AS line FROM batch_items").await;
        assert_eq!(items.len(), 2);
        let bob = app.user("bob").await;
        assert_eq!(batch(&bob, inputs).await["errors"], json!([]));
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

/// A worker that dies in the middle of a batch leaves it to another, which does what is left and nothing twice.
async fn resumes(engine: Engine) {
    // The third item hangs for as long as the first worker lives.
    let service = StandIn::start(|asked| match asked.body["variable"] == 3 {
        true => Answer::Silence,
        false => Answer::Json(json!({})),
    })
    .await;
    let settings = EnricherSettings {
        timeout: Duration::from_secs(30),
        ..enricher("slow", &service, "")
    };
    let app = TestApp::on(engine, |config| {
        config.jobs.inline = false;
        config.processing.enrichers = Some(vec![settings]);
    })
    .await;
    let ann = app.user("ann").await;
    let contents: Vec<String> = (1..=5)
        .map(|number| format!("variable: {number}"))
        .collect();
    let id = ann
        .batch(&contents.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let configured = json!({ "slow": { "base_url": service.url(), "timeout_seconds": 30 } });
    let mut command = app.program(&["worker"]);
    command
        .env("PLUMA_PROCESSING_ENRICHERS", configured.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let worker = Worker(command.spawn().unwrap());
    service.until(|asked| asked.body["variable"] == 3).await;
    drop(worker);
    service.answer_with(|_| Answer::Json(json!({})));
    app.execute("UPDATE jobs SET lease_until = created_at WHERE kind = 'processing.batch'")
        .await;
    let other = app.app().clone();
    tokio::spawn(async move { pluma::work::run(&other).await });

    let job = ended(&app, &ann, &json!(id)).await;
    assert_eq!(job["status"], "SUCCEEDED");
    assert_eq!(job["result"]["succeeded"], 5);
    let asked = service.asked();
    let times = |number: u64| {
        asked
            .iter()
            .filter(|asked| asked.body["variable"] == number)
            .count()
    };
    assert_eq!((1..=5).map(times).collect::<Vec<_>>(), [1, 1, 2, 1, 1]);
    let kept = ann.graphql(RECORDS, json!({})).await;
    let kept = kept
        .at("/processedRecords/nodes")
        .as_array()
        .unwrap()
        .iter();
    let mut kept: Vec<_> = kept
        .map(|record| record["content"].as_str().unwrap())
        .collect();
    kept.sort_unstable();
    assert_eq!(kept, contents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_worker_dies_goes_on_where_it_was() {
    resumes(Engine::Sqlite).await;
    resumes(Engine::Postgres).await;
}
