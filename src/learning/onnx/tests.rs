//! scikit-learn's exports beside what scikit-learn says, and files that are none.
//!
//! `tests/references/learning/models.py` makes the models.

use super::*;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/references/learning/models")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.onnx"))).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn exports_of_scikit_learn_answer_as_scikit_learn_does() {
    let table: Value =
        serde_json::from_slice(&fs::read(folder().join("models.json")).unwrap()).unwrap();
    let mut ran = Vec::new();
    for (name, expected) in table["models"].as_object().unwrap() {
        let found = inspect(&bytes(name)).unwrap();
        assert!(found.producer.starts_with("skl2onnx"), "{found:?}");
        let width = found.features.unwrap();
        let model = match Model::load(&bytes(name), width, None) {
            Ok(model) => model,
            Err(error) => {
                let named = error == Error::UnsupportedOperators(found.unsupported);
                assert!(named && cfg!(not(feature = "ort")), "{name}: {error}");
                continue;
            }
        };
        if cfg!(not(feature = "ort")) {
            assert!(found.unsupported.is_empty(), "{name}: {found:?}");
        }
        for (place, row) in table["rows"].as_array().unwrap().iter().enumerate() {
            match model.run(&numbers(row)[..width]).unwrap() {
                Answer::Value(value) => {
                    let expected = expected["value"][place].as_f64().unwrap();
                    assert!(
                        (value - expected).abs() < 1e-4,
                        "{name}: {value} {expected}"
                    );
                }
                Answer::Class {
                    label,
                    probabilities,
                } => {
                    let expected = numbers(&expected["probabilities"][place]);
                    assert_eq!(probabilities.len(), expected.len(), "{name}");
                    for (found, expected) in probabilities.iter().zip(&expected) {
                        assert!(
                            (found - expected).abs() < 1e-4,
                            "{name}: {found} {expected}"
                        );
                    }
                    let labels = model.labels();
                    assert_eq!(label, labels[crate::learning::metrics::argmax(&expected)]);
                    let first = if name.ends_with("numbers") {
                        "0"
                    } else {
                        "setosa"
                    };
                    assert_eq!(labels[0], first, "{name}");
                }
            }
        }
        ran.push(name.as_str());
    }
    // ONNX Runtime runs the others, too, if the program is built with it; ORT_DYLIB_PATH names it.
    let by_runtime = ["regression-tree", "svm-names"].map(|name| (cfg!(feature = "ort"), name));
    let by_tract = [
        "bayes-names",
        "binary-names",
        "boosting-names",
        "forest-names",
        "forest-numbers",
        "knn-names",
        "logistic-names",
        "logistic-nozipmap",
        "logistic-numbers",
        "network-names",
        "regression",
        "scaled-names",
        "tree-names",
    ]
    .map(|name| (true, name));
    let expected = by_runtime.into_iter().chain(by_tract);
    let expected = expected.filter_map(|(runs, name)| runs.then_some(name));
    assert_eq!(BTreeSet::from_iter(ran), BTreeSet::from_iter(expected));
}

#[test]
fn what_cannot_be_run_is_named() {
    for (name, operators) in [
        ("svm-names", vec!["SVMClassifier"]),
        ("regression-tree", vec!["TreeEnsembleRegressor"]),
    ] {
        let found = inspect(&bytes(name)).unwrap();
        assert_eq!(found.unsupported, operators, "{name}");
        if cfg!(not(feature = "ort")) {
            let width = found.features.unwrap();
            let refused = Model::load(&bytes(name), width, None).unwrap_err();
            assert!(refused.to_string().contains(operators[0]), "{refused}");
        }
    }
}

#[test]
fn every_truncation_of_a_model_is_refused() {
    let whole = bytes("tree-names");
    for end in 0..whole.len() {
        // Where the end of the message cuts off nothing but optional fields, it is a message.
        if let Ok(found) = inspect(&whole[..end]) {
            assert_eq!(found.labels.map(|labels| labels.len()), Some(3), "{end}");
        }
    }
    for no_model in [
        &b"\x80\x04\x95pickle"[..],
        b"",
        b"GIF89a",
        b"{}",
        &[0xff; 64],
    ] {
        assert!(matches!(inspect(no_model), Err(Error::Corrupt(_))));
    }
}

#[test]
fn altered_models_do_not_panic() {
    for name in ["tree-names", "logistic-names", "network-names"] {
        let whole = bytes(name);
        for place in (0..whole.len()).step_by(3) {
            let mut altered = whole.clone();
            altered[place] ^= 0x11;
            if let Ok(model) = Model::load(&altered, 4, None) {
                let _ = model.run(&[5.0, 3.0, 1.0, 0.2]);
            }
        }
    }
}

#[test]
fn a_cycle_numbers_in_another_file_and_tensors_out_of_nothing_are_refused() {
    for (name, part) in [
        ("cycle", "the graph has a cycle"),
        ("elsewhere", "are in another file"),
        ("short", "has fewer numbers than it says"),
        ("bomb", "computes with constants alone"),
    ] {
        let refused = inspect(&bytes(name)).unwrap_err().to_string();
        assert!(refused.contains(part), "{name}: {refused}");
    }
    let large = vec![0; MOST_BYTES + 1];
    assert!(matches!(inspect(&large), Err(Error::TooMuchData { .. })));
    // Two bytes each: millions of empty nodes would take gigabytes.
    let nodes = [0x0a, 0].repeat(2_500_000);
    let mut many = vec![0x3a];
    let mut length = nodes.len();
    while length >= 0x80 {
        many.push(length as u8 | 0x80);
        length >>= 7;
    }
    many.push(length as u8);
    many.extend(nodes);
    assert!(matches!(inspect(&many), Err(Error::TooMuchData { .. })));
}

#[test]
fn features_and_labels_that_do_not_fit_are_named() {
    let tree = bytes("tree-names");
    let refused = Model::load(&tree, 3, None).unwrap_err().to_string();
    assert!(
        refused.contains("takes 4 features, and 3 are named"),
        "{refused}"
    );
    let labels = ["a".to_owned(), "b".to_owned()];
    let refused = Model::load(&tree, 4, Some(&labels))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("3 classes"), "{refused}");
    let labels = ["a", "b", "c"].map(ToOwned::to_owned);
    let model = Model::load(&tree, 4, Some(&labels)).unwrap();
    let answer = model.run(&[5.1, 3.5, 1.4, 0.2]).unwrap();
    assert!(matches!(answer, Answer::Class { label, .. } if label == "a"));
    assert!(model.run(&[1.0, f64::NAN, 0.0, 0.0]).is_err());
    assert!(model.run(&[1.0]).is_err());
}
