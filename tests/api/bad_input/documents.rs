//! Documents and bodies that are made to be expensive, or are none.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::is_no_fault;
use crate::support::{Client, every_database};

/// No refusal takes longer.
const SOON: Duration = Duration::from_secs(10);

/// The code that a document is refused with, soon.
async fn refusal(client: &Client, query: &str) -> String {
    let asking = client.graphql(query, json!({}));
    let reply = tokio::time::timeout(SOON, asking).await.unwrap();
    assert!(reply.status < 500, "{}", reply.status);
    is_no_fault(&reply.body, &query.chars().take(200).collect::<String>());
    assert!(reply.body["data"].is_null());
    reply.code().to_owned()
}

/// `{ a { a { … } } }`
fn nested(levels: usize, open: &str, inner: &str) -> String {
    format!(
        "{{ {} {inner} {} }}",
        open.repeat(levels),
        "}".repeat(levels)
    )
}

every_database!(
    async fn documents_that_ask_for_too_much_are_refused_before_they_run(app: TestApp) {
        let client = app.client();
        let page = r#"page(id: "x") { "#;
        let deep = nested(20, "notebook { pages { nodes { ", "id").replace("}", "} } }");
        let deep = format!(
            "{{ {page} {} }} }}",
            deep.trim_start_matches("{ ").trim_end_matches(" } } }")
        );
        let deepest = format!(
            "{{ {} id {} }}",
            "notebook { ".repeat(5_000),
            "}".repeat(5_000)
        );
        let mut bomb = "{ ...f0 }".to_owned();
        for number in 0..60 {
            let next = number + 1;
            write!(
                bomb,
                " fragment f{number} on Query {{ ...f{next} ...f{next} }}"
            )
            .unwrap();
        }
        bomb.push_str(" fragment f60 on Query { health { state } }");
        let cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
        let aliases: String = (0..200)
            .map(|at| format!("a{at}: health {{ state }} "))
            .collect();
        let repeated = "viewer { id } ".repeat(1_000);
        let long_list = format!("{{ nodes(ids: [{}]) {{ id }} }}", r#""x" "#.repeat(20_000));
        let costly = "{ users(first: 100) { nodes { notebooks(first: 100) { nodes {
            pages(first: 100) { nodes { revisions(first: 100) { nodes { id } } } } } } } } }";
        let directives = format!(
            "{{ health {} {{ state }} }}",
            "@include(if: true) ".repeat(1_000)
        );
        let literal = format!(
            r#"{{ node(id: "x") {{ id }} a: notebooks(after: {}1{}) {{ totalCount }} }}"#,
            "[".repeat(3_000),
            "]".repeat(3_000)
        );
        for (query, codes) in [
            (deep.as_str(), &["QUERY_TOO_DEEP"][..]),
            (&deepest, &["GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX"]),
            (&bomb, &["QUERY_TOO_COMPLEX", "QUERY_TOO_DEEP"]),
            (cycle, &["GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_DEEP"]),
            (&format!("{{ {aliases} }}"), &["QUERY_TOO_COMPLEX"]),
            (&long_list, &["QUERY_TOO_COMPLEX"]),
            (costly, &["QUERY_TOO_COMPLEX"]),
            (
                &directives,
                &["GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"],
            ),
            (
                &literal,
                &[
                    "GRAPHQL_PARSE_FAILED",
                    "GRAPHQL_VALIDATION_FAILED",
                    "QUERY_TOO_DEEP",
                    "QUERY_TOO_COMPLEX",
                ],
            ),
            ("{", &["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"]),
            ("", &["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"]),
            ("\0", &["BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"]),
            ("{ nothing }", &["GRAPHQL_VALIDATION_FAILED"]),
        ] {
            let code = refusal(&client, query).await;
            let start: String = query.chars().take(80).collect();
            assert!(
                codes.contains(&code.as_str()),
                "{start:?} is refused with {code}"
            );
        }
        // A field that is repeated is one field.
        let reply = client
            .graphql(&format!("{{ {repeated} }}"), json!({}))
            .await;
        assert_eq!(reply.data(), &json!({ "viewer": null }));
    }
);

