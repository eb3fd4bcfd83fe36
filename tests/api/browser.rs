//! GraphiQL in Chromium, as it is served.

use std::time::Duration;

use crate::support::{TestApp, run_node_tests};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphiql_works_in_a_browser() {
    assert!(
        pluma::http::playground::is_built(),
        "GraphiQL is not built: run script/test, or `npm ci && npm run build` in playground"
    );
    let app = TestApp::sqlite().await;
    run_node_tests("browser", &app.url(), Duration::from_secs(300)).await;
}
