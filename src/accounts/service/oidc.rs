//! Signing in by a provider: the question that goes out, and the answer that comes back to the same browser.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use url::Url;

use super::{SignedIn, linking};
use crate::accounts::oidc::{Callback, Reason, Ticket};
use crate::app::App;
use crate::db::commit;
use crate::error::{Error, Result};
use crate::limiter::Quota;
use crate::logs::Log;
use crate::oidc::{Failure, Provider};
use crate::seal::Key;
use crate::viewer::Viewer;

/// For how long the provider may keep the person.
pub const TICKET_TTL: Duration = Duration::from_secs(600);
/// What the browser's cookie is sealed for.
const PURPOSE: &[u8] = b"sign-in by a provider";
/// How many steps of sign-ins one address may take: each makes this server ask a provider.
const STEPS: Quota = Quota {
    capacity: 60,
    period: Duration::from_secs(60),
};

/// What a browser is told to begin with.
pub struct Beginning {
    /// Where it goes.
    pub url: Url,
    /// What it keeps meanwhile, and brings back.
    pub ticket: String,
}

/// A sign-in that came back and was good.
pub struct Arrival {
    /// Where the browser goes.
    pub return_to: String,
    /// Who is signed in; nobody where an identity was linked to who was signed in already.
    pub signed_in: Option<Box<SignedIn>>,
}

/// Begins a sign-in. With `may_link`, what comes back is linked to the viewer's account, if there is one.
pub async fn begin_sign_in(
    app: &App,
    viewer: &Viewer,
    provider: &str,
    return_to: Option<&str>,
    may_link: bool,
) -> Result<std::result::Result<Beginning, Reason>> {
    charge(app, viewer).await?;
    let Some(provider) = app.oidc.find(provider) else {
        return Ok(Err(Reason::UnknownProvider));
    };
    let wanted = return_to.unwrap_or(&app.config.oidc.return_to);
    let Some(return_to) = app.config.server.own_address(wanted) else {
        return Ok(Err(Reason::ForeignReturn));
    };
    let asked = match provider.ask().await {
        Ok(asked) => asked,
        Err(failure) => return Ok(Err(noted(provider, failure))),
    };
    let person = viewer.require_session().ok().filter(|_| may_link);
    let ticket = Ticket {
        provider: provider.name().to_owned(),
        state: asked.state,
        nonce: asked.nonce,
        verifier: asked.verifier,
        return_to: return_to.into(),
        link: person.map(|(identity, session)| (identity.user_id, session)),
        expires_at: app.clock.now().plus(TICKET_TTL),
    };
    let ticket = serde_json::to_vec(&ticket).map_err(Error::caused_by)?;
    let sealed = Key::derive(&app.config.secret, &[PURPOSE])?.seal(&ticket)?;
    Ok(Ok(Beginning {
        url: asked.url,
        ticket: URL_SAFE_NO_PAD.encode(sealed),
    }))
}

/// Ends a sign-in: `ticket` is what the browser has kept since its beginning.
pub async fn end_sign_in(
    app: &App,
    viewer: &Viewer,
    provider: &str,
    callback: Callback,
    ticket: Option<&str>,
) -> Result<std::result::Result<Arrival, Reason>> {
    charge(app, viewer).await?;
    let Some(provider) = app.oidc.find(provider) else {
        return Ok(Err(Reason::UnknownProvider));
    };
    let outcome = arrive(app, viewer, provider, callback, ticket).await?;
    if let Err(reason) = outcome {
        let entry = Log::audit(viewer, app.clock.now(), "sign_in.refused", provider.name())
            .with(json!({ "provider": provider.name(), "reason": reason.as_str() }));
        commit!(app.db, logs::note(entry))?;
        return Ok(Err(reason));
    }
    Ok(outcome)
}

async fn arrive(
    app: &App,
    viewer: &Viewer,
    provider: &Provider,
    callback: Callback,
    ticket: Option<&str>,
) -> Result<std::result::Result<Arrival, Reason>> {
    let Some(ticket) = read(app, provider, &callback, ticket) else {
        return Ok(Err(Reason::NotBegun));
    };
    let state = digest(&SHA256, ticket.state.as_bytes()).as_ref().to_vec();
    if !commit!(app.db, identities::spend(state, ticket.expires_at))? {
        return Ok(Err(Reason::Spent));
    }
    if callback
        .iss
        .is_some_and(|issuer| issuer != provider.issuer())
    {
        return Ok(Err(Reason::NotBelieved));
    }
    let Some(code) = callback.code.filter(|_| callback.error.is_none()) else {
        return Ok(Err(Reason::Declined));
    };
    let answer = provider.answer(code, ticket.verifier, ticket.nonce).await;
    let person = match answer {
        Ok(person) => person,
        Err(failure) => return Ok(Err(noted(provider, failure))),
    };
    let settled = linking::settle(app, viewer, provider.name(), &person, ticket.link).await?;
    Ok(settled.map(|signed_in| Arrival {
        return_to: ticket.return_to,
        signed_in: signed_in.map(Box::new),
    }))
}

/// The ticket of this browser, if it is for this provider, fits the answer, and is not too old.
fn read(
    app: &App,
    provider: &Provider,
    callback: &Callback,
    ticket: Option<&str>,
) -> Option<Ticket> {
    let sealed = URL_SAFE_NO_PAD.decode(ticket?).ok()?;
    let key = Key::derive(&app.config.secret, &[PURPOSE]).ok()?;
    let opened = key.open(&sealed)?;
    let ticket: Ticket = serde_json::from_slice(&opened).ok()?;
    let state = callback.state.as_deref()?;
    verify_slices_are_equal(ticket.state.as_bytes(), state.as_bytes()).ok()?;
    let good = ticket.provider == provider.name() && ticket.expires_at > app.clock.now();
    good.then_some(ticket)
}

/// Logs why a provider did not answer as it should.
fn noted(provider: &Provider, failure: Failure) -> Reason {
    let provider = provider.name();
    match failure {
        Failure::Down(why) => {
            tracing::warn!(provider, why, "a provider does not answer");
            Reason::ProviderDown
        }
        Failure::Refused(why) => {
            tracing::warn!(provider, why, "a provider's answer was not believed");
            Reason::NotBelieved
        }
    }
}

async fn charge(app: &App, viewer: &Viewer) -> Result<()> {
    let from = viewer.client.ip.map(|ip| ip.to_string());
    let budget = format!("oidc:from:{}", from.unwrap_or_default());
    let balance = app.limiter.charge(&budget, STEPS, 1).await;
    if balance.allowed {
        return Ok(());
    }
    Err(Error::Limited {
        retry_after_seconds: balance.retry_after.as_secs() + 1,
    })
}
