//! API keys: making, using, limiting and revoking them.

use pluma::accounts::jobs::purge;
use pluma::accounts::service::write_last_uses;

use super::*;

const CREATE: &str = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    apiKey { id name prefix scopes createdAt lastUsedAt expiresAt revokedAt }
    secret errors { code path } } }";
const KEYS: &str = "{ apiKeys { id name prefix scopes lastUsedAt expiresAt revokedAt } }";
const REVOKE: &str = "mutation ($id: ID!) { revokeApiKey(apiKeyId: $id) {
    apiKey { id revokedAt } errors { code path } } }";
const ACCESS: &str = "{ access { user { username } apiKey { id prefix } scopes
    rateLimit { limit remaining resetAt cost } } }";

async fn attempt(client: &Client, input: Value) -> Value {
    let reply = client.graphql(CREATE, json!({ "input": input })).await;
    reply.data()["createApiKey"].clone()
}

/// A new key of `owner`: its id, and a client that uses it.
pub async fn key(app: &TestApp, owner: &Client, scopes: &[&str]) -> (String, Client) {
    let payload = attempt(owner, json!({ "name": "robot", "scopes": scopes })).await;
    assert_eq!(errors(&payload), [""; 0]);
    let mut client = app.client();
    client.access_token = payload["secret"].as_str().unwrap().to_owned();
    let id = payload["apiKey"]["id"].as_str().unwrap().to_owned();
    (id, client)
}

async fn keys(client: &Client) -> Vec<Value> {
    let reply = client.graphql(KEYS, json!({})).await;
    reply.at("/apiKeys").as_array().unwrap().clone()
}

async fn revoke(client: &Client, id: &str) -> Value {
    let reply = client.graphql(REVOKE, json!({ "id": id })).await;
    reply.data()["revokeApiKey"].clone()
}

async fn scopes(client: &Client) -> Value {
    let reply = client.graphql(ACCESS, json!({})).await;
    reply.at("/access/scopes").clone()
}

every_database!(
    async fn a_key_is_shown_once_and_kept_as_a_hash(app: TestApp) {
        let ann = app.user("ann").await;
        let input = json!({ "name": " Backup robot ", "scopes": ["WRITE", "READ", "READ"] });
        let payload = attempt(&ann, input).await;
        let secret = payload["secret"].as_str().unwrap();
        assert_eq!(secret.len(), 52);
        let shown = &payload["apiKey"];
        assert_eq!(shown["name"], "Backup robot");
        assert_eq!(shown["scopes"], json!(["READ", "WRITE"]));
        assert_eq!(shown["prefix"], secret[..15]);
        assert_eq!(shown["lastUsedAt"], Value::Null);
        let listed = keys(&ann).await;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["id"], shown["id"]);
        assert!(!json!(listed).to_string().contains(secret));
        let stored = format!(
            "UPDATE api_keys SET name = name WHERE CAST(hash AS TEXT) LIKE '%{secret}%'
             OR prefix = '{secret}' OR name LIKE '%{secret}%'"
        );
        assert_eq!(app.execute(&stored).await, 0);
    }
);

