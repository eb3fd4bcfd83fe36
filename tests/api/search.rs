//! The search: what is found by which words, by whom, and in which order.

mod bad_input;
mod cases;
mod index;
mod paging;
mod snippets;
mod visibility;

use serde_json::Value;

use crate::support::*;

pub const SEARCH: &str = "query ($query: String!, $kinds: [SearchKind!], $first: Int, $after: String) {
    search(query: $query, kinds: $kinds, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
      edges { cursor node { score snippet subject { __typename
        ... on Notebook { id title } ... on Page { id title } ... on User { id username } } } } } }";

/// What a search answers: the connection.
pub async fn search(client: &Client, variables: Value) -> Value {
    client
        .graphql(SEARCH, variables)
        .await
        .at("/search")
        .clone()
}

/// The ids of what is found, the best first. The total must be their number.
pub async fn found(client: &Client, query: &str) -> Vec<String> {
    let answer = search(client, json!({ "query": query, "first": 100 })).await;
    let edges = answer["edges"].as_array().unwrap();
    assert_eq!(answer["totalCount"], json!(edges.len()), "{query}");
    let ids = edges.iter().map(|edge| &edge["node"]["subject"]["id"]);
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// The first snippet of a search.
pub async fn snippet(client: &Client, query: &str) -> String {
    let answer = search(client, json!({ "query": query })).await;
    let snippet = answer["edges"][0]["node"]["snippet"].as_str();
    snippet
        .unwrap_or_else(|| panic!("{query} finds nothing"))
        .to_owned()
}
