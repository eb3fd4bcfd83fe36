//! `/graphql`: one operation by POST.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};

use super::gateway::Gateway;

/// What every transport needs.
#[derive(Clone)]
pub struct Transports {
    /// The way into the house.
    pub gateway: Gateway,
}

impl Transports {
    /// Everything behind `/graphql`.
    pub fn new(gateway: Gateway) -> Self {
        Self { gateway }
    }

    /// The routes.
    pub fn router(&self) -> Router {
        let limit = axum::extract::DefaultBodyLimit::max(self.gateway.limits().body_bytes);
        Router::new()
            .route("/graphql", post(serve).layer(limit))
            .with_state(self.clone())
    }

    /// Waits until no stream is open.
    pub async fn drained(&self) {}
}

async fn serve(
    State(transports): State<Transports>,
    parts: Parts,
    Json(request): Json<async_graphql::Request>,
) -> Response {
    let gateway = &transports.gateway;
    let credentials = gateway.credentials(&parts);
    let executed = match gateway.viewer(&credentials).await {
        Ok(viewer) => gateway.execute(viewer, request).await,
        Err(error) => {
            let error = gateway.error_response(&error, &credentials.request_id);
            async_graphql::Response::from_errors(vec![error]).into()
        }
    };
    let cookies: HeaderMap = executed
        .set_cookies
        .into_iter()
        .map(|cookie| (header::SET_COOKIE, cookie))
        .collect();
    (StatusCode::OK, cookies, Json(executed.response)).into_response()
}
