//! A provider that answers with whatever token it is told to.

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The provider.
pub struct Forger {
    /// Its address.
    pub address: String,
    state: Shared,
    serving: JoinHandle<()>,
}

type Shared = Arc<Mutex<Forgery>>;

struct Forgery {
    address: String,
    pair: Ed25519KeyPair,
    kid: String,
    published: bool,
    token: Option<String>,
    endless: bool,
}

impl Forger {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Forgery {
            address: address.clone(),
            pair: Ed25519KeyPair::generate().unwrap(),
            kid: "first".to_owned(),
            published: true,
            token: None,
            endless: false,
        }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            address,
            state,
            serving,
        }
    }

    /// The claims of a token that is good for `nonce`.
    pub fn claims(&self, nonce: &str) -> Value {
        let now =
            chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::UNIX_EPOCH + elapsed());
        json!({ "iss": self.address, "aud": "pluma", "sub": "1", "nonce": nonce,
            "iat": now.timestamp(), "exp": now.timestamp() + 300,
            "email": "sofia@example.org", "email_verified": true, "preferred_username": "sofia" })
    }

    /// Answers with a token of these claims, signed.
    pub fn sign(&self, claims: &Value) {
        let mut state = self.state.lock().unwrap();
        let header = json!({ "alg": "EdDSA", "kid": state.kid });
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = state.pair.sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        state.token = Some(format!("{signed}.{signature}"));
    }

    /// Answers with this token.
    pub fn say(&self, header: &Value, claims: &Value, signature: &str) {
        let token = format!("{}.{}.{signature}", part(header), part(claims));
        self.state.lock().unwrap().token = Some(token);
    }

    /// The public key, as a provider publishes it.
    pub fn public_key(&self) -> Vec<u8> {
        self.state
            .lock()
            .unwrap()
            .pair
            .public_key()
            .as_ref()
            .to_vec()
    }

    /// Signs with another key from now on, and publishes it or not.
    pub fn turn_key(&self, kid: &str, published: bool) {
        let mut state = self.state.lock().unwrap();
        state.pair = Ed25519KeyPair::generate().unwrap();
        state.kid = kid.to_owned();
        state.published = published;
    }

    /// Answers with two megabytes.
    pub fn go_on_and_on(&self) {
        self.state.lock().unwrap().endless = true;
    }
}

impl Drop for Forger {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tokens of other programs are dated by the machine's clock"
)]
fn elapsed() -> std::time::Duration {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap()
}

/// A part of a token.
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn configuration(State(state): State<Shared>) -> Json<Value> {
    let address = state.lock().unwrap().address.clone();
    Json(json!({
        "issuer": address,
        "authorization_endpoint": format!("{address}/authorize"),
        "token_endpoint": format!("{address}/token"),
        "jwks_uri": format!("{address}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    }))
}

async fn keys(State(state): State<Shared>) -> Json<Value> {
    let state = state.lock().unwrap();
    let x = URL_SAFE_NO_PAD.encode(state.pair.public_key().as_ref());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": state.kid, "x": x });
    let keys = if state.published { vec![key] } else { vec![] };
    Json(json!({ "keys": keys }))
}

async fn token(State(state): State<Shared>) -> Response {
    let state = state.lock().unwrap();
    if state.endless {
        return "x".repeat(2 * 1024 * 1024).into_response();
    }
    let token = json!({ "access_token": "a", "token_type": "Bearer", "id_token": state.token });
    Json(token).into_response()
}
