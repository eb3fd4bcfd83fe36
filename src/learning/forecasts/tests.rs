//! Forecasts of made-up series: nothing leaks, nothing is left to chance, and nonsense is refused.

mod origins;

use super::*;
use crate::learning::{random::Random, unobserved};
use backtest::HORIZONS;
use serde_json::json;
use std::ops::ControlFlow;

/// A random walk with a week in it, always positive.
fn walk(days: usize) -> Vec<f64> {
    let mut random = Random::new(7);
    let mut level: f64 = 5.0;
    (0..days)
        .map(|day| {
            level += (random.uniform() - 0.5) * 0.06;
            (level + [0.02, 0.0, -0.02, 0.0, 0.01, 0.03, -0.01][day % 7]).exp()
        })
        .collect()
}

/// Small enough for a test, with every part of the method.
fn quick(method: Method) -> Value {
    match method {
        Method::Lstm => json!({"backtest": 60, "refit": 180, "epochs": 3, "hidden": 4}),
        Method::RandomForest => json!({"backtest": 60, "refit": 90, "trees": 20}),
        Method::Knn => json!({"backtest": 60, "refit": 90, "k": 20}),
        _ => json!({"backtest": 60, "refit": 90}),
    }
}

/// The numbers of days ahead that were measured.
fn horizons(evaluation: &Evaluation) -> Vec<usize> {
    let measured = evaluation.horizons.iter();
    measured.map(|scores| scores.horizon).collect()
}

#[test]
fn the_same_request_gives_the_same_numbers() {
    for method in Method::ALL {
        let once = || {
            let model = train(&walk(300), method, &quick(method), &mut unobserved).unwrap();
            (model.forecast(40).unwrap(), model.evaluation().clone())
        };
        assert_eq!(once(), once(), "{method}");
    }
}

#[test]
fn a_forecast_lies_in_its_interval_which_stays_positive_and_widens() {
    for method in Method::ALL {
        let model = train(&walk(300), method, &quick(method), &mut unobserved).unwrap();
        let points = model.forecast(MOST_DAYS).unwrap();
        assert_eq!(points.len(), MOST_DAYS);
        for point in &points {
            assert!(0.0 < point.lower, "{method}: {point:?}");
            assert!(point.lower <= point.value && point.value <= point.upper);
            assert!(point.upper.is_finite(), "{method}: {point:?}");
        }
        let width = |step: usize| (points[step].upper / points[step].lower).ln();
        assert!(width(364) > width(29), "{method}");
        let coverage = model.evaluation().overall.coverage;
        assert!((0.5..=1.0).contains(&coverage), "{method}: {coverage}");
    }
}

/// Days of an invented price: a walk whose steps are small for some months and large for others.
fn restless(days: usize) -> Vec<f64> {
    let mut random = Random::new(11);
    let mut level: f64 = 5.0;
    (0..days)
        .map(|day| {
            let season = 1.0 + 0.6 * (day as f64 / 60.0).sin();
            level += (random.uniform() + random.uniform() - 1.0) * 0.08 * season;
            level.exp()
        })
        .collect()
}

/// The daily closes of Ether in dollars, where they lie beside the repository, which they are no part of.
fn closes() -> Option<Vec<f64>> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/data/eth_historical_data.csv"
    );
    let csv = std::fs::read_to_string(file).ok()?;
    let close = |line: &str| line.split(',').nth(4).unwrap().parse().unwrap();
    Some(csv.lines().skip(1).map(close).collect())
}

#[test]
fn four_of_five_values_come_to_lie_in_their_intervals() {
    for series in [Some(restless(1_500)), closes()].into_iter().flatten() {
        for method in [
            Method::Naive,
            Method::SeasonalNaive,
            Method::Linear,
            Method::Ridge,
        ] {
            let params = json!({"backtest": 730, "refit": 30});
            let found = backtest(&series, method, &params, &mut unobserved).unwrap();
            assert_eq!(horizons(&found.evaluation), HORIZONS, "{method}");
            assert_eq!(found.evaluation.origins, 730, "{method}");
            for scores in &found.evaluation.horizons {
                let coverage = scores.method.coverage;
                let horizon = scores.horizon;
                assert!(
                    (0.72..=0.88).contains(&coverage),
                    "{method}, {horizon} days ahead: {coverage}"
                );
            }
        }
    }
}

#[test]
fn the_naive_forecast_is_its_own_measure() {
    let model = train(&walk(300), Method::Naive, &Value::Null, &mut unobserved).unwrap();
    let found = model.evaluation();
    assert_eq!(horizons(found), HORIZONS);
    assert!(
        found
            .horizons
            .iter()
            .all(|scores| scores.method == scores.naive)
    );
    assert_eq!(found.overall, found.naive);
    assert_eq!(found.overall.mase, 1.0);
    assert_eq!(
        model.forecast(1).unwrap()[0].value,
        *walk(300).last().unwrap()
    );
}

