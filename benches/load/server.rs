//! The program itself, as production runs it, in a process of its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::process;

/// A running server; ended when it is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    // Declared last: the server writes into it until it has ended.
    _folder: TempDir,
}

impl Server {
    /// Starts it on a database, with more variables, and waits until it is ready.
    pub async fn start(database: &str, more: &[(&str, String)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // The program tells a free port of its own choice to its log alone.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let child = Command::new(env!("CARGO_BIN_EXE_pluma"))
            .current_dir(folder.path())
            .env_clear()
            .env("PLUMA_ENV", "production")
            // What is measured is the work, not how it is rationed.
            .env("PLUMA_RATE_VIEWER", "0")
            .env("PLUMA_RATE_STRANGER", "0")
            .env("PLUMA_RATE_ADDRESS", "0")
            .env("PLUMA_SECRET", "only for measuring: 32 bytes or more")
            .env("PLUMA_LISTEN", address.to_string())
            .env("PLUMA_DATA_DIR", folder.path())
            .env("DATABASE_URL", database)
            .envs(more.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log"))?)
            .spawn()?;
        let mut server = Self {
            child,
            address,
            _folder: folder,
        };
        let said = server.child.stdout.take().context("no output")?;
        let ready = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let mut said = BufReader::new(said);
            said.read_line(&mut line).map(|_| (line, said))
        });
        let (line, mut said) = tokio::time::timeout(Duration::from_secs(60), ready).await???;
        if !line.contains("ready") {
            let log = std::fs::read_to_string(server._folder.path().join("log"))?;
            bail!("the server did not start: {line}{log}");
        }
        // Nothing more of note is said, but a closed pipe would be an error.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor's time that it took so far.
    pub fn cpu(&self) -> Result<Duration> {
        process::cpu(self.child.id())
    }

    /// The most memory it ever held, in KiB.
    pub fn peak_memory(&self) -> Result<u64> {
        process::peak_memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
