//! Tokens that look like the provider's, and are not what they should be.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::forger::{Forger, part};
use super::*;
use crate::support::Engine;

/// Begins a sign-in and comes back at once; `forge` is told the nonce and prepares the answer.
async fn come_back(app: &TestApp, forge: impl FnOnce(&str)) -> reqwest::Response {
    let browser = Browser::new(app);
    let asked = browser.begin("").await;
    let asked = url::Url::parse(&asked).unwrap();
    let parameter = |name: &str| {
        let found = asked.query_pairs().find(|(key, _)| key == name);
        found.unwrap().1.into_owned()
    };
    forge(&parameter("nonce"));
    let state = parameter("state");
    browser
        .visit(&format!("/auth/test/callback?code=any&state={state}"))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_token_of_the_provider_for_this_server_and_this_question_is_believed() {
    let forger = Forger::start().await;
    let app = app_with(Engine::Sqlite, &forger.address, |_| {}).await;
    for (claim, value) in [
        ("aud", json!("another")),
        ("aud", json!(["pluma", "another"])),
        ("iss", json!("https://mallory.example")),
        ("nonce", json!("of-another-sign-in")),
        ("nonce", Value::Null),
        ("exp", json!(1_700_000_000)),
        ("sub", json!("")),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        let answer = come_back(&app, |nonce| {
            let mut claims = forger.claims(nonce);
            claims[claim] = value.clone();
            forger.sign(&claims);
        });
        let found = refusal(answer.await).await;
        assert_eq!(found, (400, "NOT_BELIEVED".to_owned()), "{claim}: {value}");
    }
    // Not signed; signed by whoever knows the client's secret, or the public key; with another's signature.
    let key = forger.public_key();
    let secrets: [&[u8]; 2] = [b"the secret of a test", &key];
    for secret in secrets {
        let answer = come_back(&app, |nonce| {
            let (header, claims) = (json!({ "alg": "HS256" }), forger.claims(nonce));
            let signed = format!("{}.{}", part(&header), part(&claims));
            let tag = hmac::sign(
                &hmac::Key::new(hmac::HMAC_SHA256, secret),
                signed.as_bytes(),
            );
            forger.say(&header, &claims, &URL_SAFE_NO_PAD.encode(tag.as_ref()));
        });
        assert_eq!(refusal(answer.await).await.1, "NOT_BELIEVED");
    }
    for (header, signature) in [
        (json!({ "alg": "none" }), ""),
        (json!({ "alg": "EdDSA", "kid": "first" }), "AAAA"),
    ] {
        let answer = come_back(&app, |nonce| {
            forger.say(&header, &forger.claims(nonce), signature)
        });
        assert_eq!(refusal(answer.await).await.1, "NOT_BELIEVED", "{header}");
    }
    assert_eq!(app.execute("UPDATE users SET role = role").await, 0);
    let answer = come_back(&app, |nonce| forger.sign(&forger.claims(nonce)));
    assert_eq!(answer.await.status(), 303, "the same token as it should be");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_published_is_not_believed() {
    let forger = Forger::start().await;
    let app = app_with(Engine::Sqlite, &forger.address, |_| {}).await;
    let answer = come_back(&app, |nonce| {
        forger.turn_key("second", false);
        forger.sign(&forger.claims(nonce));
    });
    assert_eq!(refusal(answer.await).await.1, "NOT_BELIEVED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_end_is_cut_off() {
    let forger = Forger::start().await;
    let app = app_with(Engine::Sqlite, &forger.address, |_| {}).await;
    forger.go_on_and_on();
    let answer = come_back(&app, |nonce| forger.sign(&forger.claims(nonce)));
    assert_eq!(
        refusal(answer.await).await,
        (502, "PROVIDER_DOWN".to_owned())
    );
}
