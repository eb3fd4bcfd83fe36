//! Signing in by a provider: two addresses that browsers visit, and the pages of sign-ins that fail.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::gateway::Gateway;
use super::request_id::RequestId;
use super::security;
use crate::accounts::oidc::{Callback, Reason};
use crate::accounts::{cookies, service};
use crate::app::App;
use crate::error::{Code, Error};

/// The two addresses, for every provider.
pub fn routes(app: &App, gateway: &Gateway) -> Router {
    Router::new()
        .route("/auth/{provider}/login", get(login))
        .route("/auth/{provider}/callback", get(callback))
        .with_state((app.clone(), gateway.clone()))
}

#[derive(Deserialize)]
struct Wishes {
    #[serde(rename = "returnTo")]
    return_to: Option<String>,
}

async fn login(
    State((app, gateway)): State<(App, Gateway)>,
    Path(provider): Path<String>,
    Query(wishes): Query<Wishes>,
    parts: Parts,
) -> Response {
    let viewer = match gateway.viewer(&gateway.credentials(&parts)).await {
        Ok(viewer) => viewer.into_inner(),
        Err(error) => return failed(&error, &parts),
    };
    let may_link = is_from_own_page(&app, &parts.headers);
    let return_to = wishes.return_to.as_deref();
    let begun = service::begin_sign_in(&app, &viewer, &provider, return_to, may_link).await;
    match begun {
        Ok(Ok(beginning)) => {
            let cookie = cookies::set_ticket(&app.config, &beginning.ticket);
            to(beginning.url.as_str(), [cookie])
        }
        Ok(Err(reason)) => refused(reason),
        Err(error) => failed(&error, &parts),
    }
}

async fn callback(
    State((app, gateway)): State<(App, Gateway)>,
    Path(provider): Path<String>,
    Query(callback): Query<Callback>,
    parts: Parts,
) -> Response {
    // Whoever is signed in in this browser has no say: the ticket knows who asked.
    let viewer = gateway.stranger(&gateway.credentials(&parts));
    let production = app.config.environment.is_production();
    let ticket = cookies::ticket(&parts.headers, production);
    let ticket = ticket.as_deref();
    let ended = service::end_sign_in(&app, &viewer, &provider, callback, ticket).await;
    let used_up = cookies::clear_ticket(&app.config);
    match ended {
        Ok(Ok(arrival)) => {
            let signed_in = arrival.signed_in.map(|signed_in| {
                cookies::set(&app.config, &signed_in.access.token, &signed_in.refresh)
            });
            let set = signed_in.into_iter().flatten().chain([used_up]);
            to(&arrival.return_to, set)
        }
        Ok(Err(reason)) => {
            let mut page = refused(reason);
            // Another sign-in of this browser may be on its way.
            if reason != Reason::NotBegun {
                set_cookies(&mut page, [used_up]);
            }
            page
        }
        Err(error) => failed(&error, &parts),
    }
}

/// Whether a page of this server or of a configured origin leads here, or the person themself: another site
/// must not make somebody link an account that is not theirs.
fn is_from_own_page(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name)?.to_str().ok();
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => true,
        Some("same-site" | "cross-site") => {
            let from = text("referer").filter(|from| from.starts_with("http"));
            from.is_some_and(|from| app.config.server.own_address(from).is_some())
        }
        _ => false,
    }
}

fn to(url: &str, cookies: impl IntoIterator<Item = String>) -> Response {
    let headers = [
        (header::LOCATION, url.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut response = (StatusCode::SEE_OTHER, headers).into_response();
    set_cookies(&mut response, cookies);
    response
}

fn set_cookies(response: &mut Response, cookies: impl IntoIterator<Item = String>) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

fn refused(reason: Reason) -> Response {
    let status = match reason {
        Reason::UnknownProvider => StatusCode::NOT_FOUND,
        Reason::ForeignReturn | Reason::NotBegun | Reason::Spent | Reason::NotBelieved => {
            StatusCode::BAD_REQUEST
        }
        Reason::ProviderDown => StatusCode::BAD_GATEWAY,
        Reason::LinkedElsewhere => StatusCode::CONFLICT,
        Reason::Declined
        | Reason::NoAddress
        | Reason::UnverifiedThere
        | Reason::UnverifiedHere
        | Reason::NoRegistrations
        | Reason::SignedOut => StatusCode::FORBIDDEN,
    };
    page(status, reason.advice(), reason.as_str())
}

fn failed(error: &Error, parts: &Parts) -> Response {
    match error {
        Error::Limited {
            retry_after_seconds,
        } => {
            let advice = "That was too often. Try again in a minute.";
            let mut page = page(StatusCode::TOO_MANY_REQUESTS, advice, "RATE_LIMITED");
            let seconds = HeaderValue::from(*retry_after_seconds);
            page.headers_mut().insert(header::RETRY_AFTER, seconds);
            page
        }
        Error::Refused {
            code: Code::ServiceUnavailable,
            ..
        } => {
            let advice = "The server is busy. Try again in a moment.";
            page(
                StatusCode::SERVICE_UNAVAILABLE,
                advice,
                "SERVICE_UNAVAILABLE",
            )
        }
        Error::Refused {
            code: Code::Unauthenticated,
            ..
        } => page(
            StatusCode::UNAUTHORIZED,
            "Your access token is not good.",
            "UNAUTHENTICATED",
        ),
        other => {
            let id = parts.extensions.get::<RequestId>().map(|id| id.0.as_str());
            tracing::error!(error = %other, request_id = id, "a sign-in failed");
            let advice = "Something went wrong here. Try again in a moment.";
            page(
                StatusCode::INTERNAL_SERVER_ERROR,
                advice,
                "INTERNAL_SERVER_ERROR",
            )
        }
    }
}

/// `advice` and `code` are this program's own words.
fn page(status: StatusCode, advice: &str, code: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Signing in</title>\n\
         <style>body {{ font: 17px/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.2rem }}</style>\n\
         </head>\n<body>\n<h1>You are not signed in</h1>\n<p>{advice}</p>\n<p><code>{code}</code></p>\n</body>\n</html>\n"
    );
    let policy = security::start_policy(&page);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, page).into_response()
}
