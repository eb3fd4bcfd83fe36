//! Signing in and out, and refreshing.

use super::*;

every_database!(
    async fn signing_in_takes_the_name_or_the_address(app: TestApp) {
        app.user("ann").await;
        for login in ["ann", " ANN ", "Ann@Example.org"] {
            let (client, payload) = sign_in(&app, login, PASSWORD).await;
            assert_eq!(errors(&payload), [""; 0]);
            let reply = client.graphql(VIEWER, json!({})).await;
            assert_eq!(reply.data()["viewer"]["username"], "ann");
        }
    }
);

every_database!(
    async fn a_wrong_name_and_a_wrong_password_look_alike(app: TestApp) {
        app.user("ann").await;
        let long = "x".repeat(5000);
        let mut answers = Vec::new();
        for (login, password) in [
            ("ann", "another password"),
            ("bob", PASSWORD),
            ("", ""),
            ("an\0n", "\0"),
            ("ann", long.as_str()),
        ] {
            let (_, payload) = sign_in(&app, login, password).await;
            assert_eq!(payload["user"], Value::Null);
            answers.push(payload["errors"].clone());
        }
        assert!(
            answers.iter().all(|answer| answer == &answers[0]),
            "{answers:?}"
        );
        assert_eq!(answers[0][0]["code"], "WRONG_CREDENTIALS");
    }
);

every_database!(
    async fn a_refresh_token_works_once_and_its_reuse_ends_the_session(app: TestApp) {
        app.user("ann").await;
        let (_, payload) = sign_in(&app, "ann", PASSWORD).await;
        let client = app.client();
        let first = payload["refreshToken"].clone();
        let second = refresh(&client, &first).await;
        assert_eq!(errors(&second), [""; 0]);
        assert_ne!(second["refreshToken"], first);

        app.clock().advance(Duration::from_secs(11));
        let stolen = refresh(&app.client(), &first).await;
        assert_eq!(errors(&stolen), ["REUSED refreshToken"]);
        assert_eq!(stolen["accessToken"], Value::Null);
        let after = refresh(&app.client(), &second["refreshToken"]).await;
        assert_eq!(errors(&after), ["EXPIRED refreshToken"]);
        let access = second["accessToken"].as_str();
        let outcome = authenticate(app.app(), access, viewer::Client::default()).await;
        assert!(
            outcome.is_err(),
            "the access token of an ended session is refused at once"
        );
    }
);

every_database!(
    async fn tabs_that_refresh_at_once_both_stay_signed_in(app: TestApp) {
        app.user("ann").await;
        let (_, payload) = sign_in(&app, "ann", PASSWORD).await;
        let (one, other) = (app.client(), app.client());
        let (a, b) = tokio::join!(
            refresh(&one, &payload["refreshToken"]),
            refresh(&other, &payload["refreshToken"])
        );
        for answer in [&a, &b] {
            assert_eq!(errors(answer), [""; 0]);
            let next = refresh(&app.client(), &answer["refreshToken"]).await;
            assert_eq!(errors(&next), [""; 0]);
            assert_eq!(next["session"]["id"], a["session"]["id"]);
        }
        assert_ne!(a["refreshToken"], b["refreshToken"]);
    }
);

every_database!(
    async fn a_session_slides_and_ends_when_nobody_refreshes_it(app: TestApp) {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        app.user("ann").await;
        let (_, mut payload) = sign_in(&app, "ann", PASSWORD).await;
        for _ in 0..2 {
            app.clock().advance(20 * DAY);
            payload = refresh(&app.client(), &payload["refreshToken"]).await;
            assert_eq!(
                errors(&payload),
                [""; 0],
                "forty days in all, never thirty without a refresh"
            );
        }
        app.clock().advance(31 * DAY);
        let payload = refresh(&app.client(), &payload["refreshToken"]).await;
        assert_eq!(errors(&payload), ["EXPIRED refreshToken"]);
    }
);

every_database!(
    async fn what_is_no_refresh_token_is_wrong(app: TestApp) {
        let never_given = format!("pluma_rt_{}", "A".repeat(43));
        for token in [
            json!(null),
            json!(""),
            json!("pluma_rt_\0"),
            json!(never_given),
        ] {
            let payload = refresh(&app.client(), &token).await;
            assert_eq!(
                errors(&payload),
                ["WRONG_CREDENTIALS refreshToken"],
                "{token}"
            );
        }
    }
);

