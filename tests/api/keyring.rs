//! Signing keys: how a new one takes the place of an old one, on every replica.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pluma::accounts::jobs::purge;
use pluma::accounts::tokens::{access, read_access};
use pluma::app::App;
use pluma::id::{SessionId, UserId};
use pluma::keyring::{Keyring, Overlap};
use serde_json::Value;

use crate::support::{TestApp, every_database};

const TTL: Duration = Duration::from_secs(900);

/// A token as `app` signs it now, and the name of the key.
async fn signed(app: &App) -> (String, String) {
    let now = app.clock.now();
    let token = access(app, UserId::new(), SessionId::new(), now).await;
    let token = token.unwrap().token;
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    (token.clone(), header["kid"].as_str().unwrap().to_owned())
}

async fn published(app: &TestApp) -> Vec<Value> {
    let response = app.client().get("/.well-known/jwks.json").await;
    assert_eq!(response.headers()["cache-control"], "public, max-age=30");
    let keys: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    for key in keys["keys"].as_array().unwrap() {
        assert_eq!(key["kty"], "OKP");
        assert_eq!(key["crv"], "Ed25519");
        assert_eq!(
            (&key["use"], &key["alg"]),
            (&Value::from("sig"), &Value::from("EdDSA"))
        );
        let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
        assert_eq!(public.len(), 32);
        assert!(key.get("d").is_none(), "the private part");
    }
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].clone()).collect()
}

every_database!(
    async fn a_new_key_is_published_at_once_signs_later_and_the_old_one_fades_out(app: TestApp) {
        let house = app.app();
        let (_, old) = signed(house).await;
        assert_eq!(published(&app).await, [old.as_str()]);
        let rotation = house.keyring.rotate(Overlap::Gentle, TTL).await.unwrap();
        assert_eq!(published(&app).await, [rotation.kid.as_str(), &old]);
        assert_eq!(
            signed(house).await.1,
            old,
            "others have yet to read the new one"
        );

        // The clock runs on between these lines, on a busy machine for some seconds.
        app.clock().advance(Duration::from_secs(30));
        let (last, kid) = signed(house).await;
        assert_eq!(kid, old);
        app.clock().advance(Duration::from_secs(31));
        let (new, kid) = signed(house).await;
        assert_eq!(kid, rotation.kid);
        app.clock().advance(TTL - Duration::from_secs(60));
        for token in [&last, &new] {
            assert!(read_access(house, token).await.is_some());
        }
        app.clock().advance(Duration::from_secs(130));
        assert_eq!(published(&app).await, [rotation.kid.as_str()]);
        let rows = "UPDATE logs SET action = action WHERE action = 'signing_key.rotated'";
        assert_eq!(app.execute(rows).await, 1);

        app.clock().advance(Duration::from_secs(31 * 24 * 3600));
        purge(house).await.unwrap();
        let left = app.execute("UPDATE signing_keys SET kid = kid").await;
        assert_eq!(left, 1, "the old one is gone, whoever removed it");
        house.keyring.reload().await;
        assert_eq!(signed(house).await.1, rotation.kid);
    }
);

every_database!(
    async fn of_several_rotations_the_newest_key_signs(app: TestApp) {
        let house = app.app();
        let (_, old) = signed(house).await;
        let waiting = house.keyring.rotate(Overlap::Gentle, TTL).await.unwrap();
        let at_once = house.keyring.rotate(Overlap::AtOnce, TTL).await.unwrap();
        assert_eq!(signed(house).await.1, at_once.kid);
        app.clock().advance(Duration::from_secs(120));
        assert_eq!(
            signed(house).await.1,
            at_once.kid,
            "and not the one that waited"
        );
        let known = published(&app).await;
        for kid in [&old, &waiting.kid, &at_once.kid] {
            assert!(known.contains(&Value::from(kid.as_str())));
        }
    }
);

every_database!(
    async fn a_replica_learns_of_a_key_that_signs_already_by_meeting_it(app: TestApp) {
        let here = app.app();
        let (before, _) = signed(here).await;
        let other = Keyring::load(
            &here.db,
            &here.clock,
            &here.config.secret,
            here.keyring.issuer().to_owned(),
        );
        let other = other.await.unwrap();
        other.rotate(Overlap::AtOnce, TTL).await.unwrap();
        let claims = read_access(here, &before).await.unwrap();
        let foreign = other.sign(&claims).await.unwrap();
        let begun = std::time::Instant::now();
        // At once, unless the keys were read within the last five seconds.
        while read_access(here, &foreign).await.is_none() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            tokio::task::yield_now().await;
        }
        assert!(other.verify::<Value>(&before).await.is_some());
    }
);

every_database!(
    async fn keys_that_cannot_be_read_again_stay_in_use(app: TestApp) {
        let house = app.app();
        let (token, kid) = signed(house).await;
        app.execute("ALTER TABLE signing_keys RENAME TO away").await;
        house.keyring.reload().await;
        assert!(read_access(house, &token).await.is_some());
        assert_eq!(signed(house).await.1, kid);
        app.execute("ALTER TABLE away RENAME TO signing_keys").await;
    }
);
