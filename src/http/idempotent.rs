//! Mutations with an idempotency key: how an answer is kept and given again.

use async_graphql::{Request, Response, ServerError, Value};
use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::gateway::Executed;
use super::request::KEY_EXTENSION;
use super::request_digest::digest_of;
use super::response::{code, coded};
use crate::accounts::cookies::RequestCookies;
use crate::app::App;
use crate::error::{Error, Result};
use crate::idempotency::{self, Ask, Begun, Scope, Settlement};
use crate::viewer::Viewer;

/// Says that an answer is a stored one.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Errors after which a try may be made again as if it had never been: nothing is done before them.
const REFUSALS: [&str; 2] = ["UNAUTHENTICATED", "RATE_LIMITED"];
/// Errors that are no answer worth keeping for a day.
const FAULTS: [&str; 3] = ["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"];

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    response: Response,
    cookies: Vec<String>,
}

/// Takes the key off a request; what is to be done once, where there is one.
pub async fn asked(
    app: &App,
    viewer: &Viewer,
    cookies: &RequestCookies,
    request: &mut Request,
) -> Result<Option<Ask>> {
    let key = match request.extensions.remove(KEY_EXTENSION) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(key)) if idempotency::is_key(base(&key)) => key,
        Some(_) => {
            return Err(Error::bad_input(
                "An idempotency key has 1 to 255 visible ASCII characters.",
            ));
        }
    };
    let scope = match &viewer.identity {
        Some(identity) => {
            let api_key = identity.key().map(|key| key.id);
            Scope::Account(identity.user_id, api_key)
        }
        None => Scope::Stranger {
            address: viewer.client.ip,
            credential: cookies.refresh.clone(),
        },
    };
    let body = digest_of(request).await?;
    Ask::new(app, &key, &scope, &body).map(Some)
}

/// The key without the number that the requests of a batch have.
fn base(key: &str) -> &str {
    match key.rsplit_once('#') {
        Some((base, number)) if (1..=4).contains(&number.len()) => base,
        _ => key,
    }
}

/// Answers from the store, or runs the mutation and keeps its answer. Its caller sees to it that this runs to
/// its end.
pub async fn once(
    app: &App,
    ask: &Ask,
    running: impl Future<Output = std::result::Result<Executed, String>>,
) -> Result<std::result::Result<Executed, String>> {
    // A little less than the request has, so that it is this wait that ends.
    let patience = app.config.limits.request_timeout.mul_f32(0.9);
    let slot = match idempotency::begin(app, ask, patience).await? {
        Begun::Run(slot) => slot,
        Begun::Answered(plain) => return replay(&plain).map(Ok),
        Begun::Reused => return Ok(Ok(refused(reused()))),
        Begun::Lost(done) => return Ok(Ok(refused(lost(done.0)?))),
    };
    let executed = idempotency::run(app, &slot, running).await;
    let settlement = settlement(executed.as_ref().ok())?;
    // Without it the next try finds the lease at its end, and what was done on the row.
    if let Err(error) = idempotency::settle(app, ask, &slot, settlement).await {
        tracing::error!(%error, "the answer to a mutation with an idempotency key was not kept");
    }
    Ok(executed)
}

fn settlement(executed: Option<&Executed>) -> Result<Settlement> {
    let Some(executed) = executed else {
        // A panic: what was committed before it is known, and an answer there is none.
        return Ok(Settlement::KeptIfDone(None));
    };
    let response = &executed.response;
    let has =
        |codes: &[&str], error: &ServerError| code(error).is_some_and(|code| codes.contains(&code));
    if response.errors.is_empty() {
        return kept(executed).map(|plain| Settlement::Kept(Some(plain)));
    }
    if is_null(&response.data) && response.errors.iter().all(|error| has(&REFUSALS, error)) {
        return Ok(Settlement::Released);
    }
    if response.errors.iter().any(|error| has(&FAULTS, error)) {
        return Ok(Settlement::KeptIfDone(None));
    }
    kept(executed).map(|plain| Settlement::KeptIfDone(Some(plain)))
}

/// Whether every field of a result is null.
fn is_null(data: &Value) -> bool {
    match data {
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        other => *other == Value::Null,
    }
}

fn kept(executed: &Executed) -> Result<Vec<u8>> {
    let cookies = executed.set_cookies.iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok().map(str::to_owned));
    let mut response = Response::new(executed.response.data.clone());
    response
        .extensions
        .clone_from(&executed.response.extensions);
    response.errors.clone_from(&executed.response.errors);
    let kept = Kept {
        response,
        cookies: cookies.collect(),
    };
    serde_json::to_vec(&kept).map_err(Error::caused_by)
}

fn replay(plain: &[u8]) -> Result<Executed> {
    let kept: Kept = serde_json::from_slice(plain).map_err(Error::caused_by)?;
    let cookies = kept.cookies.into_iter();
    Ok(Executed {
        response: kept.response,
        set_cookies: cookies
            .filter_map(|cookie| HeaderValue::try_from(cookie).ok())
            .collect(),
        replayed: true,
        standing: None,
    })
}

fn refused(error: ServerError) -> Executed {
    Executed::from(Response::from_errors(vec![error]))
}

fn reused() -> ServerError {
    coded(
        "IDEMPOTENCY_KEY_REUSED",
        "This idempotency key was sent with another request before: make a new key for each mutation.",
    )
}

fn lost(done: serde_json::Value) -> Result<ServerError> {
    let mut error = coded(
        "IDEMPOTENCY_ANSWER_LOST",
        "An earlier try with this key has made changes and its answer could not be kept; nothing was done \
         this time. `extensions.done` names what was changed: look at it, and go on with a new key.",
    );
    let done = Value::from_json(done).map_err(Error::caused_by)?;
    error.extensions.get_or_insert_default().set("done", done);
    Ok(error)
}
