//! Models that were trained elsewhere. `fixtures/make.py` made the files.

use super::*;

const IMPORT: &str = "mutation ($input: ImportModelInput!) { importModel(input: $input) {
    modelVersion { id version algorithm params features labels target dataHash library byteSize loaded
      dataset { id } metrics { accuracy mae } model { name task champion { version } } }
    errors { code message path } } }";
pub(super) const LOGISTIC: &[u8] = include_bytes!("fixtures/logistic.onnx");
const CYCLE: &[u8] = include_bytes!("fixtures/cycle.onnx");

pub(super) fn input(name: &str) -> Value {
    let features = ["sepal length", "sepal width", "petal length", "petal width"];
    json!({ "name": name, "task": "CLASSIFICATION", "features": features })
}

pub(super) async fn import(client: &Client, input: Value, file: impl Into<reqwest::Body>) -> Value {
    let reply = client.upload(IMPORT, input, file).await;
    reply.at("/importModel").clone()
}

async fn refused(client: &Client, file: impl Into<reqwest::Body>) -> (String, String) {
    let payload = import(client, input("iris"), file).await;
    let (code, path) = refusal(&payload);
    assert_eq!(path, "input.file", "{payload:#}");
    let message = payload["errors"][0]["message"].as_str().unwrap();
    (code.to_owned(), message.to_owned())
}

every_database!(
    async fn an_export_of_scikit_learn_is_a_version_like_any_other(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let payload = import(&ann, input("iris"), LOGISTIC).await;
        assert_eq!(payload["errors"], json!([]), "{payload:#}");
        let version = &payload["modelVersion"];
        assert_eq!(
            (&version["version"], &version["algorithm"]),
            (&json!(1), &json!("ONNX"))
        );
        assert_eq!(
            version["labels"],
            json!(["setosa", "versicolor", "virginica"])
        );
        assert_eq!(version["features"], input("iris")["features"]);
        assert!(version["library"].as_str().unwrap().starts_with("skl2onnx"));
        assert_eq!(
            (&version["dataset"], &version["dataHash"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(version["metrics"], json!({ "accuracy": null, "mae": null }));
        let champion =
            json!({ "name": "iris", "task": "CLASSIFICATION", "champion": { "version": 1 } });
        assert_eq!(version["model"], champion);
        let mut named = input("Iris");
        named["labels"] = json!(["a", "b", "c"]);
        let second = import(&ann, named, LOGISTIC).await;
        assert_eq!(second["modelVersion"]["version"], 2);
        assert_eq!(second["modelVersion"]["labels"], json!(["a", "b", "c"]));
        let payload = import(&bob, input("IRIS"), LOGISTIC).await;
        assert_eq!(refusal(&payload), ("TAKEN", "input.name".to_owned()));
        let load =
            "mutation { loadModel(name: \"iris\") { modelVersion { loaded } errors { code } } }";
        let reply = bob.graphql(load, json!({})).await;
        assert_eq!(reply.at("/loadModel/modelVersion/loaded"), true);
        assert_eq!(
            log(&ann, "model").await,
            ["model.imported", "model.imported"]
        );
        assert_eq!(stored(&app).await, 2);
    }
);

every_database!(
    async fn pickles_are_refused_with_the_way_to_onnx(app: TestApp) {
        let ann = app.user("ann").await;
        for pickle in [
            &b"\x80\x04\x95\x1b\x00\x00\x00\x00\x00\x00\x00\x8c\x07sklearn."[..],
            b"\x80\x02csklearn.linear_model\nLogisticRegression\n",
            b"ccopy_reg\n_reconstructor\n",
            b"\x78\x9c\xab\x56\x4a",
        ] {
            let (code, message) = refused(&ann, pickle.to_vec()).await;
            assert_eq!(code, "UNSUPPORTED_TYPE");
            assert!(
                message.contains("skl2onnx") && message.contains("docs/models.md"),
                "{message}"
            );
        }
        let (code, message) = refused(&ann, b"PK\x03\x04archive/data.pkl".to_vec()).await;
        assert_eq!(code, "UNSUPPORTED_TYPE");
        assert!(message.contains("ONNX"), "{message}");
    }
);

every_database!(
    async fn files_that_are_no_whole_onnx_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        assert_eq!(refused(&ann, Vec::new()).await.0, "BLANK");
        for length in [1, 20, 100, 300, LOGISTIC.len() - 30] {
            let (code, message) = refused(&ann, LOGISTIC[..length].to_vec()).await;
            assert!(
                ["CORRUPT", "UNSUPPORTED_TYPE"].contains(&code.as_str()),
                "{length}: {message}"
            );
        }
        assert_eq!(
            refused(&ann, b"no model at all".to_vec()).await.0,
            "CORRUPT"
        );
        let (code, message) = refused(&ann, CYCLE.to_vec()).await;
        assert_eq!(code, "CORRUPT", "{message}");
        assert_eq!(stored(&app).await, 0);
        assert_eq!(model(&ann, "iris").await, Value::Null);
    }
);

every_database!(
    async fn operators_that_cannot_be_run_are_named(app: TestApp) {
        let ann = app.user("ann").await;
        let changed = replace(LOGISTIC, b"LinearClassifier", b"MadeUpClassifier");
        let (code, message) = refused(&ann, changed).await;
        assert_eq!(code, "UNSUPPORTED_TYPE");
        assert!(message.contains("MadeUpClassifier"), "{message}");
    }
);

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let found: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&at| bytes[at..].starts_with(from))
        .collect();
    for at in found {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

every_database!(
    async fn names_have_to_be_those_of_the_model(app: TestApp) {
        let ann = app.user("ann").await;
        for (field, value, code) in [
            ("features", json!(["a", "b", "c"]), "FEATURE_MISMATCH"),
            ("features", json!([]), "TOO_SHORT"),
            ("features", json!(["a", "b", "c", "a"]), "INVALID"),
            ("features", json!(["a", "b", "c", " "]), "INVALID"),
            ("labels", json!(["a", "a", "b"]), "INVALID"),
            ("task", json!("FORECAST"), "INVALID"),
            ("name", json!("knn"), "TAKEN"),
        ] {
            let mut input = input("iris");
            input[field] = value;
            let payload = import(&ann, input, LOGISTIC).await;
            assert_eq!(
                refusal(&payload),
                (code, format!("input.{field}")),
                "{payload:#}"
            );
        }
        let reply = app.client().upload(IMPORT, input("iris"), LOGISTIC).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gigabyte_is_refused_while_it_is_sent() {
    let app = TestApp::on(Engine::Sqlite, |config| config.models.bytes = 1 << 20).await;
    let ann = app.user("ann").await;
    let piece = bytes::Bytes::from(vec![8; 1 << 20]);
    let pieces = std::iter::repeat_n(piece, 1_024).map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let reply = ann.upload(IMPORT, input("iris"), body).await;
    assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(stored(&app).await, 0);
}
