//! What other web sites can make a browser send, and what they get.

use pluma::config::{Environment, SameSite};
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, http};

use crate::support::{Client, Reply, TestApp, every_database};

const CREATE: &str =
    "mutation { createNotebook(input: { title: \"Forged\" }) { notebook { id } } }";
const REFRESH: &str = "mutation { refreshSession { accessToken errors { code } } }";
const EVENTS: &str = "subscription ($id: ID!) { pageEvents(pageId: $id) { kind } }";
const EVIL: &str = "https://attacker.example";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).map(|value| value.to_str().unwrap());
    value.unwrap_or_default()
}

/// A browser that is signed in by its cookies.
async fn browser(app: &TestApp, name: &str) -> Client {
    let mut browser = app.client();
    browser.register(name).await;
    let query =
        "mutation ($input: LoginInput!) { login(input: $input) { user { id } errors { code } } }";
    let input = json!({ "login": name, "password": browser.password() });
    let reply = browser.graphql(query, json!({ "input": input })).await;
    assert_eq!(reply.user_errors("login"), &json!([]));
    browser.access_token.clear();
    browser
}

fn post(app: &TestApp, client: &Client) -> RequestBuilder {
    client.http().post(format!("{}/graphql", app.url()))
}

async fn forged(client: &Client) -> u64 {
    let reply = client
        .graphql("{ notebooks(mine: true) { totalCount } }", json!({}))
        .await;
    reply.at("/notebooks/totalCount").as_u64().unwrap()
}

every_database!(
    async fn no_form_and_no_link_changes_anything(app: TestApp) {
        let ann = browser(&app, "ann").await;
        let body = json!({ "query": CREATE }).to_string();
        let encoded = format!("query={}", CREATE.replace(' ', "+"));
        let multipart = reqwest::multipart::Form::new()
            .text("operations", body.clone())
            .text("map", "{}");
        let attempts = [
            post(&app, &ann).body(body.clone()),
            post(&app, &ann)
                .header("content-type", "text/plain")
                .body(body.clone()),
            post(&app, &ann)
                .header("content-type", "text/plain;application/json")
                .body(body.clone()),
            post(&app, &ann)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded.clone()),
            post(&app, &ann)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body),
            post(&app, &ann).multipart(multipart),
            ann.http().post(format!("{}/graphql?{encoded}", app.url())),
        ];
        for attempt in attempts {
            let answer = attempt.send().await.unwrap();
            assert!(
                [400, 415].contains(&answer.status().as_u16()),
                "{}",
                answer.status()
            );
            let reply = Reply::read(answer).await;
            let code = reply.code();
            assert!(
                ["UNSUPPORTED_MEDIA_TYPE", "CSRF_REFUSED"].contains(&code),
                "{code}"
            );
        }
        let link = ann.http().get(format!("{}/graphql?{encoded}", app.url()));
        assert_eq!(link.send().await.unwrap().status(), 405);
        assert_eq!(forged(&ann).await, 0);
    }
);

every_database!(
    async fn cookies_that_another_site_sends_along_are_refused(app: TestApp) {
        let ann = browser(&app, "ann").await;
        for origin in [
            EVIL,
            "null",
            "http://127.0.0.1.attacker.example",
            "https://127.0.0.1",
        ] {
            for query in [REFRESH, CREATE, "{ viewer { email } }"] {
                let attempt = post(&app, &ann).header("origin", origin);
                let reply = Reply::read(
                    attempt
                        .json(&json!({ "query": query }))
                        .send()
                        .await
                        .unwrap(),
                )
                .await;
                if origin == "https://127.0.0.1" {
                    // This machine's pages are developers' own.
                    continue;
                }
                assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"), "{origin}");
                assert_eq!(text(&reply.headers, "set-cookie"), "");
                assert!(!reply.body.to_string().contains("ann@"));
            }
        }
        // The refresh token was not used up: there is a session to refresh.
        let own = post(&app, &ann)
            .header("origin", app.url())
            .json(&json!({ "query": REFRESH }));
        let reply = Reply::read(own.send().await.unwrap()).await;
        assert!(reply.at("/refreshSession/accessToken").is_string());
        // A page without cookies is a stranger, and a token that a page has is its own.
        let health = json!({ "query": "{ health { state } }" });
        let stranger = post(&app, &app.client())
            .header("origin", EVIL)
            .json(&health);
        assert_eq!(stranger.send().await.unwrap().status(), 200);
    }
);

