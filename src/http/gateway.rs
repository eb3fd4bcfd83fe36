//! The way from a transport into the house: who asks, within which limits, and how an operation runs.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use super::client_address::ClientAddress;
use super::idempotent;
pub use super::limits::Limits;
use super::origin::Origins;
use super::panic::cause_of;
use super::rates::{Charge, Rates, Standing};
use super::refused::Asking;
use super::request_id::RequestId;
use super::trace::TraceId;
use crate::accounts::{self, cookies::RequestCookies};
use crate::api::{self, Plan, Schema};
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::graphql::trusted::Trusted;
use crate::graphql::{mask, telemetry};
use crate::id::UserId;
use crate::viewer::{Client, network};

/// Who asks, with what else only this request carries.
#[derive(Clone)]
pub struct Viewer {
    viewer: crate::viewer::Viewer,
    cookies: RequestCookies,
    trace_id: Option<String>,
}

/// Whose streams are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Streamer {
    /// An account's.
    User(UserId),
    /// Those of strangers at one address.
    Stranger(Option<IpAddr>),
}

impl Viewer {
    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.viewer.is_anonymous()
    }

    /// With whose streams theirs are counted.
    pub fn streamer(&self) -> Streamer {
        match self.viewer.id() {
            Some(id) => Streamer::User(id),
            None => Streamer::Stranger(self.viewer.client.ip.map(network)),
        }
    }

    /// Who asks, as services want to know it.
    pub fn into_inner(self) -> crate::viewer::Viewer {
        self.viewer
    }
}

/// For API keys, where `Authorization` is taken by a proxy in front.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Longer names of clients are cut.
const LONGEST_USER_AGENT: usize = 300;

/// What a client shows to be recognised.
pub struct Credentials {
    /// The token or API key of `Authorization: Bearer`, or the key of `X-API-Key`.
    pub bearer: Option<String>,
    /// The access token of the session's cookie.
    pub cookie: Option<String>,
    /// The refresh token of its other cookie.
    pub refresh_cookie: Option<String>,
    /// The cookie that makes the device known to an account.
    pub device_cookie: Option<String>,
    /// The client's address.
    pub address: IpAddr,
    /// What the client calls itself, cut at 300 characters.
    pub user_agent: Option<String>,
    /// The id of the request, or of the upgrade that opened a WebSocket.
    pub request_id: String,
    /// The trace that the same belongs to.
    pub trace_id: Option<String>,
}

/// What became of an operation.
pub struct Executed {
    /// Its result.
    pub response: Response,
    /// Cookies to set, where the transport can.
    pub set_cookies: Vec<HeaderValue>,
    /// Whether it is the stored answer to an earlier try.
    pub replayed: bool,
    /// How the viewer's budget stands.
    pub standing: Option<Standing>,
}

/// Authenticates and executes; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    app: App,
    schema: Schema,
    limits: Limits,
    rates: Rates,
    origins: Origins,
    mutations: TaskTracker,
}

impl Gateway {
    /// A gateway to `app`.
    pub fn new(app: &App) -> Self {
        let config = &app.config;
        let limits = Limits::of(config);
        Self(Arc::new(Inner {
            schema: api::schema(app),
            limits,
            rates: Rates::of(&config.rates),
            origins: Origins::of(config),
            mutations: TaskTracker::new(),
            app: app.clone(),
        }))
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The documents that are known beforehand.
    pub fn trusted(&self) -> &Trusted {
        &self.0.app.trusted
    }

    /// What the request shows.
    pub fn credentials(&self, parts: &Parts) -> Credentials {
        let text = |name| parts.headers.get(name)?.to_str().ok();
        let production = self.0.app.config.environment.is_production();
        let cookies = RequestCookies::from_header(&parts.headers, production);
        let id = parts.extensions.get::<RequestId>();
        let trace = parts.extensions.get::<TraceId>();
        let address = parts.extensions.get::<ClientAddress>();
        Credentials {
            bearer: bearer(&parts.headers),
            cookie: cookies.access,
            refresh_cookie: cookies.refresh,
            device_cookie: cookies.device,
            address: address.map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.0),
            user_agent: text(header::USER_AGENT)
                .map(|name| name.chars().take(LONGEST_USER_AGENT).collect()),
            request_id: id.map(|id| id.0.clone()).unwrap_or_default(),
            trace_id: trace.map(|trace| trace.0.clone()),
        }
    }

    /// Nobody, from where the request comes.
    pub fn stranger(&self, credentials: &Credentials) -> crate::viewer::Viewer {
        crate::viewer::Viewer {
            identity: None,
            client: Client {
                ip: Some(credentials.address),
                user_agent: credentials.user_agent.clone(),
                request_id: Some(credentials.request_id.clone()),
            },
            budget: None,
        }
    }

