//! Lists of notebooks, walked through in every order and direction.

use chrono::{DateTime, Utc};

use super::*;
use crate::pages::paging::{LIST, walk};

const FIELDS: [&str; 4] = ["CREATED_AT", "UPDATED_AT", "PUBLISHED_AT", "TITLE"];

fn time(value: &Value) -> DateTime<Utc> {
    let text = value.as_str().unwrap_or("1970-01-01T00:00:00Z");
    text.parse().unwrap()
}

/// The ids in an order, sorted here rather than by the server.
fn sorted(notebooks: &[Value], field: &str, descending: bool) -> Vec<String> {
    let mut keyed: Vec<_> = notebooks
        .iter()
        .map(|notebook| {
            let id = notebook["id"].as_str().unwrap().to_owned();
            let key = match field {
                "TITLE" => (
                    DateTime::default(),
                    notebook["title"].as_str().unwrap().to_lowercase(),
                ),
                "CREATED_AT" => (time(&notebook["createdAt"]), String::new()),
                "UPDATED_AT" => (time(&notebook["updatedAt"]), String::new()),
                _ => (time(&notebook["publishedAt"]), String::new()),
            };
            (key, id)
        })
        .collect();
    keyed.sort();
    if descending {
        keyed.reverse();
    }
    keyed.into_iter().map(|(_, id)| id).collect()
}

every_database!(
    async fn every_order_is_walked_whole_in_both_directions(app: TestApp) {
        let ann = app.user("ann").await;
        let titles = ["Zebra", "apple", "APPLE", "Ähre", "banana", "日本"];
        for number in 0..40 {
            let id = ann.notebook(titles[number * 7 % titles.len()]).await;
            if number % 3 == 0 {
                publish_notebook(&ann, &id).await;
            }
        }
        let earliest = "(SELECT MIN(created_at) FROM notebooks)";
        for (column, title) in [
            ("created_at", "apple"),
            ("updated_at", "APPLE"),
            ("created_at", "banana"),
        ] {
            let sql = format!("UPDATE notebooks SET {column} = {earliest} WHERE title = '{title}'");
            assert!(app.execute(&sql).await > 1);
        }
        let sql = format!(
            "UPDATE notebooks SET published_at = {earliest}, published_order = {earliest}
             WHERE published_at IS NOT NULL AND title IN ('Zebra', 'apple', 'Ähre')"
        );
        assert!(app.execute(&sql).await > 1);
        let all = "{ notebooks(mine: true, first: 100) { nodes { id title createdAt updatedAt publishedAt } } }";
        let nodes = look(&ann, all, "/notebooks/nodes").await;
        let nodes = nodes.as_array().unwrap();
        assert_eq!(nodes.len(), 40);
        let public: Vec<_> = nodes
            .iter()
            .filter(|node| !node["publishedAt"].is_null())
            .cloned()
            .collect();
        assert_eq!(public.len(), 14);
        for field in FIELDS {
            for direction in ["ASC", "DESC"] {
                let order = format!("orderBy: {{ field: {field}, direction: {direction} }}");
                let expected = sorted(nodes, field, direction == "DESC");
                let mine = |arguments: &str| {
                    format!("{{ notebooks(mine: true, {order}, {arguments}) {{ {LIST} }} }}")
                };
                walk(&ann, "/notebooks", &expected, &[3, 40, 100], mine).await;
                let expected = sorted(&public, field, direction == "DESC");
                let everybodys =
                    |arguments: &str| format!("{{ notebooks({order}, {arguments}) {{ {LIST} }} }}");
                walk(&app.client(), "/notebooks", &expected, &[1, 14], everybodys).await;
                let of_user = |arguments: &str| {
                    format!(
                        r#"{{ user(by: {{ id: "{}" }}) {{ notebooks({order}, {arguments}) {{ {LIST} }} }} }}"#,
                        ann.id
                    )
                };
                let of_ann = sorted(nodes, field, direction == "DESC");
                walk(&ann, "/user/notebooks", &of_ann, &[11], of_user).await;
            }
        }
    }
);

every_database!(
    async fn wrong_sizes_and_cursors_of_notebooks_are_refused(app: TestApp) {
        let ann = app.user("ann").await;
        ann.notebook("One").await;
        let list =
            |arguments: &str| format!("{{ notebooks(mine: true, {arguments}) {{ {LIST} }} }}");
        let mut cursors = Vec::new();
        for field in FIELDS {
            for direction in ["ASC", "DESC"] {
                let order = format!("orderBy: {{ field: {field}, direction: {direction} }}");
                let cursor = look(&ann, &list(&order), "/notebooks/pageInfo/endCursor").await;
                cursors.push((order, cursor.as_str().unwrap().to_owned()));
            }
        }
        for (order, _) in &cursors {
            for (other, cursor) in &cursors {
                let reply = ann
                    .graphql(&list(&format!(r#"{order}, after: "{cursor}""#)), json!({}))
                    .await;
                if order == other {
                    assert_eq!(reply.at("/notebooks/edges"), &json!([]));
                } else {
                    assert_eq!(reply.code(), "BAD_USER_INPUT", "{order} {other}");
                }
            }
        }
        for arguments in [
            "first: 0",
            "first: -1",
            "first: 101",
            "last: 0",
            "last: -5",
            "last: 101",
            "first: 1, last: 1",
            r#"after: """#,
            r#"before: "nonsense""#,
        ] {
            let reply = ann.graphql(&list(arguments), json!({})).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT", "{arguments}");
        }
    }
);