every_database!(
    with = |config| {
        config.server.cors_origins = vec!["https://app.example.org:8443".to_owned()];
    },
    async fn only_the_exact_origin_may_read_answers(app: TestApp) {
        let send = |origin: &'static str, method: Method| {
            let request = app
                .client()
                .http()
                .request(method, format!("{}/graphql", app.url()));
            let request = request.header("origin", origin);
            let request = request.header("access-control-request-method", "POST");
            request
                .json(&json!({ "query": "{ health { state } }" }))
                .send()
        };
        for origin in [
            "https://app.example.org",
            "https://app.example.org:8444",
            "https://app.example.org:84430",
            "http://app.example.org:8443",
            "https://xapp.example.org:8443",
            "https://sub.app.example.org:8443",
            "https://app.example.org.attacker.example:8443",
            "https://APP.example.org:8443",
            "https://app.example.org:8443/",
            "https://app.example.org:8443@attacker.example",
            "null",
            "*",
        ] {
            for method in [Method::OPTIONS, Method::POST, Method::GET] {
                let answer = send(origin, method).await.unwrap();
                let headers = answer.headers();
                assert_eq!(text(headers, "access-control-allow-origin"), "", "{origin}");
                assert_eq!(
                    text(headers, "access-control-allow-credentials"),
                    "",
                    "{origin}"
                );
                assert!(varies(headers), "{origin}: {headers:?}");
            }
        }
        let known = "https://app.example.org:8443";
        for method in [Method::OPTIONS, Method::POST] {
            let answer = send(known, method).await.unwrap();
            assert_eq!(text(answer.headers(), "access-control-allow-origin"), known);
            assert_eq!(
                text(answer.headers(), "access-control-allow-credentials"),
                "true"
            );
            assert!(varies(answer.headers()));
        }
    }
);

/// Whether a cache keeps answers to different origins apart.
fn varies(headers: &HeaderMap) -> bool {
    let all = headers.get_all("vary").iter();
    all.flat_map(|value| value.to_str().unwrap().split(','))
        .any(|name| name.trim().eq_ignore_ascii_case("origin"))
}

every_database!(
    with = |config| {
        config.server.cors_origins = vec!["https://app.example.org".to_owned()];
    },
    async fn streams_open_for_known_origins_and_for_programs(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let body = json!({ "query": EVENTS, "variables": { "id": page.id } });
        let own = app.url();
        for (origin, allowed) in [
            (None, true),
            (Some(own.as_str()), true),
            (Some("https://app.example.org"), true),
            (Some("https://app.example.org.attacker.example"), false),
            (Some("http://app.example.org"), false),
            (Some(EVIL), false),
            (Some("null"), false),
        ] {
            let mut upgrade = app.ws_url().into_client_request().unwrap();
            let headers = upgrade.headers_mut();
            headers.insert(
                "sec-websocket-protocol",
                "graphql-transport-ws".parse().unwrap(),
            );
            if let Some(origin) = origin {
                headers.insert("origin", origin.parse().unwrap());
            }
            match connect_async(upgrade).await {
                Ok(_) => assert!(allowed, "a WebSocket for {origin:?}"),
                Err(Error::Http(answer)) => {
                    assert!(!allowed, "no WebSocket for {origin:?}");
                    assert_eq!(answer.status(), http::StatusCode::FORBIDDEN);
                }
                Err(error) => panic!("{error}"),
            }
            for accept in ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
                let mut request = post(&app, &ann).bearer_auth(&ann.access_token).json(&body);
                request = request.header("accept", accept);
                if let Some(origin) = origin {
                    request = request.header("origin", origin);
                }
                let status = request.send().await.unwrap().status();
                assert_eq!(
                    status,
                    if allowed { 200 } else { 403 },
                    "{accept} for {origin:?}"
                );
            }
        }
    }
);

async fn asked_as(app: &TestApp, host: &str, path: &str) -> Response {
    let request = app.client().http().get(format!("{}{path}", app.url()));
    request.header(header::HOST, host).send().await.unwrap()
}

