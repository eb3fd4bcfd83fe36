//! The pages that mailed links lead to where no front end has its own.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE: &str = include_str!("links/page.html");
const SCRIPT: &str = include_str!("links/links.js");
const NEW_PASSWORD: &str = "<label>The new password, 10–200 characters\n\
    <input type=\"password\" name=\"newPassword\" autocomplete=\"new-password\" minlength=\"10\" \
    maxlength=\"200\" required autofocus></label>";
/// Its own script, its own styles, and the API.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages and their script.
pub fn routes() -> Router {
    let verify = || async { page("Verify your e-mail address", "verifyEmail", "", "Verify") };
    let reset = || async {
        let title = "Choose another password";
        page(title, "resetPassword", NEW_PASSWORD, "Change it")
    };
    Router::new()
        .route("/auth/verify-email", get(verify))
        .route("/auth/reset-password", get(reset))
        .route("/auth/links.js", get(script))
}

fn page(title: &str, mutation: &str, fields: &str, action: &str) -> Response {
    let page = PAGE
        .replace("{title}", title)
        .replace("{mutation}", mutation)
        .replace("{fields}", fields)
        .replace("{action}", action);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page).into_response()
}

async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, SCRIPT).into_response()
}
