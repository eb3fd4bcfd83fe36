//! Operations over a WebSocket, from the first message to the closing code.

use serde_json::{Value, json};

use crate::support::{Client, Ending, Stream, every_database};

const QUERY: &str = "query OverWebSocket { viewer { username } }";
const LOGOUT: &str = "mutation { logout { errors { code message } } }";
const EVENTS: &str = "subscription ($pageId: ID!, $afterRevision: Int) {
  pageEvents(pageId: $pageId, afterRevision: $afterRevision) { kind revision { content } }
}";
const MULTIPART: &str = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0";

/// A page with one save since its first revision, as variables that catch up with it.
async fn watched_page(client: &Client) -> Value {
    let notebook = client.notebook("Watched").await;
    let page = client.page(&notebook, "One", "first\n").await;
    save(client, &json!(page.id), "second\n").await;
    json!({ "pageId": page.id, "afterRevision": 1 })
}

/// Saves a page upon its current revision.
async fn save(client: &Client, page: &Value, content: &str) {
    let query = "query ($id: ID!) { page(id: $id) { currentRevision { id } } }";
    let reply = client.graphql(query, json!({ "id": page })).await;
    let base = reply.at("/page/currentRevision/id");
    let input = json!({ "pageId": page, "baseRevisionId": base, "content": content });
    let query = "mutation ($input: SavePageInput!) {
      savePage(input: $input) { errors { code message } }
    }";
    let reply = client.graphql(query, json!({ "input": input })).await;
    assert_eq!(reply.user_errors("savePage"), &json!([]));
}

every_database!(
    async fn an_operation_runs_over_a_websocket_and_the_server_says_when_it_goes(app: TestApp) {
        let mut app = app;
        let mut running = app.subscribe(&app.client(), QUERY, json!({})).await;
        assert_eq!(running.next().await["data"], json!({ "viewer": null }));
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
    async fn open_streams_end_when_the_server_goes(app: TestApp) {
        let mut app = app;
        let ann = app.user("ann").await;
        let page = watched_page(&ann).await;
        let mut socket = app.subscribe(&ann, EVENTS, page.clone()).await;
        assert_eq!(
            socket.next().await.pointer("/data/pageEvents/kind"),
            Some(&json!("SAVED"))
        );
        let mut events = Stream::open(&app, &ann, "text/event-stream", EVENTS, &page).await;
        events.until("\"SAVED\"").await;
        let mut parts = Stream::open(&app, &ann, MULTIPART, EVENTS, &page).await;
        parts.until("\"SAVED\"").await;

        app.begin_stop();
        assert_eq!(socket.ended().await, Ending::Closed(1001));
        // Not complete: the client is to connect again.
        let rest = events.rest().await;
        assert!(!rest.contains("complete"), "{rest}");
        let rest = parts.rest().await;
        assert!(rest.contains("SERVICE_UNAVAILABLE"), "{rest}");
        assert!(rest.ends_with("--graphql--\r\n"), "{rest}");
        assert!(app.stopped().await);
    }
);

every_database!(
    async fn open_streams_end_with_their_session(app: TestApp) {
        let ann = app.user("ann").await;
        let bob = app.user("bob").await;
        let page = watched_page(&ann).await;
        let mut socket = app.subscribe(&ann, EVENTS, page.clone()).await;
        socket.next().await;
        let mut events = Stream::open(&app, &ann, "text/event-stream", EVENTS, &page).await;
        events.until("\"SAVED\"").await;
        let mut parts = Stream::open(&app, &ann, MULTIPART, EVENTS, &page).await;
        parts.until("\"SAVED\"").await;
        let theirs = watched_page(&bob).await;
        let mut other = app.subscribe(&bob, EVENTS, theirs.clone()).await;
        other.next().await;

        let reply = ann.graphql(LOGOUT, json!({})).await;
        assert_eq!(reply.user_errors("logout"), &json!([]));
        assert_eq!(socket.ended().await, Ending::Closed(4403));
        for stream in [&mut events, &mut parts] {
            let rest = stream.rest().await;
            assert!(rest.contains("UNAUTHENTICATED"), "{rest}");
            assert!(!rest.contains("\"path\""), "{rest}");
        }
        // Nobody else's does.
        save(&bob, &theirs["pageId"], "third\n").await;
        let event = other.next().await;
        assert_eq!(
            event.pointer("/data/pageEvents/revision/content"),
            Some(&json!("third\n"))
        );
    }
);

every_database!(
    async fn a_logout_over_a_websocket_is_answered_before_it_closes(app: TestApp) {
        let ann = app.user("ann").await;
        let mut running = app.subscribe(&ann, LOGOUT, json!({})).await;
        let answer = running.next().await;
        assert_eq!(answer["data"], json!({ "logout": { "errors": [] } }));
        assert_eq!(running.ended().await, Ending::Complete);
        assert_eq!(running.ended().await, Ending::Closed(4403));
    }
);