every_database!(
    with = |config| {
        config.server.public_url = "https://pluma.example.org".parse().unwrap();
        config.server.allowed_hosts = vec!["pluma.example.net".to_owned()];
    },
    async fn a_name_that_somebody_else_pointed_here_is_not_answered_to(app: TestApp) {
        let query = "/graphql?query=%7B%20health%20%7B%20state%20%7D%20%7D";
        for host in [
            "attacker.example",
            "attacker.example:8000",
            "pluma.example.org.attacker.example",
        ] {
            for path in ["/", query, "/schema.graphql", "/nothing"] {
                let answer = asked_as(&app, host, path).await;
                assert_eq!(answer.status(), 421, "{host}{path}");
                let body: Value = answer.json().await.unwrap();
                assert_eq!(
                    body["errors"][0]["extensions"]["code"],
                    "MISDIRECTED_REQUEST"
                );
            }
            // Orchestrators ask by whatever name they have.
            assert_eq!(asked_as(&app, host, "/healthz").await.status(), 200);
            assert_eq!(asked_as(&app, host, "/readyz").await.status(), 200);
            // A page of that site has its name for an origin: it is no better.
            let mut upgrade = app.ws_url().into_client_request().unwrap();
            let headers = upgrade.headers_mut();
            headers.insert("host", host.parse().unwrap());
            headers.insert("origin", format!("http://{host}").parse().unwrap());
            assert!(connect_async(upgrade).await.is_err());
        }
        for host in [
            "pluma.example.org",
            "pluma.example.net:443",
            "localhost",
            "pluma:8000",
            "10.1.2.3",
        ] {
            assert_eq!(asked_as(&app, host, query).await.status(), 200, "{host}");
        }
    }
);

every_database!(
    with = |config| {
        config.environment = Environment::Production;
        config.server.public_url = "https://pluma.example.org".parse().unwrap();
        config.server.graphiql = true;
        config.accounts.cookie_same_site = SameSite::Strict;
        config.limits.body_bytes = 65_536;
    },
    async fn every_answer_tells_browsers_what_they_may_do_with_it(app: TestApp) {
        let client = app.client();
        let at = |method: Method, path: &str| {
            let url = format!("{}{path}", app.url());
            client.http().request(method, url)
        };
        let graphql = |body: String| {
            at(Method::POST, "/graphql")
                .header("content-type", "application/json")
                .body(body)
        };
        let answers = [
            (200, at(Method::GET, "/")),
            (200, at(Method::GET, "/healthz")),
            (200, at(Method::GET, "/metrics")),
            (
                200,
                graphql(json!({ "query": "{ health { state } }" }).to_string()),
            ),
            (400, graphql("{".to_owned())),
            (413, graphql(format!("\"{}\"", "x".repeat(70_000)))),
            (415, at(Method::POST, "/graphql").body("{}")),
            (404, at(Method::GET, "/nothing")),
            (405, at(Method::DELETE, "/healthz")),
            (405, at(Method::PUT, "/graphql")),
            (421, at(Method::GET, "/").header("host", "attacker.example")),
        ];
        for (status, request) in answers {
            let answer = request.send().await.unwrap();
            let what = answer.url().clone();
            assert_eq!(answer.status(), status, "{what}");
            let headers = answer.headers();
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("strict-transport-security", "max-age=31536000"),
            ] {
                assert_eq!(text(headers, name), value, "{name} of {what}");
            }
            assert!(text(headers, "permissions-policy").contains("camera=()"));
            let policy = text(headers, "content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("unsafe-eval"), "{policy}");
        }
        // And its cookies are bound to host and TLS.
        let input =
            json!({ "username": "ann", "email": "ann@example.org", "password": client.password() });
        let query =
            "mutation ($input: RegisterInput!) { register(input: $input) { errors { code } } }";
        let reply = client.graphql(query, json!({ "input": input })).await;
        let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies.len(), 3, "the session's two and the device's");
        for cookie in cookies {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-pluma_"), "{cookie}");
            assert!(
                cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"),
                "{cookie}"
            );
            assert!(
                cookie.contains("; Path=/;") && !cookie.contains("Domain"),
                "{cookie}"
            );
        }
    }
);

every_database!(
    async fn development_speaks_plain_http(app: TestApp) {
        let answer = app.client().get("/").await;
        assert_eq!(text(answer.headers(), "strict-transport-security"), "");
    }
);
