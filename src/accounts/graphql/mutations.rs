//! Mutations of accounts and sessions.

use async_graphql::{Context, Object, SimpleObject};
use axum::http::header::SET_COOKIE;

use super::{LoginInput, RegisterInput, Session, UpdateProfileInput, UpdateUserInput, User};
use crate::accounts::cookies::{self, RequestCookies};
use crate::accounts::devices;
use crate::accounts::service::{self, SignedIn};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::error::{Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::payload::{DeletePayload, outcome, payload};
use crate::id::UserId;

/// What `register`, `login`, `refreshSession` and `resetPassword` give. The same tokens are set as HttpOnly cookies.
#[derive(SimpleObject, Default)]
pub struct AuthPayload {
    /// Who is signed in now.
    pub user: Option<User>,
    /// The device they are signed in on.
    pub session: Option<Session>,
    /// Send it as `Authorization: Bearer …`, unless cookies do that for you.
    pub access_token: Option<String>,
    /// Pass it to `refreshSession` for the next pair of tokens. It works once.
    pub refresh_token: Option<String>,
    /// When the access token expires: refresh before that.
    pub access_token_expires_at: Option<Timestamp>,
    /// What to correct; where it holds anything, nothing was changed.
    pub errors: Vec<UserError>,
}

impl AuthPayload {
    /// Wraps a service's result, hands the tokens to the browser, and makes its device known to the account.
    pub(super) fn of(ctx: &Context<'_>, result: Result<SignedIn>) -> Result<Self> {
        let app = ctx.app()?;
        let user = result.as_ref().ok().map(|signed_in| signed_in.user.id);
        let payload = Self::refreshed(ctx, result)?;
        if let Some(user) = user {
            let device = devices::issue(&app.config.secret, user, app.clock.now())?;
            ctx.append_http_header(SET_COOKIE, cookies::set_device(&app.config, &device));
        }
        Ok(payload)
    }

    /// The same where the device has signed in before.
    fn refreshed(ctx: &Context<'_>, result: Result<SignedIn>) -> Result<Self> {
        let (signed_in, errors) = outcome(result)?;
        let Some(signed_in) = signed_in else {
            return Ok(Self {
                errors,
                ..Self::default()
            });
        };
        let config = &ctx.app()?.config;
        for cookie in cookies::set(config, &signed_in.access.token, &signed_in.refresh) {
            ctx.append_http_header(SET_COOKIE, cookie);
        }
        Ok(Self {
            user: Some(User::own(signed_in.user)),
            session: Some(Session::of(signed_in.session, true)),
            access_token: Some(signed_in.access.token),
            refresh_token: Some(signed_in.refresh),
            access_token_expires_at: Some(signed_in.access.expires_at),
            errors,
        })
    }
}

payload! {
    /// An account after it was changed.
    UserPayload {
        /// The account as it is now.
        user: User
    }
}

payload! {
    /// A session after it was changed.
    SessionPayload {
        /// The session.
        session: Session
    }
}

/// What can be changed about accounts.
#[derive(Default)]
pub struct AccountMutations;

#[Object]
impl AccountMutations {
    /// Makes an account, signs it in, and mails a link that verifies its address. FORBIDDEN (in `errors`) where the server takes no registrations.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account.")] input: RegisterInput,
    ) -> Result<Option<AuthPayload>> {
        let result = service::register(ctx.app()?, ctx.viewer()?, input.into()).await;
        AuthPayload::of(ctx, result).map(Some)
    }

    /// Signs in. WRONG_CREDENTIALS says the same whether the account or the password is wrong.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and their password.")] input: LoginInput,
    ) -> Result<Option<AuthPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = {
            let device = ctx.data_opt::<RequestCookies>();
            let device = device.and_then(|cookies| cookies.device.as_deref());
            service::login(app, viewer, &input.login, &input.password, device).await
        };
        AuthPayload::of(ctx, result).map(Some)
    }

    /// Exchanges a refresh token for the next pair of tokens. The refresh token comes from the argument or
    /// the cookie. Each one works once: a second use ends the whole session (REUSED), except within ten
    /// seconds, where it gives one more pair, for tabs that refresh at the same time.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last refresh token; omit it to use the cookie's.")]
        refresh_token: Option<String>,
    ) -> Result<Option<AuthPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let by_cookie = refresh_token.is_none();
        let token = refresh_token.as_deref().or_else(|| cookie_token(ctx));
        let result = service::refresh(app, viewer, token).await;
        let payload = AuthPayload::refreshed(ctx, result)?;
        if by_cookie && !payload.errors.is_empty() {
            // It will not get better: the browser need not send it again.
            clear_cookies(ctx, app);
        }
        Ok(Some(payload))
    }

    /// Ends this session on this device, and clears its cookies. Where the access token has expired, the
    /// refresh token's cookie tells which session it is.
    async fn logout(&self, ctx: &Context<'_>) -> Result<Option<SessionPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        clear_cookies(ctx, app);
        let session = service::logout(app, viewer, cookie_token(ctx)).await;
        SessionPayload::of(session.map(|row| Session::of(row, true))).map(Some)
    }

    /// Gives the viewer's account another password, and ends its sessions on other devices.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The present password. It may be missing only where the account has none (signed in by OpenID Connect); EXPIRED then, unless the viewer signed in within the last 15 minutes."
        )]
        current_password: Option<String>,
        #[graphql(
            desc = "10–200 characters; not the username, the address, or one of the commonest."
        )]
        new_password: String,
    ) -> Result<Option<UserPayload>> {
        let viewer = ctx.viewer()?;
        let current = current_password.as_deref();
        let user = service::change_password(ctx.app()?, viewer, current, &new_password).await;
        UserPayload::of(user.map(|row| User::of(row, viewer))).map(Some)
    }

    /// Changes the viewer's names, biography or e-mail address. API keys cannot change the address.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateProfileInput,
    ) -> Result<Option<UserPayload>> {
        let viewer = ctx.viewer()?;
        let user = service::update_profile(ctx.app()?, viewer, input.into()).await;
        UserPayload::of(user.map(|row| User::of(row, viewer))).map(Some)
    }

    /// Removes the viewer's account with everything that is theirs, for good. Revisions in other people's
    /// notebooks stay, without an author.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The password; it may be missing only where the account has none. EXPIRED then, unless the viewer signed in within the last 15 minutes."
        )]
        password: Option<String>,
    ) -> Result<Option<DeletePayload>> {
        let app = ctx.app()?;
        let deleted = service::delete_account(app, ctx.viewer()?, password.as_deref()).await;
        if deleted.is_ok() {
            clear_cookies(ctx, app);
        }
        DeletePayload::of(deleted).map(Some)
    }

    /// Changes anybody's account. Administrators; API keys cannot change passwords, addresses and roles.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose account, and what to change.")] input: UpdateUserInput,
    ) -> Result<Option<UserPayload>> {
        let viewer = ctx.viewer()?;
        let (id, changes) = input.split();
        let user = service::update_user(ctx.app()?, viewer, id, changes).await;
        UserPayload::of(user.map(|row| User::of(row, viewer))).map(Some)
    }

    /// Removes anybody's account with everything that is theirs, for good. Administrators.
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose account. CONFLICT for the last administrator's.")] user_id: UserId,
    ) -> Result<Option<DeletePayload>> {
        let deleted = service::delete_user(ctx.app()?, ctx.viewer()?, user_id).await;
        DeletePayload::of(deleted).map(Some)
    }
}

/// The refresh token's cookie.
pub(super) fn cookie_token<'a>(ctx: &Context<'a>) -> Option<&'a str> {
    ctx.data_opt::<RequestCookies>()?.refresh.as_deref()
}

/// Takes the session's cookies away from the browser.
pub(super) fn clear_cookies(ctx: &Context<'_>, app: &App) {
    for cookie in cookies::clear(&app.config) {
        ctx.append_http_header(SET_COOKIE, cookie);
    }
}
