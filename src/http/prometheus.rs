//! `/metrics`: what Prometheus asks, behind a bearer token where one is configured.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret, SecretString};

use super::refusal;
use crate::app::App;
use crate::telemetry;

/// What the endpoint needs.
#[derive(Clone)]
pub struct Exporter {
    app: App,
    handle: PrometheusHandle,
}

impl Exporter {
    /// Renders what `handle` recorded.
    pub fn new(app: &App, handle: PrometheusHandle) -> Self {
        let app = app.clone();
        Self { app, handle }
    }
}

/// Everything measured, in Prometheus's text format.
pub async fn render(State(exporter): State<Exporter>, request: Request) -> Response {
    if let Some(token) = &exporter.app.config.server.metrics_token
        && !carries(request.headers(), token)
    {
        let message = "Send the metrics token: `Authorization: Bearer …`.";
        let (status, id) = (StatusCode::UNAUTHORIZED, request.extensions().get());
        let mut refusal = refusal::coded(status, "UNAUTHENTICATED", message, id);
        let bearer = header::HeaderValue::from_static("Bearer");
        refusal
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
        return refusal;
    }
    telemetry::observe(&exporter.app.db);
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, exporter.handle.render()).into_response()
}

fn carries(headers: &HeaderMap, token: &SecretString) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .is_some_and(|given| {
            verify_slices_are_equal(given, token.expose_secret().as_bytes()).is_ok()
        })
}
