//! The way from a transport into the house: who asks, within which limits, and how an operation runs.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use super::client_address::ClientAddress;
pub use super::limits::Limits;
use super::panic::cause_of;
use super::request_id::RequestId;
use super::trace::TraceId;
use crate::accounts::{self, cookies::RequestCookies};
use crate::api::{self, Schema};
use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::graphql::{mask, telemetry};
use crate::viewer::Client;

/// Who asks, with what else only this request carries.
#[derive(Clone)]
pub struct Viewer {
    viewer: crate::viewer::Viewer,
    cookies: RequestCookies,
    trace_id: Option<String>,
}

impl Viewer {
    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.viewer.is_anonymous()
    }

    /// Who asks, as services want to know it.
    pub fn into_inner(self) -> crate::viewer::Viewer {
        self.viewer
    }
}

/// Longer names of clients are cut.
const LONGEST_USER_AGENT: usize = 300;

/// What a client shows to be recognised.
pub struct Credentials {
    /// The token of `Authorization: Bearer`.
    pub bearer: Option<String>,
    /// The access token of the session's cookie.
    pub cookie: Option<String>,
    /// The refresh token of its other cookie.
    pub refresh_cookie: Option<String>,
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
}

/// Authenticates and executes; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    app: App,
    schema: Schema,
    limits: Limits,
    origins: Vec<String>,
    mutations: TaskTracker,
}

impl Gateway {
    /// A gateway to `app`.
    pub fn new(app: &App) -> Self {
        let config = &app.config;
        let limits = Limits::of(config);
        let mut origins = config.server.cors_origins.clone();
        origins.push(config.server.public_url.origin().ascii_serialization());
        Self(Arc::new(Inner {
            schema: api::schema(app),
            limits,
            origins,
            mutations: TaskTracker::new(),
            app: app.clone(),
        }))
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
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
            bearer: text(header::AUTHORIZATION).and_then(bearer),
            cookie: cookies.access,
            refresh_cookie: cookies.refresh,
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
        if let Some(identity) = &viewer.viewer.identity {
            let now = accounts::renew(&self.0.app, identity).await?;
            renewed.viewer.identity = Some(now.ok_or_else(session_ended)?);
        }
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
    pub async fn execute(&self, viewer: Viewer, mut request: Request) -> Executed {
        let (kind, span) = describe(&mut request, &viewer);
        let request_id = viewer.viewer.client.request_id.clone();
        let request = self.prepare(viewer, request);
        let schema = self.0.schema.clone();
        let running = AssertUnwindSafe(async move { schema.execute(request).await })
            .catch_unwind()
            .map(|outcome| outcome.map_err(|cause| cause_of(&*cause).to_owned()))
            .instrument(span);
        let limit = self.0.limits.request_timeout;
        let is_mutation = kind == Some(OperationType::Mutation);
        let outcome = if is_mutation {
            let task = self.0.mutations.spawn(running);
            let joined = task.map(|joined| joined.unwrap_or_else(|error| Err(error.to_string())));
            tokio::time::timeout(limit, joined).await
        } else {
            tokio::time::timeout(limit, running).await
        };
        let error = match outcome {
            Ok(Ok(response)) => return Executed::from(response),
            Ok(Err(cause)) => Error::internal(format!("an operation panicked: {cause}")),
            Err(_) if is_mutation => Error::refused(
                Code::Timeout,
                "The mutation takes longer than a request may; it runs on, so look at what became of it before sending it again.",
            ),
            Err(_) => Error::refused(
                Code::Timeout,
                "The query takes longer than a request may; ask for less at once.",
            ),
        };
        let error = self.error_response(&error, request_id.as_deref().unwrap_or_default());
        Executed::from(Response::from_errors(vec![error]))
    }

    /// Runs an operation of any type; dropping the stream ends a subscription.
    pub fn subscribe(&self, viewer: Viewer, mut request: Request) -> BoxStream<'static, Response> {
        let (kind, span) = describe(&mut request, &viewer);
        if kind != Some(OperationType::Subscription) {
            let gateway = self.clone();
            let once = async move { gateway.execute(viewer, request).await.response };
            return futures_util::stream::once(once.instrument(span)).boxed();
        }
        let request = self.prepare(viewer, request);
        self.0.schema.execute_stream(request).boxed()
    }

    fn prepare(&self, viewer: Viewer, request: Request) -> Request {
        api::prepare(&self.0.app, viewer.viewer, request).data(viewer.cookies)
    }

    /// Cancelled when the server begins to stop.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.0.app.shutdown
    }

    /// Whether a browser's page may open a stream: one of this server, or of a configured origin. Programs
    /// that are no browsers send no `Origin`.
    pub fn origin_allowed(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let own = origin.split_once("://").map(|(_, authority)| authority);
        self.0.origins.iter().any(|known| known == origin) || (host.is_some() && own == host)
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
    /// Takes the cookies that resolvers asked for out of the response.
    fn from(mut response: Response) -> Self {
        let cookies = response.http_headers.get_all(header::SET_COOKIE);
        let set_cookies = cookies.iter().cloned().collect();
        response.http_headers.remove(header::SET_COOKIE);
        Self {
            response,
            set_cookies,
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

fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}
