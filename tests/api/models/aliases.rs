//! Champion and challenger: who moves them, and that each move stays written.

use super::*;

const FIELDS: &str = "{ model { champion { version } challenger { version } challengerShare } errors { code message path } }";

async fn champion(client: &Client, version: &str, reason: &str) -> Value {
    let query = format!(
        "mutation ($id: ID!, $reason: String) {{ setChampion(modelVersionId: $id, reason: $reason) {FIELDS} }}"
    );
    let reply = client
        .graphql(&query, json!({ "id": version, "reason": reason }))
        .await;
    reply.at("/setChampion").clone()
}

async fn challenger(client: &Client, version: &str, share: f64) -> Value {
    let query = format!(
        "mutation ($id: ID!, $share: Float!) {{ setChallenger(modelVersionId: $id, share: $share) {FIELDS} }}"
    );
    let reply = client
        .graphql(&query, json!({ "id": version, "share": share }))
        .await;
    reply.at("/setChallenger").clone()
}

async fn clear(client: &Client, model: &Value) -> Value {
    let query = format!(
        "mutation ($id: ID!) {{ clearChallenger(modelId: $id, reason: \"Enough\") {FIELDS} }}"
    );
    let reply = client.graphql(&query, json!({ "id": model })).await;
    reply.at("/clearChallenger").clone()
}

async fn delete(client: &Client, version: &str) -> Value {
    let query = "mutation ($id: ID!) { deleteModelVersion(modelVersionId: $id) { deletedId errors { code path } } }";
    let reply = client.graphql(query, json!({ "id": version })).await;
    reply.at("/deleteModelVersion").clone()
}

fn stands(champion: i32, challenger: Option<i32>, share: f64) -> Value {
    json!({
        "model": {
            "champion": { "version": champion },
            "challenger": challenger.map(|version| json!({ "version": version })),
            "challengerShare": share,
        },
        "errors": [],
    })
}

every_database!(
    async fn aliases_are_moved_by_the_owner_and_every_move_is_written_down(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let (one, two) = two_versions(&app, &ann).await;
        let id = model(&ann, "sides").await["id"].clone();
        assert_eq!(challenger(&ann, &two, 0.25).await, stands(1, Some(2), 0.25));
        assert_eq!(challenger(&admin, &two, 0.5).await, stands(1, Some(2), 0.5));
        // What is so already is written once.
        assert_eq!(challenger(&ann, &two, 0.5).await, stands(1, Some(2), 0.5));
        assert_eq!(
            champion(&ann, &two, "Better on the new data").await,
            stands(2, None, 0.0)
        );
        assert_eq!(champion(&ann, &two, "Again").await, stands(2, None, 0.0));
        assert_eq!(challenger(&ann, &one, 1.0).await, stands(2, Some(1), 1.0));
        assert_eq!(clear(&ann, &id).await, stands(2, None, 0.0));
        assert_eq!(clear(&ann, &id).await, stands(2, None, 0.0));

        let found = model(&bob, "sides").await;
        let history = found["aliasHistory"].as_array().unwrap().iter().rev();
        let moves: Vec<_> = history
            .map(|change| {
                json!([
                    change["alias"],
                    change["from"]["version"],
                    change["to"]["version"],
                    change["share"],
                    change["by"]["id"] == admin.id.as_str(),
                    change["reason"],
                ])
            })
            .collect();
        let nothing = Value::Null;
        let better = "Better on the new data";
        assert_eq!(
            moves,
            [
                json!(["champion", nothing, 1, nothing, false, "The first version."]),
                json!(["challenger", nothing, 2, 0.25, false, nothing]),
                json!(["challenger", 2, 2, 0.5, true, nothing]),
                json!(["challenger", 2, nothing, nothing, false, better]),
                json!(["champion", 1, 2, nothing, false, better]),
                json!(["challenger", nothing, 1, 1.0, false, nothing]),
                json!(["challenger", 1, nothing, nothing, false, "Enough"]),
            ]
        );
        assert_eq!(
            log(&ann, "model.c").await,
            [
                "model.challengerSet",
                "model.championSet",
                "model.challengerSet",
                "model.challengerCleared"
            ]
        );
    }
);

