//! Texts of two kinds, and none.

use super::*;
use crate::learning::unobserved;
use serde_json::json;
use std::ops::ControlFlow;

const GOOD: [&str; 6] = [
    "lovely",
    "wonderful",
    "great",
    "happy",
    "delightful",
    "fine",
];
const BAD: [&str; 6] = ["awful", "terrible", "sad", "poor", "horrible", "broken"];

fn reviews() -> (Vec<String>, Vec<String>) {
    let mut texts = Vec::new();
    let mut labels = Vec::new();
    for number in 0..120 {
        let (words, label) = [(GOOD, "good"), (BAD, "bad")][number % 2];
        let (first, second) = (words[number / 2 % 6], words[(number / 2 + 1) % 6]);
        texts.push(format!(
            "The Page was {first} and {second}, number {number}."
        ));
        labels.push(label.to_owned());
    }
    (texts, labels)
}

#[test]
fn both_methods_learn_which_words_are_praise() {
    let (texts, labels) = reviews();
    for method in [Method::LogisticRegression, Method::NaiveBayes] {
        let model = train(&texts, &labels, method, &json!({}), &mut unobserved).unwrap();
        assert_eq!(model.labels(), ["bad", "good"]);
        let found = model.evaluation();
        assert!(found.accuracy > 0.95, "{method}: {found:?}");
        assert!(found.log_loss < 0.3, "{method}: {found:?}");
        let praise = model
            .probabilities("WONDERFUL, and a ｈａｐｐｙ end")
            .unwrap();
        assert!(praise[1] > 0.8, "{method}: {praise:?}");
        assert!((praise.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        // Nothing known: near what half of the texts are.
        let unread = model.probabilities("zzz").unwrap();
        assert!((0.3..0.7).contains(&unread[0]), "{method}: {unread:?}");
    }
}

#[test]
fn the_same_texts_give_the_same_model() {
    let (texts, labels) = reviews();
    let once = || {
        train(
            &texts,
            &labels,
            Method::LogisticRegression,
            &json!({"epochs": 3}),
            &mut unobserved,
        )
    };
    assert_eq!(once(), once());
}

#[test]
fn naive_bayes_counts_as_by_hand() {
    let texts = ["a a b", "a", "b b", "c b"].map(ToOwned::to_owned);
    let labels = ["x", "x", "y", "y"].map(ToOwned::to_owned);
    let model = train(
        &texts,
        &labels,
        Method::NaiveBayes,
        &json!({"folds": 2}),
        &mut unobserved,
    )
    .unwrap();
    let found = model.probabilities("a c").unwrap();
    // x: (3 + 1)/(4 + 3) · (0 + 1)/(4 + 3); y: (0 + 1)/(4 + 3) · (1 + 1)/(4 + 3); the priors are equal.
    let (x, y) = (4.0 / 49.0, 2.0 / 49.0);
    assert!((found[0] - x / (x + y)).abs() < 1e-6, "{found:?}");
}

#[test]
fn texts_without_words_one_class_and_too_few_are_refused() {
    let labels = ["x", "x", "y", "y"].map(ToOwned::to_owned);
    let refuse = |texts: &[&str], labels: &[String]| {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        train(
            &texts,
            labels,
            Method::NaiveBayes,
            &json!({}),
            &mut unobserved,
        )
        .unwrap_err()
    };
    assert!(matches!(
        refuse(&["", " ", "!", "?"], &labels),
        Error::BadData(_)
    ));
    let same = vec!["x".to_owned(); 4];
    assert!(matches!(
        refuse(&["a", "b", "c", "d"], &same),
        Error::BadData(_)
    ));
    assert!(matches!(
        refuse(&["a"], &same[..1]),
        Error::NotEnoughData {
            needed: 4,
            got: 1,
            ..
        }
    ));
    assert!(matches!(refuse(&["a", "b"], &labels), Error::BadData(_)));
}

#[test]
fn learning_ends_when_it_is_told_to() {
    let (texts, labels) = reviews();
    let mut calls = 0;
    let result = train(
        &texts,
        &labels,
        Method::LogisticRegression,
        &json!({}),
        &mut |_| {
            calls += 1;
            if calls < 4 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        },
    );
    assert_eq!((result, calls), (Err(Error::Cancelled), 4));
}
