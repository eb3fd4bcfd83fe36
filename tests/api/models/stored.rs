//! The bytes of models: loaded when they are needed, checked, and swept.

use super::*;

const LOAD: &str =
    "mutation ($name: String!, $version: Int) { loadModel(name: $name, version: $version) {
    modelVersion { version loaded } errors { code message path } } }";

async fn load(client: &Client, name: &str, version: Option<i32>) -> Value {
    let reply = client
        .graphql(LOAD, json!({ "name": name, "version": version }))
        .await;
    reply.at("/loadModel").clone()
}

every_database!(
    async fn a_version_is_loaded_when_it_is_asked_for(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        two_versions(&app, &ann).await;
        assert_eq!(model(&ann, "sides").await["champion"]["loaded"], false);
        let loaded = load(&bob, "SIDES", None).await;
        assert_eq!(
            loaded,
            json!({ "modelVersion": { "version": 1, "loaded": true }, "errors": [] })
        );
        assert_eq!(
            load(&bob, "sides", Some(2)).await["modelVersion"]["version"],
            2
        );
        assert_eq!(model(&ann, "sides").await["champion"]["loaded"], true);
        assert_eq!(
            refusal(&load(&ann, "sides", Some(3)).await),
            ("UNKNOWN_MODEL", "version".to_owned())
        );
        assert_eq!(
            refusal(&load(&ann, "sides\0", None).await),
            ("UNKNOWN_MODEL", "name".to_owned())
        );
        assert_eq!(
            refusal(&load(&ann, "nothing", None).await),
            ("UNKNOWN_MODEL", "name".to_owned())
        );
        let reply = app.client().graphql(LOAD, json!({ "name": "sides" })).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn changed_truncated_and_missing_bytes_are_refused_and_the_rest_works_on(app: TestApp) {
        let ann = app.user("ann").await;
        let (one, _) = two_versions(&app, &ann).await;
        let storage = &app.app().storage;
        let key = format!("models/{one}");
        let file = storage.fetch(&key, 1 << 20).await.unwrap().unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::BufReader::new(file), &mut bytes).unwrap();
        let whole = bytes.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        for damaged in [
            bytes,
            whole[..middle].to_vec(),
            Vec::new(),
            [whole.clone(), vec![0]].concat(),
        ] {
            storage.put(&key, damaged.into()).await.unwrap();
            let refused = load(&ann, "sides", None).await;
            assert_eq!(refusal(&refused), ("CORRUPT", "version".to_owned()));
            assert_eq!(load(&ann, "sides", Some(2)).await["errors"], json!([]));
        }
        storage.delete(&key).await.unwrap();
        assert_eq!(
            refusal(&load(&ann, "sides", None).await),
            ("CORRUPT", "version".to_owned())
        );
        storage.put(&key, whole.into()).await.unwrap();
        assert_eq!(
            load(&ann, "sides", None).await["modelVersion"]["loaded"],
            true
        );
    }
);

every_database!(
    async fn a_dataset_whose_bytes_were_changed_trains_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        let mut csv = points();
        csv.replace_range(9..10, "7");
        app.app()
            .storage
            .put(&format!("datasets/{dataset}"), csv.into())
            .await
            .unwrap();
        let job = started(&ann, order(&dataset, "Sides")).await;
        let job = ended(&app, &ann, &job).await;
        assert_eq!(job["status"], "FAILED");
        assert!(
            job["error"].as_str().unwrap().contains("import it again"),
            "{job:#}"
        );
        assert_eq!(model(&ann, "sides").await, Value::Null);
    }
);

every_database!(
    with = |config| {
        config.models.memory = 0;
    },
    async fn what_does_not_fit_into_memory_is_loaded_and_not_kept(app: TestApp) {
        let ann = app.user("ann").await;
        two_versions(&app, &ann).await;
        let loaded = load(&ann, "sides", None).await;
        assert_eq!(loaded["errors"], json!([]));
        app.app().artefacts.settle().await;
        assert_eq!(model(&ann, "sides").await["champion"]["loaded"], false);
    }
);

every_database!(
    with = |config| {
        config.models.training_bytes = 1_024;
    },
    async fn a_dataset_that_memory_may_not_hold_is_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let dataset = ann
            .dataset("Points", "TABULAR", points() + &"1,1,left\n".repeat(100))
            .await;
        let payload = train(&ann, order(&dataset, "Sides")).await;
        assert_eq!(
            refusal(&payload),
            ("TOO_LARGE", "input.datasetId".to_owned())
        );
    }
);

every_database!(
    async fn bytes_without_a_version_are_swept_a_day_later(app: TestApp) {
        let ann = app.user("ann").await;
        two_versions(&app, &ann).await;
        let lost = format!("models/{}", pluma::id::ModelVersionId::new());
        app.app().storage.put(&lost, vec![1].into()).await.unwrap();
        let sweep = || pluma::models::sweeping::sweep(app.app());
        assert_eq!(sweep().await.unwrap(), 0);
        app.clock().advance(Duration::from_secs(25 * 3_600));
        assert_eq!(sweep().await.unwrap(), 1);
        assert_eq!(stored(&app).await, 2);
    }
);
