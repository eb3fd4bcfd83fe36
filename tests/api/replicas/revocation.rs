//! The end of open streams with the right to them, on servers that have PostgreSQL alone in common.

use std::time::Duration;

use pluma::accounts::{authenticate, session_ended};
use pluma::viewer;

use super::*;
use crate::support::every_database;

async fn pair() -> (TestApp, TestApp) {
    TestApp::replicas(None, |_| {}).await
}

/// Opens the streams of a new device of `user` on one server, does `act` on the other, and waits for the end of
/// the streams.
async fn ends_within_two_seconds(
    there: &TestApp,
    user: &Client,
    page: &Page,
    mut act: impl AsyncFnMut(&Client),
) {
    let mut fastest = PATIENCE;
    for _ in 0..TRIES {
        let phone = device(there, user).await;
        let streams = Streams::open(there, &phone, page).await;
        act(&phone).await;
        fastest = fastest.min(streams.closed().await);
    }
    assert!(fastest < Duration::from_secs(2), "{fastest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_elsewhere_closes_streams_without_redis() {
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    ends_within_two_seconds(&b, &ann, &page, async |phone| {
        log_out(&phone.at(&a.url())).await;
        assert!(!is_known(&b, phone).await, "at the next request already");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_changed_elsewhere_closes_streams() {
    let (a, b) = pair().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let phone = device(&b, &ann).await;
    let streams = Streams::open(&b, &phone, &page).await;
    let call = format!(
        r#"changePassword(currentPassword: "{}", newPassword: "another good password")"#,
        ann.password()
    );
    done(change(&ann, &call, "user { id }").await);
    assert!(!is_known(&b, &phone).await);
    streams.closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_role_given_elsewhere_closes_streams() {
    let (a, b) = pair().await;
    let admin = a.admin().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut role = "USER";
    ends_within_two_seconds(&b, &ann, &page, async |_| {
        role = if role == "USER" { "ADMIN" } else { "USER" };
        let call = format!(
            r#"updateUser(input: {{ userId: "{}", role: {role} }})"#,
            ann.id
        );
        done(change(&admin, &call, "user { id }").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_deleted_elsewhere_takes_its_streams_with_it() {
    let (a, b) = pair().await;
    let admin = a.admin().await;
    let ann = a.user("ann").await;
    let page = page(&ann).await;
    let mut streams = Streams::open(&b, &ann, &page).await;
    let call = format!(r#"deleteUser(userId: "{}")"#, ann.id);
    done(change(&admin, &call, "deletedId").await);
    assert!(!is_known(&b, &ann).await);
    // The page went with the account: a stream may end with it before the session's end is noticed.
    let ending = streams.socket.ended().await;
    if ending == Ending::Complete {
        assert_eq!(streams.socket.ended().await, Ending::Closed(4403));
    } else {
        assert_eq!(ending, Ending::Closed(4403));
    }
    streams.events.rest().await;
    streams.parts.rest().await;
}

every_database!(
    async fn a_session_whose_time_is_up_closes_its_streams(app: TestApp) {
        let ann = app.user("ann").await;
        let page = page(&ann).await;
        let mut socket = follow(&app, &ann, &page).await;
        app.clock().advance(Duration::from_secs(31 * 24 * 3_600));
        assert_eq!(socket.ended().await, Ending::Closed(4403));
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_thousand_streams_cost_one_statement_a_second(app: TestApp) {
        let mut streams = tokio::task::JoinSet::new();
        for name in ["ann", "bob", "cid", "dan"] {
            let user = app.user(name).await;
            let token = Some(user.access_token.as_str());
            let viewer = authenticate(app.app(), token, viewer::Client::default()).await;
            let identity = viewer.unwrap().identity.unwrap();
            for _ in 0..250 {
                streams.spawn(session_ended(app.app().clone(), identity.clone()));
            }
        }
        eventually("all of them are open", async || {
            app.app().streams.count() == 1_000
        })
        .await;
        let (start, before) = (Instant::now(), app.app().db.statements());
        eventually("they are looked at", async || {
            app.app().db.statements() >= before + 3
        })
        .await;
        // From the first of three to the third two seconds pass; four statements would need three.
        assert!(
            start.elapsed() > Duration::from_millis(1_900),
            "{:?}",
            start.elapsed()
        );
        streams.abort_all();
        eventually("they are gone", async || app.app().streams.count() == 0).await;
    }
);
