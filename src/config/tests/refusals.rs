//! What a deployer may get wrong, and what is said then.

use std::{collections::BTreeMap, path::Path};

use rstest::rstest;

use super::problems;
use crate::config::{Config, sources::unknown_variables};

#[test]
fn every_problem_is_named_with_what_is_accepted() {
    let file =
        "data_dir = 3\n[limits]\nbatch = 0\n[jobs]\ninline = 'perhaps'\n[databse]\npool = 3\n";
    let found = problems(
        &[
            ("PLUMA_LISTEN", "localhost:8000"),
            ("PLUMA_LOG", "info,pluma=loud"),
        ],
        Some(file),
    );
    insta::assert_snapshot!(found.join("\n"), @r#"
    databse.pool in pluma.toml: is not a key of Pluma; accepted: database.pool, the nearest name that exists
    data_dir in pluma.toml (PLUMA_DATA_DIR): 3 is not a string; accepted: a path; a relative one starts at the working directory
    PLUMA_LISTEN: "localhost:8000" is not an IP address and a port; accepted: an IP address and a port, as `127.0.0.1:8000` or `[::1]:8000`
    limits.batch in pluma.toml (PLUMA_LIMIT_BATCH): 0 is out of range; accepted: a whole number from 1 to 100
    jobs.inline in pluma.toml (PLUMA_JOBS_INLINE): "perhaps" is neither; accepted: true, false
    PLUMA_LOG: "info,pluma=loud" is not a filter; accepted: off, error, warn, info, debug, trace, or a tracing filter as `info,pluma::db=debug`
    "#);
}

#[rstest]
#[case("sever = 1", "sever in pluma.toml: is not a key")]
#[case("[sever]", "sever in pluma.toml: is not a key")]
#[case("server = 1", "server in pluma.toml: is a section")]
#[case("[server.tls]\nkey = 'x'", "server.tls in pluma.toml: is not a key")]
#[case(
    "[secret]\nvalue = 'x'",
    "secret in pluma.toml (PLUMA_SECRET): the value is not a string"
)]
#[case("\nsecret = hunter2hunter2", "pluma.toml: line 2 is not TOML")]
fn a_file_of_the_wrong_shape_is_refused(#[case] file: &str, #[case] expected: &str) {
    let found = problems(&[], Some(file));
    assert!(
        found.len() == 1 && found[0].starts_with(expected),
        "{found:?}"
    );
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_known_one() {
    let variables = [
        "PLUMA_DATABASE_POL",
        "PLUMA_LISTEN_FILE",
        "PLUMA_SECRET_FILE",
        "PLUMA_CONFIG",
        "PATH",
    ];
    let variables = variables.map(|name| (name.to_owned(), "1".to_owned()));
    let found: Vec<_> = unknown_variables(&BTreeMap::from(variables))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("PLUMA_DATABASE_POL: ")
            && found[0].contains("accepted: PLUMA_DATABASE_POOL,"),
        "{found:?}"
    );
    assert!(found[1].starts_with("PLUMA_LISTEN_FILE: "), "{found:?}");
}

#[test]
fn what_kubernetes_sets_for_a_service_called_pluma_is_passed_over() {
    let variables = [
        ("PLUMA_SERVICE_HOST", "10.0.0.1"),
        ("PLUMA_SERVICE_PORT_HTTP", "8000"),
        ("PLUMA_PORT", "tcp://10.0.0.1:8000"),
        ("PLUMA_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("PLUMA_TEST_POSTGRES_URL", "postgres://"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(unknown_variables(&BTreeMap::from(variables)), []);
    let typo = BTreeMap::from([("PLUMA_PORT".to_owned(), "8000".to_owned())]);
    assert_eq!(unknown_variables(&typo).len(), 1);
}

#[rstest]
#[case("PLUMA_PUBLIC_URL", "localhost:8000")]
#[case("PLUMA_PUBLIC_URL", "https://example.org/pluma")]
#[case("PLUMA_PUBLIC_URL", "https://ann:hunter2@example.org")]
#[case("PLUMA_CORS_ORIGINS", "*")]
#[case("PLUMA_CORS_ORIGINS", "https://a.example/")]
#[case("PLUMA_CORS_ORIGINS", "https://a.example,null")]
#[case("PLUMA_ENV", "prod")]
#[case("PLUMA_COOKIE_SAME_SITE", "none")]
#[case("PLUMA_LISTEN", "127.0.0.1:65536")]
#[case("PLUMA_TRUSTED_PROXIES", "-1")]
#[case("PLUMA_LIMIT_BATCH", "99999999999999999999999")]
#[case("PLUMA_METRICS", "on")]
#[case("PLUMA_SECRET", "hunter2")]
#[case("PLUMA_METRICS_TOKEN", "hunter2 hunter2 hunter2")]
#[case("PLUMA_SECRET_FILE", "/nonexistent/secret")]
fn a_wrong_value_is_refused_by_its_name(#[case] variable: &str, #[case] value: &str) {
    let found = problems(&[(variable, value)], None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(variable) && found[0].contains("accepted: "),
        "{found:?}"
    );
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn a_file_that_is_named_must_exist() {
    let missing = Config::load(Some(Path::new("/nonexistent/pluma.toml"))).unwrap_err();
    assert!(
        missing.to_string().contains(
            "PLUMA_CONFIG: the configuration file /nonexistent/pluma.toml cannot be read"
        )
    );
}

#[test]
fn the_build_sets_no_variable_that_the_program_refuses() {
    // `cargo run` passes what the build script sets on to the program.
    let script = include_str!("../../../build.rs");
    let set: Vec<&str> = script.split("rustc-env=").skip(1).collect();
    assert!(!set.is_empty());
    for variable in set {
        assert!(!variable.starts_with("PLUMA_"), "{variable}");
    }
}
