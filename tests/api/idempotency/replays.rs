//! The stored answer: what is kept, for how long, and what is not.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::{CREATE, create, notebooks, replayed};
use crate::support::{Reply, every_database};

every_database!(
    async fn the_same_request_with_the_same_key_gets_the_stored_answer(app: TestApp) {
        let ann = app.user("ann").await;
        let first = ann.post_once("key-1", &create("Once")).await;
        let second = ann.post_once("key-1", &create("Once")).await;
        first.data();
        assert_eq!((first.status, &first.body), (second.status, &second.body));
        assert!(!replayed(&first) && replayed(&second));
        assert_eq!(notebooks(&ann, "Once").await, 1);
        // Another key is another mutation; quotes, as the draft has them, are not part of a key.
        ann.post_once("key-2", &create("Once")).await.data();
        assert_eq!(notebooks(&ann, "Once").await, 2);
        let quoted = ann.post_once("\"key-1\"", &create("Once")).await;
        assert_eq!(quoted.body, first.body);
        // What stands in another order is the same request.
        let query = "mutation ($a: JSON, $t: String!) { createNotebook(input: { title: $t, metadata: $a }) { notebook { id } } }";
        let ordered = |text: &str| {
            serde_json::from_str::<serde_json::Value>(&format!(
                r#"{{"query": "{query}", "variables": {text}}}"#
            ))
            .unwrap()
        };
        let one = ordered(r#"{"t": "Order", "a": {"x": 1, "y": [{"b": 1, "c": 2}]}}"#);
        let other = ordered(r#"{"a": {"y": [{"c": 2, "b": 1}], "x": 1}, "t": "Order"}"#);
        let one = ann.post_once("key-3", &one).await;
        assert_eq!(ann.post_once("key-3", &other).await.body, one.body);
    }
);

every_database!(
    async fn another_request_with_the_same_key_is_refused(app: TestApp) {
        let ann = app.user("ann").await;
        ann.post_once("key", &create("One")).await.data();
        let renamed = CREATE.replace("notebook { id title }", "notebook { id }");
        let mut named = create("One");
        named["operationName"] = json!("");
        for body in [
            create("Two"),
            json!({ "query": renamed, "variables": { "title": "One" } }),
            json!({ "query": CREATE, "variables": { "title": "One", "more": null } }),
        ] {
            let reply = ann.post_once("key", &body).await;
            assert_eq!(reply.code(), "IDEMPOTENCY_KEY_REUSED", "{body}");
            assert!(reply.body.get("data").is_none());
        }
        assert_eq!(notebooks(&ann, "Two").await, 0);
        assert!(replayed(&ann.post_once("key", &named).await));
    }
);

every_database!(
    async fn twins_that_come_at_once_do_it_once(app: TestApp) {
        let ann = app.user("ann").await;
        let mut twins = JoinSet::new();
        for _ in 0..12 {
            let ann = ann.clone();
            twins.spawn(async move { ann.post_once("twin", &create("Twin")).await });
        }
        let answers: Vec<Reply> = twins.join_all().await;
        for answer in &answers {
            assert_eq!(answer.data(), answers[0].data());
        }
        assert_eq!(answers.iter().filter(|answer| !replayed(answer)).count(), 1);
        assert_eq!(notebooks(&ann, "Twin").await, 1);
    }
);

every_database!(
    async fn what_the_user_can_correct_is_an_answer_and_is_kept(app: TestApp) {
        let ann = app.user("ann").await;
        let first = ann.post_once("key", &create("")).await;
        assert_eq!(first.user_errors("createNotebook")[0]["code"], "BLANK");
        let second = ann.post_once("key", &create("")).await;
        assert!(replayed(&second));
        assert_eq!(first.body, second.body);
    }
);

every_database!(
    async fn what_was_refused_before_it_was_done_may_be_tried_again(app: TestApp) {
        let ann = app.user("ann").await;
        // Not valid, so not executed.
        let wrong = json!({ "query": "mutation { createNotebook { notebook { id } } }" });
        for _ in 0..2 {
            let reply = ann.post_once("key", &wrong).await;
            assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
            assert!(!replayed(&reply));
        }
        // The key is free.
        ann.post_once("key", &create("Free")).await.data();
        // A stranger's key is free as well, for what they meant to send,
        let nobody = app.client();
        let wrong = json!({ "query": "mutation { login { accessToken } }" });
        let reply = nobody.post_once("theirs", &wrong).await;
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
        let right = "mutation { login(input: { login: \"ann\", password: \"wrong\" }) { errors { code } } }";
        let reply = nobody.post_once("theirs", &json!({ "query": right })).await;
        assert_eq!(reply.user_errors("login")[0]["code"], "WRONG_CREDENTIALS");
        // and once they have signed in, from the same address.
        let nobody = app.client();
        assert_eq!(
            nobody.post_once("mine", &create("Mine")).await.code(),
            "UNAUTHENTICATED"
        );
        let mut signed_in = nobody.clone();
        signed_in.access_token.clone_from(&ann.access_token);
        signed_in.post_once("mine", &create("Mine")).await.data();
        assert!(app.dump("idempotency_keys").await.len() <= 4);
    }
);

every_database!(
    async fn a_fault_after_the_change_says_what_was_done(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        // The second field fails where the first has made its change.
        let query = "mutation ($title: String!, $id: ID!) {
            createNotebook(input: { title: $title }) { notebook { id } }
            updateNotebook(input: { notebookId: $id, title: \"New\" }) { notebook { id } } }";
        let body = json!({ "query": query, "variables": { "title": "Half", "id": notebook } });
        app.execute(&failing_updates(&app)).await;
        let first = ann.post_once("key", &body).await;
        assert_eq!(first.code(), "INTERNAL_SERVER_ERROR");
        let made = first.body["data"]["createNotebook"]["notebook"]["id"].clone();
        app.execute(match app.app().db.engine() {
            "sqlite" => "DROP TRIGGER failing",
            _ => "DROP TRIGGER failing ON notebooks",
        })
        .await;
        let second = ann.post_once("key", &body).await;
        assert_eq!(second.code(), "IDEMPOTENCY_ANSWER_LOST");
        let done = &second.body["errors"][0]["extensions"]["done"];
        assert_eq!(
            done,
            &json!([{ "action": "notebook.created", "subjectId": made }])
        );
        assert_eq!(notebooks(&ann, "Half").await, 1);
        assert_eq!(notebooks(&ann, "New").await, 0);
    }
);

/// A trigger under which no notebook can be changed.
fn failing_updates(app: &crate::support::TestApp) -> String {
    match app.app().db.engine() {
        "sqlite" => "CREATE TRIGGER failing BEFORE UPDATE OF title ON notebooks
            BEGIN SELECT RAISE(ABORT, 'broken'); END"
            .to_owned(),
        _ => "DO $$ BEGIN
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
              $f$ BEGIN RAISE EXCEPTION 'broken'; END $f$;
            CREATE TRIGGER failing BEFORE UPDATE OF title ON notebooks FOR EACH ROW EXECUTE FUNCTION fail();
            END $$"
            .to_owned(),
    }
}

every_database!(
    async fn a_key_is_free_again_after_a_day(app: TestApp) {
        let ann = app.user("ann").await;
        let first = ann.post_once("key", &create("Daily")).await;
        app.clock().advance(Duration::from_secs(24 * 3600 - 60));
        // The session goes on, its access token does not.
        let ann = renewed(&app, &ann).await;
        let same = ann.post_once("key", &create("Daily")).await;
        assert_eq!(first.body, same.body);
        app.clock().advance(Duration::from_secs(61));
        let ann = renewed(&app, &ann).await;
        let other = ann.post_once("key", &create("Another day")).await;
        other.data();
        assert!(!replayed(&other));
        // And what nobody asks for again is removed.
        app.clock().advance(Duration::from_secs(24 * 3600 + 1));
        assert!(pluma::idempotency::jobs::purge(app.app()).await.unwrap() > 0);
        assert_eq!(app.dump("idempotency_keys").await, Vec::<String>::new());
    }
);

async fn renewed(
    app: &crate::support::TestApp,
    of: &crate::support::Client,
) -> crate::support::Client {
    let login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
    let input = json!({ "login": of.username, "password": of.password() });
    let reply = app.client().graphql(login, json!({ "input": input })).await;
    let mut of = of.clone();
    reply
        .text("/login/accessToken")
        .clone_into(&mut of.access_token);
    of
}

every_database!(
    async fn a_key_has_1_to_255_visible_characters(app: TestApp) {
        let ann = app.user("ann").await;
        for bad in ["", " ", "two words", "tab\tbed", &"x".repeat(256)] {
            let reply = ann.post_once(bad, &create("Bad key")).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT", "{bad:?}");
            let mut body = create("Bad key");
            body["extensions"] = json!({ "idempotencyKey": bad });
            assert_eq!(ann.post(&body).await.code(), "BAD_USER_INPUT", "{bad:?}");
        }
        let mut body = create("Bad key");
        body["extensions"] = json!({ "idempotencyKey": 7 });
        assert_eq!(ann.post(&body).await.code(), "BAD_USER_INPUT");
        assert_eq!(notebooks(&ann, "Bad key").await, 0);
        ann.post_once(&"x".repeat(255), &create("Good key"))
            .await
            .data();
        // Queries have no use for one.
        let query = json!({ "query": "{ viewer { username } }" });
        for _ in 0..2 {
            let reply = ann.post_once("key", &query).await;
            assert!(!replayed(&reply));
            assert_eq!(reply.text("/viewer/username"), "ann");
        }
    }
);

every_database!(
    async fn an_answer_that_is_too_large_is_not_kept_and_that_it_was_done_is(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let query = "mutation ($input: CreatePageInput!) { createPage(input: $input) { page { id content } errors { code } } }";
        let content = "long ".repeat(300_000);
        let input = json!({ "notebookId": notebook, "title": "Long", "content": content });
        let first = ann.once("key", query, json!({ "input": input })).await;
        let page = first.at("/createPage/page/id");
        let second = ann.once("key", query, json!({ "input": input })).await;
        assert_eq!(second.code(), "IDEMPOTENCY_ANSWER_LOST");
        let done = &second.body["errors"][0]["extensions"]["done"];
        assert_eq!(&done[0]["subjectId"], page);
        let query = "query ($id: ID!) { notebook(id: $id) { pageCount } }";
        let reply = ann.graphql(query, json!({ "id": notebook })).await;
        assert_eq!(reply.at("/notebook/pageCount"), 1);
    }
);
