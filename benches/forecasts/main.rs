//! Every method of forecasting beside the naive forecast, on a column of a CSV of daily values; the result is in docs/forecasts.md.
//!
//! `cargo bench --bench forecasts -- prices.csv [column] [days] [refit] [method …]`

use anyhow::{Context, Result, ensure};
use pluma::learning::{
    forecasts::{HorizonScores, Method, backtest},
    unobserved,
};
use serde_json::json;
use std::{env, time::Instant};

fn main() -> Result<()> {
    // cargo adds `--bench` of its own.
    let mut given = env::args().skip(1).filter(|argument| argument != "--bench");
    let path = given.next().context("which CSV?")?;
    let column = given.next().unwrap_or_else(|| "Close".to_owned());
    let days: usize = given.next().map_or(Ok(730), |days| days.parse())?;
    let refit: usize = given.next().map_or(Ok(30), |days| days.parse())?;
    let methods: Vec<Method> = given.map(|name| name.parse()).collect::<Result<_, _>>()?;
    let methods = if methods.is_empty() {
        Method::ALL.to_vec()
    } else {
        methods
    };
    let series = read(&path, &column)?;
    println!("| method | days ahead | MAE | RMSE | sMAPE | MASE | coverage | fits | seconds |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut narrow = Vec::new();
    for method in methods {
        let began = Instant::now();
        let params = json!({ "backtest": days, "refit": refit });
        let evaluation = backtest(&series, method, &params, &mut unobserved)?.evaluation;
        let seconds = began.elapsed().as_secs_f64();
        for HorizonScores {
            horizon,
            method: scores,
            ..
        } in &evaluation.horizons
        {
            println!(
                "| `{method}` | {horizon} | {:.2} | {:.2} | {:.2} | {:.3} | {:.1} % | {} | {seconds:.1} |",
                scores.mae,
                scores.rmse,
                scores.smape,
                scores.mase,
                scores.coverage * 100.0,
                evaluation.fits,
            );
            if !(0.72..=0.88).contains(&scores.coverage) {
                narrow.push(format!("{method} at {horizon}"));
            }
        }
    }
    ensure!(
        narrow.is_empty(),
        "coverage outside 72–88 %: {}",
        narrow.join(", ")
    );
    Ok(())
}

fn read(path: &str, column: &str) -> Result<Vec<f64>> {
    let mut reader = csv::Reader::from_path(path)?;
    let place = reader
        .headers()?
        .iter()
        .position(|name| name == column)
        .with_context(|| format!("no column {column}"))?;
    reader
        .records()
        .map(|record| {
            let record = record?;
            Ok(record.get(place).context("a short row")?.parse()?)
        })
        .collect()
}
