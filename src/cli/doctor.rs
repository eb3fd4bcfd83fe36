//! `pluma doctor`: checks everything the server depends on and says what to do about it.

mod contents;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use pluma::config::{Config, DatabaseUrl};
use pluma::db::{Db, migrations, sqlite};
use pluma::health;
use pluma::http::playground;
use pluma::redis::Redis;
use pluma::storage::Storage;
use tokio::net::TcpListener;

use super::failure::Failure;
use super::{probe, progress, say};

/// How a check went: what was found, and otherwise also what to do.
pub enum Found {
    /// As it should be.
    Good(String),
    /// It works, and a person should know.
    Doubtful(String, &'static str),
    /// It does not work.
    Wrong(String, &'static str),
}

use Found::{Doubtful, Good, Wrong};

/// The longest that one check may take; looking through a large SQLite file takes a while.
const PATIENCE: Duration = Duration::from_secs(120);
const GIBIBYTE: u64 = 1024 * 1024 * 1024;

/// What has been found so far.
#[derive(Default)]
struct Report {
    wrong: usize,
    doubtful: usize,
}

impl Report {
    /// Runs one check and says how it went.
    async fn check(&mut self, name: &str, check: impl Future<Output = Found>) {
        let waiting = progress::spinner(name);
        let found = tokio::time::timeout(PATIENCE, check).await;
        drop(waiting);
        let (word, what, advice) = match found.unwrap_or_else(|_| late()) {
            Good(what) => ("ok", what, None),
            Doubtful(what, advice) => {
                self.doubtful += 1;
                ("warn", what, Some(advice))
            }
            Wrong(what, advice) => {
                self.wrong += 1;
                ("fail", what, Some(advice))
            }
        };
        say(&format!("{word:<5} {name:<15} {what}"));
        if let Some(advice) = advice {
            say(&format!("{:<21} → {advice}", ""));
        }
    }

    /// Sums up; a failure where anything is wrong.
    fn end(self) -> Result<(), Failure> {
        say(&match (self.wrong, self.doubtful) {
            (0, 0) => "\nEverything is as it should be.".to_owned(),
            (0, doubtful) => format!("\nNothing is wrong; warnings: {doubtful}."),
            (wrong, doubtful) => format!("\nFailures: {wrong}, warnings: {doubtful}."),
        });
        match self.wrong {
            0 => Ok(()),
            _ => Err(Failure::Told),
        }
    }
}

/// Runs every check; fails where one of them found something wrong.
pub async fn run(config: Config) -> Result<(), Failure> {
    let mut report = Report::default();
    report
        .check("configuration", async { configuration(&config) })
        .await;
    report
        .check("public URL", async { public_address(&config) })
        .await;
    report
        .check("data directory", async { data_directory(&config.data_dir) })
        .await;
    report.check("disk", async { disk(&config.data_dir) }).await;
    report.check("database", database(&config)).await;
    report.check("migrations", pending(&config)).await;
    if let DatabaseUrl::Sqlite(path) = &config.database.url {
        report.check("SQLite file", integrity(path)).await;
    }
    report.check("signing keys", contents::keys(&config)).await;
    report.check("jobs", contents::jobs(&config)).await;
    report.check("redis", redis(&config)).await;
    report.check("storage", storage(&config)).await;
    report.check("address", address(&config)).await;
    report.check("e-mail", async { mail(&config) }).await;
    report.check("GraphiQL", async { graphiql(&config) }).await;
    report.end()
}

fn late() -> Found {
    let what = format!("no answer within {} s", PATIENCE.as_secs());
    Wrong(what, "find out what it is waiting for")
}

fn configuration(config: &Config) -> Found {
    if config.environment.is_production() && config.server.verbose_errors {
        let advice = "set PLUMA_VERBOSE_ERRORS=false: clients read the causes of internal errors";
        return Doubtful("production with verbose errors".to_owned(), advice);
    }
    if config.environment.is_production()
        && config.server.metrics
        && config.server.metrics_token.is_none()
    {
        let advice = "set PLUMA_METRICS_TOKEN, or PLUMA_METRICS=false: /metrics tells everyone how busy the server is";
        return Doubtful("production with open metrics".to_owned(), advice);
    }
    match config.environment.is_production() {
        true => Good("production, with its secret".to_owned()),
        false => Good("development; the secret is in the data directory or given".to_owned()),
    }
}

fn public_address(config: &Config) -> Found {
    let url = &config.server.public_url;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if config.environment.is_production() && here {
        let advice = "set PLUMA_PUBLIC_URL to the https:// address that browsers use";
        return Doubtful(format!("{url}: only this machine"), advice);
    }
    Good(url.to_string())
}

fn data_directory(path: &Path) -> Found {
    let shown = path.display();
    if let Err(error) = std::fs::create_dir_all(path) {
        let advice = "make it, or set PLUMA_DATA_DIR to a directory that the server may write";
        return Wrong(format!("{shown} cannot be made: {error}"), advice);
    }
    if let Err(error) = tempfile::tempfile_in(path) {
        let advice = "let the user that runs the server write there";
        return Wrong(format!("{shown} cannot be written: {error}"), advice);
    }
    let open_to_all = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0)
    };
    if open_to_all(&path.join("secret")) {
        let what = format!("{shown}/secret can be read by every user of this machine");
        return Wrong(what, "chmod 600 it");
    }
    if open_to_all(path) {
        let what = format!("{shown} is open to every user of this machine");
        return Doubtful(what, "chmod 700 it");
    }
    Good(format!("{shown} can be written"))
}

