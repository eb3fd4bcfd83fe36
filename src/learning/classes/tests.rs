//! Classifiers on iris and on what is no table.

use super::*;
use crate::learning::unobserved;
use serde_json::json;
use smartcore::dataset::iris;
use std::ops::ControlFlow;

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

fn small(method: Method) -> Value {
    match method {
        Method::RandomForest => json!({"folds": 3, "trees": 10}),
        _ => json!({"folds": 3}),
    }
}

#[test]
fn the_same_table_gives_the_same_probabilities_in_any_order_of_features_by_name() {
    for method in Method::ALL {
        let once = || {
            let model = train(&iris(), method, &small(method), &mut unobserved).unwrap();
            let given: BTreeMap<String, f64> = [
                ("sepal width (cm)", 2.7),
                ("petal width (cm)", 1.5),
                ("sepal length (cm)", 6.0),
                ("petal length (cm)", 4.9),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
            let row = in_order(model.features(), &given).unwrap();
            assert_eq!(row, [6.0, 2.7, 4.9, 1.5]);
            (
                model.probabilities(&row).unwrap(),
                model.evaluation().clone(),
            )
        };
        let first = once();
        assert_eq!(first, once(), "{method}");
        assert!((first.0.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{method}");
        assert!(first.0.iter().all(|p| (0.0..=1.0).contains(p)), "{method}");
    }
}

#[test]
fn features_that_are_missing_unknown_or_no_number_are_named() {
    let features = ["a", "b"].map(ToOwned::to_owned);
    let given = |pairs: &[(&str, f64)]| -> BTreeMap<String, f64> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    };
    assert_eq!(
        in_order(&features, &given(&[("a", 1.0)])),
        Err(Error::MissingFeature("b".to_owned()))
    );
    assert_eq!(
        in_order(&features, &given(&[("a", 1.0), ("b", 2.0), ("c", 3.0)])),
        Err(Error::UnknownFeature("c".to_owned()))
    );
    let refused = in_order(&features, &given(&[("a", 1.0), ("b", f64::NAN)])).unwrap_err();
    assert_eq!(refused.to_string(), "row 1 has no finite number in `b`");
    let model = train(&iris(), Method::NaiveBayes, &json!({}), &mut unobserved).unwrap();
    assert!(model.probabilities(&[1.0]).is_err());
    assert!(
        model
            .probabilities(&[1.0, 2.0, f64::INFINITY, 1.0])
            .is_err()
    );
    // Far from anything known, and still probabilities.
    for method in Method::ALL {
        let model = train(&iris(), method, &small(method), &mut unobserved).unwrap();
        let far = model.probabilities(&[1e12, -1e12, 0.0, 1e12]).unwrap();
        assert!(far.iter().all(|p| p.is_finite()), "{method}: {far:?}");
    }
}

#[test]
fn tables_that_cannot_be_learned_from_are_refused() {
    let refuse = |change: fn(&mut Table)| {
        let mut table = iris();
        change(&mut table);
        train(&table, Method::DecisionTree, &json!({}), &mut unobserved).unwrap_err()
    };
    let bad = |error: Error| matches!(error, Error::BadData(_));
    assert!(bad(refuse(|table| table.labels.fill("same".to_owned()))));
    assert!(bad(refuse(|table| table.labels[0] = "alone".to_owned())));
    assert!(bad(refuse(|table| table.labels.truncate(3))));
    assert!(bad(refuse(|table| table.rows[7].truncate(1))));
    assert!(bad(refuse(
        |table| table.features[0] = table.features[1].clone()
    )));
    assert!(bad(refuse(|table| {
        table.features.clear();
        table.rows.iter_mut().for_each(Vec::clear);
    })));
    let none = refuse(|table| {
        table.rows.clear();
        table.labels.clear();
    });
    assert!(matches!(
        none,
        Error::NotEnoughData {
            needed: 4,
            got: 0,
            ..
        }
    ));
    assert_eq!(
        refuse(|table| table.rows[7][2] = f64::NAN),
        Error::NotFinite {
            row: 8,
            column: Some("petal length (cm)".to_owned())
        }
    );
    let many = refuse(|table| {
        for (row, label) in table.labels.iter_mut().enumerate() {
            *label = (row / 2).to_string();
        }
    });
    assert!(matches!(
        many,
        Error::TooMuchData {
            what: "classes",
            ..
        }
    ));
}

#[test]
fn a_feature_that_never_changes_breaks_no_method() {
    let mut table = iris();
    table.features.push("constant".to_owned());
    table.rows.iter_mut().for_each(|row| row.push(7.0));
    for method in Method::ALL {
        let found = train(&table, method, &small(method), &mut unobserved).unwrap();
        assert!(found.evaluation().accuracy > 0.9, "{method}");
    }
}

#[test]
fn parameters_are_checked_by_name() {
    for (method, params, name) in [
        (Method::Knn, json!({"k": 0}), "k"),
        (Method::Knn, json!({"weights": "none"}), "weights"),
        (Method::Svm, json!({"kernel": 1}), "kernel"),
        (Method::RandomForest, json!({"trees": 301}), "trees"),
        (Method::DecisionTree, json!({"trees": 3}), "trees"),
        (Method::NaiveBayes, json!({"folds": 1}), "folds"),
        (Method::LogisticRegression, json!({"alpha": 0}), "alpha"),
    ] {
        let refused = train(&iris(), method, &params, &mut unobserved).unwrap_err();
        assert!(
            matches!(&refused, Error::BadParameter { name: found, .. } if found == name),
            "{refused}"
        );
    }
}

#[test]
fn learning_ends_when_it_is_told_to() {
    for method in Method::ALL {
        let mut last = 0.0;
        let result = train(&iris(), method, &small(method), &mut |done| {
            assert!(
                (0.0..=1.0).contains(&done) && done >= last,
                "{method}: {done}"
            );
            last = done;
            if done > 0.5 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(matches!(result, Err(Error::Cancelled)), "{method}");
    }
}

#[test]
fn folds_hold_every_class_in_its_share() {
    let classes: Vec<u32> = (0..90).map(|row| u32::from(row % 3 == 0)).collect();
    let parts = stratified(&classes, 10, 42);
    for part in 0..10 {
        let members: Vec<usize> = (0..90).filter(|row| parts[*row] == part).collect();
        assert_eq!(members.len(), 9);
        assert_eq!(members.iter().filter(|row| classes[**row] == 1).count(), 3);
    }
    assert_eq!(parts, stratified(&classes, 10, 42));
    assert_ne!(parts, stratified(&classes, 10, 43));
    let rare: Vec<u32> = (0..20).map(|row| u32::from(row < 2)).collect();
    assert_eq!(stratified(&rare, 10, 42).iter().max(), Some(&1));
}

#[test]
fn neighbours_of_a_rare_class_are_too_few_before_anything_is_learned() {
    let table = |rare: usize| Table {
        features: vec!["x".to_owned()],
        rows: (0..10).map(|row| vec![f64::from(row)]).collect(),
        labels: (0..10)
            .map(|row| if row < rare { "rare" } else { "usual" }.to_owned())
            .collect(),
    };
    let fit = |rare| {
        train(
            &table(rare),
            Method::Knn,
            &json!({ "k": 5 }),
            &mut unobserved,
        )
    };
    assert!(matches!(fit(2), Err(Error::NotEnoughData { .. })));
    assert!(fit(4).is_ok());
}

#[test]
fn machines_that_would_fill_memory_are_refused() {
    let table = Table {
        features: (0..500).map(|at| format!("f{at}")).collect(),
        rows: (0..1_000)
            .map(|row| (0..500).map(|at| f64::from(row * at % 7)).collect())
            .collect(),
        labels: (0..1_000).map(|row| (row % 40).to_string()).collect(),
    };
    let refused = train(&table, Method::Svm, &json!({}), &mut unobserved).unwrap_err();
    assert!(matches!(refused, Error::TooMuchData { .. }), "{refused}");
}
