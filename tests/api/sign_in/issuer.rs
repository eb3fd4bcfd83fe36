//! The certified provider from npm, one for all tests of this process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// Ends when this process does, since its standard input closes with it.
struct Issuer {
    _node: Child,
    /// Open, as node would end when it writes into a closed pipe.
    _said: BufReader<ChildStdout>,
    address: String,
}

/// Its address.
pub fn address() -> &'static str {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    &ISSUER.get_or_init(start).address
}

fn start() -> Issuer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
    assert!(
        folder.join("node_modules").is_dir(),
        "{0}/node_modules is missing: run script/test, or `npm ci` in {0}",
        folder.display()
    );
    let mut node = Command::new("node")
        .arg("issuer.mjs")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node can be started");
    let mut address = String::new();
    let mut said = BufReader::new(node.stdout.take().unwrap());
    said.read_line(&mut address).unwrap();
    assert!(address.starts_with("http://127.0.0.1:"), "{address:?}");
    Issuer {
        _node: node,
        _said: said,
        address: address.trim().to_owned(),
    }
}
