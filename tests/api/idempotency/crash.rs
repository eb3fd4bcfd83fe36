//! The program killed at every point of a mutation with a key, and asked again.

use std::path::Path;
use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use pluma::accounts::authenticate;
use pluma::idempotency::{Slot, slot};
use pluma::notebooks::service::{self, NewNotebook};
use pluma::viewer;
use serde_json::json;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::{create, notebooks, replayed};
use crate::support::{Client, Database, Program, Reply, every_database};

/// Nothing takes longer than that, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The database of a program, from outside of it.
enum Outside {
    Sqlite(Box<SqliteConnection>),
    Postgres(tokio_postgres::Client),
}

impl Outside {
    async fn of(folder: &Path, database: Option<&Database>) -> Self {
        let Some(database) = database else {
            let file = folder.join("data/pluma.db");
            let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
            conn.batch_execute("PRAGMA busy_timeout = 30000").unwrap();
            return Self::Sqlite(Box::new(conn));
        };
        let (client, connection) = tokio_postgres::connect(database.url(), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        Self::Postgres(client)
    }

    async fn run(&mut self, sqlite: &str, postgres: &str) {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sqlite).unwrap(),
            Self::Postgres(client) => client.batch_execute(postgres).await.unwrap(),
        }
    }

    /// Stops whoever makes this change to a table in the middle of it.
    async fn stall(&mut self, on: &str, condition: &str) {
        let sqlite = format!(
            "CREATE TRIGGER stall AFTER {on} WHEN {condition} BEGIN
               SELECT count(*) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n);
             END"
        );
        let postgres = format!(
            "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
             CREATE TRIGGER stall AFTER {on} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION stall()"
        );
        self.run(&sqlite, &postgres).await;
    }

    async fn go_on(&mut self, table: &str) {
        let postgres = format!("DROP TRIGGER stall ON {table}");
        // A server process that lost its client notices when it has slept; it must not commit by then.
        if let Self::Postgres(client) = self {
            let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            client.batch_execute(others).await.unwrap();
        }
        self.run("DROP TRIGGER stall", &postgres).await;
    }

    async fn count(&mut self, of: &str) -> i64 {
        match self {
            Self::Sqlite(conn) => {
                #[derive(diesel::QueryableByName)]
                struct Count {
                    #[diesel(sql_type = diesel::sql_types::BigInt)]
                    count: i64,
                }
                let query = diesel::sql_query(format!("SELECT count(*) AS count FROM {of}"));
                diesel::RunQueryDsl::get_result::<Count>(query, &mut **conn)
                    .unwrap()
                    .count
            }
            Self::Postgres(client) => {
                let query = format!("SELECT count(*) FROM {of}");
                client.query_one(&query, &[]).await.unwrap().get(0)
            }
        }
    }

    async fn until(&mut self, of: &str, count: i64) {
        while self.count(of).await < count {
            tokio::task::yield_now().await;
        }
    }

    /// The time of the dead try's lease is over.
    async fn end_leases(&mut self) {
        let sqlite = "UPDATE idempotency_keys SET lease_until = 0 WHERE lease_until IS NOT NULL";
        let postgres = "UPDATE idempotency_keys SET lease_until = to_timestamp(0) WHERE lease_until IS NOT NULL";
        self.run(sqlite, postgres).await;
    }
}

/// Where the program is killed.
#[derive(Clone, Copy, PartialEq)]
enum Point {
    /// The key is taken, the change is made, and nothing is committed.
    BeforeTheCommit,
    /// The change is committed, and its answer is not kept.
    BeforeTheAnswer,
    /// The answer is kept.
    AfterTheAnswer,
}

/// What has to last as long as the test.
type Held = (Program, TempDir, Option<Database>);

