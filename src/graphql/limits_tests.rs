//! Tests of what documents are found to hold and to cost.

use std::fmt::Write;

use async_graphql::Variables;
use serde_json::json;

use super::*;

const SDL: &str = r#"
    type Query { viewer: User users(first: Int, last: Int): UserConnection nodes(ids: [ID!]!): [User]! @listSize(slicingArguments: ["ids"]) }
    type Mutation { login: User touch: User @cost(weight: 3) }
    type User { name: String bio: String @cost(weight: 5) friends: [User!]! @listSize(assumedSize: 4) }
    type UserConnection { nodes: [User!]! totalCount: Int! @cost(weight: 5) }
    schema { query: Query mutation: Mutation }
"#;

fn measured(query: &str, variables: serde_json::Value) -> Measure {
    let document = async_graphql::parser::parse_query(query).unwrap();
    let types = Types::of(SDL);
    let variables = Variables::from_json(variables);
    let meant = meant(&document, None);
    Measuring::new(&document, &types, &variables, meant).operation(meant.unwrap())
}

fn estimated(query: &str) -> u64 {
    measured(query, json!({})).estimate()
}

#[test]
fn a_bomb_of_fragments_is_measured_without_being_spread() {
    let mut query = "{ ...f0 }".to_owned();
    for i in 0..60 {
        let n = i + 1;
        write!(query, " fragment f{i} on Query {{ ...f{n} ...f{n} }}").unwrap();
    }
    query.push_str(" fragment f60 on Query { viewer { name } }");
    let measure = measured(&query, json!({}));
    assert!(measure.fields > 1 << 59);
    assert!(measure.cost > 1 << 59);
}

#[test]
fn fragments_that_spread_themselves_end() {
    let measure = measured("{ ...a } fragment a on Query { x ...a }", json!({}));
    assert_eq!(measure.fields, 3);
}

#[test]
fn aliases_directives_and_depth_are_counted_through_fragments() {
    let query =
        "{ a: viewer { ...f @skip(if: false) } } fragment f on User { b: friends { name } }";
    let measure = measured(query, json!({}));
    assert_eq!((measure.fields, measure.aliases, measure.depth), (4, 2, 3));
    assert_eq!(measure.directives, 1);
}

#[test]
fn a_field_costs_its_weight_and_a_list_as_many_as_it_may_hold() {
    assert_eq!(estimated("{ viewer { name bio __typename } }"), 1 + 1 + 5);
    assert_eq!(estimated("{ viewer { friends { name } } }"), 1 + 1 + 4);
    let page = "users(first: 7) { totalCount nodes { name bio } }";
    assert_eq!(estimated(&format!("{{ {page} }}")), 1 + 5 + 1 + 7 * 6);
    assert_eq!(estimated("{ users { nodes { name } } }"), 1 + 1 + 20);
    assert_eq!(
        estimated("{ users(last: 3) { nodes { name } } }"),
        1 + 1 + 3
    );
    let beyond = "{ users(first: 1000000) { nodes { name } } }";
    assert_eq!(estimated(beyond), 1 + 1 + 100);
    assert_eq!(estimated("{ users(first: -5) { nodes { name } } }"), 3);
    assert_eq!(estimated(r#"{ nodes(ids: ["a" "b"]) { name } }"#), 1 + 2);
    assert_eq!(
        estimated("mutation { login { name } touch { name } }"),
        11 + 4
    );
}

#[test]
fn variables_and_their_defaults_give_sizes() {
    let query = "query ($n: Int = 9, $ids: [ID!]!) {
        users(first: $n) { ...page } nodes(ids: $ids) { name }
    } fragment page on UserConnection { nodes { name } }";
    let given = json!({ "n": 5, "ids": ["a", "b", "c"] });
    assert_eq!(measured(query, given).estimate(), (2 + 5) + (1 + 3));
    assert_eq!(measured(query, json!({})).estimate(), (2 + 9) + (1 + 1));
    let null = json!({ "n": null, "ids": [] });
    assert_eq!(measured(query, null).estimate(), (2 + 20) + (1 + 1));
}

#[test]
fn one_fragment_costs_what_each_list_around_it_makes_of_it() {
    let query = "{ a: users(first: 2) { ...page } b: users(first: 10) { ...page } }
        fragment page on UserConnection { nodes { name } }";
    assert_eq!(estimated(query), (2 + 2) + (2 + 10));
}

#[test]
fn what_is_left_out_costs_nothing() {
    let query = "query ($no: Boolean!) { viewer @include(if: $no) { name } users(first: 1) @skip(if: true) { totalCount } }";
    assert_eq!(measured(query, json!({ "no": false })).estimate(), 0);
    assert_eq!(measured(query, json!({ "no": true })).estimate(), 2);
}

#[test]
fn attempts_are_counted_by_occurrence_and_only_where_they_run() {
    let query = "mutation { a: login { name } ...f ...f b: login @skip(if: true) { name } }
        fragment f on Mutation { c: login { name } ... { d: login { name } } }";
    assert_eq!(measured(query, json!({})).attempts, [5, 0, 0, 0]);
}

#[test]
fn introspection_has_a_measure_of_its_own() {
    let query = "{ __schema { types { name fields { name type { name } } } } }";
    let measure = measured(query, json!({}));
    assert_eq!(measure.cost, 0);
    assert_eq!(measure.introspected, 2 + 150 * (1 + 1 + 5 * 3));
    assert_eq!((measure.nested_lists, measure.depth), (1, 1));
}