#[test]
fn a_week_comes_again_and_a_line_goes_on() {
    let weeks: Vec<f64> = (0..200).map(|day| f64::from(day % 7) - 3.0).collect();
    let model = train(&weeks, Method::SeasonalNaive, &json!({}), &mut unobserved).unwrap();
    let expected: Vec<f64> = (200..230).map(|day| f64::from(day % 7) - 3.0).collect();
    let found: Vec<f64> = model
        .forecast(30)
        .unwrap()
        .iter()
        .map(|p| p.value)
        .collect();
    assert_eq!(found, expected);
    assert_eq!(model.evaluation().overall.mae, 0.0);

    let line: Vec<f64> = (0..200).map(|day| f64::from(day) * 2.0 - 50.0).collect();
    for method in [
        Method::Linear,
        Method::Ridge,
        Method::Knn,
        Method::RandomForest,
    ] {
        let model = train(&line, method, &json!({}), &mut unobserved).unwrap();
        let last = model.forecast(10).unwrap()[9].value;
        assert!((last - 368.0).abs() < 1e-6, "{method}: {last}");
    }
}

#[test]
fn a_series_that_stands_still_is_continued_by_every_method() {
    for value in [5.0, 0.0] {
        for method in Method::ALL {
            let model = train(&[value; 200], method, &quick(method), &mut unobserved).unwrap();
            let last = model.forecast(30).unwrap()[29].value;
            assert!((last - value).abs() < 1e-9, "{method}: {last}");
        }
    }
}

#[test]
fn a_longer_history_is_continued_without_training_again() {
    let series = walk(330);
    for method in Method::ALL {
        let model = train(&series[..300], method, &quick(method), &mut unobserved).unwrap();
        assert_eq!(
            model.forecast(5).unwrap(),
            model.forecast_after(&series[..300], 5).unwrap()
        );
        assert_ne!(
            model.forecast(5).unwrap(),
            model.forecast_after(&series, 5).unwrap()
        );
    }
}

#[test]
fn too_few_rows_say_how_many_are_needed() {
    for method in Method::ALL {
        let needed = rows_needed(method, &json!({})).unwrap();
        let result = train(&walk(needed - 1), method, &json!({}), &mut unobserved);
        match result {
            Err(Error::NotEnoughData {
                needed: said, got, ..
            }) => {
                assert_eq!((said, got), (needed, needed - 1), "{method}");
            }
            other => panic!("{method}: {other:?}"),
        }
        let params = match method {
            Method::Lstm => json!({"epochs": 2}),
            _ => json!({}),
        };
        let model = train(&walk(needed), method, &params, &mut unobserved).unwrap();
        assert!(model.evaluation().origins >= 1, "{method}");
    }
}

#[test]
fn what_is_no_number_is_refused_and_so_are_other_lengths_and_days() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        let mut series = walk(200);
        series[17] = wrong;
        let refused = train(&series, Method::Naive, &json!({}), &mut unobserved).unwrap_err();
        assert_eq!(
            refused,
            Error::NotFinite {
                row: 18,
                column: None
            }
        );
    }
    let long = vec![1.0; MOST_ROWS + 1];
    let refused = train(&long, Method::Naive, &json!({}), &mut unobserved).unwrap_err();
    assert!(matches!(refused, Error::TooMuchData { .. }));
    let model = train(&walk(200), Method::Naive, &json!({}), &mut unobserved).unwrap();
    for days in [0, 366] {
        assert!(matches!(
            model.forecast(days),
            Err(Error::BadParameter { name, .. }) if name == "days"
        ));
    }
    assert!(model.forecast_after(&[1.0, -1.0], 3).is_err());
    assert!(model.forecast_after(&[1.0], 3).is_err());
}

#[test]
fn parameters_are_checked_by_name() {
    for (method, params, name) in [
        (Method::Naive, json!({"lags": 3}), "lags"),
        (Method::Knn, json!({"k": 0}), "k"),
        (Method::Knn, json!({"k": 1.5}), "k"),
        (Method::Ridge, json!({"alpha": -1}), "alpha"),
        (Method::Ridge, json!({"alpha": "much"}), "alpha"),
        (Method::Lstm, json!({"epochs": 1e9}), "epochs"),
        (Method::SeasonalNaive, json!({"season": 367}), "season"),
        (
            Method::ExponentialSmoothing,
            json!({"trend": "up"}),
            "trend",
        ),
        (Method::Linear, json!({"transform": null}), "transform"),
        (Method::Linear, json!([1]), "params"),
    ] {
        let refused = train(&walk(300), method, &params, &mut unobserved).unwrap_err();
        assert!(
            matches!(&refused, Error::BadParameter { name: found, .. } if found == name),
            "{refused}"
        );
    }
    let negative: Vec<f64> = walk(200).iter().map(|value| value - 140.0).collect();
    let params = json!({"transform": "log"});
    assert!(train(&negative, Method::Naive, &params, &mut unobserved).is_err());
    let model = train(
        &walk(200),
        Method::Ridge,
        &json!({"alpha": 2}),
        &mut unobserved,
    )
    .unwrap();
    let expected =
        json!({"alpha": 2.0, "backtest": 365, "lags": 14, "refit": 30, "transform": "auto"});
    assert_eq!(model.params(), expected);
}

#[test]
fn training_ends_when_it_is_told_to() {
    for method in Method::ALL {
        let mut last = 0.0;
        let result = train(&walk(300), method, &quick(method), &mut |done| {
            assert!(
                (0.0..=1.0).contains(&done) && done >= last,
                "{method}: {done}"
            );
            last = done;
            if done > 0.3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(result, Err(Error::Cancelled)), "{method}");
    }
}
