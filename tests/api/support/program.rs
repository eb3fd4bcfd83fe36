//! The program itself, in a process that a test may kill.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Database;

/// The program, killed with this value.
pub struct Program {
    child: Child,
    address: String,
    // Kept open: the program could not write to a closed one.
    _out: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a server whose data is in `folder`, or in `database`.
    pub fn start(folder: &Path, database: Option<&Database>) -> Self {
        Self::start_with(folder, database, &[], None)
    }

    /// The same with more variables, and with its log in a file.
    pub fn start_with(
        folder: &Path,
        database: Option<&Database>,
        variables: &[(&str, &str)],
        log: Option<File>,
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
        command
            .current_dir(folder)
            .env_clear()
            .env("PLUMA_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied());
        if let Some(database) = database {
            command.env("DATABASE_URL", database.url());
            // As few as the other servers under test have.
            command.env("PLUMA_DATABASE_POOL", "6");
        }
        let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let log = log.map_or_else(Stdio::null, Stdio::from);
        let mut child = pipes.stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Pluma is ready at http://");
        let address = address.unwrap_or_else(|| panic!("the program says {line:?}"));
        Self {
            address: address.to_owned(),
            child,
            _out: out,
        }
    }

    /// The most memory that it ever had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Its address: `http://localhost:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of GraphQL over WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/graphql", self.address)
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let mut kill = Command::new("kill");
        kill.args(["-TERM", &self.child.id().to_string()]);
        assert!(kill.status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
