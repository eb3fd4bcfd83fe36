//! What was known on each day of a backtest: nothing that came later.

use super::*;

#[test]
fn what_comes_later_changes_no_forecast_that_was_made_before() {
    let series = walk(420);
    let cut = 370;
    let changed = |factor: f64| {
        let mut changed = series.clone();
        Random::new(1).shuffle(&mut changed[cut..]);
        changed[cut..].iter_mut().for_each(|value| *value *= factor);
        changed
    };
    for method in Method::ALL {
        let made = |series: &[f64]| -> Vec<(usize, usize, Point)> {
            let found = backtest(series, method, &quick(method), &mut unobserved).unwrap();
            assert_eq!(horizons(&found.evaluation), HORIZONS, "{method}");
            found
                .points
                .iter()
                .filter(|point| point.origin < cut)
                .map(|point| (point.origin, point.horizon, point.forecast))
                .collect()
        };
        let before = made(&series);
        // Eleven days on which each horizon is forecast.
        assert_eq!(before.len(), 33, "{method}");
        // Values without logarithms are no reason to have left these before.
        for factor in [3.0, -3.0] {
            assert_eq!(before, made(&changed(factor)), "{method}, {factor}");
        }
    }
}

#[test]
fn from_the_first_value_without_a_logarithm_on_a_series_is_worked_on_as_it_is() {
    let mut series = walk(420);
    series[370..].iter_mut().for_each(|value| *value *= -1.0);
    for method in Method::ALL {
        let params = quick(method);
        let found = backtest(&series, method, &params, &mut unobserved).unwrap();
        assert_eq!(horizons(&found.evaluation), HORIZONS, "{method}");
        assert_eq!(found.evaluation.origins, 60, "{method}");
        for point in &found.points {
            let forecast = point.forecast;
            let came = series[point.origin + point.horizon];
            assert!((point.actual - came).abs() < 1e-9, "{method}: {point:?}");
            assert!(forecast.lower <= forecast.value && forecast.value <= forecast.upper);
            match point.origin {
                ..370 => assert!(0.0 < forecast.lower, "{method}: {point:?}"),
                // Some days after the fall no method expects what was before it.
                380.. if point.horizon == 1 => assert!(forecast.value < 0.0, "{method}: {point:?}"),
                _ => {}
            }
        }
        let model = train(&series, method, &params, &mut unobserved).unwrap();
        assert_eq!(model.evaluation(), &found.evaluation, "{method}");
        assert!(model.forecast(1).unwrap()[0].value < 0.0, "{method}");
        // Where it is told what to work on, there is one scale.
        let mut plain = params.clone();
        plain["transform"] = json!("none");
        let plain = backtest(&series, method, &plain, &mut unobserved).unwrap();
        let after = |found: &Backtest| -> Vec<BacktestPoint> {
            let points = found.points.iter().copied();
            points.filter(|point| point.origin >= 370).collect()
        };
        assert!(!after(&plain).is_empty(), "{method}");
        assert_eq!(after(&found), after(&plain), "{method}");
    }
}
