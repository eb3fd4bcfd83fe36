//! What the doctor reads in the database: the keys that sign, and the jobs that wait or have failed.

use pluma::config::Config;
use pluma::db::{Db, migrations};
use pluma::jobs;
use pluma::keyring::Keyring;

use super::Found::{self, Doubtful, Good, Wrong};
use super::is_new;

pub(super) const ABOVE: &str = "see the database above";
/// How many failed jobs are named.
const NAMED: i64 = 3;

/// Whether the configured secret opens the keys that sign access tokens.
pub async fn keys(config: &Config) -> Found {
    let db = match open(config).await {
        Ok(db) => db,
        Err(found) => return found,
    };
    match Keyring::check(&db, &config.secret).await {
        Ok(0) => Good("will be made at the first start".to_owned()),
        Ok(keys) => Good(format!("{keys}, opened by the secret")),
        Err(error) => Wrong(
            error.to_string(),
            "only where that secret is lost, empty the table signing_keys: everyone signs in again",
        ),
    }
}

/// Whether somebody works on the jobs, and which of them were given up.
pub async fn jobs(config: &Config) -> Found {
    let db = match open(config).await {
        Ok(db) => db,
        Err(found) => return found,
    };
    let (counts, failed) = match tokio::try_join!(jobs::counts(&db), jobs::given_up(&db, NAMED)) {
        Ok(found) => found,
        Err(error) => return Wrong(format!("cannot be read: {error}"), ABOVE),
    };
    let what = format!(
        "{} due, {} scheduled, {} running, {} failed",
        counts.due, counts.scheduled, counts.running, counts.dead
    );
    if counts.dead > 0 {
        let named = failed.iter().map(|job| {
            let about = job.subject_id.as_deref().unwrap_or("nothing in particular");
            let error = job.error.as_deref().unwrap_or("no error was noted");
            format!("{} of {about}: {error}", job.kind)
        });
        let named: Vec<String> = named.collect();
        let advice = "do again what they were to do, such as publishing the page; they are forgotten after 30 days";
        return Doubtful(format!("{what} ({})", named.join("; ")), advice);
    }
    if counts.due > 0 && !config.jobs.inline {
        let advice = "start `pluma worker`: with PLUMA_JOBS_INLINE=false servers run no jobs";
        return Doubtful(what, advice);
    }
    Good(what)
}

/// The database, where it is there and up to date; otherwise what to say instead of looking into it.
async fn open(config: &Config) -> Result<Db, Found> {
    if is_new(config) {
        return Err(Good("none before the first start".to_owned()));
    }
    let unreadable = |error| Wrong(format!("cannot be read: {error}"), ABOVE);
    let missing = migrations::pending(&config.database).await;
    if !missing.map_err(unreadable)?.is_empty() {
        return Err(Good("not looked at before the migrations".to_owned()));
    }
    Db::open(&config.database).await.map_err(unreadable)
}
