//! Operations over a WebSocket, from the first message to the closing code.

use serde_json::json;

use crate::support::{Ending, every_database};

const QUERY: &str = "query OverWebSocket { health { state } }";

every_database!(
    async fn an_operation_runs_over_a_websocket_and_the_server_says_when_it_goes(app: TestApp) {
        let mut app = app;
        let mut running = app.subscribe(&app.client(), QUERY, json!({})).await;
        assert_eq!(
            running.next().await,
            json!({ "data": { "health": { "state": "UP" } } })
        );
        assert_eq!(running.ended().await, Ending::Complete);
        app.begin_stop();
        assert_eq!(running.ended().await, Ending::Closed(1001));
        assert!(app.stopped().await);
    }
);

every_database!(
    async fn an_operation_that_cannot_be_read_fails(app: TestApp) {
        let mut running = app.subscribe(&app.client(), "{ nothing }", json!({})).await;
        let Ending::Failed(errors) = running.ended().await else {
            panic!("the operation is not valid");
        };
        let code = &errors[0]["extensions"]["code"];
        assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
        running.stop().await;
    }
);

every_database!(
    async fn the_state_of_health_is_never_kept(app: TestApp) {
        let answer = app.client().get("/graphql?query={health{state}}").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
);
