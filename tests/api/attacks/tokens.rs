//! Forged, altered, misused and oversized tokens.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pluma::keyring::Overlap;
use reqwest::header::HeaderValue;
use serde_json::Value;

use crate::accounts::api_keys::key;
use crate::support::{Client, Reply, TestApp, every_database, json};

const VIEWER: &str = "{ viewer { username } }";
const REFRESH: &str = "mutation ($token: String) { refreshSession(refreshToken: $token) {
    accessToken errors { code } } }";

/// What the server makes of an `Authorization` header: whom it takes the request for, or the code of its refusal.
async fn shown(app: &TestApp, authorization: impl Into<Vec<u8>>) -> String {
    let value = HeaderValue::from_bytes(&authorization.into()).unwrap();
    let request = reqwest::Client::new().post(format!("{}/graphql", app.url()));
    let request = request.header("authorization", value);
    let request = request.header("accept", "application/graphql-response+json");
    let sent = request.json(&json!({ "query": VIEWER })).send().await;
    // A server that has refused reads no further, and who is still sending then may not read the refusal.
    let Ok(sent) = sent else {
        return "cut off".to_owned();
    };
    let reply = Reply::read(sent).await;
    match reply.body["data"]["viewer"]["username"].as_str() {
        Some(name) => name.to_owned(),
        None if reply.status == 401 => reply.code().to_owned(),
        None => format!("{}", reply.status),
    }
}

async fn bearer(app: &TestApp, token: &str) -> String {
    shown(app, format!("Bearer {token}")).await
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The header, the claims and the signature of a token.
fn parts(token: &str) -> (Value, Value, String) {
    let parts: Vec<&str> = token.split('.').collect();
    (decode(parts[0]), decode(parts[1]), parts[2].to_owned())
}

/// A token that `sign` signs.
fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

async fn jwks(app: &TestApp) -> Value {
    let text = app.client().get("/.well-known/jwks.json").await;
    serde_json::from_str(&text.text().await.unwrap()).unwrap()
}

fn with(mut of: Value, name: &str, value: Value) -> Value {
    of[name] = value;
    of
}

every_database!(
    async fn a_signature_is_asked_for_whatever_the_algorithm_is_said_to_be(app: TestApp) {
        let ann = app.user("ann").await;
        assert_eq!(bearer(&app, &ann.access_token).await, "ann");
        let (header, claims, signature) = parts(&ann.access_token);
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            let header = with(header.clone(), "alg", json!(algorithm));
            let unsigned = format!("{}.{}.", encode(&header), encode(&claims));
            assert_eq!(
                bearer(&app, &unsigned).await,
                "UNAUTHENTICATED",
                "{algorithm}"
            );
            let signed = format!("{unsigned}{signature}");
            assert_eq!(
                bearer(&app, &signed).await,
                "UNAUTHENTICATED",
                "{algorithm}"
            );
        }
        let unsigned = format!("{}.{}.", encode(&header), encode(&claims));
        for stripped in [unsigned.as_str(), unsigned.trim_end_matches('.')] {
            assert_eq!(bearer(&app, stripped).await, "UNAUTHENTICATED");
        }
    }
);

every_database!(
    async fn the_public_key_is_nobody_s_secret(app: TestApp) {
        let ann = app.user("ann").await;
        let (header, claims, _) = parts(&ann.access_token);
        let keys = jwks(&app).await;
        let public = keys["keys"][0]["x"].as_str().unwrap();
        let raw = URL_SAFE_NO_PAD.decode(public).unwrap();
        // What libraries have taken for the key of an HMAC: the bytes, their texts, the PEM.
        let der = [&hex::decode("302a300506032b6570032100").unwrap()[..], &raw].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&der)
        );
        let secrets = [
            raw.clone(),
            public.into(),
            hex::encode(&raw).into(),
            der,
            pem.into(),
            keys["keys"][0].to_string().into(),
            Vec::new(),
        ];
        for (name, algorithm) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            for secret in &secrets {
                let key = hmac::Key::new(algorithm, secret);
                let header = with(header.clone(), "alg", json!(name));
                let forged = token(&header, &claims, |text| {
                    hmac::sign(&key, text).as_ref().to_vec()
                });
                assert_eq!(bearer(&app, &forged).await, "UNAUTHENTICATED", "{name}");
            }
        }
    }
);

