//! Test suites that are written for Node, run against a server under test.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command as Blocking, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

/// Runs every test of `tests/<folder>` against the server at `url`; fails with what they said.
pub async fn run_node_tests(folder: &str, url: &str, within: Duration) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let modules = folder.join("node_modules");
    assert!(
        modules.is_dir(),
        "{} is missing: run script/test, or `npm ci` in {}",
        modules.display(),
        folder.display()
    );
    // A file, because a suite that is stopped should still tell how far it came.
    let said = tempfile::NamedTempFile::new().unwrap();
    let output = |file: &File| Stdio::from(file.try_clone().unwrap());
    let mut node = Command::new("node");
    node.args(["--test", "--test-timeout=120000", "--test-reporter=spec"])
        .current_dir(&folder)
        .env("PLUMA_URL", url)
        .env_remove("NODE_TEST_CONTEXT")
        .stdin(Stdio::null())
        .stdout(output(said.as_file()))
        .stderr(output(said.as_file()))
        // What it starts, such as a browser, has to end with it.
        .process_group(0);
    let spawned = node.spawn();
    let spawned = spawned.unwrap_or_else(|error| panic!("node cannot be started: {error}"));
    let mut suite = Suite(spawned);
    let ended = tokio::time::timeout(within, suite.0.wait()).await;
    drop(suite);
    let said = fs::read_to_string(said.path()).unwrap();
    match ended {
        Ok(status) => assert!(status.unwrap().success(), "{said}"),
        Err(_) => panic!("the tests take longer than {within:?}:\n{said}"),
    }
}

/// Node and all that it started; gone with this value.
struct Suite(Child);

impl Drop for Suite {
    fn drop(&mut self) {
        // There is no id any more once it has been waited for.
        if let Some(group) = self.0.id() {
            let group = format!("-{group}");
            let _ = Blocking::new("kill").args(["-KILL", "--", &group]).status();
        }
    }
}
