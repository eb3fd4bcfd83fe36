//! The server loop: accepts connections, bounds them in number and time, and drains them at the end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::gateway::Gateway;
use super::graphql::Transports;
use super::router::router;
use super::seats::Seats;
use crate::app::App;
use crate::error::Error;
use crate::viewer::network;

/// What is kept of a request's head before it is refused, and of a body that is not read yet.
const BUFFER: usize = 64 * 1024;
/// Connections for short requests, beside those that may be streams.
const SHORT_CONNECTIONS: usize = 2_000;
/// The pause after a failure to accept, such as too many open files.
const BREATH: Duration = Duration::from_millis(100);

/// The server, ready to run.
pub struct Server {
    app: App,
    transports: Transports,
    router: Router,
}

impl Server {
    /// Serves `app`, and at `/metrics` what `metrics` recorded.
    pub fn new(app: &App, metrics: Option<PrometheusHandle>) -> Self {
        let transports = Transports::new(Gateway::new(app));
        let router = router(app, &transports, metrics);
        Self {
            app: app.clone(),
            transports,
            router,
        }
    }

    /// Serves until `stop`, then closes streams and lets requests and mutations finish for as long as
    /// the configured grace. Gives whether all of them did.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> bool {
        let closing = CancellationToken::new();
        let connections = TaskTracker::new();
        let streams = self.transports.gateway.limits().connections;
        let most = streams.saturating_add(SHORT_CONNECTIONS);
        let room = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        let limits = &self.app.config.limits;
        let headers_within = limits.header_timeout;
        // Behind proxies every peer is one of theirs: there they bound connections, and streams and rates
        // are bounded by the address that they tell.
        let behind_proxies = self.app.config.server.trusted_proxies > 0;
        let each = match behind_proxies {
            true => usize::MAX,
            false => limits.connections_per_address,
        };
        let seats = Seats::new(each);
        loop {
            let next = async {
                let permit = Arc::clone(&room).acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                next = next => next,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Some(seat) = seats.take(network(peer.ip())) else {
                        metrics::counter!("pluma_http_connections_refused_total").increment(1);
                        continue;
                    };
                    let router = self.router.clone();
                    let serving = serve(
                        (stream, peer, headers_within),
                        router,
                        closing.clone(),
                        connections.clone(),
                    );
                    connections.spawn(async move {
                        let _held = (permit, seat);
                        serving.await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        drop(listener);
        self.app.shutdown.cancel();
        closing.cancel();
        connections.close();
        let drained = async {
            connections.wait().await;
            self.transports.drained().await;
            self.transports.gateway.drained().await;
        };
        tokio::time::timeout(self.app.config.server.shutdown_grace, drained)
            .await
            .is_ok()
    }
}

/// Cancelled when nobody waits for the answer to a request any more.
#[derive(Clone, Default)]
pub struct Gone(CancellationToken);

impl Gone {
    /// What `work` gives, unless the client goes away before that.
    pub async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }
}

async fn serve(
    (stream, peer, headers_within): (TcpStream, SocketAddr, Duration),
    router: Router,
    closing: CancellationToken,
    requests: TaskTracker,
) {
    // Answers are written whole: waiting for more would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let gone = Gone::default();
        request.extensions_mut().insert(gone.clone());
        // A task of its own: hyper drops the service of a connection that ends, and a mutation that has
        // arrived is not lost with it.
        let answering = requests.spawn(router.clone().oneshot(request));
        let waiting = gone.0.drop_guard();
        async move {
            let answer = answering.await;
            waiting.disarm();
            Ok::<_, Infallible>(answer.map_or_else(failed, into_ok))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers_within)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

/// What a request is answered with where even catching its panic has failed.
fn failed(error: JoinError) -> Response {
    let error = Error::task_stopped(&error);
    tracing::error!(%error, "a request was not answered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn into_ok<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
