//! The command line: what the program can be asked to do.

mod admin;
mod audit;
mod configuration;
mod demo;
mod doctor;
mod failure;
mod jobs;
mod media;
mod probe;
mod progress;
mod serve;
mod signals;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use pluma::app::App;
use pluma::config::Config;
use pluma::db::migrations;
use pluma::{api, telemetry};

use failure::Failure;

const EXAMPLES: &str = "\
Examples:
  pluma                                start the server; nothing needs to be configured
  pluma demo                           people and notebooks in four languages to try it with
  pluma config template > pluma.toml   a file with every setting, to be edited
  pluma admin create ann ann@example.org
                                       an administrator; the password is asked for
  pluma doctor                         what is wrong, and what to do about it
  DATABASE_URL=postgres://pluma@db/pluma PLUMA_JOBS_INLINE=false pluma
                                       a replica on PostgreSQL; `pluma worker` runs its jobs

Every setting is an environment variable or a key of pluma.toml: see `pluma config reference`.
The exit code is 0, 1 after a failure, and 2 where the command line or the configuration is wrong.";

/// Pluma, the backend of a writing platform: one GraphQL API, one program.
#[derive(Parser)]
#[command(name = "pluma", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Arguments {
    /// The configuration file, instead of pluma.toml in the working directory
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (this is what `pluma` alone does)
    ///
    /// Migrations that are missing are applied first, and background jobs run in the same process unless
    /// PLUMA_JOBS_INLINE=false. SIGTERM or Ctrl-C lets requests, streams and jobs finish within
    /// PLUMA_SHUTDOWN_GRACE_SECONDS; a second one stops at once.
    #[command(after_help = "Examples:\n  \
        pluma serve                          http://localhost:8000, data in ./data\n  \
        PLUMA_LISTEN=0.0.0.0:8080 pluma serve\n  \
        PLUMA_ENV=production PLUMA_SECRET_FILE=/run/secrets/pluma pluma serve --no-migrate")]
    Serve {
        /// Refuse to start where migrations are missing, instead of applying them
        #[arg(long)]
        no_migrate: bool,
    },
    /// Run background jobs and no server, for installations of several processes
    ///
    /// Any number of workers may share a database: each job runs on one of them, and on another where that one
    /// dies. Set PLUMA_JOBS_INLINE=false for the servers, so that only workers run jobs.
    Worker,
    /// Apply the database migrations that are missing, and say which
    ///
    /// The server does the same at its start. On its own it is for deployments that migrate once and then start
    /// replicas with `pluma serve --no-migrate`. Two at once are safe: one waits for the other.
    Migrate,
    /// Print the GraphQL schema; needs neither configuration nor database
    #[command(
        after_help = "Example:\n  pluma schema > schema.graphql        the input of code generators"
    )]
    Schema,
    /// Fill the database with people, notebooks and pages to look at; a second run changes nothing
    ///
    /// Eight people write in Portuguese, Spanish, English and Japanese: published notebooks, drafts, a page that
    /// waits for its time, merged and named revisions, a trash. All of them share one password, which the command
    /// prints. Deleting the demo is deleting its accounts, or the database.
    Demo(demo::Demo),
    /// Make administrators, rotate signing keys, look after the log, pictures and failed jobs
    #[command(after_help = "Examples:\n  \
        pluma admin create ann ann@example.org\n  \
        pluma admin create ann ann@example.org --password-file /run/secrets/ann\n  \
        pluma admin promote rita             somebody who has an account\n  \
        pluma admin audit verify             whether the log is as it was written\n  \
        pluma admin audit export > log.jsonl\n  \
        pluma admin media fsck --deep        whether every picture's bytes are there and right\n  \
        pluma admin reindex                  what the search does not know yet\n  \
        pluma admin jobs list --dead         background work that was given up\n  \
        pluma admin rotate-keys              a new key for signing access tokens")]
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Check the configuration and everything the server depends on
    ///
    /// Looks at the configuration, the data directory, free space, the database and its migrations, the file of
    /// a SQLite database, the keys that sign access tokens, jobs, Redis, the object store, the address to listen on, e-mail, and GraphiQL.
    /// Each line begins with `ok`, `warn` (it works, and you should know) or `fail`, and says what to do. The exit code is 1
    /// where anything failed. It may run beside the server, and writes nothing into the database.
    Doctor {
        /// Only ask the running server whether it is ready, as container health checks do
        #[arg(long)]
        quick: bool,
    },
    /// Explain and check the configuration
    #[command(subcommand)]
    Config(configuration::Configuration),
}

/// Does what the command line asks for.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let file = arguments.config.as_deref();
    let command = arguments
        .command
        .unwrap_or(Command::Serve { no_migrate: false });
    match command {
        Command::Serve { no_migrate } => serve::run(Config::load(file)?, !no_migrate).await,
        Command::Worker => serve::work(Config::load(file)?).await,
        Command::Migrate => migrate(&Config::load(file)?).await,
        Command::Schema => {
            say(&api::sdl());
            Ok(())
        }
        Command::Demo(options) => demo::run(options, file).await,
        Command::Admin(admin) => admin::run(admin, file).await,
        Command::Doctor { quick: true } => probe::run(&Config::load(file)?).await,
        Command::Doctor { quick: false } => doctor::run(Config::load(file)?).await,
        Command::Config(command) => configuration::run(command, file),
    }
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    telemetry::start_logging(&config.log)?;
    let waiting = progress::spinner(format!("connecting to {}", config.database.url));
    let applied = migrations::run_telling(&config.database, |name| waiting.doing(name)).await?;
    drop(waiting);
    for name in &applied {
        say(&format!("applied {name}"));
    }
    if applied.is_empty() {
        say("The database is up to date.");
    }
    Ok(())
}

/// Opens the application for a command that is no server.
async fn open(config: Config) -> Result<App, Failure> {
    telemetry::start_logging(&config.log)?;
    Ok(App::build(config, true).await?)
}

/// Writes a line to standard output; whoever closed it does not want it.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", line.trim_end()).and_then(|()| out.flush());
}
