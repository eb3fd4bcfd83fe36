//! Bills in plain words. `echo` answers with what it was told.

use super::*;

const SUMMARIZE: &str = "mutation ($id: String!, $options: AiOptionsInput) {
    summarizeProposition(externalId: $id, options: $options) {
      completion { content model } errors { code path } } }";

with_source!(
    async fn a_bill_is_summarised_from_what_the_source_says(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let reply = ann.graphql(SUMMARIZE, json!({ "id": "1007" })).await;
        let completion = reply.at("/summarizeProposition/completion");
        assert_eq!(completion["model"], "echo");
        let told = completion["content"].as_str().unwrap();
        for part in [
            "PL 7/2020",
            "Dispõe sobre o item 7",
            "Authors: Ana Souza, Rui Lima",
            "Status: Aguardando Parecer",
            "Vote (PLEN, approved): Aprovado.",
            "Vote (?, no outcome given): Adiado.",
        ] {
            assert!(told.contains(part), "{part} is missing in {told}");
        }
        assert_eq!(service.asked().len(), 3);
        let usage = "{ logs(filter: { action: \"ai.asked\" }) { nodes { details } } }";
        let logged = ann.graphql(usage, json!({})).await;
        assert_eq!(
            logged.at("/logs/nodes/0/details/purpose"),
            "summarizeProposition"
        );
    }
);

with_source!(
    async fn what_cannot_be_summarised_is_told_at_its_argument(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        for (variables, code, path) in [
            (
                json!({ "id": "999999" }),
                "NOT_FOUND",
                json!(["externalId"]),
            ),
            (
                json!({ "id": "1007", "options": { "temperature": 3 } }),
                "OUT_OF_RANGE",
                json!(["options", "temperature"]),
            ),
        ] {
            let reply = ann.graphql(SUMMARIZE, variables).await;
            let errors = reply.user_errors("summarizeProposition");
            assert_eq!(errors, &json!([{ "code": code, "path": path }]));
        }
        let stranger = app
            .client()
            .graphql(SUMMARIZE, json!({ "id": "1007" }))
            .await;
        assert_eq!(stranger.code(), "UNAUTHENTICATED");
        drop(service);
    }
);
