//! The log as it is written.

use super::*;

const ADDED: &str = "subscription ($filter: LogFilter, $after: ID) {
    logAdded(filter: $filter, after: $after) { id action username } }";

every_database!(
    async fn an_administrator_hears_of_entries_in_order(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let filter = json!({ "filter": { "userId": ann.id, "kind": "CUSTOM" } });
        let mut stream = app.subscribe(&admin, ADDED, filter.clone()).await;
        // The stream has begun once it answers; a note before that might be missed by design.
        let first = loop {
            noted(&ann, "beginning").await;
            let waiting = tokio::time::timeout(std::time::Duration::from_secs(2), stream.next());
            if let Ok(first) = waiting.await {
                break first;
            }
        };
        assert_eq!(first["data"]["logAdded"]["action"], "beginning");
        noted(&admin, "not ann's").await;
        ann.notebook("not custom").await;
        for number in 0..3 {
            noted(&ann, &format!("note {number}")).await;
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let next = stream.next().await["data"]["logAdded"].clone();
            assert_eq!(next["username"], "ann");
            if next["action"] != "beginning" {
                seen.push(next);
            }
        }
        let actions: Vec<_> = seen
            .iter()
            .map(|log| log["action"].as_str().unwrap())
            .collect();
        assert_eq!(actions, ["note 0", "note 1", "note 2"]);

        // A lost connection goes on behind what was seen.
        stream.stop().await;
        let mut variables = filter;
        variables["after"] = seen[0]["id"].clone();
        let mut stream = app.subscribe(&admin, ADDED, variables).await;
        for expected in ["note 1", "note 2"] {
            assert_eq!(stream.next().await["data"]["logAdded"]["action"], expected);
        }
        stream.stop().await;
    }
);

every_database!(
    async fn nobody_else_hears_anything(app: TestApp) {
        let ann = app.user("ann").await;
        for client in [&ann, &app.client()] {
            let mut stream = app.subscribe(client, ADDED, json!({})).await;
            let refused = stream.answer().await;
            let text = format!("{refused:?}");
            assert!(
                text.contains("FORBIDDEN") || text.contains("UNAUTHENTICATED"),
                "{text}"
            );
        }
    }
);
