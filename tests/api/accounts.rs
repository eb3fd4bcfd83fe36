//! Accounts: registering, signing in, refreshing, profiles, and what administrators do.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its answer has another shape"
)]

mod administration;
pub mod api_keys;
mod audit;
mod client_credentials;
mod delivery;
mod devices;
mod directory;
mod email;
mod profile;
mod registration;
mod reset;
mod scopes;
mod sessions;

use std::time::Duration;

use pluma::accounts::{authenticate, authenticate_cookie};
use pluma::viewer;
use serde_json::Value;

use crate::support::*;

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    user { id username displayName email emailVerified role bio }
    session { id current ip userAgent }
    accessToken refreshToken accessTokenExpiresAt errors { code path retryable } } }";
const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) {
    user { id username } accessToken refreshToken errors { code path message } } }";
const REFRESH: &str = "mutation($token: String) { refreshSession(refreshToken: $token) {
    user { username } session { id } accessToken refreshToken errors { code path } } }";
const VIEWER: &str =
    "{ viewer { id username email emailVerified role bio displayName updatedAt } }";
const PASSWORD: &str = "correct horse battery";

fn registration(username: &str) -> Value {
    json!({ "input": {
        "username": username, "email": format!("{username}@example.org"), "password": PASSWORD,
    } })
}

fn credentials(login: &str, password: &str) -> Value {
    json!({ "input": { "login": login, "password": password } })
}

/// The codes and paths of a payload's errors, as `CODE path.to.argument`.
fn errors(payload: &Value) -> Vec<String> {
    let join = |path: &Value| {
        let parts = path.as_array().unwrap().iter();
        parts
            .map(|part| part.as_str().unwrap())
            .collect::<Vec<_>>()
            .join(".")
    };
    let errors = payload["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| {
            format!(
                "{} {}",
                error["code"].as_str().unwrap(),
                join(&error["path"])
            )
        })
        .collect()
}

/// The code of a request's first GraphQL error.
fn refusal(reply: &Reply) -> &str {
    reply.body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or("none")
}

fn cookies(reply: &Reply) -> Vec<String> {
    let values = reply.headers.get_all("set-cookie").iter();
    values
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> (Client, Value) {
    let client = app.client();
    let reply = client.graphql(LOGIN, credentials(login, password)).await;
    let payload = reply.data()["login"].clone();
    (client, payload)
}

async fn refresh(client: &Client, token: &Value) -> Value {
    let reply = client.graphql(REFRESH, json!({ "token": token })).await;
    reply.data()["refreshSession"].clone()
}
