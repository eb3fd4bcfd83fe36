//! How an operation runs: admitted, charged, answered once, and cut off in time.

use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response};
use axum::http::{HeaderValue, header};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tracing::{Instrument, Span};

use super::viewers::Viewer;
use super::{Gateway, Inner};
use crate::api::{self, Plan};
use crate::error::{Code, Error};
use crate::graphql::telemetry;
use crate::http::idempotent;
use crate::http::panic::cause_of;
use crate::http::rates::{Charge, Standing};
use crate::http::refused::Asking;

/// What became of an operation.
pub struct Executed {
    /// Its result.
    pub response: Response,
    /// Cookies to set, where the transport can.
    pub set_cookies: Vec<HeaderValue>,
    /// Whether it is the stored answer to an earlier try.
    pub replayed: bool,
    /// How the viewer's budget stands.
    pub standing: Option<Standing>,
}

impl Gateway {
    /// Runs a query or a mutation within the time that a request may take. A mutation runs to its end,
    /// whether or not somebody still waits for it.
    pub async fn execute(&self, mut viewer: Viewer, mut request: Request) -> Executed {
        let (kind, span) = describe(&mut request, &viewer);
        let request_id = viewer.viewer.client.request_id.clone();
        let asking = Asking::of(&self.0.app, &viewer.viewer);
        let is_mutation = kind == Some(OperationType::Mutation);
        let refused = |error: &Error, standing| {
            let error = self.error_response(error, request_id.as_deref().unwrap_or_default());
            Executed::of(Response::from_errors(vec![error]), standing)
        };
        let admitting = self.admit(&mut viewer, &mut request);
        let (plan, mut charge) = match admitting.instrument(span.clone()).await {
            Ok(admitted) => admitted,
            Err(refused) => {
                asking.note(&refused.response).await;
                return *refused;
            }
        };
        let standing = charge.standing;
        let app = &self.0.app;
        let ask = match is_mutation {
            true => idempotent::asked(app, &viewer.viewer, &viewer.cookies, &mut request).await,
            false => Ok(None),
        };
        let ask = match ask {
            Ok(ask) => ask,
            Err(error) => return refused(&error, standing),
        };
        let request = self.prepare(viewer, request);
        let gateway = self.clone();
        let running = async move {
            let Inner {
                app, schema, rates, ..
            } = &*gateway.0;
            let costed = schema.execute(plan, request).await;
            if costed.response.extensions.contains_key("cost") {
                rates.settle(app, &mut charge, costed.actual).await;
            }
            Executed::of(costed.response, charge.standing)
        };
        let running = AssertUnwindSafe(running)
            .catch_unwind()
            .map(|outcome| outcome.map_err(|cause| cause_of(&*cause).to_owned()))
            .instrument(span);
        let limit = self.0.limits.request_timeout;
        let outcome = if is_mutation {
            let app = app.clone();
            let task = self.0.mutations.spawn(async move {
                match ask {
                    Some(ask) => idempotent::once(&app, &ask, running).await,
                    None => Ok(running.await),
                }
            });
            let joined = task.map(|joined| {
                joined.unwrap_or_else(|error| Ok(Err(Error::task_stopped(&error).to_string())))
            });
            tokio::time::timeout(limit, joined).await
        } else {
            tokio::time::timeout(limit, running.map(Ok)).await
        };
        let error = match outcome {
            Ok(Ok(Ok(executed))) => {
                asking.note(&executed.response).await;
                return executed;
            }
            Ok(Ok(Err(cause))) => Error::internal(format!("an operation panicked: {cause}")),
            Ok(Err(error)) => error,
            Err(_) if is_mutation => Error::refused(
                Code::Timeout,
                "The mutation takes longer than a request may; it runs on, so look at what became of it before sending it again.",
            ),
            Err(_) => Error::refused(
                Code::Timeout,
                "The query takes longer than a request may; ask for less at once.",
            ),
        };
        refused(&error, standing)
    }

