//! What HTTP itself promises: ids, probes, metrics, headers, limits and an orderly end.

use reqwest::header::{self, HeaderMap};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::every_database;

const HEALTH: &str = "query Health { health { state components { name state latencyMs detail } } }";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).map(|value| value.to_str().unwrap());
    value.unwrap_or_default()
}

every_database!(
    async fn health_names_every_component_and_tells_strangers_no_details(app: TestApp) {
        let mut reply = app.client().graphql(HEALTH, json!({})).await;
        // A server that has just started on a busy machine is slow at first, and says so.
        for _ in 0..60 {
            if reply.at("/health/state") == "UP" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            reply = app.client().graphql(HEALTH, json!({})).await;
        }
        assert_eq!(reply.at("/health/state"), "UP");
        let components = reply.at("/health/components").as_array().unwrap();
        assert!(components.iter().any(|found| found["name"] == "database"));
        for component in components {
            assert_eq!(component["state"], "UP");
            assert_eq!(component["detail"], Value::Null);
        }
        assert!(components[0]["latencyMs"].is_number());

        let ready = app.client().get("/readyz").await;
        assert_eq!(ready.status(), 200);
        let ready: Value = ready.json().await.unwrap();
        assert_eq!(ready["state"], "up");
        assert_eq!(ready["components"][0]["name"], "database");
    }
);

every_database!(
    async fn a_server_that_stops_is_alive_and_not_ready(app: TestApp) {
        app.app().shutdown.cancel();
        assert_eq!(app.client().get("/readyz").await.status(), 503);
        let alive = app.client().get("/healthz").await;
        assert_eq!(alive.status(), 200);
        assert_eq!(alive.text().await.unwrap(), "ok");
    }
);

every_database!(
    async fn requests_carry_an_id_and_every_answer_has_it(app: TestApp) {
        let send = |id: &'static str| {
            let request = app.client().http().get(format!("{}/nothing", app.url()));
            request.header("x-request-id", id).send()
        };
        let kept = send("order-66").await.unwrap();
        assert_eq!(kept.status(), 404);
        assert_eq!(text(kept.headers(), "x-request-id"), "order-66");
        let spaced = send("two words").await.unwrap();
        let made = text(spaced.headers(), "x-request-id");
        assert!(made.len() == 32 && made != "two words", "{made}");
        let again = send("two words").await.unwrap();
        assert_ne!(text(again.headers(), "x-request-id"), made);
    }
);

