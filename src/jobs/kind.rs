//! What a worker is told: which kinds of jobs there are, who runs them, and which come back by themselves.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::run::Run;
use crate::error::Result;

pub use super::LostLease;

/// Does the work of one attempt. A slice makes it as a closure over what it needs.
///
/// An error that the user would have to correct (`Error::User`, none of it retryable) is final; any
/// other is tried again after a pause. `Ok` counts as done, even after a cancellation was asked for.
pub type Handler = Arc<dyn Fn(Run) -> BoxFuture<'static, Result<serde_json::Value>> + Send + Sync>;

/// One kind of job.
#[derive(Clone)]
pub struct Kind {
    /// What `NewJob::new` calls it: `page.publish`.
    pub name: &'static str,
    /// What happens when the worker dies in the middle.
    pub lost_lease: LostLease,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Does the work.
    pub run: Handler,
}

impl Kind {
    /// A kind whose jobs are begun again when their worker dies.
    pub fn new<F, Done>(name: &'static str, timeout: Duration, run: F) -> Self
    where
        F: Fn(Run) -> Done + Send + Sync + 'static,
        Done: Future<Output = Result<serde_json::Value>> + Send + 'static,
    {
        Self {
            name,
            lost_lease: LostLease::Again,
            timeout,
            run: Arc::new(move |job| Box::pin(run(job))),
        }
    }

    /// The same kind, whose jobs have failed when their worker dies.
    #[must_use]
    pub fn failing_when_lost(mut self) -> Self {
        self.lost_lease = LostLease::Fail;
        self
    }
}

/// A job that comes back by itself, with a payload of null, once per period however many workers there
/// are; a period is left out while the job of an earlier one is unfinished.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Which kind.
    pub kind: &'static str,
    /// The period, from one second to seven days; periods are counted from 1970.
    pub every: Duration,
}