every_database!(
    async fn a_key_acts_in_its_owner_s_name_in_either_header(app: TestApp) {
        let ann = app.user("ann").await;
        let (id, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        let reply = robot.graphql(VIEWER, json!({})).await;
        assert_eq!(reply.at("/viewer/username"), "ann");
        robot.notebook("By a robot").await;
        let row = format!(
            "UPDATE logs SET action = action WHERE action = 'notebook.created'
             AND username = 'ann' AND CAST(details AS TEXT) LIKE '%{id}%'"
        );
        assert_eq!(app.execute(&row).await, 1, "the log names the key");

        let http = reqwest::Client::new();
        let ask = async |value: &[u8]| {
            let value = reqwest::header::HeaderValue::from_bytes(value).unwrap();
            let request = http.post(format!("{}/graphql", app.url()));
            let request = request.header("x-api-key", value);
            let body = json!({ "query": "{ viewer { username } }" });
            Reply::read(request.json(&body).send().await.unwrap()).await
        };
        let good = ask(robot.access_token.as_bytes()).await;
        assert_eq!(good.at("/viewer/username"), "ann");
        assert_eq!(refusal(&ask(b"pluma_sk_no").await), "UNAUTHENTICATED");
        assert_eq!(refusal(&ask(b"pluma_sk_\xff").await), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn what_no_key_can_be_is_said_at_its_place(app: TestApp) {
        let ann = app.user("ann").await;
        for (input, expected) in [
            (
                json!({ "name": " ", "scopes": ["READ"] }),
                "BLANK input.name",
            ),
            (
                json!({ "name": "x".repeat(81), "scopes": ["READ"] }),
                "TOO_LONG input.name",
            ),
            (json!({ "name": "x", "scopes": [] }), "BLANK input.scopes"),
            (
                json!({ "name": "x", "scopes": ["READ"], "expiresAt": "2020-01-01T00:00:00Z" }),
                "INVALID input.expiresAt",
            ),
            (
                json!({ "name": "x", "scopes": ["READ", "ADMIN"] }),
                "FORBIDDEN input.scopes",
            ),
        ] {
            let payload = attempt(&ann, input).await;
            assert_eq!(errors(&payload), [expected]);
            assert_eq!(payload["secret"], Value::Null);
        }
        assert_eq!(keys(&ann).await, Vec::<Value>::new());
        let stranger = json!({ "input": { "name": "x", "scopes": ["READ"] } });
        let stranger = app.client().graphql(CREATE, stranger).await;
        assert_eq!(refusal(&stranger), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn an_account_has_fifty_live_keys_at_most_also_when_they_are_made_at_once(app: TestApp) {
        let ann = app.user("ann").await;
        let input = json!({ "name": "x", "scopes": ["READ"] });
        let making = (0..55).map(|_| attempt(&ann, input.clone()));
        let made = futures_util::future::join_all(making).await;
        let full = made.iter().filter(|payload| payload["secret"].is_null());
        assert_eq!(full.count(), 5);
        assert_eq!(keys(&ann).await.len(), 50);
        assert_eq!(
            errors(&attempt(&ann, input.clone()).await),
            ["LIMIT_REACHED input"]
        );
        let one = keys(&ann).await[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(errors(&revoke(&ann, &one).await), [""; 0]);
        assert_eq!(errors(&attempt(&ann, input).await), [""; 0]);
        assert_eq!(keys(&ann).await.len(), 51, "a revoked one is still listed");
    }
);

every_database!(
    async fn a_revoked_key_is_refused_at_once_and_loses_its_streams(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (id, robot) = key(&app, &ann, &["READ", "WRITE"]).await;
        let (_, other) = key(&app, &ann, &["READ"]).await;
        let notebook = robot.notebook("N").await;
        let page = robot.page(&notebook, "T", "1").await;
        let query =
            "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) { kind } }";
        let mut events = app.subscribe(&robot, query, json!({ "id": page.id })).await;
        let mut stays = app.subscribe(&other, query, json!({ "id": page.id })).await;
        for events in [&mut events, &mut stays] {
            assert_eq!(events.next().await["data"]["pageEvents"]["kind"], "CREATED");
        }
        assert_eq!(errors(&revoke(&bob, &id).await), ["NOT_FOUND apiKeyId"]);
        let payload = revoke(&ann, &id).await;
        assert!(payload["apiKey"]["revokedAt"].is_string());
        assert_eq!(revoke(&ann, &id).await, payload, "again changes nothing");
        assert_eq!(
            refusal(&robot.graphql(VIEWER, json!({})).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(events.ended().await, Ending::Closed(4403));
        ann.page(&notebook, "T", "1").await;
        assert_eq!(
            other
                .graphql(VIEWER, json!({}))
                .await
                .at("/viewer/username"),
            "ann"
        );
        stays.stop().await;
    }
);

every_database!(
    async fn a_key_ends_with_its_time_and_is_removed_a_month_later(app: TestApp) {
        const HOUR: Duration = Duration::from_secs(3600);
        let ann = app.user("ann").await;
        let expires = app.clock().now().plus_seconds(7200).to_rfc3339();
        let input = json!({ "name": "x", "scopes": ["READ"], "expiresAt": expires });
        let payload = attempt(&ann, input).await;
        let mut robot = app.client();
        robot.access_token = payload["secret"].as_str().unwrap().to_owned();
        app.clock().advance(HOUR);
        assert_eq!(scopes(&robot).await, json!(["READ"]));
        app.clock().advance(HOUR);
        assert_eq!(
            refusal(&robot.graphql(VIEWER, json!({})).await),
            "UNAUTHENTICATED"
        );
        app.clock().advance(24 * 29 * HOUR);
        assert_eq!(purge(app.app()).await.unwrap()["apiKeys"], 0);
        app.clock().advance(24 * 2 * HOUR);
        assert_eq!(purge(app.app()).await.unwrap()["apiKeys"], 1);
    }
);

every_database!(
    async fn a_key_s_last_use_is_shown(app: TestApp) {
        let ann = app.user("ann").await;
        let (_, robot) = key(&app, &ann, &["READ"]).await;
        robot.graphql(VIEWER, json!({})).await;
        write_last_uses(app.app()).await.unwrap();
        let first = keys(&ann).await[0]["lastUsedAt"].clone();
        assert!(first.is_string());
        app.clock().advance(Duration::from_secs(61));
        robot.graphql(VIEWER, json!({})).await;
        write_last_uses(app.app()).await.unwrap();
        assert_ne!(keys(&ann).await[0]["lastUsedAt"], first);
    }
);

every_database!(
    async fn an_administrator_s_rights_take_the_scope_and_the_role(app: TestApp) {
        const RENAME: &str =
            "mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: \"B\" }) {
            user { displayName } errors { code } } }";
        let (admin, bob) = (app.admin().await, app.user("bob").await);
        let (_, with) = key(&app, &admin, &["READ", "WRITE", "ADMIN"]).await;
        let (_, without) = key(&app, &admin, &["READ", "WRITE"]).await;
        let bobs = json!({ "id": bob.id });
        let reply = with.graphql(RENAME, bobs.clone()).await;
        assert_eq!(reply.at("/updateUser/user/displayName"), "B");
        assert_eq!(
            refusal(&without.graphql(RENAME, bobs.clone()).await),
            "FORBIDDEN"
        );
        let email = "query ($id: ID!) { user(by: { id: $id }) { email } }";
        let seen = with.graphql(email, bobs.clone()).await;
        assert_eq!(seen.at("/user/email"), "bob@example.org");
        let unseen = without.graphql(email, bobs.clone()).await;
        assert_eq!(unseen.at("/user/email"), &Value::Null);
        let draft = bob.notebook("Secret").await;
        let read = "query ($id: ID!) { notebook(id: $id) { title } }";
        let seen = with.graphql(read, json!({ "id": draft })).await;
        assert_eq!(seen.at("/notebook/title"), "Secret");
        let unseen = without.graphql(read, json!({ "id": draft })).await;
        assert_eq!(unseen.at("/notebook"), &Value::Null);

        assert_eq!(scopes(&with).await, json!(["READ", "WRITE", "ADMIN"]));
        app.execute("UPDATE users SET role = 'USER' WHERE username = 'admin'")
            .await;
        assert_eq!(scopes(&with).await, json!(["READ", "WRITE"]));
        assert_eq!(refusal(&with.graphql(RENAME, bobs).await), "FORBIDDEN");
    }
);

every_database!(
    async fn what_takes_a_person_is_refused_to_every_key(app: TestApp) {
        let (admin, bob) = (app.admin().await, app.user("bob").await);
        let all = ["READ", "WRITE", "AI", "MODELS", "ADMIN"];
        let (id, robot) = key(&app, &admin, &all).await;
        let (bob, own) = (&bob.id, &admin.id);
        for operation in [
            r#"mutation { createApiKey(input: { name: "x", scopes: [READ] }) { secret } }"#,
            &format!(r#"mutation {{ revokeApiKey(apiKeyId: "{id}") {{ errors {{ code }} }} }}"#),
            &format!(
                r#"mutation {{ changePassword(currentPassword: "{PASSWORD}", newPassword: "another passphrase") {{ errors {{ code }} }} }}"#
            ),
            &format!(r#"mutation {{ deleteAccount(password: "{PASSWORD}") {{ deletedId }} }}"#),
            &format!(r#"mutation {{ deleteUser(userId: "{own}") {{ deletedId }} }}"#),
            r#"mutation { updateProfile(input: { email: "x@example.org" }) { errors { code } } }"#,
            &format!(
                r#"mutation {{ updateUser(input: {{ userId: "{bob}", password: "another passphrase" }}) {{ errors {{ code }} }} }}"#
            ),
            &format!(
                r#"mutation {{ updateUser(input: {{ userId: "{bob}", email: "x@example.org" }}) {{ errors {{ code }} }} }}"#
            ),
            &format!(
                r#"mutation {{ updateUser(input: {{ userId: "{bob}", role: ADMIN }}) {{ errors {{ code }} }} }}"#
            ),
            r#"mutation { revokeSession(sessionId: "session_01h455vb4pex5vsknk084sn02q") { errors { code } } }"#,
            "mutation { logoutEverywhere { errors { code } } }",
            "mutation { logout { errors { code } } }",
            "{ sessions { id } }",
            "{ apiKeys { id } }",
        ] {
            let reply = robot.graphql(operation, json!({})).await;
            assert_eq!(refusal(&reply), "FORBIDDEN", "{operation}");
        }
        assert_eq!(keys(&admin).await.len(), 1);
        let reply = robot.graphql(VIEWER, json!({})).await;
        assert_eq!(reply.at("/viewer/email"), "admin@example.org");
    }
);

every_database!(
    async fn a_deleted_user_s_keys_die(app: TestApp) {
        let ann = app.user("ann").await;
        let (_, robot) = key(&app, &ann, &["READ"]).await;
        let delete =
            format!(r#"mutation {{ deleteAccount(password: "{PASSWORD}") {{ deletedId }} }}"#);
        ann.graphql(&delete, json!({})).await.data();
        assert_eq!(
            refusal(&robot.graphql(VIEWER, json!({})).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(app.execute("UPDATE api_keys SET name = name").await, 0);
    }
);

every_database!(
    async fn access_says_who_asks_and_what_they_may_do(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let (id, robot) = key(&app, &ann, &["AI", "READ"]).await;
        let reply = robot.graphql(ACCESS, json!({})).await;
        assert_eq!(reply.at("/access/user/username"), "ann");
        assert_eq!(reply.at("/access/apiKey/id"), &json!(id));
        assert_eq!(reply.at("/access/scopes"), &json!(["READ", "AI"]));
        let people = json!(["READ", "WRITE", "AI", "MODELS"]);
        let reply = ann.graphql(ACCESS, json!({})).await;
        assert_eq!(reply.at("/access/scopes"), &people);
        assert_eq!(reply.at("/access/apiKey"), &Value::Null);
        let all = json!(["READ", "WRITE", "AI", "MODELS", "ADMIN"]);
        assert_eq!(scopes(&admin).await, all);
        let reply = app.client().graphql(ACCESS, json!({})).await;
        assert_eq!(reply.at("/access/scopes"), &json!(["READ"]));
        assert_eq!(reply.at("/access/user"), &Value::Null);
        let budget = reply.at("/access/rateLimit");
        let number = |name: &str| budget[name].as_i64().unwrap();
        assert!(number("limit") > 0 && number("cost") >= 0);
        assert!((0..=number("limit")).contains(&number("remaining")));
    }
);

every_database!(
    async fn a_key_is_a_node_for_its_owner_and_for_itself(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let (id, robot) = key(&app, &ann, &["READ"]).await;
        let (_, other) = key(&app, &ann, &["READ"]).await;
        let node = "query ($id: ID!) { node(id: $id) { ... on ApiKey { name } } }";
        for (client, seen) in [(&ann, true), (&robot, true), (&other, false), (&bob, false)] {
            let reply = client.graphql(node, json!({ "id": id })).await;
            assert_eq!(reply.at("/node").is_object(), seen);
        }
    }
);
