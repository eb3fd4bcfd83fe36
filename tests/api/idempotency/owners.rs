//! Whose key it is, and who reads what is stored under it.

use serde_json::{Value, json};

use super::{create, notebooks, replayed};
use crate::support::{Client, TestApp, every_database};

const REGISTER: &str = "mutation ($input: RegisterInput!) { register(input: $input) {
    user { username } accessToken refreshToken errors { code path } } }";
const LOGIN: &str = "mutation ($input: LoginInput!) { login(input: $input) {
    accessToken refreshToken errors { code path } } }";
const REFRESH: &str = "mutation ($token: String) { refreshSession(refreshToken: $token) {
    accessToken refreshToken errors { code path } } }";

fn person(name: &str, password: &str) -> Value {
    json!({ "input": {
        "username": name, "email": format!("{name}@example.org"), "password": password,
    } })
}

every_database!(
    async fn keys_of_different_accounts_have_nothing_to_do_with_each_other(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        ann.post_once("same", &create("Ann's")).await.data();
        let other = bob.post_once("same", &create("Bob's")).await;
        other.data();
        let same = bob.post_once("same-too", &create("Both")).await;
        let first = ann.post_once("same-too", &create("Both")).await;
        assert_ne!(first.data(), same.data());
        assert!(!replayed(&first) && !replayed(&other));
        assert_eq!(
            (notebooks(&ann, "Both").await, notebooks(&bob, "Both").await),
            (1, 1)
        );
    }
);

every_database!(
    async fn registering_and_signing_in_again_gives_the_same_tokens_and_cookies(app: TestApp) {
        for (query, variables, field) in [
            (REGISTER, person("ann", "correct horse battery"), "register"),
            (
                LOGIN,
                json!({ "input": { "login": "ann", "password": "correct horse battery" } }),
                "login",
            ),
        ] {
            let first = app.client().once(field, query, variables.clone()).await;
            let second = app.client().once(field, query, variables).await;
            assert!(replayed(&second), "{field}");
            assert_eq!(first.data(), second.data());
            assert!(first.at(&format!("/{field}/refreshToken")).is_string());
            let cookies = |headers: &reqwest::header::HeaderMap| {
                let all = headers.get_all("set-cookie").iter();
                all.map(|value| value.to_str().unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(cookies(&first.headers).len(), 3);
            assert_eq!(cookies(&first.headers), cookies(&second.headers));
        }
        // One account with a session for each of the two.
        assert_eq!(app.dump("users").await.len(), 1);
        assert_eq!(app.dump("sessions").await.len(), 2);
    }
);

every_database!(
    async fn refreshing_again_gives_the_same_pair_however_late(app: TestApp) {
        let ann = app.user("ann").await;
        let token = json!({ "token": ann.refresh_token });
        let first = app.client().once("key", REFRESH, token.clone()).await;
        app.clock().advance(std::time::Duration::from_secs(600));
        let second = app.client().once("key", REFRESH, token).await;
        assert_eq!(first.data(), second.data());
        assert_eq!(second.user_errors("refreshSession"), &json!([]));
    }
);

every_database!(
    async fn a_guessed_key_gives_a_stranger_nobody_s_answer(app: TestApp) {
        let first = app
            .client()
            .once("guessed", REGISTER, person("ann", "correct horse battery"))
            .await;
        let token = first.text("/register/refreshToken").to_owned();
        // Another password is another request.
        let other = app
            .client()
            .once("guessed", REGISTER, person("ann", "a wrong password"))
            .await;
        assert_eq!(other.code(), "IDEMPOTENCY_KEY_REUSED");
        // What was shown as a cookie is part of it: the same words without it are somebody else's.
        let browser = browser(&app, "bob").await;
        let refresh = "mutation { refreshSession { accessToken errors { code } } }";
        let mine = browser.once("cookie", refresh, json!({})).await;
        assert!(mine.at("/refreshSession/accessToken").is_string());
        let theirs = app.client().once("cookie", refresh, json!({})).await;
        assert!(!replayed(&theirs));
        assert!(theirs.at("/refreshSession/accessToken").is_null());
        assert!(!theirs.body.to_string().contains(&token));
    }
);

/// Somebody whose browser has lost its access token and still has the cookie to get the next.
async fn browser(app: &TestApp, name: &str) -> Client {
    let client = app.client();
    let reply = client
        .graphql(REGISTER, person(name, "correct horse battery"))
        .await;
    reply.data();
    // The access token's time is over, so that the cookies make nobody of them but the refresh token's owner.
    app.clock().advance(std::time::Duration::from_secs(1_000));
    client
}

every_database!(
    async fn nothing_of_an_answer_and_nothing_of_a_key_can_be_read_in_the_database(app: TestApp) {
        let key = "key-4f9b1c70";
        let first = app
            .client()
            .once(key, REGISTER, person("ann", "correct horse battery"))
            .await;
        let rows = app.dump("idempotency_keys").await.join("\n").to_lowercase();
        assert!(!rows.is_empty());
        for secret in [
            key,
            first.text("/register/accessToken"),
            first.text("/register/refreshToken"),
            "correct horse battery",
            "accesstoken",
            "set-cookie",
            "pluma_access",
        ] {
            let secret = secret.to_lowercase();
            let hexadecimal = hex::encode(&secret);
            assert!(
                !rows.contains(&secret) && !rows.contains(&hexadecimal),
                "{secret}"
            );
        }
        // Plain hashes of what can be guessed would be a way to guess it.
        for guess in [key, "correct horse battery"] {
            let hash = hex::encode(aws_lc_rs::digest::digest(
                &aws_lc_rs::digest::SHA256,
                guess.as_bytes(),
            ));
            assert!(!rows.contains(&hash));
        }
    }
);
