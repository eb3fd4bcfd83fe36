//! The boundary at which errors become what a client may read: coded, and masked where they are faults.

use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextRequest, NextSubscribe,
};
use async_graphql::{Response, ServerError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use crate::error::Error;
use crate::viewer::Viewer;

/// Installs the boundary in a schema. `verbose` shows a fault's cause to the client, for development.
pub struct Mask {
    /// Whether the cause of a fault is shown.
    pub verbose: bool,
}

impl ExtensionFactory for Mask {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(MaskErrors {
            verbose: self.verbose,
        })
    }
}

struct MaskErrors {
    verbose: bool,
}

#[async_trait]
impl Extension for MaskErrors {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        if !response.errors.is_empty() {
            mask(&mut response, request_id(ctx).as_deref(), self.verbose);
        }
        response
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let verbose = self.verbose;
        let request_id = request_id(ctx);
        next.run(ctx, stream)
            .map(move |mut response| {
                if !response.errors.is_empty() {
                    mask(&mut response, request_id.as_deref(), verbose);
                }
                response
            })
            .boxed()
    }
}

fn request_id(ctx: &ExtensionContext<'_>) -> Option<String> {
    ctx.data_opt::<Viewer>()
        .and_then(|viewer| viewer.client.request_id.clone())
}

fn mask(response: &mut Response, request_id: Option<&str>, verbose: bool) {
    for error in &mut response.errors {
        let source = error.source::<Error>().cloned();
        describe(error, source, request_id, verbose);
    }
}

/// Gives `error` its code and, where `source` is a fault, a masked message.
pub fn describe(
    error: &mut ServerError,
    source: Option<Error>,
    request_id: Option<&str>,
    verbose: bool,
) {
    let coded = error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get("code").is_some());
    match source {
        Some(Error::Refused { code, message }) => {
            error.message = message;
            set(error, "code", code.as_str());
        }
        Some(
            limited @ Error::Limited {
                retry_after_seconds,
            },
        ) => {
            error.message = limited.to_string();
            set(error, "code", "RATE_LIMITED");
            set(error, "retryAfter", retry_after_seconds);
        }
        // Only queries get here: mutations turn these into data.
        Some(Error::User(errors)) => {
            if let Some(first) = errors.first() {
                error.message.clone_from(&first.message);
            }
            set(error, "code", "BAD_USER_INPUT");
        }
        Some(Error::Internal(cause)) => {
            tracing::error!(request_id, path = ?error.path, cause = %chain(cause.as_ref()), "a request failed");
            error.message = if verbose {
                format!("Internal error: {}", chain(cause.as_ref()))
            } else {
                "Something went wrong on the server; the request's id helps to find out what."
                    .to_owned()
            };
            set(error, "code", "INTERNAL_SERVER_ERROR");
            if let Some(request_id) = request_id {
                set(error, "requestId", request_id);
            }
        }
        None if coded => {}
        None => {
            let code = super::limits::code_of(&error.message, error.path.is_empty());
            set(error, "code", code);
        }
    }
    error.source = None;
}

fn set(error: &mut ServerError, name: &str, value: impl Into<async_graphql::Value>) {
    error
        .extensions
        .get_or_insert_default()
        .set(name, value.into());
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
