//! Redis, as the floor's services share it: one connection that is either up or done without.
//!
//! Nothing of it is ever needed. A command that is not answered in time takes the connection down, and from then
//! on every other command is skipped at once, until the task in `keep` has found Redis answering again: so
//! a slow Redis costs a request one timeout and not every request one.
//!
//! Ours instead of the crate's connection manager, which lets every command wait for the reconnection, and
//! which knows neither Sentinel nor Cluster.

mod connect;
mod keep;
#[cfg(test)]
pub mod live;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::redis::{Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::config::{self, RedisUrl};
use connect::Connection;

/// Why Redis gave no answer; the caller goes on without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Away {
    /// It was known to be away, and not asked.
    #[error("Redis is away")]
    Skipped,
    /// It did not answer in time, or not as it should.
    #[error("Redis did not answer")]
    Failed,
}

/// What hears of what other processes say over Redis. It is called by the task that reads the connection,
/// and must not wait.
pub trait Hears: Send + Sync + 'static {
    /// Somebody, perhaps this process, has said this.
    fn said(&self, message: &[u8]);
    /// A connection has been made: what was said while there was none is lost.
    fn connected(&self);
}

/// The handle; cheap to clone. The connection ends with the last clone.
#[derive(Clone)]
pub struct Redis(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    _stop: DropGuard,
}

/// What the handle and the task that keeps the connection have in common.
struct Shared {
    url: RedisUrl,
    channel: String,
    prefix: String,
    timeout: Duration,
    connect_timeout: Duration,
    link: watch::Sender<Option<Link>>,
    hears: Option<Arc<dyn Hears>>,
    failures: AtomicU64,
    last_failure: Mutex<Option<String>>,
}

/// A connection and the end of its usefulness.
#[derive(Clone)]
struct Link {
    connection: Connection,
    lost: CancellationToken,
}

impl Redis {
    /// Begins to connect, and goes on doing so for as long as the handle lives. What is said on the channel of
    /// this installation goes to `hears`. Comes back when the first attempt has succeeded or failed.
    pub async fn start(config: &config::Redis, hears: Option<Arc<dyn Hears>>) -> Option<Self> {
        let url = config.url.clone()?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            channel: format!("{}:calls", config.prefix),
            prefix: config.prefix.clone(),
            timeout: config.timeout,
            connect_timeout: config.connect_timeout,
            link: watch::Sender::new(None),
            hears,
            failures: AtomicU64::new(0),
            last_failure: Mutex::default(),
            url,
        });
        let first = CancellationToken::new();
        let keeping = keep::keep(Arc::clone(&shared), first.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(keeping));
        first.cancelled().await;
        Some(Self(Arc::new(Handle {
            shared,
            _stop: stop.drop_guard(),
        })))
    }

    /// The name of a key of this installation.
    pub fn key(&self, family: &str, name: impl std::fmt::Display) -> String {
        format!("{}:{family}:{name}", self.0.shared.prefix)
    }

    /// Asks Redis.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Away> {
        let Link {
            mut connection,
            lost,
        } = self.link()?;
        let answer = command.query_async(&mut connection);
        self.0.shared.answered(&lost, answer).await
    }

    /// Lets Redis run a script, which stays there after the first time.
    pub async fn script<T: FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, Away> {
        let Link {
            mut connection,
            lost,
        } = self.link()?;
        let answer = invocation.invoke_async(&mut connection);
        self.0.shared.answered(&lost, answer).await
    }

    /// Says `message` to every process of the installation that is connected, this one among them.
    pub async fn say(&self, message: &[u8]) -> Result<(), Away> {
        let mut publish = ::redis::cmd("PUBLISH");
        publish.arg(&self.0.shared.channel).arg(message);
        self.query(&publish).await
    }

    /// Whether Redis answered when it was last asked.
    pub fn is_up(&self) -> bool {
        self.link().is_ok()
    }

    /// Waits until Redis answers.
    pub async fn up(&self) {
        let mut link = self.0.shared.link.subscribe();
        // An error would mean that the sender is gone, which `self` holds.
        let _ = link.wait_for(|link| is_good(link.as_ref())).await;
    }

    /// Waits until Redis does not answer any more.
    pub async fn down(&self) {
        if let Ok(link) = self.link() {
            link.lost.cancelled().await;
        }
    }

    /// How often Redis has failed to answer.
    pub fn failures(&self) -> u64 {
        self.0.shared.failures.load(Ordering::Relaxed)
    }

    /// How long Redis takes to answer.
    pub async fn ping(&self) -> Result<Duration, Away> {
        let start = Instant::now();
        self.query::<()>(&::redis::cmd("PING")).await?;
        Ok(start.elapsed())
    }

    /// The version that the server calls itself.
    pub async fn version(&self) -> Option<String> {
        let mut info = ::redis::cmd("INFO");
        info.arg("server");
        let text = match &self.link().ok()?.connection {
            Connection::One(_) => self.query::<String>(&info).await.ok()?,
            // Every node would answer.
            Connection::Cluster(_) => return None,
        };
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        version.map(|version| version.trim().to_owned())
    }

    /// Why Redis was away when it last was, for operators.
    pub fn last_failure(&self) -> Option<String> {
        let last = self.0.shared.last_failure.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long an answer is waited for.
    pub fn patience(&self) -> Duration {
        self.0.shared.timeout
    }

    /// Where Redis is, without its secrets.
    pub fn url(&self) -> &RedisUrl {
        &self.0.shared.url
    }

    fn link(&self) -> Result<Link, Away> {
        let link = self.0.shared.link.borrow().clone();
        link.filter(|link| is_good(Some(link))).ok_or(Away::Skipped)
    }
}

fn is_good(link: Option<&Link>) -> bool {
    link.is_some_and(|link| !link.lost.is_cancelled())
}

impl Shared {
    /// The answer, unless it takes too long or another command finds out meanwhile that Redis is away.
    async fn answered<T>(
        &self,
        lost: &CancellationToken,
        answer: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, Away> {
        let limited = tokio::time::timeout(self.timeout, answer);
        let Some(outcome) = lost.run_until_cancelled(limited).await else {
            return Err(Away::Failed);
        };
        let cause = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_) => timed_out(),
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("pluma_redis_errors_total", "kind" => kind(&cause)).increment(1);
        if is_ours(&cause) {
            tracing::warn!(%cause, "Redis refuses a command");
        } else if !lost.is_cancelled() {
            tracing::warn!(%cause, "Redis is away; going on without it");
            self.note(&cause);
            lost.cancel();
        }
        Err(Away::Failed)
    }

    fn note(&self, cause: &RedisError) {
        let mut last = (self.last_failure.lock()).unwrap_or_else(PoisonError::into_inner);
        *last = Some(cause.to_string());
    }
}

fn timed_out() -> RedisError {
    RedisError::from((ErrorKind::Io, "no answer in time"))
}

/// Whether a command was answered with an error that says nothing about the server: another command may succeed.
fn is_ours(error: &RedisError) -> bool {
    matches!(
        error.code(),
        Some("ERR" | "WRONGTYPE" | "NOSCRIPT" | "NOPERM" | "CROSSSLOT" | "EXECABORT")
    ) || matches!(error.kind(), ErrorKind::UnexpectedReturnType)
}

/// What failed, in few enough words for a metric's label.
fn kind(error: &RedisError) -> &'static str {
    match error.kind() {
        ErrorKind::Io => "io",
        ErrorKind::AuthenticationFailed => "authentication",
        ErrorKind::Server(_) | ErrorKind::Extension => "server",
        _ => "client",
    }
}
