//! `/oauth/token`: exchanging an API key for a short-lived token, as RFC 6749 says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CACHE_CONTROL, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};

use super::api_keys::key;
use super::*;

/// What was answered: the status, the headers, the body.
struct Answer(u16, HeaderMap, Value);

async fn post(app: &TestApp, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    send(app, body, basic).await
}

async fn send(app: &TestApp, body: String, basic: Option<(&str, &str)>) -> Answer {
    let request = reqwest::Client::new().post(format!("{}/oauth/token", app.url()));
    let mut request = request
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(body);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    Answer(status, headers, body)
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A client with the token of an answer.
fn holding(app: &TestApp, answer: &Answer) -> Client {
    let mut client = app.client();
    client.access_token = answer.2["access_token"].as_str().unwrap().to_owned();
    client
}

every_database!(
    async fn a_key_gets_a_token_by_header_or_by_form(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        let secret = robot.access_token.as_str();
        let by_form = [GRANT, ("client_id", &id), ("client_secret", secret)];
        let by_form = post(&app, &by_form, None).await;
        let by_header = post(&app, &[GRANT], Some((&id, secret))).await;
        for answer in [by_form, by_header] {
            assert_eq!(answer.0, 200, "{:#}", answer.2);
            assert_eq!(answer.2["token_type"], "Bearer");
            assert_eq!(answer.2["expires_in"], 900);
            assert_eq!(answer.2["scope"], "READ WRITE");
            let client = holding(&app, &answer);
            client.notebook("By a token").await;
            let reply = client
                .graphql("{ access { apiKey { id } scopes } }", json!({}))
                .await;
            assert_eq!(reply.at("/access/apiKey/id"), &json!(id));
            assert_eq!(reply.at("/access/scopes"), &json!(["READ", "WRITE"]));
        }
    }
);

every_database!(
    async fn a_token_can_be_narrower_than_its_key_and_never_wider(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let (id, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        let with = async |scope: &str| {
            let form = [GRANT, ("scope", scope)];
            post(&app, &form, Some((&id, &robot.access_token))).await
        };
        let narrow = with("READ").await;
        assert_eq!(narrow.2["scope"], "READ");
        let client = holding(&app, &narrow);
        let create = r#"mutation { createNotebook(input: { title: "N" }) { notebook { id } } }"#;
        assert_eq!(
            refusal(&client.graphql(create, json!({})).await),
            "FORBIDDEN"
        );
        assert_eq!(
            client
                .graphql(VIEWER, json!({}))
                .await
                .at("/viewer/username"),
            "ann"
        );
        for scope in ["AI", "READ ADMIN", "read", "ROOT", "READ,WRITE"] {
            let refused = with(scope).await;
            assert_eq!(refused.0, 400, "{scope}");
            assert_eq!(refused.2["error"], "invalid_scope", "{scope}");
        }
        // Once its owner is no administrator, the scope is gone from keys and from tokens alike.
        let (id, robot) = key(&app, &admin, &["READ", "ADMIN"]).await;
        let before = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
        assert_eq!(before.2["scope"], "READ ADMIN");
        app.execute("UPDATE users SET role = 'USER' WHERE username = 'admin'")
            .await;
        let reply = holding(&app, &before)
            .graphql("{ access { scopes } }", json!({}))
            .await;
        assert_eq!(reply.at("/access/scopes"), &json!(["READ"]));
        let after = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
        assert_eq!(after.2["scope"], "READ");
    }
);

every_database!(
    async fn a_token_dies_with_its_key_and_by_itself(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ"]).await;
        let (other, second) = key(&app, &ann, &["READ"]).await;
        let token = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
        let token = holding(&app, &token);
        let page = ann.page(&ann.notebook("N").await, "T", "1").await;
        let query =
            "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) { kind } }";
        let mut events = app.subscribe(&token, query, json!({ "id": page.id })).await;
        assert_eq!(events.next().await["data"]["pageEvents"]["kind"], "CREATED");
        let revoke =
            format!(r#"mutation {{ revokeApiKey(apiKeyId: "{id}") {{ apiKey {{ id }} }} }}"#);
        ann.graphql(&revoke, json!({})).await.data();
        let reply = token.graphql(VIEWER, json!({})).await;
        assert_eq!(refusal(&reply), "UNAUTHENTICATED");
        assert_eq!(events.ended().await, Ending::Closed(4403));
        let refused = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
        assert_eq!(refused.2["error"], "invalid_client");

        let short = post(&app, &[GRANT], Some((&other, &second.access_token))).await;
        let short = holding(&app, &short);
        app.clock().advance(Duration::from_secs(901));
        let reply = short.graphql(VIEWER, json!({})).await;
        assert_eq!(refusal(&reply), "UNAUTHENTICATED");
        let reply = second.graphql(VIEWER, json!({})).await;
        assert_eq!(reply.at("/viewer/username"), "ann");
    }
);

every_database!(
    async fn what_is_wrong_is_said_as_the_standard_says_it(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ"]).await;
        let (other, _) = key(&app, &ann, &["READ"]).await;
        let secret = robot.access_token.as_str();
        let wrong = format!("pluma_sk_{}", "A".repeat(43));
        for (form, basic, status, error) in [
            (vec![], Some((id.as_str(), secret)), 400, "invalid_request"),
            (
                vec![("grant_type", "")],
                Some((&id, secret)),
                400,
                "invalid_request",
            ),
            (
                vec![("grant_type", "password")],
                Some((&id, secret)),
                400,
                "unsupported_grant_type",
            ),
            (
                vec![GRANT, GRANT],
                Some((&id, secret)),
                400,
                "invalid_request",
            ),
            (
                vec![GRANT, ("client_secret", secret)],
                Some((&id, secret)),
                400,
                "invalid_request",
            ),
            (
                vec![GRANT, ("client_id", &other)],
                Some((&id, secret)),
                400,
                "invalid_request",
            ),
            (vec![GRANT], None, 401, "invalid_client"),
            (vec![GRANT, ("client_id", &id)], None, 401, "invalid_client"),
            (vec![GRANT], Some((&id, &wrong)), 401, "invalid_client"),
            (vec![GRANT], Some((&other, secret)), 401, "invalid_client"),
            (vec![GRANT], Some(("ann", PASSWORD)), 401, "invalid_client"),
            (
                vec![GRANT],
                Some((&id, &ann.access_token)),
                401,
                "invalid_client",
            ),
            (vec![GRANT], Some((&id, "é\u{0}")), 401, "invalid_client"),
        ] {
            let answer = post(&app, &form, basic).await;
            assert_eq!(
                (answer.0, &answer.2["error"]),
                (status, &json!(error)),
                "{form:?}"
            );
            assert!(answer.2["error_description"].is_string());
            assert_eq!(answer.1.contains_key(WWW_AUTHENTICATE), status == 401);
        }
        let large = send(&app, format!("grant_type={}", "x".repeat(9_000)), None).await;
        assert_eq!(
            (large.0, &large.2["error"]),
            (413, &json!("invalid_request"))
        );

        let http = reqwest::Client::new();
        let url = format!("{}/oauth/token", app.url());
        let as_json = http
            .post(&url)
            .json(&json!({ "grant_type": "client_credentials" }));
        let answer: Value =
            serde_json::from_str(&as_json.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["error"], "invalid_request");
        assert_eq!(http.get(&url).send().await.unwrap().status(), 405);
        for broken in [
            "Basic",
            "Basic %%%",
            "Bearer x",
            &format!("Basic {}", STANDARD.encode("no colon")),
        ] {
            let request = http.post(&url).header("authorization", broken);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let status = request
                .body("grant_type=client_credentials")
                .send()
                .await
                .unwrap()
                .status();
            assert_eq!(status, 401, "{broken}");
        }
    }
);

every_database!(
    async fn wrong_secrets_have_to_wait_and_right_ones_do_not(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ"]).await;
        for _ in 0..25 {
            let right = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
            assert_eq!(right.0, 200);
        }
        let wrong = format!("pluma_sk_{}", "A".repeat(43));
        for _ in 0..20 {
            let answer = post(&app, &[GRANT], Some((&id, &wrong))).await;
            assert_eq!(answer.0, 401);
        }
        let answer = post(&app, &[GRANT], Some((&id, &wrong))).await;
        assert_eq!(answer.0, 429);
        let wait = answer.1[RETRY_AFTER].to_str().unwrap();
        assert!((1..=31).contains(&wait.parse::<u64>().unwrap()), "{wait}");
        let rows =
            "UPDATE logs SET action = action WHERE action = 'api_key.refused' AND ip = '127.0.0.1'";
        assert_eq!(app.execute(rows).await, 1, "one row a minute");
    }
);

every_database!(
    async fn the_server_describes_itself(app: TestApp) {
        let get = async |path: &str| {
            let text = app.client().get(path).await.text().await.unwrap();
            serde_json::from_str::<Value>(&text).unwrap()
        };
        let about = get("/.well-known/oauth-authorization-server").await;
        let path = |name: &str| {
            let url = about[name].as_str().unwrap();
            url::Url::parse(url).unwrap().path().to_owned()
        };
        assert_eq!(path("token_endpoint"), "/oauth/token");
        assert_eq!(
            about["grant_types_supported"],
            json!(["client_credentials"])
        );
        let keys = get(&path("jwks_uri")).await;
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);

        // Whoever has the key set can check a token without asking us.
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ"]).await;
        let answer = post(&app, &[GRANT], Some((&id, &robot.access_token))).await;
        let token = answer.2["access_token"].as_str().unwrap();
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
        let decoding = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        validation.set_issuer(&[about["issuer"].as_str().unwrap()]);
        validation.set_audience(&["pluma"]);
        let claims = jsonwebtoken::decode::<Value>(token, &decoding, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["client_id"], json!(id));
        assert_eq!(claims["sub"], json!(ann.id));
    }
);