every_database!(
    async fn metrics_count_requests_operations_and_the_database(app: TestApp) {
        let query = "query CountedOperation { health { state } }";
        app.client().graphql(query, json!({})).await.data();
        let reply = app
            .client()
            .graphql("query CountedFailure { nothing }", json!({}))
            .await;
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
        let text = app.client().get("/metrics").await.text().await.unwrap();
        for line in [
            r#"pluma_graphql_requests_total{operation="CountedOperation",type="query",outcome="ok"}"#,
            r#"pluma_graphql_requests_total{operation="CountedFailure",type="query",outcome="GRAPHQL_VALIDATION_FAILED"}"#,
            r#"pluma_graphql_seconds_count{operation="CountedOperation",type="query"}"#,
            "pluma_graphql_cost_bucket",
            r#"pluma_http_requests_total{method="POST",path="/graphql",status="200"}"#,
            "process_start_time_seconds",
            "pluma_database_",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
);

every_database!(
    with = |config| {
        config.server.metrics_token = Some(SecretString::from("a-long-token-for-metrics"));
    },
    async fn metrics_ask_for_their_token(app: TestApp) {
        let url = format!("{}/metrics", app.url());
        let send = |token: &'static str| app.client().http().get(&url).bearer_auth(token).send();
        assert_eq!(app.client().get("/metrics").await.status(), 401);
        assert_eq!(
            send("a-long-token-for-metricz").await.unwrap().status(),
            401
        );
        assert_eq!(
            send("a-long-token-for-metrics").await.unwrap().status(),
            200
        );
    }
);

every_database!(
    with = |config| {
        config.server.metrics = false;
        config.server.graphiql = false;
        config.server.introspection = false;
    },
    async fn what_is_turned_off_is_not_there(app: TestApp) {
        for path in ["/", "/metrics", "/schema.graphql", "/assets/index.js"] {
            assert_eq!(app.client().get(path).await.status(), 404, "{path}");
        }
        let query = "{ __schema { queryType { name } } }";
        let reply = app.client().graphql(query, json!({})).await;
        assert!(reply.body["data"]["__schema"].is_null(), "{:#}", reply.body);
    }
);

every_database!(
    async fn pages_and_data_tell_browsers_what_they_may_do(app: TestApp) {
        let page = app.client().get("/").await;
        assert_eq!(page.status(), 200);
        assert!(text(page.headers(), "content-type").starts_with("text/html"));
        let data = app.client().get("/healthz").await;
        for answer in [&page, &data] {
            let headers = answer.headers();
            assert_eq!(text(headers, "x-content-type-options"), "nosniff");
            assert_eq!(text(headers, "referrer-policy"), "same-origin");
            let policy = text(headers, "content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(
                !policy.contains("unsafe-eval") && !policy.contains("http"),
                "{policy}"
            );
        }
        let schema = app.client().get("/schema.graphql").await;
        assert!(schema.text().await.unwrap().contains("type Query"));
    }
);

every_database!(
    with = |config| {
        config.server.cors_origins = vec!["https://app.example.org".to_owned()];
    },
    async fn other_origins_are_allowed_by_their_exact_name_alone(app: TestApp) {
        let send = |origin: &'static str, method: reqwest::Method| {
            let request = app
                .client()
                .http()
                .request(method, format!("{}/graphql", app.url()));
            request
                .header(header::ORIGIN, origin)
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
                .header(
                    header::ACCESS_CONTROL_REQUEST_HEADERS,
                    "content-type,idempotency-key",
                )
                .json(&json!({ "query": "{ health { state } }" }))
                .send()
        };
        let known = "https://app.example.org";
        let preflight = send(known, reqwest::Method::OPTIONS).await.unwrap();
        let headers = preflight.headers();
        assert_eq!(text(headers, "access-control-allow-origin"), known);
        assert_eq!(text(headers, "access-control-allow-credentials"), "true");
        assert!(text(headers, "access-control-allow-headers").contains("idempotency-key"));
        let answer = send(known, reqwest::Method::POST).await.unwrap();
        assert_eq!(text(answer.headers(), "access-control-allow-origin"), known);
        assert!(text(answer.headers(), "access-control-expose-headers").contains("x-request-id"));
        for unknown in [
            "https://app.example.org.evil.test",
            "http://app.example.org",
            "null",
        ] {
            for method in [reqwest::Method::OPTIONS, reqwest::Method::POST] {
                let answer = send(unknown, method).await.unwrap();
                assert_eq!(
                    text(answer.headers(), "access-control-allow-origin"),
                    "",
                    "{unknown}"
                );
                assert_eq!(
                    text(answer.headers(), "access-control-allow-credentials"),
                    ""
                );
            }
        }
    }
);

every_database!(
    async fn long_answers_are_compressed_as_the_client_likes_it(app: TestApp) {
        let schema = format!("{}/schema.graphql", app.url());
        for coding in ["gzip", "br", "zstd"] {
            let request = app
                .client()
                .http()
                .get(&schema)
                .header("accept-encoding", coding);
            let answer = request.send().await.unwrap();
            assert_eq!(text(answer.headers(), "content-encoding"), coding);
            assert!(text(answer.headers(), "vary").contains("accept-encoding"));
        }
        let short = app.client().http().get(format!("{}/healthz", app.url()));
        let short = short
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(text(short.headers(), "content-encoding"), "");
    }
);

every_database!(
    with = |config| {
        config.limits.body_bytes = 65_536;
    },
    async fn a_body_over_the_limit_is_refused(app: TestApp) {
        let query = format!("{{ health {{ state }} }} # {}", "x".repeat(65_536));
        let reply = app.client().graphql(&query, json!({})).await;
        assert_eq!(reply.status, 413);
        // Announced, and far above what any address takes: refused before it is sent.
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                    content-length: 99999999\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 413");
    }
);

every_database!(
    async fn what_is_not_there_is_answered_in_the_client_s_form(app: TestApp) {
        let plain = app.client().get("/nothing").await;
        assert_eq!(plain.status(), 404);
        assert!(text(plain.headers(), "content-type").starts_with("text/plain"));
        let request = app.client().http().get(format!("{}/nothing", app.url()));
        let answer = request
            .header("accept", "application/json")
            .send()
            .await
            .unwrap();
        let id = text(answer.headers(), "x-request-id").to_owned();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"],
            json!({ "code": "NOT_FOUND", "requestId": id })
        );
        let wrong = app.client().http().delete(format!("{}/healthz", app.url()));
        assert_eq!(wrong.send().await.unwrap().status(), 405);
    }
);

every_database!(
    async fn a_token_that_is_not_good_is_refused(app: TestApp) {
        let mut client = app.client();
        client.access_token = "nonsense".to_owned();
        let reply = client.graphql("{ health { state } }", json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);
