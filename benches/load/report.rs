//! The table.

use std::time::Duration;

use clap::ValueEnum;

use crate::Engine;
use crate::scenario::Scenario;

/// What was measured of one scenario.
pub struct Figures {
    /// How long each request took, the shortest first; never empty.
    pub latencies: Vec<Duration>,
    /// How long all of it took.
    pub elapsed: Duration,
    /// Processor time of the server.
    pub server: Duration,
    /// Processor time of the database's processes, where it has its own.
    pub database: Option<Duration>,
    /// Processor time of the clients, which share the machine.
    pub clients: Duration,
    /// The machine's load average at the start.
    pub load: f64,
}

/// Prints the head of the table.
pub fn heading(engine: Engine, connections: u32, seconds: u64) {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "\n{engine:?}, {connections} connections, {seconds} s each, {processors} processors shared with the clients\n"
    );
    println!(
        "| scenario | requests/s | p50 ms | p99 ms | server CPU ms/request | database CPU ms/request | clients CPU ms/request | load before |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
}

/// Prints a line of it.
pub fn line(scenario: Scenario, figures: &Figures) {
    let count = figures.latencies.len();
    let each = |total: Duration| total.as_secs_f64() * 1000.0 / count as f64;
    let percentile = |percent: usize| {
        let index = (count * percent / 100).min(count - 1);
        figures.latencies[index].as_secs_f64() * 1000.0
    };
    let database = match figures.database {
        Some(total) => format!("{:.2}", each(total)),
        None => "in the server".to_owned(),
    };
    println!(
        "| {} | {:.0} | {:.1} | {:.1} | {:.2} | {database} | {:.2} | {:.1} |",
        scenario
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned()),
        count as f64 / figures.elapsed.as_secs_f64(),
        percentile(50),
        percentile(99),
        each(figures.server),
        each(figures.clients),
        figures.load,
    );
}

/// Prints what stands below the table.
pub fn memory(kibibytes: u64) {
    println!("\nPeak memory of the server: {} MiB", kibibytes / 1024);
}