every_database!(
    async fn a_browser_refreshes_and_signs_out_by_its_cookies(app: TestApp) {
        let client = app.client();
        client.graphql(REGISTER, registration("ann")).await;
        let reply = client
            .graphql(
                "mutation { refreshSession { user { username } errors { code } } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.data()["refreshSession"]["user"]["username"], "ann");
        assert_eq!(cookies(&reply).len(), 2);

        // The access token expires; the cookie of the refresh token still says whose session is to end.
        app.clock().advance(Duration::from_secs(16 * 60));
        assert_eq!(
            client.graphql(VIEWER, json!({})).await.data()["viewer"],
            Value::Null
        );
        let reply = client
            .graphql(
                "mutation { logout { session { current } errors { code } } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.data()["logout"]["session"]["current"], true);
        assert!(
            cookies(&reply)
                .iter()
                .all(|cookie| cookie.contains("Max-Age=0"))
        );
        assert_eq!(cookies(&reply).len(), 2);
        let again = client
            .graphql(
                "mutation { logout { session { id } errors { code } } }",
                json!({}),
            )
            .await;
        assert_eq!(refusal(&again), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn signing_out_ends_this_session_alone(app: TestApp) {
        app.user("ann").await;
        let (here, payload) = sign_in(&app, "ann", PASSWORD).await;
        let (elsewhere, _) = sign_in(&app, "ann", PASSWORD).await;
        here.graphql(
            "mutation { logout { session { id } errors { code } } }",
            json!({}),
        )
        .await;
        let reply = here.graphql(VIEWER, json!({})).await;
        assert_eq!(reply.data()["viewer"], Value::Null);
        let reply = elsewhere.graphql(VIEWER, json!({})).await;
        assert_eq!(reply.data()["viewer"]["username"], "ann");
        let ended = refresh(&app.client(), &payload["refreshToken"]).await;
        assert_eq!(errors(&ended), ["EXPIRED refreshToken"]);
    }
);

every_database!(
    async fn a_bad_bearer_token_is_refused_and_a_bad_cookie_is_nobody(app: TestApp) {
        app.user("ann").await;
        let (_, payload) = sign_in(&app, "ann", PASSWORD).await;
        let good = payload["accessToken"].as_str().unwrap();
        let changed = format!("{}x", &good[..good.len() - 1]);
        let client = viewer::Client::default;
        assert!(
            authenticate(app.app(), Some(good), client())
                .await
                .unwrap()
                .id()
                .is_some()
        );
        assert!(
            authenticate(app.app(), None, client())
                .await
                .unwrap()
                .is_anonymous()
        );
        for bad in ["", "nonsense", changed.as_str()] {
            let refused = authenticate(app.app(), Some(bad), client())
                .await
                .unwrap_err();
            assert!(matches!(
                refused,
                pluma::error::Error::Refused {
                    code: pluma::error::Code::Unauthenticated,
                    ..
                }
            ));
            assert!(
                authenticate_cookie(app.app(), Some(bad), client())
                    .await
                    .unwrap()
                    .is_anonymous()
            );
        }
        app.clock().advance(Duration::from_secs(15 * 60));
        assert!(authenticate(app.app(), Some(good), client()).await.is_err());
    }
);

every_database!(
    async fn a_session_is_a_node_for_its_own_user_alone(app: TestApp) {
        let ann = app.user("ann").await;
        let bob = app.user("bob").await;
        let login = "mutation { login(input: { login: \"ann\", password: \"correct horse battery\" }) { session { id } } }";
        let other = app.client().graphql(login, json!({})).await;
        let id = other.text("/login/session/id").to_owned();
        let node = "query ($id: ID!) { node(id: $id) { id ... on Session { current } } }";
        let seen = ann.graphql(node, json!({ "id": id })).await;
        assert_eq!(seen.data()["node"], json!({ "id": id, "current": false }));
        for client in [bob, app.client()] {
            let unseen = client.graphql(node, json!({ "id": id })).await;
            assert_eq!(unseen.data()["node"], Value::Null);
        }
    }
);
