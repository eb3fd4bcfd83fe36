//! The whole URL map, and the order in which a request passes through the middleware.

use axum::Router;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::graphql::Transports;
use super::{
    access_log, body_limit, client_address, compression, cors, host, links, media, oauth, panic,
    playground, probes, prometheus, refusal, request_id, security, sign_in, trace,
};
use crate::api;
use crate::app::App;

/// Everything that the server answers.
pub fn router(app: &App, transports: &Transports, metrics: Option<PrometheusHandle>) -> Router {
    let config = &app.config.server;
    let mut routes = Router::new()
        .route("/healthz", get(probes::alive))
        .route("/readyz", get(probes::ready))
        .merge(oauth::routes())
        .merge(media::routes());
    if let Some(handle) = metrics.filter(|_| config.metrics) {
        let exporter = prometheus::Exporter::new(app, handle);
        let metrics = get(prometheus::render).with_state(exporter);
        routes = routes.route("/metrics", metrics);
    }
    if config.introspection {
        routes = routes.route("/schema.graphql", get(schema));
    }
    let routes = routes
        .with_state(app.clone())
        .merge(playground::routes(config))
        .merge(links::routes())
        .merge(sign_in::routes(app, &transports.gateway))
        .merge(transports.router())
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed);

    // The last layer is the outermost: a request passes them from the bottom up.
    let largest = transports.gateway.limits().largest_body();
    let routes = routes
        .layer(from_fn_with_state(largest, body_limit::limit))
        .layer(from_fn(panic::catch))
        .layer(compression::layer())
        .layer(from_fn_with_state(host::Hosts::of(config), host::check));
    let routes = match cors::layer(&config.cors_origins) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    routes
        .layer(from_fn_with_state(
            security::over_tls(app),
            security::headers,
        ))
        .layer(from_fn(access_log::write))
        .layer(from_fn(trace::span))
        .layer(from_fn_with_state(
            config.trusted_proxies,
            client_address::find,
        ))
        .layer(from_fn(request_id::carry))
}

async fn schema() -> impl axum::response::IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/graphql; charset=utf-8")],
        api::sdl(),
    )
}
