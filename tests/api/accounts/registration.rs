//! Making an account.

use super::*;

every_database!(
    async fn registering_gives_tokens_and_cookies(app: TestApp) {
        let client = app.client();
        let reply = client.graphql(REGISTER, registration("Ann")).await;
        let payload = &reply.data()["register"];
        assert_eq!(payload["errors"], json!([]));
        let user = &payload["user"];
        assert_eq!(user["username"], "Ann");
        assert_eq!(user["displayName"], "Ann");
        assert_eq!(user["email"], "Ann@example.org");
        assert_eq!(user["emailVerified"], false);
        assert_eq!(
            user["role"], "USER",
            "the first account is one like any other"
        );
        assert_eq!(user["bio"], Value::Null);
        assert_eq!(payload["session"]["current"], true);
        assert!(
            payload["refreshToken"]
                .as_str()
                .unwrap()
                .starts_with("pluma_rt_")
        );
        assert!(payload["accessTokenExpiresAt"].is_string());

        let cookies = cookies(&reply);
        let names = ["pluma_access=", "pluma_refresh=", "pluma_device="];
        assert_eq!(cookies.len(), names.len());
        for (cookie, name) in cookies.iter().zip(names) {
            assert!(cookie.starts_with(name), "{cookie}");
            assert!(
                cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"),
                "{cookie}"
            );
        }
        let reply = client.graphql(VIEWER, json!({})).await;
        assert_eq!(
            reply.data()["viewer"]["id"],
            user["id"],
            "the cookie signs in"
        );
    }
);

every_database!(
    async fn names_and_addresses_are_unique_whatever_their_case_and_form(app: TestApp) {
        app.client().graphql(REGISTER, registration("josé")).await;
        let taken = json!({ "input": { "username": "JOSE\u{301}", "email": "x@example.org", "password": PASSWORD } });
        let reply = app.client().graphql(REGISTER, taken).await;
        let payload = &reply.data()["register"];
        assert_eq!(errors(payload), ["TAKEN input.username"]);
        assert_eq!(payload["user"], Value::Null);
        assert_eq!(payload["accessToken"], Value::Null);
        assert!(cookies(&reply).is_empty());
        let taken = json!({ "input": { "username": "other", "email": "JOSÉ@EXAMPLE.ORG", "password": PASSWORD } });
        let reply = app.client().graphql(REGISTER, taken).await;
        assert_eq!(errors(&reply.data()["register"]), ["TAKEN input.email"]);
    }
);

every_database!(
    async fn every_mistake_in_a_registration_is_named(app: TestApp) {
        let input = json!({ "input": { "username": "a b", "email": "nobody", "password": "short", "displayName": " " } });
        let reply = app.client().graphql(REGISTER, input).await;
        assert_eq!(
            errors(&reply.data()["register"]),
            [
                "INVALID input.username",
                "INVALID input.email",
                "BLANK input.displayName",
                "TOO_SHORT input.password"
            ]
        );
        let input = json!({ "input": { "username": "an\0n", "email": "a\0@b.org", "password": "password1234\0" } });
        let reply = app.client().graphql(REGISTER, input).await;
        assert_eq!(
            errors(&reply.data()["register"]),
            [
                "INVALID input.username",
                "INVALID input.email",
                "INVALID input.password"
            ]
        );
    }
);

every_database!(
    async fn racing_registrations_of_one_name_leave_one_account(app: TestApp) {
        let clients = [app.client(), app.client(), app.client()];
        let [a, b, c] = &clients;
        let variables = || registration("ann");
        let (a, b, c) = tokio::join!(
            a.graphql(REGISTER, variables()),
            b.graphql(REGISTER, variables()),
            c.graphql(REGISTER, variables())
        );
        let made = [a, b, c]
            .iter()
            .filter(|reply| errors(&reply.data()["register"]).is_empty())
            .count();
        assert_eq!(made, 1);
    }
);
