//! Showing that an address is one's own.

use super::*;

const REQUEST: &str = "mutation { requestEmailVerification {
    user { email emailVerified } errors { code path } } }";
const VERIFY: &str = "mutation ($token: String!) { verifyEmail(token: $token) {
    user { username emailVerified } errors { code path } } }";
const MOVE: &str = "mutation ($email: String!) { updateProfile(input: { email: $email }) {
    user { email emailVerified } errors { code path } } }";
const ANN: &str = "ann@example.org";

async fn verify(client: &Client, token: &str) -> Value {
    let reply = client.graphql(VERIFY, json!({ "token": token })).await;
    reply.data()["verifyEmail"].clone()
}

async fn is_verified(client: &Client) -> bool {
    let reply = client.graphql(VIEWER, json!({})).await;
    reply.at("/viewer/emailVerified").as_bool().unwrap()
}

every_database!(
    async fn a_new_account_is_mailed_a_link_that_verifies_its_address_once(app: TestApp) {
        let ann = app.user("ann").await;
        let mails = app.mails(ANN, 1).await;
        let mail = &mails[0];
        assert_eq!(mail.header("from"), "Pluma <no-reply@localhost>");
        assert_eq!(mail.header("auto-submitted"), "auto-generated");
        assert!(mail.header("message-id").ends_with("@localhost>"));
        assert!(
            mail.header("content-type")
                .starts_with("multipart/alternative")
        );
        let link = "http://localhost:8000/auth/verify-email#token=pluma_ve_";
        assert_eq!(mail.0.matches(link).count(), 2, "{}", mail.0);
        assert!(!mail.0.contains("ann at"), "no name that somebody chose");

        assert!(!is_verified(&ann).await);
        // Whoever has the link need not be signed in, and learns nothing more about the account.
        let payload = verify(&app.client(), &mail.token()).await;
        assert_eq!(
            payload["user"],
            json!({ "username": "ann", "emailVerified": null })
        );
        assert!(is_verified(&ann).await);
        let payload = verify(&ann, &mail.token()).await;
        assert_eq!(errors(&payload), ["REUSED token"]);
        assert_eq!(payload["user"], Value::Null);
        let reply = ann.graphql(REQUEST, json!({})).await;
        assert_eq!(reply.at("/requestEmailVerification/errors"), &json!([]));
        assert_eq!(
            app.letters("1 = 1").await,
            1,
            "a verified address needs no link"
        );
        let logged =
            "UPDATE logs SET kind = kind WHERE action = 'email.verified' AND details IS NULL";
        assert_eq!(app.execute(logged).await, 1);
    }
);

every_database!(
    async fn a_later_link_takes_the_place_of_earlier_ones(app: TestApp) {
        let ann = app.user("ann").await;
        let first = app.mailed_verification(ANN, 1).await;
        ann.graphql(REQUEST, json!({})).await;
        let second = app.mailed_verification(ANN, 2).await;
        assert_eq!(errors(&verify(&ann, &first).await), ["EXPIRED token"]);
        assert!(!is_verified(&ann).await);
        assert_eq!(errors(&verify(&ann, &second).await), [""; 0]);
        assert!(is_verified(&ann).await);
    }
);

every_database!(
    async fn a_link_is_good_for_a_day(app: TestApp) {
        app.user("ann").await;
        let token = app.mailed_verification(ANN, 1).await;
        app.clock().advance(Duration::from_secs(86_400));
        assert_eq!(
            errors(&verify(&app.client(), &token).await),
            ["EXPIRED token"]
        );
    }
);

every_database!(
    async fn what_was_never_mailed_is_no_token(app: TestApp) {
        app.user("ann").await;
        let token = app.mailed_verification(ANN, 1).await;
        let other = format!("pluma_ve_{}", "A".repeat(43));
        for wrong in [
            "",
            "pluma_ve_",
            &other,
            &token.replace("_ve_", "_rp_"),
            &token[..20],
        ] {
            let payload = verify(&app.client(), wrong).await;
            assert_eq!(errors(&payload), ["INVALID token"], "{wrong}");
        }
        let reset = "mutation ($token: String!) { resetPassword(token: $token, newPassword: \"a new passphrase\") {
            errors { code path } } }";
        let reply = app.client().graphql(reset, json!({ "token": token })).await;
        assert_eq!(
            errors(&reply.data()["resetPassword"]),
            ["INVALID token"],
            "a token is good for its purpose alone"
        );
    }
);

every_database!(
    async fn another_address_is_verified_anew_and_told_at_the_old_one(app: TestApp) {
        let ann = app.user("ann").await;
        let first = app.mailed_verification(ANN, 1).await;
        let moved = ann
            .graphql(MOVE, json!({ "email": "ann@new.example" }))
            .await;
        assert_eq!(
            moved.at("/updateProfile/user"),
            &json!({ "email": "ann@new.example", "emailVerified": false })
        );
        assert_eq!(errors(&verify(&ann, &first).await), ["EXPIRED token"]);
        let notice = app.mail_with("was changed", ANN).await;
        assert!(notice.header("subject").contains("was changed"));
        assert!(!notice.0.contains("new.example") && !notice.0.contains("token="));
        let second = app.mailed_verification("ann@new.example", 1).await;
        // Back again: the link to the first address stays dead.
        let back = ann.graphql(MOVE, json!({ "email": ANN })).await;
        assert_eq!(back.at("/updateProfile/user/email"), ANN);
        for dead in [&first, &second] {
            assert_eq!(errors(&verify(&ann, dead).await), ["EXPIRED token"]);
        }
        assert!(!is_verified(&ann).await);
    }
);

every_database!(
    async fn one_link_used_twice_at_once_counts_once(app: TestApp) {
        let ann = app.user("ann").await;
        let token = app.mailed_verification(ANN, 1).await;
        let (one, two, three) = tokio::join!(
            verify(&ann, &token),
            verify(&ann, &token),
            verify(&ann, &token)
        );
        let mut found: Vec<_> = [one, two, three].iter().map(errors).collect();
        found.sort();
        assert_eq!(
            found,
            [
                vec![],
                vec!["REUSED token".to_owned()],
                vec!["REUSED token".to_owned()]
            ]
        );
    }
);

every_database!(
    with = |config| {
        config.mail.hourly = 2;
    },
    async fn asking_for_links_is_limited_and_recovers(app: TestApp) {
        let ann = app.user("ann").await;
        let ask = async || ann.graphql(REQUEST, json!({})).await;
        assert_eq!(
            ask().await.user_errors("requestEmailVerification"),
            &json!([])
        );
        assert_eq!(refusal(&ask().await), "RATE_LIMITED");
        let nobody = app.client().graphql(REQUEST, json!({})).await;
        assert_eq!(refusal(&nobody), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn the_pages_behind_links_keep_the_token_to_themselves(app: TestApp) {
        for path in ["/auth/verify-email", "/auth/reset-password"] {
            let page = app.client().get(path).await;
            let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("cache-control"), "no-store");
            let policy = header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self';"),
                "{policy}"
            );
            assert!(!policy.contains("script-src 'unsafe"), "{policy}");
            let body = page.text().await.unwrap();
            assert!(body.contains("src=\"/auth/links.js\"") && !body.contains("{title}"));
        }
        let script = app.client().get("/auth/links.js").await;
        assert!(
            script
                .text()
                .await
                .unwrap()
                .contains("history.replaceState")
        );
    }
);