    /// Who asks. A bearer token must be good; a stale cookie means nobody.
    pub async fn viewer(&self, credentials: &Credentials) -> Result<Viewer> {
        let client = self.stranger(credentials).client;
        let app = &self.0.app;
        let viewer = match credentials.bearer.as_deref() {
            Some(token) => accounts::authenticate(app, Some(token), client).await?,
            None => {
                let cookie = credentials.cookie.as_deref();
                accounts::authenticate_cookie(app, cookie, client).await?
            }
        };
        let cookies = RequestCookies {
            access: credentials.cookie.clone(),
            refresh: credentials.refresh_cookie.clone(),
            device: credentials.device_cookie.clone(),
        };
        Ok(Viewer {
            viewer,
            cookies,
            trace_id: credentials.trace_id.clone(),
        })
    }

    /// The same viewer with the rights of this moment; UNAUTHENTICATED once the session has ended.
    pub async fn renewed(&self, viewer: &Viewer) -> Result<Viewer> {
        let mut renewed = viewer.clone();
        renewed.viewer = accounts::renew_viewer(&self.0.app, &viewer.viewer).await?;
        Ok(renewed)
    }

    /// Waits until the viewer is no longer who they were, and gives the error that says so; for ever where
    /// nobody is signed in.
    pub fn session_ended(&self, viewer: &Viewer) -> BoxFuture<'static, ServerError> {
        let Some(identity) = viewer.viewer.identity.clone() else {
            return std::future::pending().boxed();
        };
        let request_id = viewer.viewer.client.request_id.as_deref();
        let error = self.error_response(&session_ended(), request_id.unwrap_or_default());
        let ended = accounts::session_ended(self.0.app.clone(), identity);
        ended.map(|()| error).boxed()
    }

    /// Runs a query or a mutation within the time that a request may take. A mutation runs to its end,
    /// whether or not somebody still waits for it.
    pub async fn execute(&self, mut viewer: Viewer, mut request: Request) -> Executed {
        let (kind, span) = describe(&mut request, &viewer);
        let request_id = viewer.viewer.client.request_id.clone();
        let asking = Asking::of(&self.0.app, &viewer.viewer);
        let is_mutation = kind == Some(OperationType::Mutation);
        let refused = |error: &Error, standing| {
            let error = self.error_response(error, request_id.as_deref().unwrap_or_default());
            Executed::of(Response::from_errors(vec![error]), standing)
        };
        let admitting = self.admit(&mut viewer, &mut request);
        let (plan, mut charge) = match admitting.instrument(span.clone()).await {
            Ok(admitted) => admitted,
            Err(refused) => {
                asking.note(&refused.response).await;
                return *refused;
            }
        };
        let standing = charge.standing;
        let app = &self.0.app;
        let ask = match is_mutation {
            true => idempotent::asked(app, &viewer.viewer, &viewer.cookies, &mut request).await,
            false => Ok(None),
        };
        let ask = match ask {
            Ok(ask) => ask,
            Err(error) => return refused(&error, standing),
        };
        let request = self.prepare(viewer, request);
        let gateway = self.clone();
        let running = async move {
            let Inner {
                app, schema, rates, ..
            } = &*gateway.0;
            let costed = schema.execute(plan, request).await;
            if costed.response.extensions.contains_key("cost") {
                rates.settle(app, &mut charge, costed.actual).await;
            }
            Executed::of(costed.response, charge.standing)
        };
        let running = AssertUnwindSafe(running)
            .catch_unwind()
            .map(|outcome| outcome.map_err(|cause| cause_of(&*cause).to_owned()))
            .instrument(span);
        let limit = self.0.limits.request_timeout;
        let outcome = if is_mutation {
            let app = app.clone();
            let task = self.0.mutations.spawn(async move {
                match ask {
                    Some(ask) => idempotent::once(&app, &ask, running).await,
                    None => Ok(running.await),
                }
            });
            let joined = task.map(|joined| {
                joined.unwrap_or_else(|error| Ok(Err(Error::task_stopped(&error).to_string())))
            });
            tokio::time::timeout(limit, joined).await
        } else {
            tokio::time::timeout(limit, running.map(Ok)).await
        };
        let error = match outcome {
            Ok(Ok(Ok(executed))) => {
                asking.note(&executed.response).await;
                return executed;
            }
            Ok(Ok(Err(cause))) => Error::internal(format!("an operation panicked: {cause}")),
            Ok(Err(error)) => error,
            Err(_) if is_mutation => Error::refused(
                Code::Timeout,
                "The mutation takes longer than a request may; it runs on, so look at what became of it before sending it again.",
            ),
            Err(_) => Error::refused(
                Code::Timeout,
                "The query takes longer than a request may; ask for less at once.",
            ),
        };
        refused(&error, standing)
    }

    /// Runs an operation of any type; dropping the stream ends a subscription.
    pub fn subscribe(
        &self,
        mut viewer: Viewer,
        mut request: Request,
    ) -> BoxStream<'static, Response> {
        let (kind, span) = describe(&mut request, &viewer);
        let gateway = self.clone();
        if kind != Some(OperationType::Subscription) {
            let once = async move { gateway.execute(viewer, request).await.response };
            return futures_util::stream::once(once.instrument(span)).boxed();
        }
        let asking = Asking::of(&self.0.app, &viewer.viewer);
        let events = async_stream::stream! {
            let request_id = viewer.viewer.client.request_id.clone().unwrap_or_default();
            let (plan, charge) = match gateway.admit(&mut viewer, &mut request).await {
                Ok(admitted) => admitted,
                Err(refused) => {
                    asking.note(&refused.response).await;
                    yield refused.response;
                    return;
                }
            };
            let request = gateway.prepare(viewer, request);
            let Inner { app, schema, rates, .. } = &*gateway.0;
            let mut events = schema.execute_stream(plan, request);
            while let Some(event) = events.next().await {
                if let Err(error) = rates.spend(app, &charge, event.actual).await {
                    let error = gateway.error_response(&error, &request_id);
                    yield Response::from_errors(vec![error]);
                    return;
                }
                asking.note(&event.response).await;
                yield event.response;
            }
        };
        events.boxed()
    }

    /// Refuses what passes a limit, and charges the rest.
    async fn admit(
        &self,
        viewer: &mut Viewer,
        request: &mut Request,
    ) -> std::result::Result<(Plan, Charge), Box<Executed>> {
        let Inner {
            app, schema, rates, ..
        } = &*self.0;
        let request_id = viewer.viewer.client.request_id.clone();
        let plan = match schema.plan(request, &viewer.viewer) {
            Ok(plan) => plan,
            Err(refused) => {
                self.junk(viewer.viewer.client.ip).await;
                return Err(Box::new(Executed::of(*refused, None)));
            }
        };
        match rates.charge(app, &viewer.viewer, &plan.examined).await {
            Ok(charge) => {
                viewer.viewer.budget = charge.budget(app);
                Ok((plan, charge))
            }
            Err((error, standing)) => {
                let error = self.error_response(&error, request_id.as_deref().unwrap_or_default());
                Err(Box::new(Executed::of(plan.refuse(error), standing)))
            }
        }
    }

    /// Charges an address for a request that led to nothing.
    pub async fn junk(&self, address: Option<IpAddr>) {
        if let Some(address) = address {
            self.0.rates.junk(&self.0.app, address).await;
        }
    }

    /// The error for an address that is to wait before anything of its is read.
    pub fn must_wait(&self, address: IpAddr) -> Option<ServerError> {
        let error = self.0.rates.must_wait(address)?;
        Some(self.error_response(&error, ""))
    }

    fn prepare(&self, viewer: Viewer, request: Request) -> Request {
        api::prepare(&self.0.app, viewer.viewer, request).data(viewer.cookies)
    }

    /// Cancelled when the server begins to stop.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.app.shutdown
    }

    /// Which pages may use cookies and open streams.
    pub fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// An error as clients may read it.
    pub fn error_response(&self, error: &Error, request_id: &str) -> ServerError {
        let mut described = ServerError::new(error.to_string(), None);
        let verbose = self.0.app.config.server.verbose_errors;
        mask::describe(
            &mut described,
            Some(error.clone()),
            Some(request_id),
            verbose,
        );
        described
    }

    /// Waits until no mutation runs; no other may start meanwhile.
    pub async fn drained(&self) {
        self.0.mutations.close();
        self.0.mutations.wait().await;
    }
}

