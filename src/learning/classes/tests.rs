//! Classifiers on iris and on what is no table.

use super::*;
use crate::learning::unobserved;
use serde_json::json;
use smartcore::dataset::iris;

/// Fisher's iris data, as it comes with smartcore.
pub(in crate::learning) fn iris() -> Table {
    let iris = iris::load_dataset();
    Table {
        features: iris.feature_names.clone(),
        rows: iris
            .data
            .chunks(iris.num_features)
            .map(|row| row.iter().map(|value| f64::from(*value)).collect())
            .collect(),
        labels: iris
            .target
            .iter()
            .map(|class| iris.target_names[*class as usize].clone())
            .collect(),
    }
}

#[test]
fn the_best_method_tells_95_of_100_irises_in_ten_stratified_folds() {
    let mut best: f64 = 0.0;
    for method in Method::ALL {
        let model = train(&iris(), method, &json!({}), &mut unobserved).unwrap();
        let found = model.evaluation();
        println!("{method}: {found:?}");
        assert_eq!(found.folds, 10);
        assert!(found.accuracy > 0.9, "{method}: {found:?}");
        assert!(found.log_loss < 0.5, "{method}: {found:?}");
        assert_eq!(found.confusion.iter().flatten().sum::<usize>(), 150);
        best = best.max(found.accuracy);
    }
    assert!(best >= 0.95, "{best}");
}
