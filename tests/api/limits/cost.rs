//! What operations are estimated at, and what they come to.

use serde_json::{Value, json};

use crate::support::{Client, Reply, every_database};

/// What a reply says that it cost: estimated, actual.
#[track_caller]
fn cost(reply: &Reply) -> (u64, u64) {
    let cost = &reply.body["extensions"]["cost"];
    let part = |name: &str| {
        let part = cost[name].as_u64();
        part.unwrap_or_else(|| panic!("no {name} cost in {:#}", reply.body))
    };
    (part("estimated"), part("actual"))
}

async fn asked(client: &Client, query: &str) -> (u64, u64) {
    cost(&client.graphql(query, json!({})).await)
}

every_database!(
    async fn an_answer_says_what_it_may_cost_and_what_it_did(app: TestApp) {
        let ann = app.user("ann").await;
        for title in ["One", "Two"] {
            let notebook = ann.notebook(title).await;
            ann.page(&notebook, "Page", "text").await;
        }
        let list = "notebooks(mine: true, first: 5) { nodes { title pages(first: 3) { nodes { title } } } }";
        // notebooks 1, nodes 1, five times title 1, pages 1, nodes 1, three titles.
        let expected = (2 + 5 * (1 + 2 + 3), 2 + 2 * (1 + 2 + 1));
        assert_eq!(asked(&ann, &format!("{{ {list} }}")).await, expected);
        // The same by a variable, a fragment and another name.
        let query = "query ($n: Int = 3) { mine: notebooks(mine: true, first: 5) { ...list } }
            fragment list on NotebookConnection { nodes { __typename title pages(first: $n) { nodes { title } } } }";
        assert_eq!(asked(&ann, query).await, expected);
        let weighty = "{ notebooks(mine: true, first: 1) { totalCount nodes { pageCount } } }";
        assert_eq!(asked(&ann, weighty).await, (1 + 5 + 1 + 2, 1 + 5 + 1 + 2));
        let left_out = format!("{{ viewer {{ username }} ... @skip(if: true) {{ {list} }} }}");
        assert_eq!(asked(&ann, &left_out).await, (2, 2));
        let made = "mutation { createNotebook(input: { title: \"x\" }) { notebook { id } errors { code } } }";
        assert_eq!(
            asked(&ann, made).await,
            (10 + 1 + 1 + 1 + 1, 10 + 1 + 1 + 1)
        );
    }
);

every_database!(
    async fn what_is_not_there_or_fails_costs_next_to_nothing(app: TestApp) {
        let client = app.client();
        let deep =
            "{ node(id: \"x\") { id ... on Page { html revisions { nodes { content } } } } }";
        let (estimated, actual) = asked(&client, deep).await;
        assert!(estimated > 70, "{estimated}");
        assert_eq!(actual, 1);
        let failing = "{ users { nodes { id } } }";
        assert_eq!(asked(&client, failing).await, (22, 1));
        let reply = client.graphql("{ nothing }", json!({})).await;
        assert_eq!(
            reply.body["extensions"],
            Value::Null,
            "nothing was executed"
        );
    }
);

every_database!(
    async fn an_answer_never_costs_more_than_was_estimated(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Shared").await;
        for name in ["bob", "cat", "dan", "eve", "fay", "gus", "hal"] {
            let other = app.user(name).await;
            let share = "mutation ($notebook: ID!, $user: ID!) {
                setCollaborator(notebookId: $notebook, userId: $user, role: VIEWER) { errors { code } }
            }";
            let reply = ann
                .graphql(share, json!({ "notebook": notebook, "user": other.id }))
                .await;
            assert_eq!(reply.user_errors("setCollaborator"), &json!([]));
        }
        // Collaborators are taken to be five, and are seven.
        let query =
            "query ($id: ID!) { notebook(id: $id) { collaborators { user { username } role } } }";
        let reply = ann.graphql(query, json!({ "id": notebook })).await;
        assert_eq!(
            reply
                .at("/notebook/collaborators")
                .as_array()
                .unwrap()
                .len(),
            7
        );
        let (estimated, actual) = cost(&reply);
        assert_eq!(estimated, 1 + 2 + 5 * 3);
        assert_eq!(actual, estimated);
    }
);

every_database!(
    async fn what_may_cost_too_much_does_not_run(app: TestApp) {
        let client = app.client();
        let query = "{ users(first: 100) { nodes { notebooks(first: 100) { nodes { id } } } } }";
        let reply = client.graphql(query, json!({})).await;
        assert_eq!(reply.code(), "QUERY_TOO_COMPLEX");
        let extensions = &reply.body["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["limit"], &extensions["allowed"]),
            (&json!("cost"), &json!(10_000))
        );
        // The same fields, of fewer items.
        let fewer = query.replacen("100", "50", 1);
        let reply = client.graphql(&fewer, json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn each_event_of_a_subscription_says_its_cost(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Watched").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let query =
            "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) { kind } }";
        let mut events = app.subscribe(&ann, query, json!({ "id": page.id })).await;
        let event = events.next().await;
        assert_eq!(
            event["extensions"]["cost"],
            json!({ "estimated": 2, "actual": 2 })
        );
        events.stop().await;
    }
);
