//! What `pluma doctor` finds in a database that a server works with.

use std::process::{Command, Stdio};

use pluma::config::DatabaseUrl;
use secrecy::ExposeSecret;

use crate::support::{RedisServer, TestApp, every_database, json};

/// Runs the doctor on the server's database; gives its exit code and what it says.
async fn doctor(app: &TestApp, more: &[(&str, &str)]) -> (i32, String) {
    let config = &app.app().config;
    let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
    command.arg("doctor").env_clear().stdin(Stdio::null());
    command
        .env("PLUMA_DATA_DIR", &config.data_dir)
        .env("PLUMA_SECRET", config.secret.expose_secret())
        .env("PLUMA_LISTEN", app.address().to_string())
        .envs(more.iter().copied());
    if let DatabaseUrl::Postgres(url) = &config.database.url {
        command.env("DATABASE_URL", url.expose_secret());
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), said)
}

/// The line of one check.
#[track_caller]
fn line<'a>(said: &'a str, name: &str) -> &'a str {
    let found = said
        .lines()
        .find(|line| line.get(6..).is_some_and(|rest| rest.starts_with(name)));
    found.unwrap_or_else(|| panic!("there is no {name} in {said}"))
}

every_database!(
    async fn a_healthy_server_has_no_failures(app: TestApp) {
        let (code, said) = doctor(&app, &[]).await;
        assert_eq!(code, 0, "{said}");
        for name in ["database", "migrations", "signing keys", "jobs", "address"] {
            assert!(line(&said, name).starts_with("ok "), "{said}");
        }
        assert!(
            line(&said, "address").contains("running and ready"),
            "{said}"
        );
    }
);

every_database!(
    async fn a_secret_that_does_not_open_the_keys_is_found(app: TestApp) {
        let other = [(
            "PLUMA_SECRET",
            "another secret of more than thirty-two bytes",
        )];
        let (code, said) = doctor(&app, &other).await;
        assert_eq!(code, 1, "{said}");
        let keys = line(&said, "signing keys");
        assert!(
            keys.starts_with("fail ") && keys.contains("PLUMA_SECRET"),
            "{said}"
        );
        assert!(line(&said, "jobs").starts_with("ok "), "{said}");
    }
);

every_database!(
    async fn a_job_that_was_given_up_is_named(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Travels").await;
        let page = ann.page(&notebook, "Faial", "Wind.").await;
        let at = app.clock().now().plus_seconds(3_600);
        let reply = ann
            .graphql(
                "mutation ($page: ID!, $at: DateTime!) {
                   publishPage(pageId: $page, at: $at) { errors { code } }
                 }",
                json!({ "page": page.id, "at": at }),
            )
            .await;
        assert_eq!(reply.user_errors("publishPage"), &json!([]));
        let failed = app
            .execute(
                "UPDATE jobs SET status = 'FAILED', unique_key = NULL, error = 'the disk was full',
                   finished_at = created_at
                 WHERE kind = 'pages.publish'",
            )
            .await;
        assert_eq!(failed, 1);
        let (code, said) = doctor(&app, &[]).await;
        assert_eq!(code, 0, "{said}");
        let jobs = line(&said, "jobs");
        assert!(jobs.starts_with("warn "), "{said}");
        assert!(
            jobs.contains(&page.id) && jobs.contains("the disk was full"),
            "{said}"
        );
    }
);

every_database!(
    async fn redis_is_looked_at_where_there_is_one(app: TestApp) {
        let (_, said) = doctor(&app, &[]).await;
        assert!(
            line(&said, "redis").starts_with("ok    redis           none"),
            "{said}"
        );
        let redis = RedisServer::start();
        let (code, said) = doctor(&app, &[("REDIS_URL", redis.url())]).await;
        assert_eq!(code, 0, "{said}");
        let found = line(&said, "redis");
        assert!(
            found.starts_with("ok ") && found.contains("reachable, version "),
            "{said}"
        );
        let nobody = "redis://ann:hunter2@127.0.0.1:1";
        let (code, said) = doctor(&app, &[("REDIS_URL", nobody)]).await;
        assert_eq!(code, 0, "servers do without: {said}");
        let found = line(&said, "redis");
        assert!(
            found.starts_with("warn ")
                && found.contains("127.0.0.1:1")
                && found.contains("refused"),
            "{said}"
        );
        assert!(
            said.contains("REDIS_URL") && !said.contains("hunter2"),
            "{said}"
        );
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_speaks_tls_to_those_who_trust_it() {
    let app = TestApp::sqlite().await;
    let (redis, certificate) = RedisServer::tls();
    let trusting = [("REDIS_URL", redis.url()), ("SSL_CERT_FILE", &certificate)];
    let (_, said) = doctor(&app, &trusting).await;
    assert!(line(&said, "redis").starts_with("ok "), "{said}");
    let (_, said) = doctor(&app, &[("REDIS_URL", redis.url())]).await;
    let found = line(&said, "redis");
    assert!(
        found.starts_with("warn ") && found.contains("certificate"),
        "{said}"
    );
}