/// The status and the code that a body is answered with.
async fn answer(client: &Client, url: &str, body: Vec<u8>) -> (u16, String) {
    let request = client.http().post(format!("{url}/graphql"));
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let response = tokio::time::timeout(SOON, request.send())
        .await
        .unwrap()
        .unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    is_no_fault(&body, "a body");
    (
        status,
        body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

every_database!(
    with = |config| {
        config.limits.body_bytes = 65_536;
    },
    async fn bodies_that_are_no_requests_are_refused(app: TestApp) {
        let client = app.client();
        let url = app.url();
        let variables = |json: &str| {
            format!(
                r#"{{"query":"query ($id: ID!) {{ node(id: $id) {{ id }} }}","variables":{json}}}"#
            )
            .into_bytes()
        };
        let deep = format!(r#"{{"id":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let batch = json!(vec![json!({ "query": "{ health { state } }" }); 11]).to_string();
        for (name, body, expected) in [
            ("too large", vec![b' '; 70_000], 413),
            ("too deep", variables(&deep), 400),
            ("too many", batch.into_bytes(), 400),
            ("an empty batch", b"[]".to_vec(), 400),
            ("no JSON", b"{".to_vec(), 400),
            ("nothing", Vec::new(), 400),
            ("no UTF-8", b"{\"query\":\"\xff\"}".to_vec(), 400),
            (
                "half a surrogate pair",
                variables(r#"{"id":"\ud800"}"#),
                400,
            ),
            ("a number without an end", variables(r#"{"id":1e400}"#), 400),
            ("variables that are a list", variables("[]"), 400),
            ("a query that is a number", br#"{"query":1}"#.to_vec(), 400),
        ] {
            let (status, code) = answer(&client, &url, body).await;
            assert_eq!(status, expected, "{name} is refused with {code}");
            assert!(!code.is_empty(), "{name}");
        }
        // U+0000 is a character: such an id names nothing.
        let (status, code) = answer(&client, &url, variables(r#"{"id":"\u0000"}"#)).await;
        assert_eq!((status, code.as_str()), (200, ""));
    }
);

every_database!(
    async fn values_of_another_type_are_refused_and_name_their_variable(app: TestApp) {
        let client = app.user("ann").await;
        let create =
            "mutation ($input: CreatePageInput!) { createPage(input: $input) { errors { code } } }";
        let input = |name: &str, value: Value| {
            let mut input = json!({ "notebookId": "x", "title": "Page" });
            input[name] = value;
            (create, json!({ "input": input }))
        };
        let list = "query ($first: Int) { notebooks(first: $first) { totalCount } }";
        for (query, variables) in [
            input("title", json!(1)),
            input("title", json!({})),
            input("title", Value::Null),
            input("position", json!("1")),
            input("position", json!(1.5)),
            input("position", json!(2_147_483_648_i64)),
            input("position", json!(u64::MAX)),
            input("format", json!("HTML")),
            input("notebookId", json!([])),
            input("unknown", json!(1)),
            (create, json!({})),
            (create, json!({ "input": "text" })),
            (list, json!({ "first": -2_147_483_649_i64 })),
            (list, json!({ "first": true })),
            (
                "query ($at: UserBy!) { user(by: $at) { id } }",
                json!({ "at": {} }),
            ),
            (
                "query ($at: UserBy!) { user(by: $at) { id } }",
                json!({ "at": { "id": "x", "username": "ann" } }),
            ),
        ] {
            let reply = client.graphql(query, variables.clone()).await;
            is_no_fault(&reply.body, &variables.to_string());
            let code = reply.code();
            assert!(
                ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code),
                "{variables} is refused with {code}"
            );
        }
    }
);
