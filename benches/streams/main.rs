//! What Pluma adds to a provider's first token, and a thousand answers streamed at once by one process.
//!
//! `cargo bench --bench streams` needs nothing: it starts the program on a SQLite file, and a provider beside it.

#[path = "../load/process.rs"]
#[expect(dead_code, reason = "the other benchmark needs more of it")]
mod process;
mod provider;
#[path = "../load/server.rs"]
mod server;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use provider::Pace;
use server::Server;

/// Streams answers of a steady provider and prints Markdown tables.
#[derive(Parser)]
#[command(name = "streams")]
struct Arguments {
    /// An empty PostgreSQL database to use instead of a SQLite file.
    #[arg(long)]
    database: Option<String>,
    /// How many first tokens are measured, one after the other.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    samples: u32,
    /// How many streams run at once.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    streams: u32,
    /// What `cargo bench` passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// For first tokens: few, as the rest of the answer is not looked at.
const SHORT: Pace = Pace {
    first: Duration::from_millis(50),
    each: Duration::from_millis(5),
    tokens: 4,
};
/// For many streams: ten tokens a second, as a reader reads.
const LONG: Pace = Pace {
    first: Duration::from_millis(500),
    each: Duration::from_millis(100),
    tokens: 150,
};
/// The streams begin within this.
const RAMP: Duration = Duration::from_secs(5);
/// So many users share the streams.
const USERS: u32 = 10;

const STREAM: &str = "subscription ($input: AiCompleteInput!) { aiCompletionStream(input: $input) {
    __typename ... on CompletionDelta { text } ... on CompletionFinished { content } ... on CompletionFailed { code message } } }";

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}/streams.db", folder.path().display());
    let database = arguments.database.clone().unwrap_or(file);
    let (short, long) = (provider::start(SHORT).await?, provider::start(LONG).await?);
    let steady = |address| json!({ "base_url": format!("http://{address}/v1"), "model": "steady", "api_key": "none", "concurrency": 10_000 });
    let providers = json!({ "short": steady(short), "long": steady(long) });
    let variables = [
        ("PLUMA_AI_PROVIDERS", providers.to_string()),
        ("PLUMA_AI_STREAMS", "10000".to_owned()),
        ("PLUMA_RATE_AI", "1000000".to_owned()),
        ("PLUMA_RATE_SIGN_INS", "1000000".to_owned()),
        ("PLUMA_LIMIT_STREAMS_PER_VIEWER", "100000".to_owned()),
        ("PLUMA_LIMIT_CONNECTIONS_PER_ADDRESS", "100000".to_owned()),
    ];
    let server = Server::start(&database, &variables).await?;
    let bench = Bench {
        http: reqwest::Client::new(),
        url: format!("http://{}/graphql", server.address()),
    };
    let mut tokens = Vec::new();
    for number in 0..USERS {
        tokens.push(bench.register(number).await?);
    }
    first_tokens(&bench, short, &tokens[0], arguments.samples).await?;
    many(&bench, &server, &tokens, arguments.streams).await
}

struct Bench {
    http: reqwest::Client,
    url: String,
}

/// When the first token came, and the whole text.
struct Streamed {
    first: Duration,
    text: String,
    /// The longest time without anything new.
    longest: Duration,
}

impl Bench {
    async fn register(&self, number: u32) -> Result<String> {
        let query = "mutation ($input: RegisterInput!) { register(input: $input) { accessToken errors { message } } }";
        let input = json!({ "username": format!("user{number}"), "email": format!("user{number}@example.org"), "password": "paper and ink" });
        let request = self.http.post(&self.url);
        let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
        let answer: Value = request.send().await?.json().await?;
        let token = answer["data"]["register"]["accessToken"].as_str();
        Ok(token.with_context(|| answer.to_string())?.to_owned())
    }

    /// A stream of Pluma's, over server-sent events.
    async fn stream(&self, token: &str, model: &str) -> Result<Streamed> {
        let messages = json!([{ "role": "USER", "content": "Tell me of herons." }]);
        let input = json!({ "messages": messages, "options": { "model": model } });
        let request = self.http.post(&self.url).bearer_auth(token);
        let request = request.header("accept", "text/event-stream");
        let body = json!({ "query": STREAM, "variables": { "input": input } });
        read(request.json(&body), |data| {
            let event = &data["data"]["aiCompletionStream"];
            match event["__typename"].as_str() {
                Some("CompletionDelta") => Ok(event["text"].as_str().map(str::to_owned)),
                Some("CompletionFinished") => Ok(None),
                _ => bail!("the stream failed: {data}"),
            }
        })
        .await
    }

