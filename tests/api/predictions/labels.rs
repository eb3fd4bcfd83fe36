//! The true labels of what was classified, and the accuracy that they tell.

use super::*;

const ACCURACY: &str =
    "{ model(name: \"flowers\") { versions { nodes { version liveAccuracy } } } }";

async fn accuracy(client: &Client) -> Value {
    let reply = client.graphql(ACCURACY, json!({})).await;
    reply.at("/model/versions/nodes/0/liveAccuracy").clone()
}

every_database!(
    with =
        |config| config.predictions.classification_retention = Duration::from_secs(30 * 24 * 3_600),
    async fn answers_are_forgotten_when_their_days_are_over(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        let forget = || pluma::predictions::trimming::trim(app.app());
        let old = classified(&ann, "flowers", setosa()).await["id"].clone();
        let variables = json!({ "id": old, "label": "setosa" });
        ann.graphql(LABEL, variables).await.data();
        app.clock().advance(Duration::from_secs(29 * 24 * 3_600));
        let ann = ann.another_device().await;
        let new = classified(&ann, "flowers", setosa()).await["id"].clone();
        assert_eq!(forget().await.unwrap(), 0);
        assert_eq!(accuracy(&ann).await, 1.0);
        app.clock().advance(Duration::from_secs(2 * 24 * 3_600));
        let ann = ann.another_device().await;
        assert_eq!(forget().await.unwrap(), 1);
        assert_eq!(forget().await.unwrap(), 0);
        assert_eq!(accuracy(&ann).await, Value::Null);
        let query = "{ classifications { nodes { id } } }";
        let left = ann.graphql(query, json!({})).await;
        assert_eq!(left.at("/classifications/nodes"), &json!([{ "id": new }]));
    }
);

every_database!(
    async fn labels_tell_how_often_a_version_is_right(app: TestApp) {
        let ann = app.user("ann").await;
        iris_model(&app.ws_url(), &ann, "flowers").await;
        assert_eq!(accuracy(&ann).await, Value::Null);
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(classified(&ann, "flowers", setosa()).await["id"].clone());
        }
        let label = |id: Value, label: &'static str| {
            let ann = ann.clone();
            async move {
                let reply = ann
                    .graphql(LABEL, json!({ "id": id, "label": label }))
                    .await;
                reply.at("/labelClassification").clone()
            }
        };
        for (at, actual, share) in [
            (0, "setosa", 1.0),
            (1, "virginica", 0.5),
            (2, "setosa", 2.0 / 3.0),
        ] {
            let payload = label(ids[at].clone(), actual).await;
            assert_eq!(payload["errors"], json!([]));
            assert_eq!(payload["classification"]["actualLabel"], actual);
            let now = accuracy(&ann).await.as_f64().unwrap();
            assert!((now - share).abs() < 1e-9, "{now}");
        }
        // Who knows better later says so again.
        label(ids[1].clone(), "setosa").await;
        assert_eq!(accuracy(&ann).await, 1.0);
        for wrong in ["rose", "", "Setosa", "a\0b"] {
            let payload = label(ids[3].clone(), wrong).await;
            assert_eq!(complaints(&payload), ["INVALID actualLabel"], "{wrong:?}");
            let message = payload["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains("`versicolor`"), "{message}");
        }
        let payload = label(json!("classification_00000000000000000000000000"), "setosa").await;
        assert_eq!(complaints(&payload), ["NOT_FOUND classificationId"]);
        assert_eq!(
            log(&ann, "classification").await,
            ["classification.labelled"; 4]
        );
    }
);
