//! The devices somebody is signed in on: listing them, ending one, ending all.

use pluma::accounts::jobs::purge;
use pluma::accounts::service::write_last_uses;

use super::*;

const SESSIONS: &str = "{ sessions { id current ip userAgent lastSeenAt createdAt expiresAt } }";
const REVOKE: &str = "mutation ($id: ID!) { revokeSession(sessionId: $id) {
    session { id current } errors { code path } } }";
const EVERYWHERE: &str =
    "mutation { logoutEverywhere { sessions { id current } errors { code } } }";

/// Signs somebody in on another device.
async fn device(app: &TestApp, name: &str) -> Client {
    let (_, payload) = sign_in(app, name, PASSWORD).await;
    let mut client = app.client();
    client.access_token = payload["accessToken"].as_str().unwrap().to_owned();
    client.refresh_token = payload["refreshToken"].as_str().unwrap().to_owned();
    client
}

async fn sessions(client: &Client) -> Vec<Value> {
    let reply = client.graphql(SESSIONS, json!({})).await;
    reply.at("/sessions").as_array().unwrap().clone()
}

async fn is_signed_out(client: &Client) -> bool {
    refusal(&client.graphql(VIEWER, json!({})).await) == "UNAUTHENTICATED"
}

every_database!(
    async fn people_see_their_own_devices_and_which_one_this_is(app: TestApp) {
        let ann = app.user("ann").await;
        app.user("bob").await;
        let phone = device(&app, "ann").await;
        let seen = sessions(&phone).await;
        assert_eq!(seen.len(), 2);
        let current: Vec<_> = seen.iter().filter(|one| one["current"] == true).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0]["ip"], "127.0.0.1");
        let elsewhere = sessions(&ann).await;
        let other = elsewhere.iter().find(|one| one["current"] == true).unwrap();
        assert_ne!(other["id"], current[0]["id"]);
        let stranger = app.client().graphql(SESSIONS, json!({})).await;
        assert_eq!(refusal(&stranger), "UNAUTHENTICATED");
        assert_eq!(stranger.body["data"]["sessions"], Value::Null);
    }
);

every_database!(
    // What happens by itself would be counted too.
    with = |config| config.jobs.inline = false,
    async fn the_last_use_is_written_once_a_minute_with_its_address(app: TestApp) {
        let ann = app.user("ann").await;
        let before = sessions(&ann).await[0]["lastSeenAt"].clone();
        app.execute("UPDATE sessions SET ip = '192.0.2.1'").await;
        write_last_uses(app.app()).await.unwrap();
        assert_eq!(
            sessions(&ann).await[0]["lastSeenAt"],
            before,
            "less than a minute has passed"
        );

        app.clock().advance(Duration::from_secs(61));
        ann.graphql(VIEWER, json!({})).await;
        write_last_uses(app.app()).await.unwrap();
        let seen = sessions(&ann).await;
        assert_ne!(seen[0]["lastSeenAt"], before);
        assert_eq!(seen[0]["ip"], "127.0.0.1");

        // A request costs no write of its own.
        let statements = app.app().db.statements();
        for _ in 0..5 {
            ann.graphql("{ viewer { id } }", json!({})).await;
        }
        let each = (app.app().db.statements() - statements) as f64 / 5.0;
        assert!(each < 3.0, "{each} statements for a viewer");
    }
);

every_database!(
    async fn a_use_is_written_by_itself(app: TestApp) {
        let ann = app.user("ann").await;
        let before = sessions(&ann).await[0]["lastSeenAt"].clone();
        app.clock().advance(Duration::from_secs(61));
        let begun = std::time::Instant::now();
        while sessions(&ann).await[0]["lastSeenAt"] == before {
            assert!(begun.elapsed() < Duration::from_secs(20));
        }
    }
);

every_database!(
    async fn ending_a_session_shuts_its_device_out_and_closes_its_streams(app: TestApp) {
        let ann = app.user("ann").await;
        let phone = device(&app, "ann").await;
        let notebook = phone.notebook("N").await;
        let page = phone.page(&notebook, "T", "1").await;
        let query =
            "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) { kind } }";
        let mut events = app.subscribe(&phone, query, json!({ "id": page.id })).await;
        assert_eq!(events.next().await["data"]["pageEvents"]["kind"], "CREATED");
        let seen = sessions(&ann).await;
        let other = seen.iter().find(|one| one["current"] == false).unwrap();
        let reply = ann.graphql(REVOKE, json!({ "id": other["id"] })).await;
        let payload = &reply.data()["revokeSession"];
        assert_eq!(errors(payload), [""; 0]);
        assert_eq!(payload["session"]["current"], false);
        assert!(cookies(&reply).is_empty());
        assert!(is_signed_out(&phone).await);
        assert_eq!(events.ended().await, Ending::Closed(4403));
        let refreshed = refresh(&app.client(), &json!(phone.refresh_token)).await;
        assert_eq!(errors(&refreshed), ["EXPIRED refreshToken"]);
        assert_eq!(sessions(&ann).await.len(), 1);

        let again = ann.graphql(REVOKE, json!({ "id": other["id"] })).await;
        assert_eq!(
            errors(&again.data()["revokeSession"]),
            ["NOT_FOUND sessionId"]
        );
        let own = sessions(&ann).await[0]["id"].clone();
        let reply = ann.graphql(REVOKE, json!({ "id": own })).await;
        assert_eq!(reply.data()["revokeSession"]["session"]["current"], true);
        assert_eq!(cookies(&reply).len(), 2);
        assert!(is_signed_out(&ann).await);
    }
);

