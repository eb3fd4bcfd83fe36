//! Requests that are made to fill memory or to hold connections, sent to the program itself: each is refused,
//! and what the program needed at most is read from the system afterwards.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Client;

/// Nothing takes longer, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many of each attack come at once.
const AT_ONCE: usize = 16;
/// How much more than at its start the program may ever have needed: what arriving bodies and their copies may hold
/// together, eight times 16 MiB, and as much again, with a little, for what an allocator keeps of it. Bodies of
/// 800 MB are sent at once.
const ROOM_KIB: u64 = 288 * 1024;

/// The program, with little patience; ended with this value.
struct Program {
    child: Child,
    address: String,
    // Kept open: the program could not write to a closed one.
    _out: BufReader<ChildStdout>,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
        let command = command.current_dir(folder).env_clear().envs([
            ("PLUMA_LISTEN", "127.0.0.1:0"),
            ("PLUMA_HEADER_TIMEOUT_SECONDS", "1"),
            ("PLUMA_REQUEST_TIMEOUT_SECONDS", "2"),
            ("PLUMA_RATE_ADDRESS", "0"),
            ("PLUMA_RATE_STRANGER", "0"),
        ]);
        let pipes = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Pluma is ready at http://");
        let address = address.unwrap_or_else(|| panic!("the program says {line:?}"));
        Self {
            address: address.replace("localhost", "127.0.0.1"),
            child,
            _out: out,
        }
    }

    /// The most memory that it ever had, in KiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    fn client(&self) -> Client {
        Client::anonymous(&format!("http://{}", self.address))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the server says until it closes the connection.
async fn last_words(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said));
    // A connection that is reset has been closed as well.
    let _ = reading.await.expect("the connection is closed");
    String::from_utf8_lossy(&said).into_owned()
}

/// Sends a POST with this head and so much of a body, as far as the server takes it; gives the answer.
async fn pour(program: &Program, head: &str, chunk: &[u8], times: usize) -> String {
    let stream = program.connect().await;
    let (mut reading, mut writing) = stream.into_split();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{head}\r\n\r\n"
    );
    let pouring = async {
        writing.write_all(head.as_bytes()).await?;
        for _ in 0..times {
            writing.write_all(chunk).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let answering = async {
        let mut said = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, reading.read(&mut said)).await;
        let read = read.expect("the server answers or closes").unwrap_or(0);
        String::from_utf8_lossy(&said[..read]).into_owned()
    };
    // A body that the server does not take is not sent to its end.
    tokio::pin!(answering);
    tokio::select! {
        answer = &mut answering => answer,
        _ = pouring => answering.await,
    }
}

