//! The program as people and orchestrators start it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pluma::api;

/// The program in a directory of its own, with nothing in its environment.
fn pluma(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
    command.current_dir(folder).args(arguments).env_clear();
    command.envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let output = pluma(folder, arguments, variables).output().unwrap();
    said(output)
}

fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// A running server; ended with the test, whatever becomes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a server on a free port and gives its address.
    fn start(folder: &Path) -> (Self, String) {
        let variables = [("PLUMA_LISTEN", "127.0.0.1:0")];
        let mut command = pluma(folder, &[], &variables);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut running = Self(child.unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let url = first.strip_prefix("Pluma is ready at http://").unwrap();
        let url = url.to_owned();
        assert!(lines.next().unwrap().unwrap().starts_with("GraphiQL: "));
        assert!(lines.next().unwrap().unwrap().starts_with("data in ./data"));
        (running, url)
    }

    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args([format!("-{name}"), self.0.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }
}

#[test]
fn nothing_configured_is_a_server_that_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, url) = Running::start(folder.path());
    let port = url.rsplit(':').next().unwrap().to_owned();
    let listen = format!("127.0.0.1:{port}");
    let variables = [("PLUMA_LISTEN", listen.as_str())];
    let (code, out, _) = run(folder.path(), &["doctor", "--quick"], &variables);
    assert_eq!((code, out.as_str()), (0, "ready\n"));
    let (code, _, complaint) = run(folder.path(), &["serve"], &variables);
    assert_eq!(code, 1);
    assert!(
        complaint.contains(&listen) && complaint.contains("PLUMA_LISTEN"),
        "{complaint}"
    );
    running.signal("TERM");
    assert!(running.0.wait().unwrap().success());
    let mut log = String::new();
    running
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert!(log.contains("stopped"), "{log}");
    let secret = std::fs::metadata(folder.path().join("data/secret")).unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
    let (code, _, _) = run(folder.path(), &["doctor", "--quick"], &variables);
    assert_eq!(code, 1);
}

#[test]
fn a_second_signal_stops_what_the_first_lets_finish() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, url) = Running::start(folder.path());
    let address = url.replace("localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                expect: 100-continue\r\ncontent-length: 10\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    let begun = Instant::now();
    running.signal("TERM");
    // The first has been heard once nobody listens any more; the request still holds the server up.
    while TcpStream::connect(&address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert!(running.0.try_wait().unwrap().is_none());
    running.signal("TERM");
    assert!(running.0.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_wrong_configuration_stops_the_start_with_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("PLUMA_LISTEN", "everywhere"),
        ("PLUMA_LIMIT_BATCH", "0"),
        ("PLUMA_LISTN", "1"),
    ];
    for command in ["serve", "worker", "migrate", "doctor"] {
        let (code, out, complaint) = run(folder.path(), &[command], &variables);
        assert_eq!(code, 2, "{command}");
        assert_eq!(out, "");
        for (name, _) in variables {
            assert!(complaint.contains(name), "{complaint}");
        }
    }
    let (code, _, complaint) = run(folder.path(), &[], &[("PLUMA_ENV", "production")]);
    assert_eq!(code, 2);
    assert!(complaint.contains("PLUMA_SECRET"), "{complaint}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_database_that_cannot_be_reached_is_a_failure_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://ann:hunter2@127.0.0.1:1/pluma";
    let variables = [("DATABASE_URL", url), ("PLUMA_LISTEN", "127.0.0.1:0")];
    for command in ["serve", "migrate", "doctor"] {
        let (code, out, complaint) = run(folder.path(), &[command], &variables);
        assert_eq!(code, 1, "{command}: {out}{complaint}");
        assert!(!(out + &complaint).contains("hunter2"));
    }
}

#[test]
fn the_schema_needs_nothing_and_is_the_server_s() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [("PLUMA_LISTEN", "nonsense")];
    let (code, out, _) = run(folder.path(), &["schema"], &wrong);
    assert_eq!(code, 0);
    assert_eq!(out.trim_end(), api::sdl().trim_end());
    assert!(!folder.path().join("data").exists());
}

#[test]
fn migrations_are_applied_once_and_a_start_may_be_told_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, complaint) = run(
        folder.path(),
        &["serve", "--no-migrate"],
        &[("PLUMA_LISTEN", "127.0.0.1:0")],
    );
    assert_eq!(code, 1);
    assert!(complaint.contains("pluma migrate"), "{complaint}");
    let (code, out, _) = run(folder.path(), &["migrate"], &[]);
    assert_eq!(code, 0);
    assert!(out.starts_with("applied "), "{out}");
    let (code, out, _) = run(folder.path(), &["migrate"], &[]);
    assert_eq!((code, out.as_str()), (0, "The database is up to date.\n"));
}

