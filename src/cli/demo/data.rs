//! Datasets of the demo, which belong to nobody and are there for everybody: one that is real, and one that says that it is
//! not.

use std::fmt::Write;
use std::io::Write as _;

use chrono::{Days, NaiveDate};
use pluma::app::App;
use pluma::datasets::{Kind, service};
use pluma::error::{Error, Result};

/// Fisher's flowers.
const IRIS: &str = "Iris (Fisher, 1936)";
/// Prices that nobody ever paid.
const PRICES: &str = "Synthetic daily prices (invented, not a market's)";
/// How many days of prices there are: two years.
const DAYS: u64 = 731;

/// Brings what is missing.
pub async fn bring(app: &App) -> Result<()> {
    service::bring(app, IRIS, Kind::Tabular, file(&iris())?).await?;
    service::bring(app, PRICES, Kind::TimeSeries, file(&prices())?).await?;
    Ok(())
}

fn file(text: &str) -> Result<std::fs::File> {
    let mut file = tempfile::tempfile().map_err(Error::caused_by)?;
    file.write_all(text.as_bytes()).map_err(Error::caused_by)?;
    Ok(file)
}

fn iris() -> String {
    let table = smartcore::dataset::iris::load_dataset();
    let mut csv = "sepal_length,sepal_width,petal_length,petal_width,species\n".to_owned();
    for (row, species) in table.data.chunks(table.num_features).zip(&table.target) {
        for value in row {
            let _ = write!(csv, "{value},");
        }
        let name = table.target_names.get(*species as usize);
        let _ = writeln!(csv, "{}", name.map_or("", String::as_str));
    }
    csv
}

/// A random walk with a drift and a week in it, the same each time.
fn prices() -> String {
    let mut csv = "date,close\n".to_owned();
    let Some(first) = NaiveDate::from_ymd_opt(2024, 1, 1) else {
        return csv;
    };
    let (mut state, mut level) = (20_240_101_u64, 100.0_f64);
    for number in 0..DAYS {
        // The sum of four uniform draws is close enough to a normal one.
        let mut noise = 0.0;
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            noise += (state >> 40) as f64 / (1_u64 << 24) as f64 - 0.5;
        }
        level *= 1.0 + 0.0005 + 0.012 * noise;
        let week = [0.0, 0.4, 0.6, 0.3, 0.0, -0.8, -0.5][(number % 7) as usize];
        let day = first.checked_add_days(Days::new(number)).unwrap_or(first);
        let _ = writeln!(csv, "{day},{:.2}", level + week);
    }
    csv
}
