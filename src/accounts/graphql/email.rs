//! Mutations by mailed links: verifying an address, and resetting a password.

use async_graphql::{Context, Object, SimpleObject};

use super::{AuthPayload, User, UserPayload};
use crate::accounts::service;
use crate::error::{Result, UserError};
use crate::graphql::context::Request;
use crate::graphql::payload::outcome;

/// What asking for a password reset gives: the same whether or not there is such an account.
#[derive(SimpleObject)]
pub struct PasswordResetPayload {
    /// What to correct; where it is empty and there is an account with this address, a link is on its way.
    pub errors: Vec<UserError>,
}

/// What can be done by mailed links.
#[derive(Default)]
pub struct EmailMutations;

#[Object]
impl EmailMutations {
    /// Mails the viewer a link that verifies their address, in place of earlier ones; does nothing where it
    /// is verified. RATE_LIMITED after a few an hour; FORBIDDEN (in `errors`) where the server sends no e-mail.
    async fn request_email_verification(&self, ctx: &Context<'_>) -> Result<Option<UserPayload>> {
        let viewer = ctx.viewer()?;
        let user = service::request_email_verification(ctx.app()?, viewer).await;
        UserPayload::of(user.map(|row| User::of(row, viewer))).map(Some)
    }

    /// Verifies the address that the token was mailed to; nobody need be signed in. EXPIRED where its time is
    /// up, a later link was mailed, or the account has another address; REUSED where it was used before.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link.")] token: String,
    ) -> Result<Option<UserPayload>> {
        let viewer = ctx.viewer()?;
        let user = service::verify_email(ctx.app()?, viewer, &token).await;
        UserPayload::of(user.map(|row| User::of(row, viewer))).map(Some)
    }

    /// Mails a link that resets the password to the account with this address. The answer is the same whether
    /// or not there is one. FORBIDDEN (in `errors`) where the server sends no e-mail.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's e-mail address.")] email: String,
    ) -> Result<Option<PasswordResetPayload>> {
        let asked = service::request_password_reset(ctx.app()?, ctx.viewer()?, &email).await;
        let (_, errors) = outcome(asked)?;
        Ok(Some(PasswordResetPayload { errors }))
    }

    /// Sets another password by the token of a mailed link, ends every session of the account, and signs in.
    /// The address counts as verified then. This is also how an account without a password gets one.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link.")] token: String,
        #[graphql(
            desc = "10–200 characters; not the username, the address, or one of the commonest."
        )]
        new_password: String,
    ) -> Result<Option<AuthPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = service::reset_password(app, viewer, &token, &new_password).await;
        AuthPayload::of(ctx, result).map(Some)
    }
}
