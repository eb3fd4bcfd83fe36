//! Drift: what is asked is compared with what was learned.

use super::*;

const DRIFT: &str =
    "query ($name: String!, $days: Int) { model(name: $name) { id drift(days: $days) {
    from to samples drifted features { feature psi ks drifted } } } }";

async fn drift(client: &Client, name: &str, days: Value) -> Value {
    let variables = json!({ "name": name, "days": days });
    let reply = client.graphql(DRIFT, variables).await;
    reply.at("/model/drift").clone()
}

/// What /metrics tells of a model.
async fn gauge(app: &TestApp, name: &str) -> f64 {
    let metrics = app.client().get("/metrics").await.text().await.unwrap();
    let label = format!("pluma_model_drift_psi{{model=\"{name}\"}} ");
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(&label));
    value
        .unwrap_or_else(|| panic!("{metrics}"))
        .parse()
        .unwrap()
}

/// Asks for the flowers of the training data, moved by `shift`.
async fn ask(client: &Client, name: &str, count: usize, shift: f64) {
    let table = smartcore::dataset::iris::load_dataset();
    let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    let rows: Vec<_> = table.data.chunks(4).collect();
    for number in 0..count {
        // From all over the table.
        let row = rows[number * 7 % rows.len()].iter();
        // As it is written in the table: 0.2 is not the nearest single to it.
        let row = row.map(|value| value.to_string().parse::<f64>().unwrap());
        let features = names.iter().zip(row).map(|(name, value)| {
            let shift = if *name == "petal_length" { shift } else { 0.0 };
            ((*name).to_owned(), json!(value + shift))
        });
        classified(client, name, Value::Object(features.collect())).await;
    }
}

every_database!(
    with = |config| {
        // Hundreds of requests are sent in a row.
        config.rates.viewer = 0;
        config.rates.address = 0;
    },
    async fn requests_that_move_away_from_the_training_data_are_told(app: TestApp) {
        let admin = app.admin().await;
        // The metrics are those of the process, in which other tests have flowers of their own.
        let name = &format!("flowers of {}", admin.id);
        iris_model(&app.ws_url(), &admin, name).await;
        let nothing = drift(&admin, name, json!(null)).await;
        assert_eq!(
            (&nothing["samples"], &nothing["drifted"]),
            (&json!(0), &json!(false))
        );
        assert_eq!(nothing["features"].as_array().unwrap().len(), 4);
        ask(&admin, name, 150, 0.0).await;
        let same = drift(&admin, name, json!(7)).await;
        assert_eq!(
            (&same["samples"], &same["drifted"]),
            (&json!(150), &json!(false)),
            "{same:#}"
        );
        let labels = pluma::predictions::watching::Labels::default();
        let watch = || pluma::predictions::watching::watch(app.app(), &labels);
        assert_eq!(watch().await.unwrap(), 0);
        assert!(gauge(&app, name).await < 0.2);

        ask(&admin, name, 150, 4.0).await;
        let moved = drift(&admin, name, json!(1)).await;
        assert_eq!(
            (&moved["samples"], &moved["drifted"]),
            (&json!(300), &json!(true)),
            "{moved:#}"
        );
        for feature in moved["features"].as_array().unwrap() {
            let name = feature["feature"].as_str().unwrap();
            assert_eq!(feature["drifted"], name == "petal_length", "{moved:#}");
        }
        // The log tells once of a threshold that is passed, however often it is looked.
        let passed = async |client: &Client| log(client, "model.drifted").await.len();
        assert_eq!(passed(&admin).await, 0);
        assert_eq!(watch().await.unwrap(), 1);
        assert_eq!(watch().await.unwrap(), 1);
        assert_eq!(passed(&admin).await, 1);
        assert!(gauge(&app, name).await > 0.2);

        // A week later nothing of it is recent, and the metric says so; what moves away then is told again.
        app.clock().advance(Duration::from_secs(8 * 24 * 3_600));
        let admin = admin.another_device().await;
        assert_eq!(drift(&admin, name, json!(7)).await["samples"], 0);
        assert_eq!(drift(&admin, name, json!(30)).await["samples"], 300);
        assert_eq!(watch().await.unwrap(), 0);
        assert_eq!(gauge(&app, name).await, 0.0);
        ask(&admin, name, 150, 0.0).await;
        assert_eq!(watch().await.unwrap(), 0);
        ask(&admin, name, 150, 4.0).await;
        assert_eq!(watch().await.unwrap(), 1);
        assert_eq!(passed(&admin).await, 2);
        assert!(gauge(&app, name).await > 0.2);
        for days in [0, -1, 366] {
            let variables = json!({ "name": name, "days": days });
            let reply = admin.graphql(DRIFT, variables).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT");
        }
        // Of one that is gone nothing is told.
        let reply = admin.graphql(DRIFT, json!({ "name": name })).await;
        let delete = "mutation ($id: ID!) { deleteModel(modelId: $id) { errors { code } } }";
        let id = reply.text("/model/id");
        let reply = admin.graphql(delete, json!({ "id": id })).await;
        assert_eq!(reply.user_errors("deleteModel"), &json!([]));
        assert_eq!(watch().await.unwrap(), 0);
        assert_eq!(gauge(&app, name).await, 0.0);
    }
);
