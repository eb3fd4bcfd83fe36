//! What the program writes about itself: log lines to standard error, and the recorder of its metrics.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::clock::system_time;
use crate::config::{Log, LogFormat};
use crate::db::Db;
use crate::error::{Error, Result};

const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
const COST: &[f64] = &[
    1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0,
];

/// Starts logging as configured; it can be started once in a process.
pub fn start_logging(config: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&config.filter).map_err(Error::caused_by)?;
    // Below this level libraries write what they are given: statements with their values, whole messages.
    let discreet =
        filter_fn(|line| line.target().starts_with("pluma") || *line.level() <= Level::INFO);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    let lines = lines.with_filter(filter.and(discreet));
    let started = tracing_subscriber::registry().with(lines).try_init();
    started.map_err(|error| Error::internal(format!("logging cannot start: {error}")))?;
    std::panic::set_hook(Box::new(note_panic));
    Ok(())
}

/// Writes where a panic happened. What it says is left out: a message that was put together may hold contents,
/// as that of a text cut in the middle of a character does.
fn note_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let message = panic.payload().downcast_ref::<&str>();
    tracing::error!(place, message, "a panic");
}

/// Starts recording metrics; it can be started once in a process. Render them with the handle.
pub fn start_metrics() -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full("pluma_graphql_cost".into()), COST)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(Error::caused_by)?;
    describe();
    let now = system_time().timestamp_micros() as f64 / 1_000_000.0;
    metrics::gauge!("process_start_time_seconds").set(now);
    metrics::gauge!("pluma_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        "pluma_http_requests_total",
        "HTTP requests by method, route and status."
    );
    describe_histogram!(
        "pluma_http_seconds",
        Unit::Seconds,
        "Time until an answer begins."
    );
    describe_counter!(
        "pluma_graphql_requests_total",
        "GraphQL operations by name, type and outcome: ok, or the code of the first error."
    );
    describe_histogram!(
        "pluma_graphql_seconds",
        Unit::Seconds,
        "Time that queries and mutations take."
    );
    describe_histogram!(
        "pluma_graphql_cost",
        "What operations cost, as the limit on cost counts."
    );
    describe_gauge!("pluma_graphql_subscriptions", "Subscriptions that run now.");
    describe_gauge!(
        "pluma_database_connections",
        "PostgreSQL connections of the pool by state."
    );
    describe_counter!(
        "pluma_db_statements_total",
        "Statements sent to the database, the beginnings and ends of transactions among them."
    );
    describe_gauge!(
        "pluma_database_queue",
        "Tasks that wait for SQLite's threads."
    );
    describe_gauge!(
        "pluma_model_drift_psi",
        "How far what a model was asked in the last week is from its training data: the largest population stability index of its features."
    );
    describe_gauge!(
        "pluma_redis_up",
        "Whether Redis answers: 1, or 0 while the server goes on without it."
    );
    describe_counter!(
        "pluma_redis_errors_total",
        "Commands that Redis did not answer as it should, by kind: io, server, authentication, client."
    );
    describe_gauge!(
        "process_start_time_seconds",
        Unit::Seconds,
        "When this process started, in seconds since 1970."
    );
    describe_gauge!("pluma_info", "Which version runs; always 1.");
}

/// Brings what is measured of the database up to date; called just before they are rendered.
pub fn observe(db: &Db) {
    metrics::counter!("pluma_db_statements_total").absolute(db.statements());
    match db {
        Db::Sqlite(pool) => {
            let (writer, readers) = pool.queued();
            metrics::gauge!("pluma_database_queue", "thread" => "writer").set(writer as f64);
            metrics::gauge!("pluma_database_queue", "thread" => "reader").set(readers as f64);
        }
        Db::Postgres(pool) => {
            let (size, idle) = pool.size();
            let busy = size.saturating_sub(idle);
            metrics::gauge!("pluma_database_connections", "state" => "idle").set(idle as f64);
            metrics::gauge!("pluma_database_connections", "state" => "busy").set(busy as f64);
        }
    }
}
