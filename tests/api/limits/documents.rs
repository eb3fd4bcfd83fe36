//! Documents and variables over a limit: each refusal names it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::support::{Client, every_database};

/// What GraphiQL, Apollo's tools and code generators ask a server for.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description
    queryType { name kind } mutationType { name kind } subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
  fragment FullType on __Type { kind name description specifiedByURL isOneOf
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
      type { ...TypeRef } isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...InputValue }
    interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

/// The code of a refusal, and the limit that it names.
async fn refusal(client: &Client, query: &str, variables: Value) -> (String, String) {
    let reply = client.graphql(query, variables).await;
    let limit = reply.body["errors"][0]["extensions"]["limit"].as_str();
    assert!(reply.body["data"].is_null(), "{:#}", reply.body);
    (
        reply.code().to_owned(),
        limit.unwrap_or_default().to_owned(),
    )
}

fn repeated(times: usize, part: impl Fn(usize) -> String) -> String {
    (0..times).map(part).collect()
}

every_database!(
    with = |config| {
        let limits = &mut config.limits;
        (limits.root_fields, limits.directives, limits.fragments) = (5, 4, 3);
        (limits.fields, limits.aliases, limits.tokens, limits.depth) = (200, 10, 2_000, 5);
        limits.variable_bytes = 10_000;
    },
    async fn every_limit_is_named_by_its_refusal(app: TestApp) {
        let client = app.client();
        let roots = repeated(6, |at| format!("a{at}: viewer {{ id }} "));
        let directives =
            "viewer { id } ".replace("id", &format!("id {}", "@include(if: true) ".repeat(5)));
        let fragments = repeated(4, |at| {
            format!("fragment f{at} on Query {{ viewer {{ id }} }} ")
        });
        let spreads = repeated(4, |at| format!("...f{at} "));
        let fields = "viewer { id } ".repeat(110);
        let aliases = repeated(11, |at| format!("a{at}: id "));
        let tokens = "id ".repeat(2_001);
        let deep = "notebooks { nodes { pages { nodes { notebook { id } } } } }";
        for (query, limit) in [
            (roots.clone(), "root fields"),
            (
                format!("...f }} fragment f on Query {{ {roots}"),
                "root fields",
            ),
            (directives, "directives"),
            (
                format!("{spreads} }} {fragments} fragment g on Query {{ viewer {{ id }}"),
                "fragments",
            ),
            (fields, "fields"),
            (format!("viewer {{ {aliases} }}"), "aliases"),
            (tokens, "tokens"),
            (deep.to_owned(), "depth"),
        ] {
            let found = refusal(&client, &format!("{{ {query} }}"), json!({})).await;
            let code = if limit == "depth" {
                "QUERY_TOO_DEEP"
            } else {
                "QUERY_TOO_COMPLEX"
            };
            assert_eq!(found, (code.to_owned(), limit.to_owned()));
        }
        let query = "query ($id: ID!) { node(id: $id) { id } }";
        let long = json!({ "id": "x".repeat(10_000) });
        let found = refusal(&client, query, long).await;
        assert_eq!(
            found,
            ("BAD_USER_INPUT".to_owned(), "variable bytes".to_owned())
        );
        // At the limits, everything runs; a field that is repeated is one.
        let roots =
            "viewer { id } ".repeat(50) + &repeated(4, |at| format!("a{at}: viewer {{ id }} "));
        let reply = client.graphql(&format!("{{ {roots} }}"), json!({})).await;
        assert_eq!(reply.at("/a3"), &Value::Null);
    }
);