every_database!(
    async fn nobody_ends_the_sessions_of_others(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let admin = app.admin().await;
        let id = sessions(&ann).await[0]["id"].clone();
        for other in [&bob, &admin] {
            let reply = other.graphql(REVOKE, json!({ "id": id })).await;
            assert_eq!(
                errors(&reply.data()["revokeSession"]),
                ["NOT_FOUND sessionId"]
            );
        }
        assert_eq!(sessions(&ann).await.len(), 1);
    }
);

every_database!(
    async fn signing_out_everywhere_ends_every_session_of_the_account(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let phone = device(&app, "ann").await;
        let reply = ann.graphql(EVERYWHERE, json!({})).await;
        let ended = reply.at("/logoutEverywhere/sessions").as_array().unwrap();
        assert_eq!(ended.len(), 2);
        assert_eq!(cookies(&reply).len(), 2);
        assert!(cookies(&reply)[0].contains("Max-Age=0"));
        assert!(is_signed_out(&ann).await && is_signed_out(&phone).await);
        assert_eq!(sessions(&bob).await.len(), 1);
        let rows = "UPDATE logs SET action = action WHERE action = 'session.ended_everywhere'
            AND username = 'ann' AND ip = '127.0.0.1' AND request_id IS NOT NULL";
        assert_eq!(app.execute(rows).await, 1);
    }
);

every_database!(
    async fn a_browser_whose_access_token_has_expired_signs_out_everywhere(app: TestApp) {
        app.user("ann").await;
        let (browser, _) = sign_in(&app, "ann", PASSWORD).await;
        let phone = device(&app, "ann").await;
        app.clock().advance(Duration::from_secs(16 * 60));
        let reply = browser.graphql(EVERYWHERE, json!({})).await;
        let ended = reply.at("/logoutEverywhere/sessions").as_array().unwrap();
        assert_eq!(ended.len(), 3);
        let refreshed = refresh(&app.client(), &json!(phone.refresh_token)).await;
        assert_eq!(errors(&refreshed), ["EXPIRED refreshToken"]);
    }
);

every_database!(
    async fn the_device_that_was_used_longest_ago_gives_way_to_the_hundred_and_first(app: TestApp) {
        let ann = app.user("ann").await;
        let copies = match app.app().db.engine() {
            "sqlite" => {
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
                 INSERT INTO sessions SELECT randomblob(16), user_id, created_at, last_seen_at + i,
                 expires_at, ip, user_agent, NULL FROM sessions, n"
            }
            _ => {
                "INSERT INTO sessions SELECT gen_random_uuid(), user_id, created_at,
                 last_seen_at + i * interval '1 microsecond', expires_at, ip, user_agent, NULL
                 FROM sessions, generate_series(1, 99) AS i"
            }
        };
        assert_eq!(app.execute(copies).await, 99);
        assert_eq!(sessions(&ann).await.len(), 100);
        let newest = device(&app, "ann").await;
        assert!(is_signed_out(&ann).await);
        assert_eq!(sessions(&newest).await.len(), 100);
    }
);

every_database!(
    async fn what_ended_a_month_ago_is_removed(app: TestApp) {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let ann = app.user("ann").await;
        let phone = device(&app, "ann").await;
        phone
            .graphql("mutation { logout { errors { code } } }", json!({}))
            .await;
        app.clock().advance(29 * DAY);
        purge(app.app()).await.unwrap();
        let rows = "UPDATE sessions SET ip = ip";
        assert_eq!(app.execute(rows).await, 2);
        app.clock().advance(2 * DAY);
        let refreshed = refresh(&app.client(), &json!(ann.refresh_token)).await;
        assert_eq!(errors(&refreshed), ["EXPIRED refreshToken"]);
        let done = purge(app.app()).await.unwrap();
        assert_eq!(done["sessions"], 1, "the one that was ended");
        app.clock().advance(30 * DAY);
        let done = purge(app.app()).await.unwrap();
        assert_eq!(done["sessions"], 1, "the one that nobody refreshed");
        assert_eq!(
            app.execute("UPDATE refresh_tokens SET hash = hash").await,
            0
        );
    }
);