    /// The same answer from the provider itself.
    async fn direct(&self, address: std::net::SocketAddr) -> Result<Streamed> {
        let request = self
            .http
            .post(format!("http://{address}/v1/chat/completions"));
        let body = json!({ "model": "steady", "stream": true, "messages": [{ "role": "user", "content": "Tell me of herons." }] });
        read(request.json(&body), |data| {
            let text = data["choices"][0]["delta"]["content"].as_str();
            Ok(text.map(str::to_owned))
        })
        .await
    }
}

/// Reads a stream of events to its end.
async fn read(
    request: reqwest::RequestBuilder,
    text_of: impl Fn(&Value) -> Result<Option<String>>,
) -> Result<Streamed> {
    let began = Instant::now();
    let response = request.send().await?.error_for_status()?;
    let mut bytes = response.bytes_stream();
    let (mut first, mut last, mut longest) = (None, began, Duration::ZERO);
    let (mut text, mut rest) = (String::new(), String::new());
    while let Some(some) = bytes.next().await {
        rest.push_str(std::str::from_utf8(&some?)?);
        while let Some((event, behind)) = rest.split_once("\n\n") {
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data.filter(|data| data.starts_with('{'))
                && let Some(more) = text_of(&serde_json::from_str(data)?)?
            {
                let now = Instant::now();
                match first {
                    None => first = Some(now - began),
                    Some(_) => longest = longest.max(now - last),
                }
                last = now;
                text.push_str(&more);
            }
            rest = behind.to_owned();
        }
    }
    Ok(Streamed {
        first: first.context("the stream was empty")?,
        text,
        longest,
    })
}

async fn first_tokens(
    bench: &Bench,
    provider: std::net::SocketAddr,
    token: &str,
    samples: u32,
) -> Result<()> {
    let (mut direct, mut through) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        direct.push(bench.direct(provider).await?.first);
        through.push(bench.stream(token, "short/steady").await?.first);
    }
    println!("| first token | p50 ms | p99 ms |\n|---|---:|---:|");
    let (alone, with) = (quantiles(&mut direct), quantiles(&mut through));
    println!("| the provider alone | {:.1} | {:.1} |", alone.0, alone.1);
    println!("| through Pluma | {:.1} | {:.1} |", with.0, with.1);
    println!(
        "| added | {:.1} | {:.1} |\n",
        with.0 - alone.0,
        with.1 - alone.1
    );
    Ok(())
}

async fn many(bench: &Bench, server: &Server, tokens: &[String], streams: u32) -> Result<()> {
    let (cpu, own) = (server.cpu()?, process::own_cpu()?);
    let expected = provider::text(LONG);
    let began = Instant::now();
    let running = (0..streams).map(async |number| {
        tokio::time::sleep(RAMP * number / streams).await;
        let token = &tokens[number as usize % tokens.len()];
        let streamed = bench.stream(token, "long/steady").await?;
        if streamed.text != expected {
            bail!("a stream brought another text");
        }
        Ok(streamed)
    });
    let streamed = try_join_all(running).await?;
    let took = began.elapsed();
    let (cpu, own) = (server.cpu()? - cpu, process::own_cpu()? - own);
    let mut first: Vec<_> = streamed.iter().map(|one| one.first).collect();
    let mut longest: Vec<_> = streamed.iter().map(|one| one.longest).collect();
    let (first, longest) = (quantiles(&mut first), quantiles(&mut longest));
    println!(
        "| {streams} streams at once, {} tokens each | |\n|---|---:|",
        LONG.tokens
    );
    println!("| streams whose text was whole | {} |", streamed.len());
    println!("| seconds for all of them | {:.1} |", took.as_secs_f64());
    println!(
        "| first token, p50 / p99 ms ({} of it the provider's) | {:.0} / {:.0} |",
        LONG.first.as_millis(),
        first.0,
        first.1
    );
    println!(
        "| longest gap of a stream, p50 / p99 ms ({} the provider's) | {:.0} / {:.0} |",
        LONG.each.as_millis(),
        longest.0,
        longest.1
    );
    let tokens = f64::from(streams) * f64::from(LONG.tokens);
    println!(
        "| server CPU, µs a token | {:.0} |",
        cpu.as_secs_f64() * 1e6 / tokens
    );
    println!(
        "| clients and provider CPU, µs a token | {:.0} |",
        own.as_secs_f64() * 1e6 / tokens
    );
    println!(
        "| most memory of the server, MiB | {} |",
        server.peak_memory()? / 1024
    );
    Ok(())
}

/// The median and the 99th percentile, in milliseconds.
fn quantiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    (at(0.5).as_secs_f64() * 1e3, at(0.99).as_secs_f64() * 1e3)
}
