//! Telling the log what somebody was refused who is known.

use std::sync::Arc;

use async_graphql::Response;

use super::response::code;
use crate::accounts::service::refusals;
use crate::app::App;
use crate::error::Code;
use crate::viewer::Viewer;

/// Who asked; strangers are refused too often to be written down.
#[derive(Clone)]
pub struct Asking(Option<Arc<(App, Viewer)>>);

impl Asking {
    /// This viewer.
    pub fn of(app: &App, viewer: &Viewer) -> Self {
        let known = (!viewer.is_anonymous()).then(|| (app.clone(), viewer.clone()));
        Self(known.map(Arc::new))
    }

    /// Notes the first thing of a response that they may not do.
    pub async fn note(&self, response: &Response) {
        let forbidden = response
            .errors
            .iter()
            .find(|error| code(error) == Some(Code::Forbidden.as_str()));
        if let (Some(known), Some(error)) = (&self.0, forbidden) {
            refusals::forbidden(&known.0, &known.1, &error.message).await;
        }
    }
}