async fn many<F: Future>(attack: impl Fn() -> F) -> Vec<F::Output> {
    join_all((0..AT_ONCE).map(|_| attack())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_to_fill_memory_is_refused_without_filling_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let client = program.client();
    let healthy = json!({ "query": "{ health { version } }" });
    assert_eq!(client.post(&healthy).await.status, 200);
    let before = program.peak();

    // 50 MB that are announced, and as many that are not, and a body without an end. Who goes on sending
    // after the refusal may find the connection gone before having read it.
    let mebibyte = vec![b' '; 1 << 20];
    for answer in many(|| pour(&program, "content-length: 52428800", &mebibyte, 1)).await {
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    let chunk = [
        format!("{:x}\r\n", mebibyte.len()).as_bytes(),
        &mebibyte,
        b"\r\n",
    ]
    .concat();
    let announced = many(|| pour(&program, "content-length: 52428800", &mebibyte, 50)).await;
    let endless = many(|| pour(&program, "transfer-encoding: chunked", &chunk, 100_000)).await;
    for answer in announced.into_iter().chain(endless) {
        let refused = ["HTTP/1.1 408", "HTTP/1.1 413", "HTTP/1.1 503"];
        assert!(
            answer.is_empty() || refused.iter().any(|status| answer.starts_with(status)),
            "{answer}"
        );
    }
    assert_eq!(client.post(&healthy).await.status, 200);

    // A million tokens, a million items, a million levels.
    let tokens = json!({ "query": format!("{{ {} }}", "a ".repeat(1_000_000)) });
    let short = json!({ "query": format!("{{ {} }}", "a ".repeat(120_000)) });
    let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let items = json!({ "query": query, "variables": { "ids": vec![1; 1_000_000] } });
    let objects = json!({ "query": query, "variables": { "ids": vec![json!({}); 1_000_000] } });
    let levels = format!(
        r#"{{"query":"{query}","variables":{{"ids":{}"#,
        "[".repeat(1_000_000)
    );
    let bombs: Vec<(Vec<u8>, &[u16])> = vec![
        (tokens.to_string().into(), &[200]),
        (short.to_string().into(), &[200]),
        (items.to_string().into(), &[413]),
        (objects.to_string().into(), &[413]),
        (levels.into(), &[400, 413]),
        (fragments().to_string().into(), &[200]),
        (overlapping().to_string().into(), &[200]),
    ];
    for (bomb, statuses) in bombs {
        let url = format!("http://{}/graphql", program.address);
        let answers = many(|| {
            let request = client
                .http()
                .post(&url)
                .header("content-type", "application/json");
            let request = request
                .header("accept", "application/json")
                .body(bomb.clone());
            async { request.send().await.unwrap() }
        });
        for answer in answers.await {
            let status = answer.status().as_u16();
            assert!(statuses.contains(&status), "{status}");
            let text = answer.text().await.unwrap();
            assert!(text.len() < 100_000, "an answer of {} bytes", text.len());
            let body: Value = serde_json::from_str(&text).unwrap();
            assert!(
                body["errors"][0]["extensions"]["code"].is_string(),
                "{body:#}"
            );
            assert!(body.get("data").is_none());
        }
    }
    assert_eq!(client.post(&healthy).await.status, 200);
    let needed = program.peak().saturating_sub(before);
    assert!(
        needed < ROOM_KIB,
        "{needed} KiB more than the {before} of its start"
    );
}

/// Sixty fragments that each spread the next one twice.
fn fragments() -> Value {
    let chain: String = (0..60)
        .map(|at| format!("fragment f{at} on Query {{ ...f{0} ...f{0} }} ", at + 1))
        .collect();
    json!({ "query": format!("{{ ...f0 }} {chain} fragment f60 on Query {{ viewer {{ id }} }}") })
}

/// Fields that conflict with each other, in fragments that are compared again and again.
fn overlapping() -> Value {
    let conflicts: String = (0..1_000)
        .map(|at| format!("page(id: {at}) {{ id }} "))
        .collect();
    let spreads: String = (0..100)
        .map(|at| format!("fragment f{at} on Query {{ ...big }} "))
        .collect();
    json!({ "query": format!("{{ ...big }} fragment big on Query {{ {conflicts} }} {spreads}") })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_slowly_or_never_ends_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    assert_eq!(
        program
            .client()
            .post(&json!({ "query": "{ health { version } }" }))
            .await
            .status,
        200
    );
    let before = program.peak();

    // Headers that never end: byte by byte, and as many as there is room for.
    let slow = async || {
        let mut stream = program.connect().await;
        stream
            .write_all(b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-a: ")
            .await
            .unwrap();
        last_words(&mut stream).await
    };
    let (heads, bodies, endless) = tokio::join!(
        join_all((0..100).map(|_| slow())),
        // A body that stops in the middle.
        join_all((0..100).map(async |_| {
            let mut stream = program.connect().await;
            let head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
            stream.write_all(head).await.unwrap();
            last_words(&mut stream).await
        })),
        many(|| async {
            let mut stream = program.connect().await;
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\n").await;
            let line = format!("x-a: {}\r\n", "a".repeat(1_000));
            while stream.write_all(line.as_bytes()).await.is_ok() {}
            last_words(&mut stream).await
        }),
    );
    for said in heads {
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    for said in bodies {
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    }
    for said in endless {
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 431"),
            "{said}"
        );
    }
    let reply = program
        .client()
        .post(&json!({ "query": "{ health { version } }" }))
        .await;
    assert_eq!(reply.status, 200);
    let needed = program.peak().saturating_sub(before);
    assert!(
        needed < ROOM_KIB,
        "{needed} KiB more than the {before} of its start"
    );
}