every_database!(
    async fn a_token_does_not_bring_its_own_key(app: TestApp) {
        let ann = app.user("ann").await;
        let (header, claims, _) = parts(&ann.access_token);
        let own = Ed25519KeyPair::generate().unwrap();
        let x = URL_SAFE_NO_PAD.encode(own.public_key());
        let jwk =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": header["kid"], "alg": "EdDSA" });
        let elsewhere = json!(format!("{}/.well-known/jwks.json", app.url()));
        for (name, value) in [
            ("jwk", jwk),
            ("jku", elsewhere.clone()),
            ("x5u", elsewhere),
            ("x5c", json!([STANDARD.encode(own.public_key())])),
            ("typ", json!("at+jwt")),
            ("crit", json!(["exp"])),
        ] {
            let header = with(header.clone(), name, value);
            let forged = token(&header, &claims, |text| own.sign(text).as_ref().to_vec());
            assert_eq!(bearer(&app, &forged).await, "UNAUTHENTICATED", "{name}");
        }
    }
);

every_database!(
    async fn the_name_of_a_key_is_looked_up_and_nothing_else(app: TestApp) {
        let ann = app.user("ann").await;
        let (header, claims, signature) = parts(&ann.access_token);
        let own = Ed25519KeyPair::generate().unwrap();
        let kid = header["kid"].as_str().unwrap();
        for name in [
            json!("../../../../dev/null"),
            json!("/etc/passwd"),
            json!("file:///dev/null"),
            json!("' OR '1'='1"),
            json!("x' UNION SELECT 'AAAA' --"),
            json!("0123456789abcdef"),
            json!(kid.to_uppercase() + "0"),
            json!(format!("{kid}\0")),
            json!("k".repeat(3_000)),
            json!("é🦀"),
            json!(""),
            json!(null),
            json!(0),
            json!({ "$ne": null }),
            json!([kid]),
        ] {
            let header = with(header.clone(), "kid", name.clone());
            let forged = token(&header, &claims, |text| own.sign(text).as_ref().to_vec());
            assert_eq!(bearer(&app, &forged).await, "UNAUTHENTICATED", "{name}");
            let moved = format!("{}.{}.{signature}", encode(&header), encode(&claims));
            assert_eq!(bearer(&app, &moved).await, "UNAUTHENTICATED", "{name}");
        }
        let mut without = header.clone();
        without.as_object_mut().unwrap().remove("kid");
        let forged = token(&without, &claims, |text| own.sign(text).as_ref().to_vec());
        assert_eq!(bearer(&app, &forged).await, "UNAUTHENTICATED");
    }
);

every_database!(
    with = |config| config.jobs.inline = false,
    async fn made_up_names_of_keys_do_not_reach_the_database(app: TestApp) {
        let ann = app.user("ann").await;
        let (header, claims, signature) = parts(&ann.access_token);
        app.app().keyring.reload().await;
        let before = app.app().db.statements();
        for number in 0..200_u64 {
            let header = with(header.clone(), "kid", json!(format!("{number:016x}")));
            let forged = format!("{}.{}.{signature}", encode(&header), encode(&claims));
            assert_eq!(bearer(&app, &forged).await, "UNAUTHENTICATED");
        }
        let statements = app.app().db.statements() - before;
        assert!(
            statements <= 20,
            "{statements} statements for 200 forged tokens"
        );
    }
);

every_database!(
    async fn altered_claims_are_not_believed(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (header, claims, signature) = parts(&ann.access_token);
        let (_, of_bob, _) = parts(&bob.access_token);
        for (name, value) in [
            ("sub", of_bob["sub"].clone()),
            ("sid", of_bob["sid"].clone()),
            ("exp", json!(claims["exp"].as_i64().unwrap() + 1)),
            ("role", json!("ADMIN")),
            ("scope", json!("ADMIN")),
        ] {
            let claims = with(claims.clone(), name, value);
            let altered = format!("{}.{}.{signature}", encode(&header), encode(&claims));
            assert_eq!(bearer(&app, &altered).await, "UNAUTHENTICATED", "{name}");
        }
    }
);

