//! `pluma admin jobs`: background work as operators see it, and another try for what was given up.

use clap::{Args, Subcommand};
use pluma::app::App;
use pluma::background::service;
use pluma::id::JobId;
use pluma::jobs::{Job, JobStatus};

use super::failure::Failure;
use super::say;

/// What to do with jobs.
#[derive(Subcommand)]
pub enum Jobs {
    /// List jobs, the newest first
    List {
        /// Those that were given up, the oldest first
        #[arg(long)]
        dead: bool,
        /// Only of this kind, as `mail.verification`; with --dead
        #[arg(long, requires = "dead")]
        kind: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
    },
    /// Show everything about a job, with the cause of its last failure
    Show {
        /// Its id, `job_…`
        id: String,
    },
    /// Queue what was given up again, with as many attempts as a new job; the log gets an AUDIT entry
    Retry(Retry),
}

/// Which jobs.
#[derive(Args)]
#[group(required = true, multiple = false, id = "which")]
pub struct Which {
    /// The id of one that was given up, `job_…`
    id: Option<String>,
    /// Every one that was given up
    #[arg(long)]
    all_dead: bool,
}

/// What to queue again.
#[derive(Args)]
pub struct Retry {
    #[command(flatten)]
    which: Which,
    /// Only of this kind; with --all-dead
    #[arg(long, requires = "all_dead")]
    kind: Option<String>,
}

/// Runs the command.
pub async fn run(command: Jobs, app: App) -> Result<(), Failure> {
    match command {
        Jobs::List { dead, kind, limit } => {
            let mut jobs = match dead {
                true => service::dead(&app, kind.as_deref()).await?,
                false => service::newest(&app, i64::from(limit)).await?,
            };
            jobs.truncate(limit.into());
            if jobs.is_empty() {
                say("There are none.");
            }
            for job in &jobs {
                let (id, kind, status) = (job.id, &job.kind, job.status.as_str());
                let when = job.finished_at.unwrap_or(job.created_at).to_rfc3339();
                let cause = job.error.as_deref().unwrap_or_default();
                let line = format!("{id}  {status:<9}  {when}  {kind}  {cause}");
                say(&line.replace(['\n', '\r'], " "));
            }
        }
        Jobs::Show { id } => show(&find(&app, &id).await?),
        Jobs::Retry(Retry { which, kind }) => {
            let jobs = match &which.id {
                Some(id) => {
                    let job = find(&app, id).await?;
                    if job.status != JobStatus::Failed {
                        let status = job.status.as_str();
                        return Err(anyhow::anyhow!("{id} was not given up: it is {status}").into());
                    }
                    vec![job]
                }
                None => service::dead(&app, kind.as_deref()).await?,
            };
            let mut queued = 0;
            for job in &jobs {
                queued += usize::from(service::retry(&app, job).await?);
            }
            say(&format!("{queued} queued again."));
        }
    }
    Ok(())
}

async fn find(app: &App, id: &str) -> Result<Job, Failure> {
    let found = match JobId::parse(id) {
        Some(id) => service::inspect(app, id).await?,
        None => None,
    };
    Ok(found.ok_or_else(|| anyhow::anyhow!("there is no job {id}"))?)
}

fn show(job: &Job) {
    let time = |time: Option<pluma::db::types::Timestamp>| time.map(|time| time.to_rfc3339());
    let rows = [
        ("id", Some(job.id.to_string())),
        ("kind", Some(job.kind.clone())),
        ("status", Some(job.status.as_str().to_owned())),
        (
            "attempts",
            Some(format!("{} of {}", job.attempts, job.max_attempts)),
        ),
        ("owner", job.owner_id.map(|owner| owner.to_string())),
        ("subject", job.subject_id.clone()),
        ("created", time(Some(job.created_at))),
        ("not before", time(Some(job.run_at))),
        ("started", time(job.started_at)),
        ("finished", time(job.finished_at)),
        ("progress", Some(format!("{:.0} %", job.progress * 100.0))),
        ("message", job.message.clone()),
        ("error", job.error.clone()),
        ("for the owner", job.user_error.clone()),
        ("payload", Some(job.payload.0.to_string())),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            say(&format!("{name:<14}{value}"));
        }
    }
}
