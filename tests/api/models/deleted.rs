//! Models that go as a whole.

use super::onnx::{LOGISTIC, import, input};
use super::*;

const CLASSIFY: &str =
    "mutation { classify(input: { model: \"sides\", features: { x: 1, y: 0 } }) {
    classification { label } errors { code } } }";

pub(super) async fn delete(client: &Client, model: &Value) -> Value {
    let query =
        "mutation ($id: ID!) { deleteModel(modelId: $id) { deletedId errors { code path } } }";
    let reply = client.graphql(query, json!({ "id": model })).await;
    reply.at("/deleteModel").clone()
}

async fn delete_version(client: &Client, version: &Value) -> Value {
    let query = "mutation ($id: ID!) { deleteModelVersion(modelVersionId: $id) {
        deletedId errors { code path } } }";
    let reply = client.graphql(query, json!({ "id": version })).await;
    reply.at("/deleteModelVersion").clone()
}

/// Writes an answer that is there so many times more, as of the version of this number.
async fn repeat(app: &TestApp, times: usize, version: usize) {
    let id = match app.app().db.engine() {
        "sqlite" => "randomblob(16)",
        _ => "gen_random_uuid()",
    };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
        INSERT INTO classifications
        SELECT {id}, c.user_id, c.model_id, v.id, c.features, c.label, c.probabilities, c.latency_ms, c.actual_label,
          c.correct, c.created_at
        FROM (SELECT * FROM classifications LIMIT 1) AS c, model_versions AS v, n WHERE v.version = {version}"
    );
    assert_eq!(app.execute(&sql).await, times);
}

/// Lets the database refuse that a row goes as long as answers are left that name it in this column.
async fn last(app: &TestApp, table: &str, column: &str) {
    let left = format!("EXISTS (SELECT 1 FROM classifications WHERE {column} = OLD.id)");
    let trigger = format!("CREATE TRIGGER {table}_last BEFORE DELETE ON {table}");
    match app.app().db.engine() {
        "sqlite" => {
            let raise = "SELECT RAISE(ABORT, 'answers are left')";
            app.execute(&format!("{trigger} WHEN {left} BEGIN {raise}; END"))
                .await;
        }
        _ => {
            let raise = "RAISE EXCEPTION 'answers are left'";
            app.execute(&format!(
                "CREATE FUNCTION {table}_last() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF {left} THEN {raise}; END IF; RETURN OLD; END $$"
            ))
            .await;
            app.execute(&format!(
                "{trigger} FOR EACH ROW EXECUTE FUNCTION {table}_last()"
            ))
            .await;
        }
    }
}

/// How many answers there are, whosever they are.
async fn answers(app: &TestApp) -> usize {
    let answers = "SELECT label AS line FROM classifications";
    app.lines(answers).await.len()
}

every_database!(
    async fn a_model_goes_with_its_versions_their_bytes_and_what_they_answered(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        two_versions(&app, &ann).await;
        let id = model(&ann, "sides").await["id"].clone();
        let reply = bob.graphql(CLASSIFY, json!({})).await;
        assert_eq!(reply.at("/classify/classification/label"), "left");

        assert_eq!(
            refusal(&delete(&bob, &id).await),
            ("FORBIDDEN", "modelId".to_owned())
        );
        assert_eq!(stored(&app).await, 2);
        assert_eq!(delete(&ann, &id).await["deletedId"], id);
        assert_eq!(stored(&app).await, 0);
        assert_eq!(model(&ann, "sides").await, Value::Null);
        let left = "{ classifications { totalCount } models { totalCount } }";
        let reply = bob.graphql(left, json!({})).await;
        assert_eq!(reply.at("/classifications/totalCount"), 0);
        assert_eq!(reply.at("/models/totalCount"), 0);
        let reply = bob.graphql(CLASSIFY, json!({})).await;
        assert_eq!(
            reply.at("/classify/errors"),
            &json!([{ "code": "UNKNOWN_MODEL" }])
        );
        assert_eq!(
            refusal(&delete(&ann, &id).await),
            ("NOT_FOUND", "modelId".to_owned())
        );
        assert_eq!(log(&ann, "model.deleted").await, ["model.deleted"]);

        // The name is anybody's again.
        let dataset = bob.dataset("Points", "TABULAR", points()).await;
        trained(&app, &bob, order(&dataset, "Sides")).await;
        let found = model(&ann, "sides").await;
        assert_eq!(
            (&found["owner"]["id"], &found["champion"]["version"]),
            (&json!(bob.id), &json!(1))
        );
        // Administrators delete what is somebody else's.
        let admin = app.admin().await;
        assert_eq!(delete(&admin, &found["id"]).await["errors"], json!([]));
        assert_eq!(stored(&app).await, 0);
    }
);

every_database!(
    async fn answers_go_before_what_gave_them_however_many_there_are(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        two_versions(&app, &ann).await;
        let found = model(&ann, "sides").await;
        let (champion, other) = (
            &found["champion"]["id"],
            &found["versions"]["nodes"][0]["id"],
        );
        assert_ne!(champion, other);
        let reply = bob.graphql(CLASSIFY, json!({})).await;
        assert_eq!(reply.at("/classify/errors"), &json!([]));
        // More than go in one transaction.
        repeat(&app, 1_200, 1).await;
        repeat(&app, 1_001, 2).await;
        last(&app, "model_versions", "version_id").await;
        last(&app, "models", "model_id").await;

        for (client, version, code) in [(&bob, other, "FORBIDDEN"), (&ann, champion, "CONFLICT")] {
            let refused = delete_version(client, version).await;
            assert_eq!(refusal(&refused), (code, "modelVersionId".to_owned()));
        }
        let refused = delete(&bob, &found["id"]).await;
        assert_eq!(refusal(&refused), ("FORBIDDEN", "modelId".to_owned()));
        assert_eq!(answers(&app).await, 2_202);
        assert_eq!(&delete_version(&ann, other).await["deletedId"], other);
        assert_eq!(answers(&app).await, 1_201);
        assert_eq!(delete(&ann, &found["id"]).await["deletedId"], found["id"]);
        assert_eq!(answers(&app).await, 0);
        assert_eq!(model(&ann, "sides").await, Value::Null);
        assert_eq!(stored(&app).await, 0);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn trainings_that_wait_are_cancelled_with_their_model(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let imported = import(&ann, input("Sides"), LOGISTIC).await;
        assert_eq!(imported["errors"], json!([]), "{imported:#}");
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let of_ann = started(&ann, order(&dataset, "sides")).await;
        let of_admin = started(&admin, order(&dataset, "SIDES")).await;
        let other = started(&ann, order(&dataset, "Sides of others")).await;
        let id = model(&ann, "sides").await["id"].clone();
        assert_eq!(delete(&ann, &id).await["deletedId"], id);
        for (client, job, status) in [
            (&ann, of_ann, "CANCELLED"),
            (&admin, of_admin, "CANCELLED"),
            (&ann, other, "QUEUED"),
        ] {
            let reply = client.graphql(JOB, json!({ "id": job })).await;
            assert_eq!(reply.at("/job/status"), status);
        }
        // An order that comes later is one for a new model.
        let later = started(&ann, order(&dataset, "Sides")).await;
        let other = app.app().clone();
        tokio::spawn(async move { pluma::work::run(&other).await });
        assert_eq!(ended(&app, &ann, &later).await["status"], "SUCCEEDED");
        let found = model(&ann, "sides").await;
        assert_eq!(found["versions"]["totalCount"], 1);
        assert_ne!(found["id"], id);
    }
);
