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

/// The program itself, which writes every line that it can into a file; ended with the test.
struct Program(std::process::Child);

impl Program {
    /// Starts it; gives its address too.
    fn start(folder: &std::path::Path, log: &std::path::Path) -> (Self, String) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pluma"));
        command
            .env_clear()
            .current_dir(folder)
            .env("PLUMA_DATA_DIR", folder)
            .env("PLUMA_LISTEN", "127.0.0.1:0")
            .env("PLUMA_LOG", "trace")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::fs::File::create(log).unwrap());
        let mut program = Self(command.spawn().unwrap());
        let mut said = std::io::BufReader::new(program.0.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut said, &mut line).unwrap();
        let (_, url) = line.trim().split_once("http://localhost").unwrap();
        // Whoever writes into a closed pipe would end.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        (program, format!("http://127.0.0.1{url}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_or_password_gets_into_the_log_however_much_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (program, url) = Program::start(folder.path(), &log);
    let ann = Client::anonymous(&url).register("ann").await;
    let verification = newest_token(folder.path(), 1).await;
    let ask = "mutation { requestPasswordReset(email: \"ann@example.org\") { errors { code } } }";
    ann.graphql(ask, json!({})).await;
    let reset = newest_token(folder.path(), 2).await;
    let verify = "mutation ($token: String!) { verifyEmail(token: $token) { errors { code } } }";
    ann.graphql(verify, json!({ "token": verification })).await;
    let set = "mutation ($token: String!, $new: String!) {
        resetPassword(token: $token, newPassword: $new) { refreshToken errors { code } } }";
    let new = "an unforgettable passphrase";
    let reply = ann
        .graphql(set, json!({ "token": reset, "new": new }))
        .await;
    let refresh = reply.text("/resetPassword/refreshToken").to_owned();
    newest_message(folder.path(), 3).await;
    drop(program);
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(
        logged.contains("accounts.mail"),
        "the log says much: {logged}"
    );
    for secret in [
        &verification,
        &reset,
        &refresh,
        new,
        PASSWORD,
        &ann.refresh_token,
    ] {
        assert!(!logged.contains(secret), "{secret} is in the log");
    }
}

/// The token of the newest of so many messages in the outbox.
async fn newest_token(folder: &std::path::Path, count: usize) -> String {
    let mail = newest_message(folder, count).await;
    let (_, rest) = mail.split_once("token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// The newest of so many messages in the outbox; waits for them.
async fn newest_message(folder: &std::path::Path, count: usize) -> String {
    let limit = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let entries = std::fs::read_dir(folder.join("outbox"));
        let mut paths: Vec<_> = entries
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        if paths.len() >= count {
            return std::fs::read_to_string(paths.last().unwrap()).unwrap();
        }
        assert!(
            std::time::Instant::now() < limit,
            "{count} messages never came"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
