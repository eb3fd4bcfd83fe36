//! The server under test.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel_async::RunQueryDsl;
use metrics_exporter_prometheus::PrometheusHandle;
use pluma::app::App;
use pluma::clock::Clock;
use pluma::config::{self, Config, DatabaseUrl};
use pluma::db::Db;
use pluma::http::server::Server;
use pluma::{telemetry, work};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::postgres::Database;
use super::{Client, Subscription};

/// A running server with a database of its own; both are gone when it is dropped.
pub struct TestApp {
    app: App,
    address: SocketAddr,
    stop: CancellationToken,
    serving: Option<JoinHandle<bool>>,
    // Declared last, so that the server has let go of them before they are dropped.
    database: Option<Arc<Database>>,
    _data: TempDir,
}

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// The server that PLUMA_TEST_POSTGRES names.
    Postgres,
}

impl TestApp {
    /// On SQLite.
    pub async fn sqlite() -> Self {
        Self::on(Engine::Sqlite, |_| {}).await
    }

    /// On PostgreSQL.
    pub async fn postgres() -> Self {
        Self::on(Engine::Postgres, |_| {}).await
    }

    /// On a database, with a changed configuration.
    pub async fn on(engine: Engine, tweak: impl FnOnce(&mut Config)) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Arc::new(Database::create().await)),
        };
        Self::start(database, tweak).await
    }

    /// Two servers on one PostgreSQL and, where `redis` is given, on that.
    pub async fn replicas(
        redis: Option<config::Redis>,
        tweak: impl Fn(&mut Config),
    ) -> (Self, Self) {
        let both = |config: &mut Config| {
            if let Some(redis) = &redis {
                config.redis = redis.clone();
            }
            tweak(config);
        };
        let one = Self::on(Engine::Postgres, both).await;
        let secret = one.app.config.secret.clone();
        let other = Self::start(one.database.clone(), |config| {
            config.secret = secret;
            both(config);
        });
        let other = other.await;
        (one, other)
    }

    async fn start(database: Option<Arc<Database>>, tweak: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let env = |name: &str| match name {
            "PLUMA_DATA_DIR" => data.path().to_str().map(str::to_owned),
            "PLUMA_LISTEN" => Some("127.0.0.1:0".to_owned()),
            // Small enough that hundreds of tests at once stay within a server's connections.
            "PLUMA_DATABASE_POOL" => Some("6".to_owned()),
            "DATABASE_URL" => database.as_ref().map(|database| database.url().to_owned()),
            _ => None,
        };
        let mut config = Config::load_from(&env, None).unwrap();
        // A purge or sweep of its own would come at any moment, and find what a test has made old for a call of its own.
        config.jobs.recurring = false;
        tweak(&mut config);
        let listener = TcpListener::bind(config.server.listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::build(config, true).await.unwrap();
        let stop = CancellationToken::new();
        let server = Server::new(&app, Some(recorder()));
        if app.config.jobs.inline {
            let app = app.clone();
            tokio::spawn(async move { work::run(&app).await });
        }
        let serving = tokio::spawn(server.run(listener, stop.clone()));
        Self {
            app,
            address,
            stop,
            serving: Some(serving),
            database,
            _data: data,
        }
    }

    /// The server's address: `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of GraphQL over WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/graphql", self.address)
    }

    /// The socket's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The application inside.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Its clock, to be set forward.
    pub fn clock(&self) -> &Clock {
        &self.app.clock
    }

    /// A client that has not signed in.
    pub fn client(&self) -> Client {
        Client::anonymous(&self.url())
    }

    /// A new user of this name.
    pub async fn user(&self, name: &str) -> Client {
        self.client().register(name).await
    }

    /// A new administrator called `admin`.
    pub async fn admin(&self) -> Client {
        let admin = self.user("admin").await;
        self.execute("UPDATE users SET role = 'ADMIN' WHERE username = 'admin'")
            .await;
        admin
    }

    /// Runs one SQL statement, to bring about what no request can; gives the number of rows.
    pub async fn execute(&self, sql: &str) -> usize {
        self.try_execute(sql).await.unwrap()
    }

    /// The same with what the database says where it refuses.
    pub async fn try_execute(&self, sql: &str) -> Result<usize, String> {
        run_sql(&self.app.db, sql).await
    }

    /// The program on this server's database, with its secret and nothing else in its environment.
    pub fn program(&self, arguments: &[&str]) -> Command {
        let config = &self.app.config;
        let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
        command.args(arguments).env_clear().stdin(Stdio::null());
        command
            .env("PLUMA_DATA_DIR", &config.data_dir)
            .env("PLUMA_SECRET", config.secret.expose_secret());
        if let DatabaseUrl::Postgres(url) = &config.database.url {
            command.env("DATABASE_URL", url.expose_secret());
        }
        command
    }

    /// Starts a subscription over a WebSocket as `client`.
    pub async fn subscribe(
        &self,
        client: &Client,
        query: &str,
        variables: serde_json::Value,
    ) -> Subscription {
        Subscription::start(&self.ws_url(), client, query, variables).await
    }

    /// Asks the server to stop, as SIGTERM does.
    pub fn begin_stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the server has stopped; gives whether everything could finish.
    pub async fn stopped(&mut self) -> bool {
        self.stop.cancel();
        let serving = self.serving.take().expect("the server is stopped once");
        let stopped = tokio::time::timeout(Duration::from_secs(30), serving).await;
        stopped
            .expect("the server stops within 30 seconds")
            .unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        self.app.shutdown.cancel();
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

/// Runs one SQL statement; gives the number of rows, or what the database says where it refuses.
pub async fn run_sql(db: &Db, sql: &str) -> Result<usize, String> {
    let sql = sql.to_owned();
    let done = match db {
        Db::Sqlite(pool) => {
            let run = pool.write(move |conn| {
                Box::pin(async move { Ok(diesel::sql_query(sql).execute(conn).await?) })
            });
            run.await
        }
        Db::Postgres(pool) => {
            let run = pool.write(move |conn| {
                Box::pin(async move { Ok(diesel::sql_query(sql).execute(conn).await?) })
            });
            run.await
        }
    };
    done.map_err(|error| error.to_string())
}

/// Metrics are recorded per process.
fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| telemetry::start_metrics().unwrap())
        .clone()
}
