//! Old entries go where the configuration says so, and the chain stays verifiable.

use std::time::Duration;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

every_database!(
    with = |config| {
        config.audit.retention = 30 * DAY;
        config.jobs.inline = false;
    },
    async fn what_is_older_than_the_retention_goes_and_the_chain_holds(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        ann.notebook("old").await;
        noted(&ann, "old").await;
        let before = verify(&app, &admin).await;
        app.clock().advance(31 * DAY);
        let ann = app.client().sign_in("ann").await;
        let admin = app.client().sign_in("admin").await;
        ann.notebook("young").await;
        noted(&ann, "young").await;
        verify(&app, &admin).await;
        let done = sealing::trim(app.app()).await.unwrap();
        assert!(
            done["removed"].as_i64() > before["entries"].as_i64(),
            "{done}"
        );

        let found = verify(&app, &admin).await;
        assert_eq!(found["valid"], true, "{found}");
        let reply = admin
            .graphql("{ logs(first: 50) { nodes { action kind } } }", json!({}))
            .await;
        let left: Vec<_> = reply
            .at("/logs/nodes")
            .as_array()
            .unwrap()
            .iter()
            .map(|log| log["action"].as_str().unwrap())
            .collect();
        assert_eq!(
            left.iter()
                .filter(|action| **action == "notebook.created")
                .count(),
            1,
            "{left:?}"
        );
        assert!(left.contains(&"audit.trimmed"), "{left:?}");
        assert!(
            left.contains(&"young") && !left.contains(&"old"),
            "{left:?}"
        );
        // Nothing is left to be removed.
        assert_eq!(sealing::trim(app.app()).await.unwrap()["removed"], 0);
        // What is kept cannot be changed unnoticed either.
        app.execute("UPDATE logs SET username = 'mallory' WHERE action = 'notebook.created'")
            .await;
        assert_eq!(verify(&app, &admin).await["valid"], false);
    }
);

every_database!(
    with = |config| config.jobs.inline = false,
    async fn without_a_retention_nothing_goes(app: TestApp) {
        let ann = app.user("ann").await;
        noted(&ann, "old").await;
        app.clock().advance(36_000 * DAY);
        assert_eq!(sealing::trim(app.app()).await.unwrap()["removed"], 0);
    }
);
