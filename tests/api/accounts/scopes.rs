//! Scopes of API keys, over every root field of the schema and every transport.

use reqwest::header::ACCEPT;

use super::api_keys::key;
use super::*;

const SINGLE: [&str; 4] = ["READ", "WRITE", "AI", "MODELS"];
const FIELDS: &str = "{ __schema { types { name fields { name args { name type { ...t } }
    type { kind ofType { kind ofType { kind ofType { kind } } } } } } } }
    fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// An operation with one root field of that type, whose arguments are all variables without values.
fn operation(kind: &str, field: &Value) -> String {
    let name = field["name"].as_str().unwrap();
    let leaf = ["SCALAR", "ENUM"];
    let mut of = &field["type"];
    while of["ofType"].is_object() {
        of = &of["ofType"];
    }
    let selection = match leaf.contains(&of["kind"].as_str().unwrap()) {
        true => "",
        false => "{ __typename }",
    };
    let arguments = field["args"].as_array().unwrap();
    if arguments.is_empty() {
        return format!("{kind} {{ {name} {selection} }}");
    }
    let declared = arguments.iter().map(|argument| {
        format!(
            "${}: {}",
            argument["name"].as_str().unwrap(),
            written(&argument["type"])
        )
    });
    let passed = arguments.iter().map(|argument| {
        let name = argument["name"].as_str().unwrap();
        format!("{name}: ${name}")
    });
    let (declared, passed): (Vec<_>, Vec<_>) = (declared.collect(), passed.collect());
    format!(
        "{kind} ({}) {{ {name}({}) {selection} }}",
        declared.join(", "),
        passed.join(", ")
    )
}

fn written(of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", written(&of["ofType"])),
        "LIST" => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().unwrap().to_owned(),
    }
}

/// Whether the answer says that a scope is missing; then nothing was executed.
fn lacks_scope(answer: &Value) -> bool {
    let error = &answer["errors"][0];
    let lacks = error["extensions"]["code"] == "FORBIDDEN"
        && error["message"]
            .as_str()
            .unwrap()
            .contains("with the scope");
    assert!(!lacks || answer.get("data").is_none(), "{answer:#}");
    lacks
}

async fn root_fields(client: &Client) -> Vec<(&'static str, Value)> {
    let reply = client.graphql(FIELDS, json!({})).await;
    let types = reply.at("/__schema/types").as_array().unwrap();
    let mut found = Vec::new();
    for (kind, name) in [
        ("query", "Query"),
        ("mutation", "Mutation"),
        ("subscription", "Subscription"),
    ] {
        let of = types.iter().find(|of| of["name"] == name).unwrap();
        let fields = of["fields"].as_array().unwrap().iter();
        found.extend(fields.map(|field| (kind, field.clone())));
    }
    assert!(found.len() > 40);
    found
}

every_database!(
    async fn every_root_field_needs_exactly_one_scope_and_no_other_one_will_do(app: TestApp) {
        let ann = app.user("ann").await;
        let fields = root_fields(&ann).await;
        let mut may = vec![Vec::new(); fields.len()];
        for scope in SINGLE {
            let (_, robot) = key(&app, &ann, &[scope]).await;
            for (at, (kind, field)) in fields.iter().enumerate() {
                let query = operation(kind, field);
                let answer = match *kind {
                    "subscription" => {
                        let mut stream = app.subscribe(&robot, &query, json!({})).await;
                        let ended = stream.ended().await;
                        let Ending::Failed(errors) = ended else {
                            panic!("{query} ends with {ended:?}");
                        };
                        json!({ "errors": errors })
                    }
                    _ => robot.graphql(&query, json!({})).await.body,
                };
                if !lacks_scope(&answer) {
                    may[at].push(scope);
                }
            }
        }
        for ((kind, field), may) in fields.iter().zip(may) {
            let name = &field["name"];
            assert_eq!(may.len(), 1, "{kind} {name}: {may:?}");
            // What reads must not do for what writes, whichever list a field is in.
            let never = if *kind == "mutation" { "READ" } else { "WRITE" };
            assert_ne!(may[0], never, "{kind} {name}");
        }
    }
);

every_database!(
    async fn an_administrator_s_scope_alone_is_good_for_nothing(app: TestApp) {
        let admin = app.admin().await;
        let (_, robot) = key(&app, &admin, &["ADMIN"]).await;
        for (kind, field) in root_fields(&admin).await {
            if kind == "subscription" {
                continue;
            }
            let reply = robot.graphql(&operation(kind, &field), json!({})).await;
            assert!(lacks_scope(&reply.body), "{kind} {}", field["name"]);
        }
    }
);

every_database!(
    async fn no_way_of_writing_a_request_gets_around_a_scope(app: TestApp) {
        let ann = app.user("ann").await;
        let (_, reader) = key(&app, &ann, &["READ"]).await;
        let create = r#"createNotebook(input: { title: "N" }) { notebook { id } }"#;
        for query in [
            format!("mutation {{ {create} }}"),
            format!("mutation {{ viewer: {create} }}"),
            format!(
                "mutation {{ ...f }} fragment f on Mutation {{ ...g }} fragment g on Mutation {{ {create} }}"
            ),
            format!("mutation {{ ... {{ ... on Mutation {{ a: {create} }} }} }}"),
            format!("query A {{ viewer {{ id }} }} mutation B {{ {create} }}"),
        ] {
            let body =
                json!({ "query": query, "operationName": query.contains(" B ").then_some("B") });
            let reply = reader.post(&body).await;
            assert!(lacks_scope(&reply.body), "{query}: {:#}", reply.body);
            let reply = reader
                .post(&json!([{ "query": "{ viewer { username } }" }, body]))
                .await;
            assert_eq!(reply.body[0]["data"]["viewer"]["username"], "ann");
            assert!(lacks_scope(&reply.body[1]), "{query}");
            if query.contains(" B ") {
                continue;
            }
            // Over a WebSocket, and as an event stream.
            let mut socket = app.subscribe(&reader, &query, json!({})).await;
            let Ending::Failed(errors) = socket.ended().await else {
                panic!("{query} runs over a WebSocket");
            };
            assert!(lacks_scope(&json!({ "errors": errors })));
            let stream = reader.http().post(format!("{}/graphql", app.url()));
            let stream = stream.bearer_auth(&reader.access_token).json(&body);
            let stream = stream
                .header(ACCEPT, "text/event-stream")
                .send()
                .await
                .unwrap();
            let text = stream.text().await.unwrap();
            assert!(text.contains("with the scope WRITE"), "{text}");
        }
        let mine = "{ notebooks(mine: true) { totalCount } }";
        let reply = reader.graphql(mine, json!({})).await;
        assert_eq!(reply.at("/notebooks/totalCount"), 0);
        let (_, writer) = key(&app, &ann, &["WRITE"]).await;
        let reply = writer.graphql(mine, json!({})).await;
        assert!(lacks_scope(&reply.body));
        assert_eq!(reply.status, 200, "by its media type: application/json");
    }
);

every_database!(
    async fn refusals_are_written_down_and_rationed(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, reader) = key(&app, &ann, &["READ"]).await;
        for _ in 0..5 {
            let reply = reader
                .graphql("mutation { logout { errors { code } } }", json!({}))
                .await;
            assert!(lacks_scope(&reply.body));
        }
        let rows = format!(
            "UPDATE logs SET action = action WHERE action = 'request.refused' AND username = 'ann'
             AND ip = '127.0.0.1' AND request_id IS NOT NULL AND CAST(details AS TEXT) LIKE '%{id}%'"
        );
        assert_eq!(app.execute(&rows).await, 1);
    }
);
