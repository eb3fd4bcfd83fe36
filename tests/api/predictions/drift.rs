//! Drift: what is asked is compared with what was learned.

use super::*;

const DRIFT: &str = "query ($days: Int) { model(name: \"flowers\") { drift(days: $days) {
    from to samples drifted features { feature psi ks drifted } } } }";

async fn drift(client: &Client, days: Value) -> Value {
    let reply = client.graphql(DRIFT, json!({ "days": days })).await;
    reply.at("/model/drift").clone()
}

/// Asks for the flowers of the training data, moved by `shift`.
async fn ask(client: &Client, count: usize, shift: f64) {
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
        classified(client, "flowers", Value::Object(features.collect())).await;
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
        iris_model(&app.ws_url(), &admin, "flowers").await;
        let nothing = drift(&admin, json!(null)).await;
        assert_eq!(
            (&nothing["samples"], &nothing["drifted"]),
            (&json!(0), &json!(false))
        );
        assert_eq!(nothing["features"].as_array().unwrap().len(), 4);
        ask(&admin, 150, 0.0).await;
        let same = drift(&admin, json!(7)).await;
        assert_eq!(
            (&same["samples"], &same["drifted"]),
            (&json!(150), &json!(false)),
            "{same:#}"
        );
        let labels = pluma::predictions::watching::Labels::default();
        let watch = || pluma::predictions::watching::watch(app.app(), &labels);
        assert_eq!(watch().await.unwrap(), 0);

        ask(&admin, 150, 4.0).await;
        let moved = drift(&admin, json!(1)).await;
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
        let metrics = app.client().get("/metrics").await.text().await.unwrap();
        assert!(
            metrics.contains("pluma_model_drift_psi{model=\"flowers\"}"),
            "{metrics}"
        );

        // A week later nothing of it is recent; what moves away then is told again.
        app.clock().advance(Duration::from_secs(8 * 24 * 3_600));
        let admin = admin.another_device().await;
        assert_eq!(drift(&admin, json!(7)).await["samples"], 0);
        assert_eq!(drift(&admin, json!(30)).await["samples"], 300);
        ask(&admin, 150, 0.0).await;
        assert_eq!(watch().await.unwrap(), 0);
        ask(&admin, 150, 4.0).await;
        assert_eq!(watch().await.unwrap(), 1);
        assert_eq!(passed(&admin).await, 2);
        for days in [0, -1, 366] {
            let reply = admin.graphql(DRIFT, json!({ "days": days })).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT");
        }
    }
);