every_database!(
    with = |config| {
        config.limits.variables = 1_000;
        config.limits.variable_depth = 10;
    },
    async fn the_json_of_a_request_is_bounded_in_values_and_levels(app: TestApp) {
        let client = app.client();
        let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let many = json!({ "query": query, "variables": { "ids": vec!["x"; 1_001] } });
        let reply = client.post(&many).await;
        assert_eq!((reply.status, reply.code()), (413, "PAYLOAD_TOO_LARGE"));
        assert!(reply.body.to_string().contains("PLUMA_LIMIT_VARIABLES"));
        let mut deep = json!("x");
        for _ in 0..12 {
            deep = json!([deep]);
        }
        let reply = client
            .post(&json!({ "query": query, "variables": { "ids": deep } }))
            .await;
        assert_eq!((reply.status, reply.code()), (400, "BAD_REQUEST"));
        assert!(
            reply
                .body
                .to_string()
                .contains("PLUMA_LIMIT_VARIABLE_DEPTH")
        );
        // The same by GET, in a batch, and over a WebSocket.
        let variables = json!({ "ids": vec![1; 1_001] }).to_string();
        let mut url = url::Url::parse(&app.url())
            .unwrap()
            .join("graphql")
            .unwrap();
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("variables", &variables);
        assert_eq!(client.http().get(url).send().await.unwrap().status(), 413);
        assert_eq!(client.post(&json!([many])).await.status, 413);
        let mut socket = app
            .subscribe(&client, query, many["variables"].clone())
            .await;
        assert_eq!(socket.ended().await, crate::support::Ending::Closed(4400));
        let few = json!({ "query": query, "variables": { "ids": vec!["x"; 90] } });
        assert_eq!(client.post(&few).await.at("/nodes/0"), &Value::Null);
    }
);

every_database!(
    async fn introspection_has_a_budget_of_its_own(app: TestApp) {
        let client = app.client();
        let reply = client.graphql(INTROSPECTION, json!({})).await;
        let types = reply.at("/__schema/types").as_array().unwrap().len();
        assert!(types > 40, "{types}");
        let cost = &reply.body["extensions"]["cost"];
        let part = |name: &str| cost[name].as_u64().unwrap();
        assert!(part("actual") <= part("estimated"), "{cost}");
        // More than twice as much fits; the rest of the schema is to come.
        assert!(part("estimated") < 1_000, "{cost}");
        let many = INTROSPECTION.replacen(
            "types {",
            &(repeated(9, |at| format!("t{at}: types {{ ...FullType }} ")) + "types {"),
            1,
        );
        let within = "{ __type(name: \"Query\") { fields { type { fields { type { fields { name } } } } } } }";
        let hidden = "{ __schema { types { ...a } } }
            fragment a on __Type { fields { type { ...b } } }
            fragment b on __Type { possibleTypes { interfaces { name } } }";
        for bomb in [many.as_str(), within, hidden] {
            let found = refusal(&client, bomb, json!({})).await;
            assert_eq!(
                found,
                ("QUERY_TOO_COMPLEX".to_owned(), "introspection".to_owned())
            );
        }
    }
);

every_database!(
    async fn fields_side_by_side_are_bounded_before_they_are_compared(app: TestApp) {
        let client = app.client();
        // Each level of inline fragments compares all fields within it once more.
        let conflicts = repeated(800, |at| {
            format!("notebooks(first: {at}) {{ totalCount }} ")
        });
        let nested = format!(
            "{{ {} {conflicts} {} }}",
            "... { ".repeat(50),
            "}".repeat(50)
        );
        // Fragments that nothing spreads are compared as well.
        let mut unused = format!("{{ viewer {{ id }} }} fragment big on Query {{ {conflicts} }} ");
        for at in 0..150 {
            write!(unused, "fragment f{at} on Query {{ ...big }} ").unwrap();
        }
        for bomb in [nested, unused] {
            let found = refusal(&client, &bomb, json!({})).await;
            assert_eq!(
                found,
                (
                    "QUERY_TOO_COMPLEX".to_owned(),
                    "overlapping fields".to_owned()
                )
            );
        }
        // What is within the limits is refused with as many errors as anybody reads.
        let reply = client
            .graphql(&format!("{{ {conflicts} }}"), json!({}))
            .await;
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(reply.body["errors"].as_array().unwrap().len(), 100);
    }
);