    /// Runs an operation of any type; dropping the stream ends a subscription.
    pub fn subscribe(
        &self,
        mut viewer: Viewer,
        mut request: Request,
    ) -> BoxStream<'static, Response> {
        let (kind, span) = describe(&mut request, &viewer);
        let gateway = self.clone();
        if kind != Some(OperationType::Subscription) {
            let once = async move { gateway.execute(viewer, request).await.response };
            return futures_util::stream::once(once.instrument(span)).boxed();
        }
        let asking = Asking::of(&self.0.app, &viewer.viewer);
        let events = async_stream::stream! {
            let request_id = viewer.viewer.client.request_id.clone().unwrap_or_default();
            let (plan, charge) = match gateway.admit(&mut viewer, &mut request).await {
                Ok(admitted) => admitted,
                Err(refused) => {
                    asking.note(&refused.response).await;
                    yield refused.response;
                    return;
                }
            };
            let request = gateway.prepare(viewer, request);
            let Inner { app, schema, rates, .. } = &*gateway.0;
            let mut events = schema.execute_stream(plan, request);
            while let Some(event) = events.next().await {
                if let Err(error) = rates.spend(app, &charge, event.actual).await {
                    let error = gateway.error_response(&error, &request_id);
                    yield Response::from_errors(vec![error]);
                    return;
                }
                asking.note(&event.response).await;
                yield event.response;
            }
        };
        events.boxed()
    }

    /// Refuses what passes a limit, and charges the rest.
    async fn admit(
        &self,
        viewer: &mut Viewer,
        request: &mut Request,
    ) -> std::result::Result<(Plan, Charge), Box<Executed>> {
        let Inner {
            app, schema, rates, ..
        } = &*self.0;
        let request_id = viewer.viewer.client.request_id.clone();
        let plan = match schema.plan(request, &viewer.viewer) {
            Ok(plan) => plan,
            Err(refused) => {
                self.junk(viewer.viewer.client.ip).await;
                return Err(Box::new(Executed::of(*refused, None)));
            }
        };
        match rates.charge(app, &viewer.viewer, &plan.examined).await {
            Ok(charge) => {
                viewer.viewer.budget = charge.budget(app);
                Ok((plan, charge))
            }
            Err((error, standing)) => {
                let error = self.error_response(&error, request_id.as_deref().unwrap_or_default());
                Err(Box::new(Executed::of(plan.refuse(error), standing)))
            }
        }
    }

    fn prepare(&self, viewer: Viewer, request: Request) -> Request {
        api::prepare(&self.0.app, viewer.viewer, request).data(viewer.cookies)
    }
}

impl From<Response> for Executed {
    /// What ran without a budget.
    fn from(response: Response) -> Self {
        Self::of(response, None)
    }
}

impl Executed {
    /// Takes the cookies that resolvers asked for out of the response.
    fn of(mut response: Response, standing: Option<Standing>) -> Self {
        let cookies = response.http_headers.get_all(header::SET_COOKIE);
        let set_cookies = cookies.iter().cloned().collect();
        response.http_headers.remove(header::SET_COOKIE);
        Self {
            response,
            set_cookies,
            replayed: false,
            standing,
        }
    }
}

/// The type of the operation, and the span that it runs in.
fn describe(request: &mut Request, viewer: &Viewer) -> (Option<OperationType>, Span) {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().ok();
    let operation = document.and_then(|document| telemetry::operation(document, wanted.as_deref()));
    let (name, kind) = match operation {
        Some((name, kind)) => (name.unwrap_or("anonymous"), Some(kind)),
        None => ("unknown", None),
    };
    let request = Span::current();
    // A WebSocket's operations run in tasks of their own, which the upgrade's span is not around.
    let span = if request.is_none() {
        let request_id = viewer.viewer.client.request_id.as_deref();
        let trace_id = viewer.trace_id.as_deref();
        tracing::info_span!("operation", request_id, trace_id, operation = name)
    } else {
        request.record("operation", name);
        request
    };
    (kind, span)
}
