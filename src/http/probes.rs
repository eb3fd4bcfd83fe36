//! `/healthz` and `/readyz`: what orchestrators ask.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::health::{self, HealthState};

/// The process is alive, whatever it depends on.
pub async fn alive() -> &'static str {
    "ok"
}

/// Whether requests may come: 503 while a dependency is down and while the server stops.
pub async fn ready(State(app): State<App>) -> Response {
    if app.shutdown.is_cancelled() {
        let body = json!({ "state": "stopping", "components": [] });
        return answer(StatusCode::SERVICE_UNAVAILABLE, &body);
    }
    let health = health::check(&app).await;
    let components: Vec<_> = health
        .components
        .iter()
        .map(|component| {
            json!({
                "name": component.name,
                "state": word(component.state),
                "latencyMs": component.latency_ms,
            })
        })
        .collect();
    let body = json!({ "state": word(health.state), "components": components });
    let status = match health.state {
        HealthState::Down => StatusCode::SERVICE_UNAVAILABLE,
        HealthState::Up | HealthState::Degraded => StatusCode::OK,
    };
    answer(status, &body)
}

fn word(state: HealthState) -> &'static str {
    match state {
        HealthState::Up => "up",
        HealthState::Degraded => "degraded",
        HealthState::Down => "down",
    }
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body.to_string()).into_response()
}