every_database!(
    async fn what_our_own_key_signed_is_good_for_its_purpose_and_its_time_alone(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (id, _) = key(&app, &ann, &["READ"]).await;
        let (_, claims, _) = parts(&ann.access_token);
        let (_, of_bob, _) = parts(&bob.access_token);
        let keyring = &app.app().keyring;
        let again = keyring.sign(&claims).await.unwrap();
        assert_eq!(bearer(&app, &again).await, "ann");
        let now = app.clock().now().timestamp();
        let key_of = |sub: &Value, scope: &str| {
            let mut claims = with(claims.clone(), "sub", sub.clone());
            claims.as_object_mut().unwrap().remove("sid");
            let claims = with(claims, "client_id", json!(id));
            with(claims, "scope", json!(scope))
        };
        let good = keyring.sign(&key_of(&claims["sub"], "READ")).await.unwrap();
        assert_eq!(bearer(&app, &good).await, "ann");
        let mut bad = vec![
            (
                "another issuer",
                with(claims.clone(), "iss", json!("https://evil.example")),
            ),
            (
                "another audience",
                with(claims.clone(), "aud", json!("mail")),
            ),
            (
                "several audiences",
                with(claims.clone(), "aud", json!(["mail", "pluma"])),
            ),
            ("expired", with(claims.clone(), "exp", json!(now - 10))),
            ("never expires", with(claims.clone(), "exp", json!(null))),
            (
                "expires as a text",
                with(claims.clone(), "exp", json!("9999999999")),
            ),
            (
                "not yet valid",
                with(claims.clone(), "nbf", json!(now + 600)),
            ),
            ("dated ahead", with(claims.clone(), "iat", json!(now + 600))),
            (
                "another user's session",
                with(claims.clone(), "sub", of_bob["sub"].clone()),
            ),
            ("no user", with(claims.clone(), "sub", json!("root"))),
            (
                "no session",
                with(
                    claims.clone(),
                    "sid",
                    json!("session_01h455vb4pex5vsknk084sn02q"),
                ),
            ),
            ("another user's key", key_of(&of_bob["sub"], "READ")),
            ("no scope", key_of(&claims["sub"], "")),
            ("an unknown scope", key_of(&claims["sub"], "READ ROOT")),
        ];
        for name in ["iss", "aud", "exp", "sub", "sid", "iat"] {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(name);
            bad.push((name, without));
        }
        for (why, claims) in bad {
            let token = keyring.sign(&claims).await.unwrap();
            assert_eq!(bearer(&app, &token).await, "UNAUTHENTICATED", "{why}");
        }
        // A scope that the key does not have is not in its tokens either, whatever they say.
        let wider = keyring
            .sign(&key_of(&claims["sub"], "READ WRITE ADMIN"))
            .await;
        let mut client = app.client();
        client.access_token = wider.unwrap();
        let reply = client.graphql("{ access { scopes } }", json!({})).await;
        assert_eq!(reply.at("/access/scopes"), &json!(["READ"]));
    }
);

