//! What the log holds of accounts: sign-ins, failures, keys and roles, with address and request id.

use pluma::accounts::service::refusals::forbidden;

use super::api_keys::key;
use super::*;

/// How many rows there are of an action, with an address and a request's id, under a further condition.
async fn rows(app: &TestApp, action: &str, and: &str) -> usize {
    let count = format!(
        "UPDATE logs SET action = action WHERE action = '{action}' AND ip = '127.0.0.1'
         AND request_id IS NOT NULL AND {and}"
    );
    app.execute(&count).await
}

every_database!(
    async fn signing_in_is_written_down_and_so_is_failing_to(app: TestApp) {
        let ann = app.user("ann").await;
        sign_in(&app, "ann", PASSWORD).await;
        assert_eq!(rows(&app, "session.started", "username = 'ann'").await, 2);
        let of_ann = format!(
            "subject_id = '{}' AND username = 'anonymous' AND user_id IS NULL",
            ann.id
        );
        for _ in 0..4 {
            sign_in(&app, "ann", "not the password").await;
            sign_in(&app, "nobody-here", "my-secret-typed-here").await;
        }
        sign_in(&app, "my-secret-typed-here", "x").await;
        assert_eq!(
            rows(&app, "session.refused", &of_ann).await,
            1,
            "one a minute"
        );
        assert_eq!(
            rows(&app, "session.refused", "subject_id = 'unknown'").await,
            2
        );
        for typed in ["my-secret-typed-here", "nobody-here", "not the password"] {
            let planted = format!(
                "UPDATE logs SET action = action WHERE username LIKE '%{typed}%'
                 OR subject_id LIKE '%{typed}%' OR CAST(details AS TEXT) LIKE '%{typed}%'"
            );
            assert_eq!(app.execute(&planted).await, 0, "{typed}");
        }
    }
);

every_database!(
    async fn nobody_fills_the_disk_with_failures(app: TestApp) {
        let ann = app.user("ann").await;
        let shown = Some(ann.access_token.as_str());
        let mut viewer = authenticate(app.app(), shown, viewer::Client::default())
            .await
            .unwrap();
        let begun = std::time::Instant::now();
        for number in 0..2_000_u32 {
            viewer.client.ip = Some(std::net::IpAddr::V4(number.into()));
            forbidden(app.app(), &viewer, "Not yours.").await;
        }
        let most = 60 + begun.elapsed().as_secs() as usize + 1;
        let written =
            app.execute("UPDATE logs SET action = action WHERE action = 'request.refused'");
        let written = written.await;
        assert!((60..=most).contains(&written), "{written} rows");
        assert!(most < 1_000);
    }
);

every_database!(
    async fn keys_roles_and_passwords_are_written_down(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let (id, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        let of_key = format!("subject_id = '{id}' AND username = 'ann'");
        assert_eq!(rows(&app, "api_key.created", &of_key).await, 1);
        let revoke =
            format!(r#"mutation {{ revokeApiKey(apiKeyId: "{id}") {{ apiKey {{ id }} }} }}"#);
        ann.graphql(&revoke, json!({})).await.data();
        assert_eq!(rows(&app, "api_key.revoked", &of_key).await, 1);
        let secret = format!(
            "UPDATE logs SET action = action WHERE CAST(details AS TEXT) LIKE '%{}%'",
            robot.access_token
        );
        assert_eq!(app.execute(&secret).await, 0);

        let promote = format!(
            r#"mutation {{ updateUser(input: {{ userId: "{}", role: ADMIN }}) {{ errors {{ code }} }} }}"#,
            ann.id
        );
        let refused = ann.graphql(&promote, json!({})).await;
        assert_eq!(refusal(&refused), "FORBIDDEN");
        assert_eq!(rows(&app, "request.refused", "username = 'ann'").await, 1);
        admin.graphql(&promote, json!({})).await.data();
        let change = r#"username = 'admin' AND CAST(details AS TEXT) LIKE '%"from"%USER%'"#;
        assert_eq!(rows(&app, "account.updated_by_admin", change).await, 1);

        let wrong = r#"mutation { changePassword(currentPassword: "wrong", newPassword: "another passphrase") { errors { code path } } }"#;
        let reply = ann.graphql(wrong, json!({})).await;
        assert_eq!(
            errors(&reply.data()["changePassword"]),
            ["WRONG_CREDENTIALS currentPassword"]
        );
        assert_eq!(rows(&app, "password.refused", "username = 'ann'").await, 1);
    }
);

every_database!(
    async fn the_reuse_of_a_refresh_token_is_written_down(app: TestApp) {
        app.user("ann").await;
        let (_, payload) = sign_in(&app, "ann", PASSWORD).await;
        refresh(&app.client(), &payload["refreshToken"]).await;
        app.clock().advance(Duration::from_secs(11));
        refresh(&app.client(), &payload["refreshToken"]).await;
        let twice = "username = 'ann' AND CAST(details AS TEXT) LIKE '%used twice%'";
        assert_eq!(rows(&app, "session.ended", twice).await, 1);
    }
);

every_database!(
    async fn a_key_that_is_not_good_is_written_down_without_the_key(app: TestApp) {
        let ann = app.user("ann").await;
        let (_, mut robot) = key(&app, &ann, &["READ"]).await;
        let shown = format!("{}x", robot.access_token);
        robot.access_token.clone_from(&shown);
        for _ in 0..3 {
            let refused = robot.graphql("{ viewer { id } }", json!({})).await;
            assert_eq!(refused.code(), "UNAUTHENTICATED");
        }
        let unknown = "subject_id = 'unknown' AND username = 'anonymous'";
        assert_eq!(
            rows(&app, "api_key.refused", unknown).await,
            1,
            "one a minute"
        );
        let planted = format!(
            "UPDATE logs SET action = action WHERE CAST(details AS TEXT) LIKE '%{shown}%' OR subject_id LIKE '%{shown}%'"
        );
        assert_eq!(app.execute(&planted).await, 0);
    }
);