/// Kills the program at `point` of a mutation, and gives what the same request is answered with after that.
async fn killed_at(point: Point, database: Option<Database>) -> (Reply, Client, Held) {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), database.as_ref());
    let ann = Client::anonymous(&program.url()).register("ann").await;
    let mut outside = Outside::of(folder.path(), database.as_ref()).await;
    let (table, on, condition) = match point {
        Point::BeforeTheCommit => ("notebooks", "INSERT ON notebooks", "NEW.title = 'Crash'"),
        _ => (
            "idempotency_keys",
            "UPDATE ON idempotency_keys",
            "NEW.answer IS NOT NULL",
        ),
    };
    if point != Point::AfterTheAnswer {
        outside.stall(on, condition).await;
    }
    let sent = tokio::spawn({
        let ann = ann.clone();
        let request = ann.http().post(format!("{}/graphql", program.url()));
        let request = request
            .bearer_auth(&ann.access_token)
            .json(&create("Crash"));
        async move { request.header("idempotency-key", "key").send().await }
    });
    match point {
        Point::BeforeTheCommit => outside.until("idempotency_keys", 1).await,
        Point::BeforeTheAnswer => outside.until("notebooks", 1).await,
        Point::AfterTheAnswer => {
            outside
                .until("idempotency_keys WHERE answer IS NOT NULL", 1)
                .await;
        }
    }
    program.kill();
    let _ = sent.await;
    if point != Point::AfterTheAnswer {
        outside.go_on(table).await;
        outside.end_leases().await;
    }
    let expected = i64::from(point != Point::BeforeTheCommit);
    assert_eq!(outside.count("notebooks").await, expected);
    drop(outside);
    let program = Program::start(folder.path(), database.as_ref());
    let ann = ann.at(&program.url());
    let reply = ann.post_once("key", &create("Crash")).await;
    assert_eq!(notebooks(&ann, "Crash").await, 1);
    // And so it stays.
    let again = ann.post_once("key", &create("Crash")).await;
    assert!(again.body == reply.body);
    assert_eq!(notebooks(&ann, "Crash").await, 1);
    (reply, ann, (program, folder, database))
}

async fn before_the_commit(database: Option<Database>) {
    let (reply, ..) = killed_at(Point::BeforeTheCommit, database).await;
    assert_eq!(reply.text("/createNotebook/notebook/title"), "Crash");
    assert!(!replayed(&reply));
}

async fn before_the_answer(database: Option<Database>) {
    let (reply, ann, _program) = killed_at(Point::BeforeTheAnswer, database).await;
    assert_eq!(reply.code(), "IDEMPOTENCY_ANSWER_LOST");
    let done = &reply.body["errors"][0]["extensions"]["done"];
    assert_eq!(done[0]["action"], "notebook.created");
    let query = "query ($id: ID!) { notebook(id: $id) { title } }";
    let found = ann
        .graphql(query, json!({ "id": done[0]["subjectId"] }))
        .await;
    assert_eq!(found.text("/notebook/title"), "Crash");
}

async fn after_the_answer(database: Option<Database>) {
    let (reply, ..) = killed_at(Point::AfterTheAnswer, database).await;
    assert_eq!(reply.text("/createNotebook/notebook/title"), "Crash");
    assert!(replayed(&reply));
}

macro_rules! on_both {
    ($($name:ident = $test:ident;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                tokio::time::timeout(PATIENCE, $test(None)).await.unwrap();
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let database = Database::create().await;
                tokio::time::timeout(PATIENCE, $test(Some(database))).await.unwrap();
            }
        }
    )*};
}

on_both! {
    a_mutation_killed_before_its_commit_is_done_by_the_next_try = before_the_commit;
    a_mutation_killed_after_its_commit_is_not_done_again_and_says_what_was_done = before_the_answer;
    an_answer_that_was_kept_outlives_the_program = after_the_answer;
}

every_database!(
    async fn a_try_that_has_lost_its_key_commits_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let client = viewer::Client::default();
        let viewer = authenticate(app.app(), Some(&ann.access_token), client)
            .await
            .unwrap();
        let make = |title: &str| NewNotebook {
            title: title.to_owned(),
            description: None,
            metadata: None,
        };
        // The row is somebody else's, or there is none.
        let slot = std::sync::Arc::new(Slot::new(vec![7; 32], 1));
        let work = service::create(app.app(), &viewer, make("Late"));
        let late = slot::scope(slot, work).await;
        assert!(late.is_err());
        assert_eq!(notebooks(&ann, "Late").await, 0);
        service::create(app.app(), &viewer, make("Late"))
            .await
            .unwrap();
        assert_eq!(notebooks(&ann, "Late").await, 1);
    }
);

every_database!(
    async fn a_dead_try_s_key_is_waited_for_and_then_taken(app: TestApp) {
        let ann = app.user("ann").await;
        ann.post_once("key", &create("Waited")).await.data();
        // As a process leaves it that died before its first commit.
        app.execute("DELETE FROM notebooks").await;
        app.execute(match app.app().db.engine() {
            "sqlite" => {
                "UPDATE idempotency_keys SET answer = NULL, commits = 0,
                 lease_until = CAST(strftime('%s', 'now') AS INTEGER) * 1000000 + 2000000"
            }
            _ => {
                "UPDATE idempotency_keys SET answer = NULL, commits = 0,
                 lease_until = now() + interval '2 seconds'"
            }
        })
        .await;
        let reply = ann.post_once("key", &create("Waited")).await;
        assert!(!replayed(&reply));
        assert_eq!(reply.text("/createNotebook/notebook/title"), "Waited");
        assert_eq!(notebooks(&ann, "Waited").await, 1);
    }
);
