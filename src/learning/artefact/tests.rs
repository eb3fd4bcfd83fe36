//! Artefacts there and back, and bytes that are none.

use super::*;
use crate::learning::{classes, forecasts, texts, unobserved};
use proptest::prelude::*;
use serde_json::json;

fn series() -> Vec<f64> {
    (0..200)
        .map(|day| 100.0 + f64::from(day) / 10.0 + f64::from(day * 7 % 11))
        .collect()
}

fn table() -> classes::Table {
    classes::Table {
        features: vec!["a".to_owned(), "b".to_owned()],
        rows: (0..40)
            .map(|row| vec![f64::from(row % 20), f64::from(row * 7 % 13)])
            .collect(),
        labels: (0..40)
            .map(|row| if row % 20 < 10 { "low" } else { "high" }.to_owned())
            .collect(),
    }
}

fn text_model() -> Artefact {
    let texts = ["good", "good day", "bad", "bad day"].map(ToOwned::to_owned);
    let labels = ["+", "+", "-", "-"].map(ToOwned::to_owned);
    let method = texts::Method::NaiveBayes;
    let model = texts::train(&texts, &labels, method, &json!({}), &mut unobserved).unwrap();
    Artefact::Text(Box::new(model))
}

#[test]
fn every_method_of_forecasting_gives_the_same_numbers_after_a_restart() {
    for method in forecasts::Method::ALL {
        let params = json!({"backtest": 20, "refit": 365});
        let model = forecasts::train(&series(), method, &params, &mut unobserved).unwrap();
        let before = model.forecast(40).unwrap();
        let bytes = Artefact::Forecaster(Box::new(model)).to_bytes().unwrap();
        let Artefact::Forecaster(after) = Artefact::from_bytes(&bytes).unwrap() else {
            panic!("another kind");
        };
        assert_eq!(before, after.forecast(40).unwrap(), "{method}");
    }
}

#[test]
fn every_classifier_gives_the_same_probabilities_after_a_restart() {
    for method in classes::Method::ALL {
        let model = classes::train(&table(), method, &json!({}), &mut unobserved).unwrap();
        let before = model.probabilities(&[3.0, 5.0]).unwrap();
        assert!(before[1] > 0.5, "{method}: {before:?}");
        let bytes = Artefact::Classifier(Box::new(model)).to_bytes().unwrap();
        let Artefact::Classifier(after) = Artefact::from_bytes(&bytes).unwrap() else {
            panic!("another kind");
        };
        assert_eq!(
            before,
            after.probabilities(&[3.0, 5.0]).unwrap(),
            "{method}"
        );
        assert_eq!(after.labels(), ["high", "low"]);
    }
}

/// The bytes as if another version of the library had written them.
fn rewritten(artefact: &Artefact, version: &[u8]) -> Vec<u8> {
    let mut bytes = artefact.to_bytes().unwrap();
    let library = artefact.library().as_bytes();
    let place = bytes
        .windows(library.len())
        .position(|part| part == library)
        .unwrap();
    let end = place + library.len();
    bytes[end - version.len()..end].copy_from_slice(version);
    let sum = checksum(&bytes[HEADER..]).to_le_bytes();
    bytes[HEADER - sum.len()..HEADER].copy_from_slice(&sum);
    bytes
}

#[test]
fn a_new_version_reads_what_an_old_one_wrote_unless_a_library_wrote_it() {
    let train = |method| {
        let model = classes::train(&table(), method, &json!({}), &mut unobserved).unwrap();
        Artefact::Classifier(Box::new(model))
    };
    let onnx = Artefact::Onnx(OnnxFile {
        features: Vec::new(),
        labels: None,
        bytes: Vec::new(),
    });
    for kept in [text_model(), train(classes::Method::Svm), onnx] {
        let found = Artefact::from_bytes(&rewritten(&kept, b"9"));
        assert_eq!(found.unwrap().library(), kept.library());
    }
    let refused = Artefact::from_bytes(&rewritten(&train(classes::Method::Knn), b"6.9"));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("smartcore 0.6.9"), "{refused}");
    assert!(refused.contains("train the model again"), "{refused}");
}

#[test]
fn a_text_model_and_an_onnx_file_come_back() {
    let bytes = text_model().to_bytes().unwrap();
    assert!(matches!(
        Artefact::from_bytes(&bytes),
        Ok(Artefact::Text(_))
    ));
    let file = OnnxFile {
        features: vec!["a".to_owned()],
        labels: None,
        bytes: vec![1, 2, 3],
    };
    let bytes = Artefact::Onnx(file.clone()).to_bytes().unwrap();
    assert!(matches!(Artefact::from_bytes(&bytes), Ok(Artefact::Onnx(found)) if found == file));
}

#[test]
fn every_truncation_and_every_altered_byte_is_refused() {
    let bytes = text_model().to_bytes().unwrap();
    for end in 0..bytes.len() {
        let found = Artefact::from_bytes(&bytes[..end]);
        assert!(matches!(found, Err(Error::Corrupt(_))), "{end}");
    }
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 0x20;
        let found = Artefact::from_bytes(&altered);
        assert!(matches!(found, Err(Error::Corrupt(_))), "{place}");
    }
}

proptest! {
    #[test]
    fn bytes_that_only_look_like_a_model_are_refused_without_a_panic(
        body in proptest::collection::vec(any::<u8>(), 0..300)
    ) {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&checksum(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        prop_assert!(Artefact::from_bytes(&bytes).is_err());
    }
}
