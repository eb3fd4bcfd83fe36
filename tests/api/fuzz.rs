//! The corpus of the fuzz targets, replayed: as it is, and with random changes.

#[path = "../fuzz/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;

use harness::TARGETS;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Changed inputs per target; `cargo fuzz` tries as many in a moment.
const CHANGED: u32 = 2_000;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let files = fs::read_dir(folder.join(target)).unwrap();
    let mut files: Vec<_> = files
        .map(|file| {
            let file = file.unwrap();
            let name = file.file_name().to_str().unwrap().to_owned();
            (name, fs::read(file.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_input_of_the_corpus_holds() {
    for (target, run) in TARGETS {
        let corpus = corpus(target);
        assert!(corpus.len() >= 8, "{target} has {} inputs", corpus.len());
        for (name, data) in corpus {
            let held = std::panic::catch_unwind(|| run(&data));
            assert!(
                held.is_ok(),
                "{target} fails with tests/fuzz/corpus/{target}/{name}"
            );
        }
    }
}

/// Bytes cut out at a place, and others put in there.
type Change = (usize, usize, Vec<u8>);

fn changed(mut data: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (place, cut, put) in changes {
        let start = place % (data.len() + 1);
        let end = data.len().min(start + cut);
        data.splice(start..end, put.iter().copied());
    }
    data
}

#[test]
fn changed_inputs_hold_too() {
    for (target, run) in TARGETS {
        let corpus: Vec<_> = corpus(target).into_iter().map(|(_, data)| data).collect();
        let put = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..6),
            // Pieces of other inputs find more than noise does.
            prop::sample::select(corpus.clone())
                .prop_map(|data| data[..data.len().min(40)].to_vec()),
        ];
        let change = (any::<usize>(), 0..8_usize, put);
        let input = (
            prop::sample::select(corpus),
            prop::collection::vec(change, 0..5),
        );
        let mut runner = TestRunner::new(Config {
            cases: CHANGED,
            failure_persistence: None,
            ..Config::default()
        });
        let outcome = runner.run(&input, |(data, changes)| {
            run(&changed(data, &changes));
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}
