//! What people change about their own account.

use super::*;

every_database!(
    async fn a_profile_changes_where_something_is_given(app: TestApp) {
        const UPDATE: &str =
            "mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
        user { username displayName bio email emailVerified } errors { code path } } }";
        let ann = app.user("ann").await;
        app.user("bob").await;
        let update = async |input: Value| {
            let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
            reply.data()["updateProfile"].clone()
        };
        let payload = update(
            json!({ "displayName": " Ann O’Neil ", "bio": "Writes.\nReads.", "email": null }),
        )
        .await;
        assert_eq!(payload["user"]["displayName"], "Ann O’Neil");
        assert_eq!(payload["user"]["bio"], "Writes.\nReads.");
        assert_eq!(payload["user"]["email"], "ann@example.org");
        let payload = update(json!({})).await;
        assert_eq!(payload["user"]["bio"], "Writes.\nReads.");
        let payload = update(json!({ "bio": "", "username": "ANN" })).await;
        assert_eq!(payload["user"]["bio"], Value::Null);
        assert_eq!(
            payload["user"]["username"], "ANN",
            "one's own name in another case is free"
        );
        let payload = update(json!({ "username": "Bob" })).await;
        assert_eq!(errors(&payload), ["TAKEN input.username"]);
        assert_eq!(payload["user"], Value::Null);
        let payload = update(json!({ "email": "BOB@example.org" })).await;
        assert_eq!(errors(&payload), ["TAKEN input.email"]);
        let payload = update(json!({ "displayName": "", "bio": "x".repeat(2001) })).await;
        assert_eq!(
            errors(&payload),
            ["BLANK input.displayName", "TOO_LONG input.bio"]
        );
        let reply = app.client().graphql(UPDATE, json!({ "input": {} })).await;
        assert_eq!(refusal(&reply), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn another_password_ends_the_other_sessions(app: TestApp) {
        const CHANGE: &str = "mutation($old: String, $new: String!) {
        changePassword(currentPassword: $old, newPassword: $new) { user { username } errors { code path } } }";
        app.user("ann").await;
        let (here, _) = sign_in(&app, "ann", PASSWORD).await;
        let (elsewhere, _) = sign_in(&app, "ann", PASSWORD).await;
        let change = async |old: Value, new: &str| {
            let reply = here
                .graphql(CHANGE, json!({ "old": old, "new": new }))
                .await;
            errors(&reply.data()["changePassword"])
        };
        assert_eq!(
            change(json!("wrong password"), "a new passphrase").await,
            ["WRONG_CREDENTIALS currentPassword"]
        );
        assert_eq!(
            change(json!(null), "a new passphrase").await,
            ["BLANK currentPassword"]
        );
        assert_eq!(
            change(json!(PASSWORD), "ANN@example.org").await,
            ["INVALID newPassword"]
        );
        assert_eq!(change(json!(PASSWORD), "a new passphrase").await, [""; 0]);

        assert_eq!(
            here.graphql(VIEWER, json!({})).await.data()["viewer"]["username"],
            "ann"
        );
        assert_eq!(
            elsewhere.graphql(VIEWER, json!({})).await.data()["viewer"],
            Value::Null
        );
        assert_eq!(
            errors(&sign_in(&app, "ann", PASSWORD).await.1),
            ["WRONG_CREDENTIALS input"]
        );
        assert_eq!(
            errors(&sign_in(&app, "ann", "a new passphrase").await.1),
            [""; 0]
        );
    }
);

every_database!(
    async fn a_deleted_account_is_gone(app: TestApp) {
        const DELETE: &str = "mutation($password: String) { deleteAccount(password: $password) { deletedId errors { code path } } }";
        app.user("ann").await;
        let (ann, payload) = sign_in(&app, "ann", PASSWORD).await;
        let reply = ann.graphql(DELETE, json!({})).await;
        assert_eq!(errors(&reply.data()["deleteAccount"]), ["BLANK password"]);
        let reply = ann
            .graphql(DELETE, json!({ "password": "wrong password" }))
            .await;
        assert_eq!(
            errors(&reply.data()["deleteAccount"]),
            ["WRONG_CREDENTIALS password"]
        );
        assert!(cookies(&reply).is_empty());
        let reply = ann.graphql(DELETE, json!({ "password": PASSWORD })).await;
        assert_eq!(
            reply.data()["deleteAccount"]["deletedId"],
            payload["user"]["id"]
        );
        assert_eq!(cookies(&reply).len(), 2);

        let reply = app
            .client()
            .graphql("{ user(by: { username: \"ann\" }) { id } }", json!({}))
            .await;
        assert_eq!(reply.data()["user"], Value::Null);
        let token = payload["accessToken"].as_str();
        assert!(
            authenticate(app.app(), token, viewer::Client::default())
                .await
                .is_err()
        );
        assert_eq!(
            errors(&refresh(&app.client(), &payload["refreshToken"]).await),
            ["WRONG_CREDENTIALS refreshToken"]
        );
        let reply = app.client().graphql(REGISTER, registration("ann")).await;
        assert_eq!(
            errors(&reply.data()["register"]),
            [""; 0],
            "the name is free again"
        );
    }
);
