//! A PostgreSQL database per test, copied from one that was migrated once.

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use url::Url;

use pluma::config::Config;
use pluma::db::migrations;

/// A database that is dropped with this value.
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Copies the template.
    pub async fn create() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(template).await;
        let name = format!("pluma_test_{}", pluma::clock::new_uuid().simple());
        let copy = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        run(&[&copy]).await;
        let url = url_of(&name);
        Self { name, url }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A runtime of its own: the test's is about to end, or is unwinding.
        let dropped = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(run(&[&drop]));
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("the test's database could not be dropped");
        }
    }
}

/// Makes the template of this process.
async fn template() -> String {
    let name = format!("pluma_template_{}", std::process::id());
    run(&[
        &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        &format!("CREATE DATABASE {name}"),
    ])
    .await;
    let url = url_of(&name);
    let env = |variable: &str| (variable == "DATABASE_URL").then(|| url.clone());
    let config = Config::load_from(&env, None).unwrap();
    migrations::run(&config.database).await.unwrap();
    // Nobody connects any more: a copy needs the template to itself.
    run(&[&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")]).await;
    name
}

async fn run(statements: &[&str]) {
    let server = server();
    let (client, connection) = tokio_postgres::connect(server.as_str(), NoTls)
        .await
        .unwrap_or_else(|error| panic!("PLUMA_TEST_POSTGRES cannot be reached: {error}"));
    let connection = tokio::spawn(connection);
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
    drop(client);
    let _ = connection.await;
}

fn url_of(name: &str) -> String {
    let mut url = server();
    url.set_path(name);
    url.into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the tests find their server is no part of the configuration"
)]
fn server() -> Url {
    let url = std::env::var("PLUMA_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "PLUMA_TEST_POSTGRES is not set: it names a PostgreSQL server for the tests, with a superuser, \
             as postgres://postgres@127.0.0.1:5432/postgres; `script/test` starts one by itself"
        )
    });
    Url::parse(&url).expect("PLUMA_TEST_POSTGRES is a URL")
}
