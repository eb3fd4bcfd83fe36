//! `pluma worker`: background work done by a process of its own, beside a server that does none.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{TestApp, eventually, every_database, json};

/// A running worker; ended with the test, whatever becomes of it.
struct Worker(Child);

impl Worker {
    /// Starts one on the server's database.
    fn start(app: &TestApp) -> Self {
        let mut command = app.program(&["worker"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_worker_publishes_at_the_time_that_a_server_was_told(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let at = (*app.clock().now() + Duration::from_secs(1)).to_rfc3339();
        let schedule = "mutation ($id: ID!, $at: DateTime) {
            publishPage(pageId: $id, at: $at) { page { state } errors { code } } }";
        let reply = ann
            .graphql(schedule, json!({ "id": page.id, "at": at }))
            .await;
        assert_eq!(reply.text("/publishPage/page/state"), "DRAFT");

        let _worker = Worker::start(&app);
        let limit = Instant::now() + Duration::from_secs(30);
        let state = "query ($id: ID!) { page(id: $id) { state publishAt } }";
        loop {
            let reply = ann.graphql(state, json!({ "id": page.id })).await;
            if reply.text("/page/state") == "PUBLISHED" {
                assert!(reply.at("/page/publishAt").is_null());
                break;
            }
            assert!(Instant::now() < limit, "the worker has not published it");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
);

every_database!(
    with = |config| {
        config.jobs.recurring = true;
    },
    async fn what_recurs_is_done_at_the_start_of_a_server(app: TestApp) {
        for kind in [
            "accounts.purge",
            "ai.forget",
            "classifications.trim",
            "datasets.sweep",
            "idempotency.purge",
            "jobs.clean",
            "logs.trim",
            "media.sweep",
            "models.drift",
            "models.sweep",
            "predictions.settle",
            "search.index",
        ] {
            let done = format!(
                "UPDATE jobs SET kind = kind WHERE kind = '{kind}' AND status = 'SUCCEEDED'"
            );
            eventually(kind, async || app.execute(&done).await > 0).await;
        }
    }
);

every_database!(
    async fn nothing_recurs_where_it_is_turned_off(app: TestApp) {
        // The letter about the new account shows that jobs are run.
        app.user("ann").await;
        app.mails("ann@example.org", 1).await;
        let others = "UPDATE jobs SET kind = kind WHERE kind <> 'accounts.mail'";
        assert_eq!(app.execute(others).await, 0);
    }
);
