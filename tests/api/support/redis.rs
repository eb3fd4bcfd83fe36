//! Redis: the one that all tests share, and servers of a test's own that it may stop, alone or together.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pluma::config;
use tempfile::TempDir;

/// The settings of a client of `url` whose keys and calls nobody else sees.
fn settings(url: &str, timeout: &str) -> config::Redis {
    let prefix = format!("test-{}", pluma::clock::new_uuid().simple());
    let env = |name: &str| match name {
        "REDIS_URL" => Some(url.to_owned()),
        "PLUMA_REDIS_PREFIX" => Some(prefix.clone()),
        "PLUMA_REDIS_TIMEOUT_MS" => Some(timeout.to_owned()),
        _ => None,
    };
    config::Config::load_from(&env, None).unwrap().redis
}

/// The server that PLUMA_TEST_REDIS names. Its answers are waited for long enough that a busy machine does not look
/// like a Redis that is away.
#[expect(
    clippy::disallowed_methods,
    reason = "where the tests find their server is no part of the configuration"
)]
pub fn shared_redis() -> config::Redis {
    let url = std::env::var("PLUMA_TEST_REDIS").unwrap_or_else(|_| {
        panic!(
            "PLUMA_TEST_REDIS is not set: it names a Redis for the tests, as redis://127.0.0.1:6379; \
             `script/test` starts one by itself"
        )
    });
    settings(&url, "5000")
}

/// Processes of Redis that end with this value.
pub struct RedisServer {
    servers: Vec<Server>,
    url: String,
    _directory: TempDir,
}

struct Server {
    port: u16,
    arguments: Vec<String>,
    process: Child,
}

impl RedisServer {
    /// A single node.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start(&directory, &[]);
        let url = format!("redis://127.0.0.1:{}", server.port);
        Self {
            servers: vec![server],
            url,
            _directory: directory,
        }
    }

    /// A master, a replica of it, and a Sentinel that watches both.
    pub fn sentinel() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let master = Server::start(&directory, &[]);
        let of = format!("127.0.0.1 {}", master.port);
        let replica = Server::start(
            &directory,
            &["--replicaof", &of, "--repl-diskless-sync-delay", "0"],
        );
        let linked = |info: &str| info.contains("master_link_status:up");
        until(|| linked(&replica.cli(&["info", "replication"])));
        let file = directory.path().join("sentinel.conf");
        let port = free_port();
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n",
            master.port
        );
        std::fs::write(&file, text).unwrap();
        let arguments = vec![file.to_str().unwrap().to_owned(), "--sentinel".to_owned()];
        let sentinel = Server::run(port, arguments);
        until(|| {
            let known = sentinel.cli(&["sentinel", "replicas", "main"]);
            known.contains(&replica.port.to_string())
        });
        let url = format!("redis-sentinel://127.0.0.1:{port}/main");
        Self {
            servers: vec![master, replica, sentinel],
            url,
            _directory: directory,
        }
    }

    /// Three masters.
    pub fn cluster() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let servers: Vec<Server> = (0..3)
            .map(|number| {
                let file = format!("nodes-{number}.conf");
                let more = ["--cluster-enabled", "yes", "--cluster-config-file", &file];
                Server::start(&directory, &more)
            })
            .collect();
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]);
        for server in &servers {
            create.arg(format!("127.0.0.1:{}", server.port));
        }
        let created = create.arg("--cluster-yes").output().unwrap();
        let said = String::from_utf8_lossy(&created.stdout);
        assert!(created.status.success(), "{said}");
        for server in &servers {
            until(|| {
                server
                    .cli(&["cluster", "info"])
                    .contains("cluster_state:ok")
            });
        }
        // One of them is enough to find the others.
        let url = format!("redis-cluster://127.0.0.1:{}", servers[0].port);
        Self {
            servers,
            url,
            _directory: directory,
        }
    }

    /// A single node that speaks TLS with a password, and the path of the certificate to trust.
    pub fn tls() -> (Self, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (key, certificate) = (path("key.pem"), path("certificate.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-days", "2"]);
        openssl.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=redis"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
        let made = openssl
            .args(["-keyout", &key, "-out", &certificate])
            .output();
        let made = made.unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port().to_string();
        let server = Server::start(
            &directory,
            &[
                "--tls-port",
                &port,
                "--tls-cert-file",
                &certificate,
                "--tls-key-file",
                &key,
                "--tls-auth-clients",
                "no",
            ],
        );
        server.cli(&["config", "set", "requirepass", "p@ss/word"]);
        let url = format!("rediss://:p%40ss%2Fword@127.0.0.1:{port}");
        let redis = Self {
            servers: vec![server],
            url,
            _directory: directory,
        };
        (redis, certificate)
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Settings for it, with the timeout that servers have by default.
    pub fn settings(&self) -> config::Redis {
        settings(&self.url, "250")
    }

    /// Settings with so long a timeout that a busy machine does not look like a Redis that is away.
    pub fn patient(&self) -> config::Redis {
        settings(&self.url, "5000")
    }

    /// Ends the first process at once.
    pub fn kill(&mut self) {
        let server = &mut self.servers[0];
        server.process.kill().unwrap();
        server.process.wait().unwrap();
    }

    /// Starts the first process again, on its port and without its data.
    pub fn restart(&mut self) {
        let server = &mut self.servers[0];
        let again = Server::run(server.port, server.arguments.clone());
        *server = again;
    }

    /// Lets the first process do nothing until [`Self::resume`].
    pub fn freeze(&self) {
        self.servers[0].signal("-STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.servers[0].signal("-CONT");
    }

    /// Runs a command of redis-cli on the first process.
    pub fn cli(&self, arguments: &[&str]) -> String {
        self.servers[0].cli(arguments)
    }
}

impl Server {
    fn start(directory: &TempDir, more: &[&str]) -> Self {
        let port = free_port();
        let given = [
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
        ];
        let mut arguments: Vec<String> = given.iter().map(ToString::to_string).collect();
        arguments.push(directory.path().to_str().unwrap().to_owned());
        arguments.extend(["--port".to_owned(), port.to_string()]);
        arguments.extend(more.iter().map(ToString::to_string));
        Self::run(port, arguments)
    }

    fn run(port: u16, arguments: Vec<String>) -> Self {
        let mut command = Command::new("redis-server");
        command.args(&arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let process = command
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server cannot be started: {error}"));
        let server = Self {
            port,
            arguments,
            process,
        };
        until(|| server.cli(&["ping"]).trim() == "PONG");
        server
    }

    fn cli(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        let output = command.args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        let done = Command::new("kill").args([name, &process]).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends whether or not it is frozen.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port below those that the system gives out, whose neighbour for a cluster's own talk is free as well.
fn free_port() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    for _ in 0..1_000 {
        let [high, low] = pluma::clock::random_bytes().unwrap();
        let port = 11_000 + u16::from_be_bytes([high, low]) % 10_000;
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
    panic!("no port is free");
}

/// Waits until a process is as it should be.
fn until(mut is_so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < limit, "Redis is not as it should be");
        std::thread::sleep(Duration::from_millis(20));
    }
}
