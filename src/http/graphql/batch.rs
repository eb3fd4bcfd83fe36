//! Several operations in one request: in order as soon as one of them writes.

use async_graphql::Request;
use async_graphql::parser::types::OperationType;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::future::join_all;

use super::{Transports, say_replayed, set_cookies, while_wanted};
use crate::http::gateway::Executed;
use crate::http::negotiate::{Accepted, Media};
use crate::http::operation::Operation;
use crate::http::rates::Standing;
use crate::http::response::{self, Payload, Refusal, coded, complete_codes};

impl Transports {
    pub(super) async fn answer_batch(
        &self,
        parts: &Parts,
        requests: Vec<Request>,
        accepted: Accepted,
    ) -> Result<Response, Refusal> {
        let Some(media) = accepted.single else {
            let message = "Batches are answered in JSON.";
            return Err(Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                "NOT_ACCEPTABLE",
                message,
            ));
        };
        let operations: Vec<_> = requests
            .into_iter()
            .map(|request| self.prepare_in_batch(request))
            .collect();
        let only_reads = operations.iter().flatten().all(Operation::is_query);
        let answering = self.run_batch(parts, operations, media, only_reads);
        if only_reads {
            while_wanted(parts, answering).await
        } else {
            answering.await
        }
    }

    async fn run_batch(
        &self,
        parts: &Parts,
        operations: Vec<Result<Operation, Refusal>>,
        media: Media,
        only_reads: bool,
    ) -> Result<Response, Refusal> {
        let viewer = self.viewer(parts).await?;
        let run = |operation: Result<Operation, Refusal>| {
            let viewer = viewer.clone();
            async move {
                match operation {
                    Ok(operation) => {
                        let mut done = self.gateway.execute(viewer, operation.request).await;
                        complete_codes(&mut done.response);
                        done
                    }
                    Err(refusal) => {
                        let errors = vec![refusal.into_error()];
                        async_graphql::Response::from_errors(errors).into()
                    }
                }
            }
        };
        let done: Vec<Executed> = if only_reads {
            join_all(operations.into_iter().map(run)).await
        } else {
            // A later operation may rely on what an earlier one wrote.
            futures_util::stream::iter(operations)
                .then(run)
                .collect()
                .await
        };
        let payloads: Vec<_> = done.iter().map(|done| Payload(&done.response)).collect();
        let mut answer = response::json(StatusCode::OK, media, &payloads);
        if done.iter().all(|done| done.replayed) {
            say_replayed(&mut answer);
        }
        let standings = done.iter().filter_map(|done| done.standing);
        if let Some(lowest) = standings.reduce(Standing::lower) {
            lowest.tell(answer.headers_mut());
        }
        for done in &done {
            response::tell_when(&done.response, &mut answer);
        }
        let cookies = done.into_iter().flat_map(|done| done.set_cookies);
        set_cookies(&mut answer, cookies.collect());
        Ok(answer)
    }

    fn prepare_in_batch(&self, request: Request) -> Result<Operation, Refusal> {
        let operation = self.prepare(request)?;
        if operation.kind == OperationType::Subscription {
            let error = coded("BAD_USER_INPUT", "A batch cannot hold subscriptions.");
            return Err(Refusal::well_formed(error));
        }
        Ok(operation)
    }
}
