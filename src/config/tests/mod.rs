//! What holds without configuration, in production, and where each source wins.

mod ai;
mod mail;
mod redis_url;
mod reference;
mod refusals;
mod secrets;

use std::{path::Path, time::Duration};

use rstest::rstest;
use secrecy::ExposeSecret;

use super::{Config, DatabaseUrl, Environment, LogFormat, Problems, SameSite};

const SECRET: &str = "correct horse battery staple, twice over";

fn load(variables: &[(&str, &str)], file: Option<&str>) -> Result<Config, Problems> {
    let env = |name: &str| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Config::load_from(&env, file)
}

fn problems(variables: &[(&str, &str)], file: Option<&str>) -> Vec<String> {
    match load(variables, file) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn nothing_configured_is_a_development_server() {
    let config = load(&[], None).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.server.public_url.as_str(), "http://localhost:8000/");
    assert!(config.server.graphiql && config.server.introspection && config.server.verbose_errors);
    assert!(
        config.server.metrics
            && config.server.metrics_token.is_none()
            && config.server.cors_origins.is_empty()
    );
    assert!(
        matches!(&config.database.url, DatabaseUrl::Sqlite(path) if path == Path::new("./data/pluma.db"))
    );
    assert!((2..=16).contains(&config.database.readers));
    assert_eq!(config.accounts.access_ttl, Duration::from_secs(15 * 60));
    assert_eq!(
        config.accounts.session_ttl,
        Duration::from_secs(30 * 24 * 3600)
    );
    assert_eq!(config.accounts.cookie_same_site, SameSite::Lax);
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(config.secret.expose_secret().len() >= 32);
    // Characters of three bytes become six of JSON: twice 5 MiB; of two bytes, three times.
    assert!(config.limits.body_bytes > 3 * 5 * 1024 * 1024);
}

#[test]
fn production_turns_off_what_helps_only_developers_unless_asked() {
    let production = [("PLUMA_ENV", "production"), ("PLUMA_SECRET", SECRET)];
    let config = load(&production, None).unwrap();
    assert!(
        !config.server.graphiql && !config.server.introspection && !config.server.verbose_errors
    );
    assert_eq!(config.log.format, LogFormat::Json);

    let config = load(
        &production,
        Some("[server]\nintrospection = true\n[log]\nformat = 'text'"),
    )
    .unwrap();
    assert!(!config.server.graphiql && config.server.introspection);
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn production_without_its_secret_does_not_start() {
    let found = problems(&[("PLUMA_ENV", "production")], None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("PLUMA_SECRET: is missing, and so is PLUMA_SECRET_FILE"),
        "{found:?}"
    );
}

#[rstest]
#[case("http://pluma.example.org", false)]
#[case("https://pluma.example.org", true)]
#[case("http://localhost:8000", true)]
#[case("http://127.0.0.1", true)]
#[case("http://[::1]:9000", true)]
#[case("http://localhost.example.org", false)]
fn production_is_public_over_https_or_local(#[case] url: &str, #[case] accepted: bool) {
    let found = problems(
        &[
            ("PLUMA_ENV", "production"),
            ("PLUMA_SECRET", SECRET),
            ("PLUMA_PUBLIC_URL", url),
        ],
        None,
    );
    assert_eq!(found.is_empty(), accepted, "{found:?}");
    assert!(
        found
            .iter()
            .all(|problem| problem.starts_with("PLUMA_PUBLIC_URL: ")),
        "{found:?}"
    );
    assert!(load(&[("PLUMA_PUBLIC_URL", url)], None).is_ok());
}

#[test]
fn a_variable_wins_over_the_file_and_an_empty_one_does_not_count() {
    let file = "[database]\npool = 7\nqueue = '9'\n";
    let config = load(
        &[("PLUMA_DATABASE_POOL", "8"), ("PLUMA_SQLITE_QUEUE", "")],
        Some(file),
    )
    .unwrap();
    assert_eq!((config.database.pool, config.database.queue), (8, 9));
}

#[rstest]
#[case("sqlite:pluma.db", "pluma.db")]
#[case("sqlite://data/pluma.db", "data/pluma.db")]
#[case("sqlite:///var/lib/pluma.db", "/var/lib/pluma.db")]
fn sqlite_takes_a_path(#[case] url: &str, #[case] path: &str) {
    let config = load(&[("DATABASE_URL", url)], None).unwrap();
    assert!(matches!(&config.database.url, DatabaseUrl::Sqlite(found) if found == Path::new(path)));
}

#[test]
fn origins_are_a_list_with_commas_or_of_toml() {
    let expected = ["https://a.example", "http://localhost:5173"];
    let list = "https://a.example, http://localhost:5173,https://a.example";
    assert_eq!(
        load(&[("PLUMA_CORS_ORIGINS", list)], None)
            .unwrap()
            .server
            .cors_origins,
        expected
    );
    let file = "[server]\ncors_origins = ['https://a.example', 'http://localhost:5173']";
    assert_eq!(load(&[], Some(file)).unwrap().server.cors_origins, expected);
}

#[test]
fn loading_for_a_test_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    load(
        &[("PLUMA_DATA_DIR", directory.path().to_str().unwrap())],
        None,
    )
    .unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
