//! Another password by a mailed link.

use super::*;

const ASK: &str =
    "mutation ($email: String!) { requestPasswordReset(email: $email) { errors { code path } } }";
const RESET: &str = "mutation ($token: String!, $new: String!) {
    resetPassword(token: $token, newPassword: $new) {
        user { username emailVerified } session { current } accessToken refreshToken errors { code path } } }";
const CHANGE: &str = "mutation($old: String, $new: String!) {
    changePassword(currentPassword: $old, newPassword: $new) { errors { code path } } }";
const ANN: &str = "ann@example.org";
const NEW: &str = "a new passphrase";

async fn ask(client: &Client, email: &str) -> Reply {
    client.graphql(ASK, json!({ "email": email })).await
}

async fn reset(client: &Client, token: &str, new: &str) -> Reply {
    client
        .graphql(RESET, json!({ "token": token, "new": new }))
        .await
}

every_database!(
    async fn a_lost_password_is_set_anew_by_a_mailed_link(app: TestApp) {
        let ann = app.user("ann").await;
        let (elsewhere, _) = sign_in(&app, "ann", PASSWORD).await;
        let reply = ask(&app.client(), " ANN@example.org ").await;
        assert_eq!(reply.user_errors("requestPasswordReset"), &json!([]));
        let token = app.mailed_reset(ANN, 1).await;

        let here = app.client();
        // A password that is none leaves the link as it was.
        let refused = reset(&here, &token, "short").await;
        assert_eq!(
            errors(&refused.data()["resetPassword"]),
            ["TOO_SHORT newPassword"]
        );
        let reply = reset(&here, &token, NEW).await;
        let payload = &reply.data()["resetPassword"];
        assert_eq!(errors(payload), [""; 0]);
        assert_eq!(
            payload["user"],
            json!({ "username": "ann", "emailVerified": true }),
            "the mail got there, so the address is theirs"
        );
        assert_eq!(payload["session"]["current"], true);
        assert_eq!(
            cookies(&reply).len(),
            3,
            "the session's two and the device's"
        );
        let signed_in = here.graphql(VIEWER, json!({})).await;
        assert_eq!(signed_in.at("/viewer/username"), "ann");

        // Every session from before has ended, and so has the old password.
        assert_eq!(
            refusal(&ann.graphql(VIEWER, json!({})).await),
            "UNAUTHENTICATED"
        );
        let out = elsewhere.graphql(VIEWER, json!({})).await;
        assert_eq!(out.at("/viewer"), &Value::Null);
        let (_, old) = sign_in(&app, "ann", PASSWORD).await;
        assert_eq!(errors(&old), ["WRONG_CREDENTIALS input"]);
        let (_, new) = sign_in(&app, "ann", NEW).await;
        assert_eq!(errors(&new), [""; 0]);

        let again = reset(&app.client(), &token, "yet another one").await;
        assert_eq!(errors(&again.data()["resetPassword"]), ["REUSED token"]);
        assert!(cookies(&again).is_empty());
        let notice = app.mail_with("password was changed", ANN).await;
        assert!(notice.header("subject").contains("password was changed"));
        for action in ["password.reset_requested", "password.reset"] {
            let sql = format!(
                "UPDATE logs SET kind = kind WHERE action = '{action}' AND ip = '127.0.0.1'
                AND request_id IS NOT NULL"
            );
            assert_eq!(app.execute(&sql).await, 1, "{action}");
        }
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn asking_tells_nobody_whether_there_is_an_account(app: TestApp) {
        app.user("ann").await;
        let mut seen = Vec::new();
        for email in [ANN, "nobody@example.org"] {
            let before = app.app().db.statements();
            let reply = ask(&app.client(), email).await;
            let statements = app.app().db.statements() - before;
            let names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
            seen.push((reply.status, reply.body, names, statements));
        }
        assert_eq!(seen[0], seen[1]);
        assert!(seen[0].3 > 0, "a job was written");
        // Neither address stands in the jobs table.
        assert_eq!(
            app.letters("CAST(payload AS TEXT) LIKE '%example.org%'")
                .await,
            0
        );
        assert_eq!(
            app.letters("CAST(payload AS TEXT) LIKE '%reset_password%'")
                .await,
            2
        );
    }
);

every_database!(
    with = |config| {
        config.mail.hourly = 3;
    },
    async fn asking_too_often_is_answered_the_same_and_sends_nothing(app: TestApp) {
        app.user("ann").await;
        let first = ask(&app.client(), ANN).await;
        for _ in 0..4 {
            assert_eq!(ask(&app.client(), ANN).await.body, first.body);
        }
        assert_eq!(app.letters("1 = 1").await, 3, "one for the registration");
        app.mails(ANN, 3).await;
        // One client may not write to many either: four times as many as to one address.
        for number in 0..20 {
            let reply = ask(&app.client(), &format!("p{number}@example.org")).await;
            assert_eq!(reply.body, first.body);
        }
        let letters = app.letters("1 = 1").await;
        assert!((4..=13).contains(&letters), "{letters}");
    }
);

every_database!(
    async fn an_address_that_cannot_be_one_is_named(app: TestApp) {
        for email in ["", "ann", "ann\r\nBcc: b@example.org", "ann@example.org\0"] {
            let reply = ask(&app.client(), email).await;
            assert_eq!(
                reply.at("/requestPasswordReset/errors/0/path"),
                &json!(["email"])
            );
        }
        assert_eq!(app.letters("1 = 1").await, 0);
    }
);

every_database!(
    async fn links_end_with_time_with_later_links_and_with_the_password(app: TestApp) {
        let ann = app.user("ann").await;
        ask(&ann, ANN).await;
        let first = app.mailed_reset(ANN, 1).await;
        ask(&ann, ANN).await;
        let second = app.mailed_reset(ANN, 2).await;
        let outcome = async |token: &str| {
            let reply = reset(&app.client(), token, "any passphrase").await;
            errors(&reply.data()["resetPassword"])
        };
        assert_eq!(outcome(&first).await, ["EXPIRED token"]);
        let variables = json!({ "old": PASSWORD, "new": NEW });
        let reply = ann.graphql(CHANGE, variables).await;
        assert_eq!(reply.user_errors("changePassword"), &json!([]));
        assert_eq!(outcome(&second).await, ["EXPIRED token"]);
        ask(&ann, ANN).await;
        let third = app.mailed_reset(ANN, 3).await;
        app.clock().advance(Duration::from_secs(3_600));
        assert_eq!(outcome(&third).await, ["EXPIRED token"]);
        let (_, payload) = sign_in(&app, "ann", NEW).await;
        assert_eq!(errors(&payload), [""; 0]);
    }
);

every_database!(
    async fn a_link_to_an_address_dies_with_the_address(app: TestApp) {
        let ann = app.user("ann").await;
        ask(&ann, ANN).await;
        let token = app.mailed_reset(ANN, 1).await;
        let change =
            "mutation { updateProfile(input: { email: \"ann@new.example\" }) { errors { code } } }";
        ann.graphql(change, json!({})).await;
        let reply = reset(&app.client(), &token, NEW).await;
        assert_eq!(errors(&reply.data()["resetPassword"]), ["EXPIRED token"]);
    }
);

every_database!(
    async fn one_link_used_twice_at_once_sets_one_password(app: TestApp) {
        app.user("ann").await;
        ask(&app.client(), ANN).await;
        let token = app.mailed_reset(ANN, 1).await;
        let (one, other) = (app.client(), app.client());
        let (a, b) = tokio::join!(
            reset(&one, &token, "the first passphrase"),
            reset(&other, &token, "the second passphrase")
        );
        let outcomes = [&a, &b].map(|reply| errors(&reply.data()["resetPassword"]));
        let mut sorted = outcomes.clone();
        sorted.sort();
        assert_eq!(sorted, [vec![], vec!["REUSED token".to_owned()]]);
        let won = outcomes.iter().position(Vec::is_empty).unwrap();
        let words = ["the first passphrase", "the second passphrase"];
        let (_, winner) = sign_in(&app, "ann", words[won]).await;
        assert_eq!(errors(&winner), [""; 0]);
        let (_, loser) = sign_in(&app, "ann", words[1 - won]).await;
        assert_eq!(errors(&loser), ["WRONG_CREDENTIALS input"]);
    }
);

every_database!(
    async fn an_account_without_a_password_signs_in_with_none_and_gets_one_by_mail(app: TestApp) {
        let ann = app.user("ann").await;
        app.execute("UPDATE users SET password_hash = NULL").await;
        for typed in ["", PASSWORD, "any passphrase"] {
            let (_, payload) = sign_in(&app, "ann", typed).await;
            assert_eq!(errors(&payload), ["WRONG_CREDENTIALS input"]);
        }
        // What stands in for the password is that they have just signed in.
        const DELETE: &str = "mutation { deleteAccount { deletedId errors { code path } } }";
        app.execute("UPDATE sessions SET created_at = (SELECT created_at FROM users) ")
            .await;
        app.clock().advance(Duration::from_secs(10 * 60));
        let refreshed = refresh(&app.client(), &json!(ann.refresh_token)).await;
        app.clock().advance(Duration::from_secs(6 * 60));
        let mut later = app.client();
        later.access_token = refreshed["accessToken"].as_str().unwrap().to_owned();
        let reply = later.graphql(CHANGE, json!({ "new": NEW })).await;
        assert_eq!(
            errors(&reply.data()["changePassword"]),
            ["EXPIRED currentPassword"]
        );
        let reply = later.graphql(DELETE, json!({})).await;
        assert_eq!(errors(&reply.data()["deleteAccount"]), ["EXPIRED password"]);

        ask(&app.client(), ANN).await;
        let token = app.mailed_reset(ANN, 1).await;
        let reply = reset(&app.client(), &token, NEW).await;
        assert_eq!(errors(&reply.data()["resetPassword"]), [""; 0]);
        let (now, payload) = sign_in(&app, "ann", NEW).await;
        assert_eq!(errors(&payload), [""; 0]);
        app.execute("UPDATE users SET password_hash = NULL").await;
        let reply = now.graphql(DELETE, json!({})).await;
        assert_eq!(errors(&reply.data()["deleteAccount"]), [""; 0]);
    }
);

every_database!(
    async fn a_reset_ends_the_keys_of_who_had_not_verified_the_address(app: TestApp) {
        let squatter = app.user("ann").await;
        let (_, program) = super::api_keys::key(&app, &squatter, &["READ"]).await;
        let found = program.graphql(VIEWER, json!({})).await;
        assert_eq!(found.at("/viewer/username"), "ann");
        ask(&app.client(), ANN).await;
        let token = app.mailed_reset(ANN, 1).await;
        let owner = app.client();
        reset(&owner, &token, NEW).await;
        let refused = program.graphql(VIEWER, json!({})).await;
        assert_eq!(refusal(&refused), "UNAUTHENTICATED");

        // Keys of an owner whose address is verified stay theirs.
        let (_, program) = super::api_keys::key(&app, &owner, &["READ"]).await;
        ask(&app.client(), ANN).await;
        let token = app.mailed_reset(ANN, 2).await;
        reset(&app.client(), &token, "yet another one").await;
        let found = program.graphql(VIEWER, json!({})).await;
        assert_eq!(found.at("/viewer/username"), "ann");
    }
);