fn disk(path: &Path) -> Found {
    let Some(free) = health::free_bytes(path) else {
        return Doubtful("free space cannot be read".to_owned(), "look with df");
    };
    let what = format!("{:.1} GiB free", free as f64 / GIBIBYTE as f64);
    match free {
        0..GIBIBYTE => Doubtful(what, "make room: a full disk stops every write"),
        _ => Good(what),
    }
}

/// A SQLite file that is not there yet; opening it would create it.
pub(super) fn is_new(config: &Config) -> bool {
    matches!(&config.database.url, DatabaseUrl::Sqlite(path) if !path.exists())
}

async fn database(config: &Config) -> Found {
    let url = &config.database.url;
    if is_new(config) {
        return Good(format!("{url}: will be created at the first start"));
    }
    match Db::open(&config.database).await {
        Ok(_) => Good(format!("{url}: reachable")),
        Err(error) => Wrong(
            format!("{url}: {error}"),
            "start it, and check DATABASE_URL: host, port, user, password, name",
        ),
    }
}

async fn pending(config: &Config) -> Found {
    if is_new(config) {
        return Good("all of them will be applied at the first start".to_owned());
    }
    match migrations::pending(&config.database).await {
        Ok(missing) if missing.is_empty() => Good("none is missing".to_owned()),
        Ok(missing) => Doubtful(
            format!("{} missing: {}", missing.len(), missing.join(", ")),
            "`pluma migrate` applies them, and so does the next start",
        ),
        Err(error) => Wrong(format!("cannot be read: {error}"), contents::ABOVE),
    }
}

async fn integrity(path: &Path) -> Found {
    if !path.exists() {
        return Good("not there yet".to_owned());
    }
    match sqlite::quick_check(path).await {
        Ok(problems) if problems.is_empty() => {
            Good("its pages and indexes hold together".to_owned())
        }
        Ok(problems) => Wrong(
            problems.join("; "),
            "stop the server, keep a copy of the file, and restore a backup",
        ),
        Err(error) => Wrong(format!("cannot be checked: {error}"), contents::ABOVE),
    }
}

async fn storage(config: &Config) -> Found {
    let advice = match config.storage.bucket {
        None => "make PLUMA_STORAGE_DIRECTORY a directory that the server may write",
        Some(_) => {
            "look at PLUMA_STORAGE_ENDPOINT, the bucket, the access key, and whether it may list, read, write and delete"
        }
    };
    if config.storage.bucket.is_none() && is_new(config) {
        return Good("local files, made at the first start".to_owned());
    }
    let storage = match Storage::open(&config.storage) {
        Ok(storage) => storage,
        Err(error) => return Wrong(format!("cannot be opened: {error}"), advice),
    };
    match storage.check().await {
        Ok(()) => Good(storage.name().to_owned()),
        Err(error) => Wrong(error.to_string(), advice),
    }
}

async fn redis(config: &Config) -> Found {
    let Some(redis) = Redis::start(&config.redis, None).await else {
        return Good(match config.database.url {
            DatabaseUrl::Sqlite(_) => "none; a server by itself needs none".to_owned(),
            DatabaseUrl::Postgres(_) => {
                "none; several replicas are quicker with one (REDIS_URL)".to_owned()
            }
        });
    };
    let url = redis.url();
    match redis.ping().await {
        Ok(_) => Good(match redis.version().await {
            Some(version) => format!("{url}: reachable, version {version}"),
            None => format!("{url}: reachable"),
        }),
        Err(_) => Doubtful(
            format!("{url}: {}", redis.last_failure().unwrap_or_default()),
            "start it, and check REDIS_URL: host, port, user, password; servers go on without it meanwhile",
        ),
    }
}

async fn address(config: &Config) -> Found {
    let listen = config.server.listen;
    let Err(error) = TcpListener::bind(listen).await else {
        return Good(format!("{listen} is free"));
    };
    match probe::ask(probe::reachable(listen)).await {
        Ok(200) => Good(format!("{listen}: a server is running and ready")),
        Ok(status) => Doubtful(
            format!("{listen}: a server answers /readyz with {status}"),
            "if it is Pluma, look at its log",
        ),
        Err(_) => Wrong(
            format!("{listen}: {error}"),
            "stop what listens there, or set PLUMA_LISTEN to another address",
        ),
    }
}

fn mail(config: &Config) -> Found {
    let from = &config.mail.from;
    match &config.mail.smtp_url {
        Some(server) => Good(format!("from {from} by {server}")),
        None if config.environment.is_production() => Doubtful(
            "no mail server: nobody can verify an address or reset a password".to_owned(),
            "set SMTP_URL, and PLUMA_MAIL_FROM to an address that the mail server lets you send from",
        ),
        None => Good("into files, in the directory outbox of the data directory".to_owned()),
    }
}

fn graphiql(config: &Config) -> Found {
    match (config.server.graphiql, playground::is_built()) {
        (false, _) => Good("off".to_owned()),
        (true, true) => Good("part of this build".to_owned()),
        (true, false) => Doubtful(
            "not part of this build".to_owned(),
            "`script/server` builds it; it needs Node and npm",
        ),
    }
}
