//! Tampering with the AUDIT entries shows.

use super::*;

/// A server with a log of an administrator and of Ann's three notebooks, all of it sealed.
async fn sealed(app: &TestApp) -> (Client, Value) {
    let (ann, admin) = (app.user("ann").await, app.admin().await);
    for title in ["one", "two", "three"] {
        ann.notebook(title).await;
        noted(&ann, "not sealed").await;
    }
    let found = verify(app, &admin).await;
    assert_eq!(found["valid"], true, "{found}");
    (admin, found)
}

/// The place of Ann's second notebook's entry, as a condition.
const SECOND: &str =
    "seq = (SELECT seq FROM (SELECT seq FROM logs WHERE action = 'notebook.created'
    ORDER BY seq LIMIT 1 OFFSET 1) AS second)";

every_database!(
    async fn a_log_that_nobody_touched_is_valid_and_grows(app: TestApp) {
        let (admin, before) = sealed(&app).await;
        let entries = before["entries"].as_i64().unwrap();
        assert_eq!(before["head"].as_str().unwrap().len(), 64);
        admin.notebook("another").await;
        noted(&admin, "not sealed").await;
        let after = verify(&app, &admin).await;
        assert_eq!(after["entries"], entries + 1);
        assert_ne!(after["head"], before["head"]);
    }
);

every_database!(
    async fn a_changed_entry_is_the_first_broken_one(app: TestApp) {
        let (admin, before) = sealed(&app).await;
        let changed = format!("UPDATE logs SET username = 'mallory' WHERE {SECOND}");
        assert_eq!(app.execute(&changed).await, 1);
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], false);
        assert_eq!(found["firstBroken"]["action"], "notebook.created");
        assert!(found["entries"].as_i64() < before["entries"].as_i64());
        assert!(found["problem"].as_str().unwrap().contains("changed"));
    }
);

every_database!(
    async fn a_removed_entry_breaks_the_next_one(app: TestApp) {
        let (admin, _) = sealed(&app).await;
        let removed = format!("DELETE FROM logs WHERE {SECOND}");
        assert_eq!(app.execute(&removed).await, 1);
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], false);
        assert_eq!(found["firstBroken"]["action"], "notebook.created");
    }
);

every_database!(
    async fn an_entry_missing_at_the_end_is_noticed(app: TestApp) {
        let (admin, _) = sealed(&app).await;
        let last = "DELETE FROM logs WHERE seq = (SELECT max_seq FROM
            (SELECT max(seq) AS max_seq FROM logs WHERE kind = 'AUDIT') AS newest)";
        assert_eq!(app.execute(last).await, 1);
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], false);
        assert_eq!(found["firstBroken"], Value::Null);
        assert!(
            found["problem"]
                .as_str()
                .unwrap()
                .contains("missing at the end")
        );
    }
);

every_database!(
    async fn a_chain_closed_without_the_secret_is_noted_in_the_log_for_good(app: TestApp) {
        let (admin, _) = sealed(&app).await;
        app.execute("UPDATE audit_chain SET entries = entries + 0, mac = NULL")
            .await;
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], false);
        assert!(found["problem"].as_str().unwrap().contains("PLUMA_SECRET"));
        // The next entry closes the chain again, behind a note that stays.
        admin.notebook("another").await;
        for _ in 0..2 {
            let found = verify(&app, &admin).await;
            assert_eq!(found["valid"], false);
            assert_eq!(found["firstBroken"]["action"], "audit.chain_broken");
        }
    }
);

every_database!(
    async fn the_server_seals_by_itself_within_a_moment(app: TestApp) {
        let admin = app.admin().await;
        admin.notebook("Notebook").await;
        let query = "{ verifyAuditLog { entries } logs(filter: { kind: AUDIT }) { totalCount } }";
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let reply = admin.graphql(query, json!({})).await;
            if reply.at("/verifyAuditLog/entries") == reply.at("/logs/totalCount") {
                break;
            }
            assert!(std::time::Instant::now() < limit, "nothing was sealed");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
);

every_database!(
    async fn racing_sealers_make_one_chain(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        for _ in 0..3 {
            let writing = (0..10).map(|number| {
                let ann = ann.clone();
                async move { ann.notebook(&format!("{number}")).await }
            });
            let sealing = (0..4).map(|_| sealing::seal(app.app()));
            let (_, sealed) = tokio::join!(
                futures_util::future::join_all(writing),
                futures_util::future::join_all(sealing),
            );
            for outcome in sealed {
                outcome.unwrap();
            }
        }
        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], true, "{found}");
        let reply = admin
            .graphql(
                "{ logs(filter: { kind: AUDIT }) { totalCount } }",
                json!({}),
            )
            .await;
        assert_eq!(reply.at("/logs/totalCount"), &found["entries"]);
    }
);

every_database!(
    async fn only_administrators_verify(app: TestApp) {
        let ann = app.user("ann").await;
        let query = "{ verifyAuditLog { valid } }";
        assert_eq!(ann.graphql(query, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(
            app.client().graphql(query, json!({})).await.code(),
            "UNAUTHENTICATED"
        );
    }
);
