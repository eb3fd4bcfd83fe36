//! A repeatable load on the real program: how many requests it answers, how fast, and what each costs.
//!
//! `script/bench` starts a PostgreSQL and runs this; `cargo bench --bench load -- --engine sqlite` needs nothing.

mod client;
mod database;
mod flowers;
mod index;
mod process;
mod random;
mod report;
mod scenario;
mod seed;
mod server;

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use clap::{Parser, ValueEnum};
use futures_util::future::try_join_all;
use tokio::signal::unix::{SignalKind, signal};

use client::Client;
use database::Database;
use report::Figures;
use scenario::{Scenario, Work, Worker};
use server::Server;

/// Which database the program runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The server that PLUMA_BENCH_POSTGRES or PLUMA_TEST_POSTGRES names.
    Postgres,
    /// A file.
    Sqlite,
}

/// Puts a seeded Pluma under load and prints a Markdown table.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// Which database.
    #[arg(long, value_enum, default_value = "postgres")]
    engine: Engine,
    /// How many connections, each with one request at a time.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=500))]
    connections: u32,
    /// Seconds before measuring begins.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=60))]
    warm_up: u64,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Only these scenarios.
    #[arg(long, value_enum)]
    scenario: Vec<Scenario>,
    /// What `cargo bench` passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

// One thread, so that the clients leave the other processors to the server.
#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let database = Database::create(arguments.engine).await?;
    // Whatever ends the run, the server ends with it and the database is removed.
    let outcome = tokio::select! {
        outcome = run(&arguments, &database) => outcome,
        stopped = told_to_stop() => stopped.and(Err(anyhow!("interrupted"))),
    };
    database.remove().await?;
    outcome
}

async fn told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}

async fn run(arguments: &Arguments, database: &Database) -> Result<()> {
    let start = Instant::now();
    database.seed().await?;
    eprintln!("seeded in {:.1} s", start.elapsed().as_secs_f64());
    let server = Server::start(&database.url(), &[]).await?;
    report::heading(arguments.engine, arguments.connections, arguments.seconds);
    let scenarios = match arguments.scenario.as_slice() {
        [] => Scenario::value_variants(),
        chosen => chosen,
    };
    for &scenario in scenarios {
        let figures = measure(arguments, database, &server, scenario).await?;
        report::line(scenario, &figures);
    }
    report::memory(server.peak_memory()?);
    Ok(())
}

async fn measure(
    arguments: &Arguments,
    database: &Database,
    server: &Server,
    scenario: Scenario,
) -> Result<Figures> {
    let work = Work::prepare(scenario, &mut Client::connect(server.address()).await?).await?;
    let starting = (0..arguments.connections).map(async |number| {
        let client = Client::connect(server.address()).await?;
        Worker::start(number, client, &work).await
    });
    let mut workers = try_join_all(starting).await?;
    phase(&mut workers, Duration::from_secs(arguments.warm_up)).await?;

    let load = process::load()?;
    let cpu_before = (server.cpu()?, database.cpu()?, process::own_cpu()?);
    let start = Instant::now();
    let mut latencies = phase(&mut workers, Duration::from_secs(arguments.seconds)).await?;
    let elapsed = start.elapsed();
    let cpu_after = (server.cpu()?, database.cpu()?, process::own_cpu()?);
    if latencies.is_empty() {
        bail!("no request was answered within the measured time");
    }
    latencies.sort_unstable();
    Ok(Figures {
        latencies,
        elapsed,
        server: cpu_after.0 - cpu_before.0,
        database: cpu_after
            .1
            .zip(cpu_before.1)
            .map(|(after, before)| after - before),
        clients: cpu_after.2 - cpu_before.2,
        load,
    })
}

/// Lets every worker send one request after the other for a while; gives how long each took.
async fn phase(workers: &mut [Worker], lasting: Duration) -> Result<Vec<Duration>> {
    let end = Instant::now() + lasting;
    let running = workers.iter_mut().map(async |worker| {
        let mut latencies = Vec::new();
        loop {
            let start = Instant::now();
            if start >= end {
                return Ok::<_, anyhow::Error>(latencies);
            }
            worker.step().await?;
            latencies.push(start.elapsed());
        }
    });
    Ok(try_join_all(running).await?.concat())
}