#[test]
fn several_that_begin_on_one_file_at_once_apply_its_migrations_once() {
    let folder = tempfile::tempdir().unwrap();
    let begun: Vec<Child> = (0..4)
        .map(|_| {
            let mut command = pluma(folder.path(), &["migrate"], &[]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let mut applied = 0;
    for child in begun {
        let (code, out, complaint) = said(child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{complaint}");
        applied += out.matches("applied ").count();
    }
    let known = std::fs::read_dir("migrations/sqlite").unwrap().count();
    assert_eq!(applied, known);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("PLUMA_LISTEN", "127.0.0.1:0")];
    let (code, out, _) = run(folder.path(), &["doctor"], &variables);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("will be created"), "{out}");
    assert!(!folder.path().join("data/pluma.db").exists());

    std::fs::write(
        folder.path().join("data/pluma.db"),
        "this is no database at all".repeat(200),
    )
    .unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    // Whoever holds the port hangs up at once.
    std::thread::spawn(move || while taken.accept().is_ok() {});
    let (code, out, _) = run(folder.path(), &["doctor"], &[("PLUMA_LISTEN", &listen)]);
    assert_eq!(code, 1, "{out}");
    for what in ["database", "SQLite file", "address"] {
        let line = out.lines().find(|line| line.contains(what)).unwrap();
        assert!(line.starts_with("fail"), "{line}");
    }
    assert!(out.contains("PLUMA_LISTEN"), "{out}");
}

#[test]
fn an_administrator_needs_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let create = ["admin", "create", "ann", "ann@example.org"];
    let (code, _, complaint) = run(folder.path(), &create, &[]);
    assert_eq!(code, 1);
    assert!(complaint.contains("password is empty"), "{complaint}");
    let missing = [&create[..], &["--password-file", "nowhere"]].concat();
    let (code, _, complaint) = run(folder.path(), &missing, &[]);
    assert_eq!(code, 1);
    assert!(complaint.contains("nowhere"), "{complaint}");
}

#[test]
fn signing_keys_are_rotated_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, _) = Running::start(folder.path());
    let (code, out, complaint) = run(folder.path(), &["admin", "rotate-keys"], &[]);
    assert_eq!(code, 0, "{complaint}");
    assert!(
        out.starts_with("The key ") && out.contains("signs from"),
        "{out}"
    );
    let both = ["admin", "rotate-keys", "--now", "--drop-old"];
    assert_eq!(run(folder.path(), &both, &[]).0, 2);
    let (code, _, complaint) = run(folder.path(), &["admin", "rotate-keys", "--drop-old"], &[]);
    assert_eq!(code, 0, "{complaint}");
    let (_, out, _) = run(
        folder.path(),
        &["doctor"],
        &[("PLUMA_LISTEN", "127.0.0.1:0")],
    );
    let line = out.lines().find(|line| line.contains("signing keys"));
    assert!(line.unwrap().starts_with("ok"), "{out}");
}

#[test]
fn the_configuration_explains_and_checks_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (code, template, _) = run(folder.path(), &["config", "template"], &[]);
    assert_eq!(code, 0);
    std::fs::write(folder.path().join("mine.toml"), template).unwrap();
    let (code, out, _) = run(
        folder.path(),
        &["config", "check", "--config", "mine.toml"],
        &[("REDIS_URL", "redis://ann:hunter2@cache:7000")],
    );
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("Redis, cache:7000") && !out.contains("hunter2"),
        "{out}"
    );
    let (code, _, complaint) = run(
        folder.path(),
        &["config", "check", "--config", "nowhere.toml"],
        &[],
    );
    assert_eq!(code, 2);
    assert!(complaint.contains("nowhere.toml"), "{complaint}");
    let (code, reference, _) = run(folder.path(), &["config", "reference"], &[]);
    assert_eq!(code, 0);
    assert!(reference.contains("### `PLUMA_LISTEN`"));
}