impl From<Response> for Executed {
    /// What ran without a budget.
    fn from(response: Response) -> Self {
        Self::of(response, None)
    }
}

impl Executed {
    /// Takes the cookies that resolvers asked for out of the response.
    fn of(mut response: Response, standing: Option<Standing>) -> Self {
        let cookies = response.http_headers.get_all(header::SET_COOKIE);
        let set_cookies = cookies.iter().cloned().collect();
        response.http_headers.remove(header::SET_COOKIE);
        Self {
            response,
            set_cookies,
            replayed: false,
            standing,
        }
    }
}

fn session_ended() -> Error {
    Error::refused(
        Code::Unauthenticated,
        "This session has ended: sign in again.",
    )
}

/// The type of the operation, and the span that it runs in.
fn describe(request: &mut Request, viewer: &Viewer) -> (Option<OperationType>, Span) {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().ok();
    let operation = document.and_then(|document| telemetry::operation(document, wanted.as_deref()));
    let (name, kind) = match operation {
        Some((name, kind)) => (name.unwrap_or("anonymous"), Some(kind)),
        None => ("unknown", None),
    };
    let request = Span::current();
    // A WebSocket's operations run in tasks of their own, which the upgrade's span is not around.
    let span = if request.is_none() {
        let request_id = viewer.viewer.client.request_id.as_deref();
        let trace_id = viewer.trace_id.as_deref();
        tracing::info_span!("operation", request_id, trace_id, operation = name)
    } else {
        request.record("operation", name);
        request
    };
    (kind, span)
}

/// What a program shows. Bytes that are no text are kept in some form, so that they are refused rather than
/// taken for nothing.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let text = |name| {
        let value: &HeaderValue = headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    };
    let authorization = text(header::AUTHORIZATION);
    let bearer = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    });
    let key = || text(API_KEY).map(|key| key.trim().to_owned());
    bearer.or_else(key).filter(|shown| !shown.is_empty())
}