every_database!(
    async fn aliases_are_not_moved_by_others_nor_to_what_makes_no_sense(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (one, two) = two_versions(&app, &ann).await;
        let id = model(&ann, "sides").await["id"].clone();
        let at = |path: &str| path.to_owned();
        assert_eq!(
            refusal(&champion(&bob, &two, "Mine").await),
            ("FORBIDDEN", at("modelVersionId"))
        );
        assert_eq!(
            refusal(&challenger(&bob, &two, 0.5).await),
            ("FORBIDDEN", at("modelVersionId"))
        );
        assert_eq!(
            refusal(&clear(&bob, &id).await),
            ("FORBIDDEN", at("modelId"))
        );
        assert_eq!(
            refusal(&delete(&bob, &two).await),
            ("FORBIDDEN", at("modelVersionId"))
        );
        for share in [-0.1, 1.1] {
            assert_eq!(
                refusal(&challenger(&ann, &two, share).await),
                ("OUT_OF_RANGE", at("share"))
            );
        }
        assert_eq!(
            refusal(&challenger(&ann, &one, 0.5).await),
            ("CONFLICT", at("modelVersionId"))
        );
        let long = "x".repeat(501);
        assert_eq!(
            refusal(&champion(&ann, &two, &long).await),
            ("TOO_LONG", at("reason"))
        );
        let nobody = "version_00000000000000000000000000";
        assert_eq!(
            refusal(&champion(&ann, nobody, "").await),
            ("NOT_FOUND", at("modelVersionId"))
        );
        assert_eq!(
            model(&ann, "sides").await["aliasHistory"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
);

every_database!(
    async fn a_deleted_version_challenges_no_longer_and_the_champion_stays(app: TestApp) {
        let ann = app.user("ann").await;
        let (one, two) = two_versions(&app, &ann).await;
        challenger(&ann, &two, 0.5).await;
        assert_eq!(stored(&app).await, 2);
        assert_eq!(
            refusal(&delete(&ann, &one).await),
            ("CONFLICT", "modelVersionId".to_owned())
        );
        assert_eq!(delete(&ann, &two).await["deletedId"], two.as_str());
        assert_eq!(stored(&app).await, 1);
        let found = model(&ann, "sides").await;
        assert_eq!(
            (&found["challenger"], &found["challengerShare"]),
            (&Value::Null, &json!(0.0))
        );
        assert_eq!(found["versions"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(
            found["aliasHistory"][0]["reason"],
            "The version was deleted."
        );
        assert_eq!(
            refusal(&delete(&ann, &two).await),
            ("NOT_FOUND", "modelVersionId".to_owned())
        );
        // A number is never given twice.
        let dataset = ann.dataset("Points", "TABULAR", points()).await;
        trained(&app, &ann, order(&dataset, "Sides")).await;
        assert_eq!(
            model(&ann, "sides").await["versions"]["nodes"][0]["version"],
            3
        );
    }
);

async fn history_stays(engine: Engine) {
    let app = TestApp::on(engine, |_| {}).await;
    let ann = app.user("ann").await;
    two_versions(&app, &ann).await;
    for sql in [
        "UPDATE alias_changes SET reason = 'never'",
        "DELETE FROM alias_changes",
    ] {
        let refused = app.try_execute(sql).await.unwrap_err();
        assert!(refused.contains("append-only"), "{refused}");
    }
    assert_eq!(
        model(&ann, "sides").await["aliasHistory"][0]["reason"],
        "The first version."
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_aliases_is_not_even_changed_by_sql() {
    history_stays(Engine::Sqlite).await;
    history_stays(Engine::Postgres).await;
}