every_database!(
    async fn no_credential_does_the_work_of_another(app: TestApp) {
        let ann = app.user("ann").await;
        let (_, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        assert_eq!(bearer(&app, &ann.refresh_token).await, "UNAUTHENTICATED");
        for token in [&ann.access_token, &robot.access_token] {
            let reply = app
                .client()
                .graphql(REFRESH, json!({ "token": token }))
                .await;
            let payload = reply.at("/refreshSession");
            assert_eq!(payload["errors"][0]["code"], "WRONG_CREDENTIALS");
            assert_eq!(payload["accessToken"], Value::Null);
        }
        // No browser is given a key, so a cookie with one is nobody's.
        for value in [&robot.access_token, &ann.refresh_token] {
            let request = reqwest::Client::new().post(format!("{}/graphql", app.url()));
            let request = request.header("cookie", format!("pluma_access={value}"));
            let sent = request
                .json(&json!({ "query": VIEWER }))
                .send()
                .await
                .unwrap();
            assert_eq!(Reply::read(sent).await.at("/viewer"), &Value::Null);
        }
    }
);

every_database!(
    async fn a_removed_key_s_tokens_are_refused_and_those_of_an_overlap_are_not(app: TestApp) {
        let ann = app.user("ann").await;
        let old = ann.access_token.clone();
        let keyring = &app.app().keyring;
        let ttl = app.app().config.accounts.access_ttl;
        keyring.rotate(Overlap::AtOnce, ttl).await.unwrap();
        let new = again(&app, &ann).await;
        assert_ne!(parts(&old).0["kid"], parts(&new).0["kid"]);
        for token in [&old, &new] {
            assert_eq!(bearer(&app, token).await, "ann");
        }
        assert_eq!(jwks(&app).await["keys"].as_array().unwrap().len(), 2);
        // A token of one key under the other one's name.
        let (header, claims, _) = parts(&old);
        let swapped = with(header, "kid", parts(&new).0["kid"].clone());
        let swapped = format!("{}.{}.{}", encode(&swapped), encode(&claims), parts(&old).2);
        assert_eq!(bearer(&app, &swapped).await, "UNAUTHENTICATED");

        keyring.rotate(Overlap::Drop, ttl).await.unwrap();
        for token in [&old, &new] {
            assert_eq!(bearer(&app, token).await, "UNAUTHENTICATED");
        }
        assert_eq!(jwks(&app).await["keys"].as_array().unwrap().len(), 1);
        assert_eq!(bearer(&app, &again(&app, &ann).await).await, "ann");
    }
);

/// Signs somebody in again; gives the new access token.
async fn again(app: &TestApp, client: &Client) -> String {
    let login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
    let input = json!({ "login": client.username, "password": client.password() });
    let reply = app.client().graphql(login, json!({ "input": input })).await;
    reply.text("/login/accessToken").to_owned()
}

every_database!(
    async fn the_token_of_a_deleted_user_is_nobody_s(app: TestApp) {
        let ann = app.user("ann").await;
        app.execute("DELETE FROM users WHERE username = 'ann'")
            .await;
        assert_eq!(bearer(&app, &ann.access_token).await, "UNAUTHENTICATED");
    }
);

every_database!(
    async fn a_header_of_any_form_is_refused_in_good_order(app: TestApp) {
        let ann = app.user("ann").await;
        let good = &ann.access_token;
        for bad in [
            "Bearer x".to_owned(),
            "Bearer ..".to_owned(),
            "Bearer a.b.c.d".to_owned(),
            format!("Bearer {good}."),
            format!("Bearer {good} {good}"),
            format!("Bearer {good},{good}"),
            format!("Bearer \"{good}\""),
            format!("Bearer {}", "x".repeat(20_000)),
            format!("Bearer {}.{}.x", "e30".repeat(2_000), "e30".repeat(2_000)),
            "Bearer pluma_sk_".to_owned(),
            format!("Bearer pluma_sk_{}", "A".repeat(43)),
        ] {
            let start: String = bad.chars().take(60).collect();
            assert_eq!(shown(&app, bad).await, "UNAUTHENTICATED", "{start}");
        }
        assert_eq!(
            shown(&app, b"Bearer \xff\xfe".to_vec()).await,
            "UNAUTHENTICATED"
        );
        assert_eq!(
            shown(&app, "Bearer é🦀".as_bytes().to_vec()).await,
            "UNAUTHENTICATED"
        );
        // More than the server reads of headers is refused before anybody looks at it.
        let huge = shown(&app, format!("Bearer {}", "x".repeat(1_000_000))).await;
        assert!(["431", "cut off"].contains(&huge.as_str()), "{huge}");
        assert_eq!(bearer(&app, good).await, "ann");
    }
);
