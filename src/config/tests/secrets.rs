//! Where secrets come from, and that they are shown nowhere.

use std::path::Path;

use rstest::rstest;
use secrecy::ExposeSecret;

use super::{SECRET, load, problems};
use crate::config::{DatabaseUrl, secrets::generated};

#[rstest]
#[case("postgres://ann:hunter2@db.example.org/pluma")]
#[case("postgres://ann:1/hunter2@db.example.org/pluma")]
#[case("postgresql://ann:hunter2@db.example.org/pluma?sslmode=require")]
fn postgresql_takes_a_url_and_never_shows_its_password(#[case] url: &str) {
    let config = load(&[("DATABASE_URL", url)], None).unwrap();
    assert!(
        matches!(&config.database.url, DatabaseUrl::Postgres(found) if found.expose_secret() == url)
    );
    assert_eq!(
        config.database.url.to_string(),
        "PostgreSQL, db.example.org, database pluma"
    );
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[rstest]
#[case("mysql://ann:hunter2@db/pluma", "not supported yet")]
#[case("pluma.db", "names no database")]
#[case("sqlite:", "names no file")]
#[case("sqlite::memory:", "keeps nothing")]
#[case("sqlite:a.db?mode=ro", "has parameters")]
#[case("postgres://ann:hun@ter2@db/pluma", "percent-encoded")]
#[case("postgres://ann:hun@/ter2@db/pluma", "percent-encoded")]
#[case("postgres://ann:hun@?ter2@db/pluma", "percent-encoded")]
#[case("postgres://db/pluma?pasword=hunter2", "percent-encoded")]
fn another_database_is_refused_without_showing_the_url(#[case] url: &str, #[case] expected: &str) {
    let file = format!("[database]\nurl = \"{url}\"");
    for found in [
        problems(&[("DATABASE_URL", url)], None),
        problems(&[], Some(&file)),
    ] {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains(expected) && found[0].contains("accepted: `sqlite:PATH`"),
            "{found:?}"
        );
        assert!(!found[0].contains("ter2"), "{found:?}");
    }
}

#[test]
fn secrets_are_never_shown() {
    let config = load(
        &[
            ("PLUMA_SECRET", SECRET),
            ("PLUMA_METRICS_TOKEN", "hunter2hunter2hunter2"),
        ],
        None,
    )
    .unwrap();
    let shown = format!("{config:?}");
    assert!(
        !shown.contains(SECRET) && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn a_secret_may_come_from_a_file_but_not_from_two_places() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mounted");
    std::fs::write(&path, format!("{SECRET}\r\n")).unwrap();
    let path = path.to_str().unwrap();
    let config = load(&[("PLUMA_SECRET_FILE", path)], None).unwrap();
    assert_eq!(config.secret.expose_secret(), SECRET);

    let both = problems(
        &[("PLUMA_SECRET_FILE", path), ("PLUMA_SECRET", SECRET)],
        None,
    );
    assert_eq!(
        both,
        ["PLUMA_SECRET: is set, and so is PLUMA_SECRET_FILE; accepted: one of the two"]
    );

    std::fs::write(path, "\n").unwrap();
    let empty = problems(&[("DATABASE_URL_FILE", path)], None);
    assert!(
        empty.len() == 1
            && empty[0].starts_with("DATABASE_URL_FILE: ")
            && empty[0].contains("is empty")
    );
}

#[test]
fn two_first_starts_at_once_agree_on_the_generated_secret() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let secrets: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| generated(&data_dir).unwrap()))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert!(
        secrets
            .iter()
            .all(|secret| secret.len() == 64 && *secret == secrets[0]),
        "{secrets:?}"
    );
    assert_eq!(generated(&data_dir).unwrap(), secrets[0]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&data_dir), mode(&data_dir.join("secret"))),
            (0o700, 0o600)
        );
    }
    std::fs::write(data_dir.join("secret"), "short").unwrap();
    assert!(
        generated(&data_dir)
            .unwrap_err()
            .contains("shorter than 32 bytes")
    );
}
