//! Jobs as their owners and administrators see them.

mod command;
mod lists;
mod progress;

use serde_json::Value;

use crate::support::*;

const JOB: &str = "query ($id: ID!) { job(id: $id) {
    id kind status progress message attempts result error createdAt startedAt finishedAt subject { id } } }";

/// A job as `client` sees it; null where they see none.
async fn job(client: &Client, id: &str) -> Value {
    let reply = client.graphql(JOB, json!({ "id": id })).await;
    reply.at("/job").clone()
}

/// What `client` is answered who cancels a job.
async fn cancel(client: &Client, id: &str) -> Value {
    let query = "mutation ($id: ID!) { cancelJob(jobId: $id) {
        job { status finishedAt error } errors { code path message } } }";
    let reply = client.graphql(query, json!({ "id": id })).await;
    reply.at("/cancelJob").clone()
}
