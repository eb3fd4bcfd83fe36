//! What administrators do with accounts.

use super::*;

const UPDATE_USER: &str = "mutation($input: UpdateUserInput!) { updateUser(input: $input) {
    user { username displayName email role } errors { code path } } }";
const DELETE_USER: &str =
    "mutation($id: ID!) { deleteUser(userId: $id) { deletedId errors { code path } } }";

every_database!(
    async fn administrators_change_and_remove_accounts(app: TestApp) {
        let admin = app.admin().await;
        let ann = app.user("ann").await;
        app.user("bob").await;
        let update = async |input: Value| {
            let reply = admin.graphql(UPDATE_USER, json!({ "input": input })).await;
            reply.data()["updateUser"].clone()
        };
        let payload = update(
            json!({ "userId": ann.id, "username": "anna", "displayName": "Anna", "role": "USER" }),
        )
        .await;
        assert_eq!(payload["user"]["username"], "anna");
        assert_eq!(
            ann.graphql(VIEWER, json!({})).await.data()["viewer"]["displayName"],
            "Anna"
        );
        let payload = update(json!({ "userId": ann.id, "username": "BOB" })).await;
        assert_eq!(errors(&payload), ["TAKEN input.username"]);
        let payload =
            update(json!({ "userId": ann.id, "username": "x", "password": "short" })).await;
        assert_eq!(
            errors(&payload),
            ["TOO_SHORT input.username", "TOO_SHORT input.password"]
        );
        let payload = update(json!({ "userId": "nobody", "username": "xyz" })).await;
        assert_eq!(errors(&payload), ["NOT_FOUND input.userId"]);

        let payload = update(json!({ "userId": ann.id, "password": "another passphrase" })).await;
        assert_eq!(errors(&payload), [""; 0]);
        let reply = ann.graphql(VIEWER, json!({})).await;
        assert!(
            reply.body["data"]["viewer"].is_null(),
            "the sessions have ended"
        );
        let (ann_again, payload) = sign_in(&app, "anna", "another passphrase").await;
        assert_eq!(errors(&payload), [""; 0]);

        for (query, variables) in [
            (
                UPDATE_USER,
                json!({ "input": { "userId": ann.id, "role": "ADMIN" } }),
            ),
            (DELETE_USER, json!({ "id": ann.id })),
        ] {
            assert_eq!(
                refusal(&ann_again.graphql(query, variables.clone()).await),
                "FORBIDDEN"
            );
            assert_eq!(
                refusal(&app.client().graphql(query, variables).await),
                "UNAUTHENTICATED"
            );
        }
        let reply = admin.graphql(DELETE_USER, json!({ "id": ann.id })).await;
        assert_eq!(reply.data()["deleteUser"]["deletedId"], json!(ann.id));
        let reply = admin.graphql(DELETE_USER, json!({ "id": ann.id })).await;
        assert_eq!(errors(&reply.data()["deleteUser"]), ["NOT_FOUND userId"]);
        assert_eq!(
            ann_again.graphql(VIEWER, json!({})).await.data()["viewer"],
            Value::Null
        );
    }
);

every_database!(
    async fn the_last_administrator_stays(app: TestApp) {
        let admin = app.admin().await;
        let demote = json!({ "input": { "userId": admin.id, "role": "USER" } });
        let reply = admin.graphql(UPDATE_USER, demote.clone()).await;
        assert_eq!(errors(&reply.data()["updateUser"]), ["CONFLICT input.role"]);
        let reply = admin.graphql(DELETE_USER, json!({ "id": admin.id })).await;
        assert_eq!(errors(&reply.data()["deleteUser"]), ["CONFLICT userId"]);
        let reply = admin.graphql(VIEWER, json!({})).await;
        assert_eq!(
            reply.data()["viewer"]["role"],
            "ADMIN",
            "nothing was changed, the session goes on"
        );

        let ann = app.user("ann").await;
        let promote = json!({ "input": { "userId": ann.id, "role": "ADMIN" } });
        admin.graphql(UPDATE_USER, promote).await;
        let remove_ann = json!({ "input": { "userId": ann.id, "role": "USER" } });
        let (a, b) = tokio::join!(
            admin.graphql(UPDATE_USER, remove_ann),
            ann.graphql(UPDATE_USER, demote)
        );
        let kept = [&a, &b]
            .iter()
            .filter(|reply| !reply.body["data"]["updateUser"]["user"].is_null())
            .count();
        assert_eq!(
            kept, 1,
            "two administrators who demote each other: one of them succeeds\n{:?}\n{:?}",
            a.body, b.body
        );
    }
);

every_database!(
    async fn an_administrator_can_demote_themself_while_there_is_another(app: TestApp) {
        let admin = app.admin().await;
        let ann = app.user("ann").await;
        admin
            .graphql(
                UPDATE_USER,
                json!({ "input": { "userId": ann.id, "role": "ADMIN" } }),
            )
            .await;
        let reply = admin
            .graphql(
                UPDATE_USER,
                json!({ "input": { "userId": admin.id, "role": "USER" } }),
            )
            .await;
        assert_eq!(errors(&reply.data()["updateUser"]), [""; 0]);
        let reply = admin
            .graphql(
                UPDATE_USER,
                json!({ "input": { "userId": ann.id, "role": "USER" } }),
            )
            .await;
        assert_eq!(
            refusal(&reply),
            "FORBIDDEN",
            "a role counts from the next request on"
        );
    }
);
