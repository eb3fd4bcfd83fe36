//! The clients that front ends use, from npm: graphql-http's audits, graphql-ws, graphql-sse, Apollo Client.

use std::time::Duration;

use crate::support::{every_database, run_node_tests};

every_database!(
    async fn the_clients_of_front_ends_work(app: TestApp) {
        run_node_tests("clients", &app.url(), Duration::from_secs(300)).await;
    }
);
