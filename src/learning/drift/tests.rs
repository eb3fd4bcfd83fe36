//! Drift of values that are the same, moved, or few.

use super::*;
use crate::learning::random::Random;

fn rows(count: usize, seed: u64, shift: f64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| vec![random.uniform() + shift, random.uniform()])
        .collect()
}

fn names() -> Vec<String> {
    vec!["moved".to_owned(), "still".to_owned()]
}

#[test]
fn what_moved_has_drifted_and_what_stood_still_has_not() {
    let reference = Reference::of(&names(), &rows(1_000, 1, 0.0)).unwrap();
    let found = reference.compare(&rows(500, 2, 0.3)).unwrap();
    assert!(found[0].drifted && found[0].psi > 1.0, "{found:?}");
    assert!((found[0].ks - 0.3).abs() < 0.05, "{found:?}");
    assert!(!found[1].drifted && found[1].psi < 0.1, "{found:?}");
}

#[test]
fn the_training_data_itself_has_no_distance() {
    let training = rows(1_000, 1, 0.0);
    let reference = Reference::of(&names(), &training).unwrap();
    for found in reference.compare(&training).unwrap() {
        assert!(found.psi < 1e-12 && found.ks < 1e-12, "{found:?}");
    }
}

#[test]
fn a_feature_with_two_values_has_two_bins() {
    let training: Vec<Vec<f64>> = (0..100).map(|i| vec![f64::from(i % 2)]).collect();
    let reference = Reference::of(&["flag".to_owned()], &training).unwrap();
    let mostly: Vec<Vec<f64>> = (0..100)
        .map(|i| vec![f64::from(u8::from(i >= 20))])
        .collect();
    let found = &reference.compare(&mostly).unwrap()[0];
    let smooth = |count: f64| (count + 0.5) / 101.0;
    let term = |r: f64, t: f64| (smooth(r) - smooth(t)) * (smooth(r) / smooth(t)).ln();
    let by_hand = term(20.0, 50.0) + term(80.0, 50.0);
    assert!((found.psi - by_hand).abs() < 1e-12, "{found:?} {by_hand}");
    assert!((found.ks - 0.3).abs() < 1e-12);
    assert!(found.drifted);
}

#[test]
fn too_few_values_prove_nothing() {
    let reference = Reference::of(&names(), &rows(1_000, 1, 0.0)).unwrap();
    assert!(!reference.compare(&rows(LEAST_ROWS - 1, 2, 5.0)).unwrap()[0].drifted);
    assert!(!reference.compare(&[]).unwrap()[0].drifted);
}

#[test]
fn a_short_row_and_an_infinity_are_refused() {
    let reference = Reference::of(&names(), &rows(100, 1, 0.0)).unwrap();
    assert!(matches!(
        reference.compare(&[vec![1.0]]),
        Err(Error::BadData(_))
    ));
    let refused = reference.compare(&[vec![1.0, f64::INFINITY]]);
    assert_eq!(
        refused,
        Err(Error::NotFinite {
            row: 1,
            column: Some("still".to_owned())
        })
    );
}
