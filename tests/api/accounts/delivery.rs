//! Handing messages to a mail server that takes, refuses, puts off, hangs up or says nothing.

use pluma::config::Config;

use super::*;

const ANN: &str = "ann@example.org";

/// A server whose mail goes to `server`.
async fn app_with(engine: Engine, server: &MailServer) -> TestApp {
    let url = server.url();
    let tweak = move |config: &mut Config| {
        config.mail.smtp_url = Some(url.parse().unwrap());
        config.mail.timeout = Duration::from_millis(500);
        config.jobs.poll = Duration::from_millis(20);
    };
    TestApp::on(engine, tweak).await
}

macro_rules! with_mail_server {
    ($behaviour:expr, async fn $name:ident($app:ident: TestApp, $server:ident: MailServer $(,)?) $body:block) => {
        async fn $name(engine: Engine) {
            let $server = MailServer::start($behaviour).await;
            let $app = app_with(engine, &$server).await;
            $body
        }

        mod $name {
            use crate::support::Engine;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Engine::Postgres).await;
            }
        }
    };
}

with_mail_server!(
    Behaviour::Takes,
    async fn a_message_reaches_the_mail_server_whole(app: TestApp, server: MailServer) {
        app.user("ann").await;
        app.letters_become("status = 'SUCCEEDED'", 1).await;
        let taken = server.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].header("to"), ANN);
        let token = taken[0].token();
        assert_eq!(token.len(), "pluma_ve_".len() + 43);
        let verify =
            "mutation ($token: String!) { verifyEmail(token: $token) { errors { code } } }";
        let reply = app
            .client()
            .graphql(verify, json!({ "token": token }))
            .await;
        assert_eq!(reply.user_errors("verifyEmail"), &json!([]));
        // What is left of the job holds no secret.
        let columns = [
            "payload",
            "result",
            "error",
            "message",
            "unique_key",
            "subject_id",
        ];
        let held =
            columns.map(|column| format!("CAST({column} AS TEXT) LIKE '%pluma\\_%' ESCAPE '\\'"));
        assert_eq!(app.letters(&format!("({})", held.join(" OR "))).await, 0);
        let stored = format!(
            "UPDATE email_tokens SET purpose = purpose WHERE CAST(hash AS TEXT) LIKE '%{token}%'"
        );
        assert_eq!(app.execute(&stored).await, 0);
    }
);

with_mail_server!(
    Behaviour::Refuses,
    async fn a_message_that_is_refused_for_good_is_given_up_at_once(
        app: TestApp,
        server: MailServer,
    ) {
        app.user("ann").await;
        app.letters_become("status = 'FAILED' AND attempts = 1", 1)
            .await;
        assert_eq!(server.connections(), 1);
        let said = "error = 'the mail server refuses the message with 550'";
        assert_eq!(
            app.letters(said).await,
            1,
            "the code, and nothing that the server quotes"
        );
    }
);

with_mail_server!(
    Behaviour::PutsOff,
    async fn a_message_that_is_put_off_is_tried_again_with_another_link(
        app: TestApp,
        server: MailServer,
    ) {
        app.user("ann").await;
        app.letters_become("status = 'QUEUED' AND attempts >= 2", 1)
            .await;
        let said = "error = 'the mail server puts the message off with 451'";
        assert_eq!(app.letters(said).await, 1);
        server.turn(Behaviour::HangsUp);
        let connections = server.connections();
        app.letters_become("error = 'the connection to the mail server failed'", 1)
            .await;
        assert!(server.connections() > connections);
        server.turn(Behaviour::Takes);
        app.letters_become("status = 'SUCCEEDED'", 1).await;
        let token = server.taken().last().unwrap().token();
        // Every attempt made its own; the last one counts.
        let good = "UPDATE email_tokens SET purpose = purpose WHERE expires_at > created_at AND used_at IS NULL";
        let verify =
            "mutation ($token: String!) { verifyEmail(token: $token) { errors { code } } }";
        assert!(
            app.execute("UPDATE email_tokens SET purpose = purpose")
                .await
                >= 3
        );
        assert!(app.execute(good).await >= 1);
        let reply = app
            .client()
            .graphql(verify, json!({ "token": token }))
            .await;
        assert_eq!(reply.user_errors("verifyEmail"), &json!([]));
    }
);

with_mail_server!(
    Behaviour::Silent,
    async fn a_mail_server_that_says_nothing_is_given_up_in_the_end(
        app: TestApp,
        server: MailServer,
    ) {
        app.user("ann").await;
        app.letters_become("error = 'the mail server took too long'", 1)
            .await;
        app.execute("UPDATE jobs SET max_attempts = attempts + 1 WHERE kind = 'accounts.mail'")
            .await;
        app.letters_become("status = 'FAILED'", 1).await;
        assert!(server.connections() >= 2);
        let dead = pluma::jobs::given_up(&app.app().db, 1).await.unwrap();
        assert_eq!(dead[0].kind, "accounts.mail");
        assert_eq!(
            dead[0].error.as_deref(),
            Some("the mail server took too long")
        );
    }
);

with_mail_server!(
    Behaviour::Takes,
    async fn what_must_be_encrypted_is_not_sent_in_the_clear(app: TestApp, server: MailServer) {
        let url = format!("{}?tls=required", server.url());
        let mut config = app.app().config.clone();
        config.mail.smtp_url = Some(url.parse().unwrap());
        let mailer = pluma::mail::Mailer::new(&config).unwrap();
        let letter = pluma::mail::Letter {
            to: ANN.to_owned(),
            subject: "Secret".to_owned(),
            before: vec![],
            link: None,
            after: vec![],
        };
        let outcome = mailer.send(&letter, app.clock().now()).await;
        assert!(outcome.unwrap_err().to_string().contains("STARTTLS"));
        assert_eq!(server.taken().len(), 0);
    }
);

every_database!(
    with = |config| {
        config.environment = pluma::config::Environment::Production;
        config.jobs.inline = false;
    },
    async fn production_without_a_mail_server_says_so_to_everybody_alike(app: TestApp) {
        let ann = app.user("ann").await;
        let ask = "mutation ($email: String!) { requestPasswordReset(email: $email) { errors { code path message } } }";
        let mut answers = Vec::new();
        for email in [ANN, "nobody@example.org"] {
            let reply = app.client().graphql(ask, json!({ "email": email })).await;
            answers.push(reply.user_errors("requestPasswordReset").clone());
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0][0]["code"], "FORBIDDEN");
        let request = "mutation { requestEmailVerification { user { id } errors { code path } } }";
        let reply = ann.graphql(request, json!({})).await;
        assert_eq!(
            errors(&reply.data()["requestEmailVerification"]),
            ["FORBIDDEN "]
        );
        assert_eq!(app.letters("1 = 1").await, 0);
    }
);
