//! What the AI answers, processed at once.

use pluma::config::AiKind;

use super::*;

const ASK: &str = "mutation ($input: AiChatInput!, $process: Boolean, $schema: JSON) {
    aiCompleteAndProcess(input: $input, processResult: $process, schema: $schema) {
      completion { content attempts } result { source format records variable issues { path code } record { id } }
      errors { code path } } }";

async fn with_provider() -> (TestApp, Client, Provider) {
    let provider = Provider::start().await;
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![provider.configured("stand-in", AiKind::OpenAi)]);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    (app, ann, provider)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_processed_and_kept() {
    let (_app, ann, provider) = with_provider().await;
    let said = "Here you are:\n```json\n[{\"name\": \"heron\", \"variable\": 2}, {\"name\": 3}]\n```\nAnything else?";
    provider.will_say([Said::Text(said.to_owned())]);
    let schema = json!({ "properties": { "name": { "type": "string" } } });
    let asked = json!({ "input": { "userMessage": "Birds" }, "schema": schema });
    let reply = ann.graphql(ASK, asked).await;
    let found = reply.at("/aiCompleteAndProcess");
    assert_eq!(found["completion"]["content"], said);
    let result = &found["result"];
    assert_eq!(
        (&result["source"], &result["format"]),
        (&json!("AI"), &json!("JSON"))
    );
    assert_eq!(result["records"][0]["name"], "heron");
    assert_eq!(
        result["issues"],
        json!([{ "path": "/1/name", "code": "type" }])
    );
    let kept = "{ processedRecords { nodes { id content source } } }";
    let kept = ann.graphql(kept, json!({})).await;
    assert_eq!(
        kept.at("/processedRecords/nodes/0/id"),
        &result["record"]["id"]
    );
    assert_eq!(kept.at("/processedRecords/nodes/0/content"), said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enricher_that_is_slow_takes_neither_the_answer_nor_the_result_away() {
    let provider = Provider::start().await;
    let service = StandIn::start(|_| Answer::Silence).await;
    let settings = EnricherSettings {
        timeout: Duration::from_secs(30),
        ..enricher("slow", &service, "")
    };
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.ai.providers = Some(vec![provider.configured("stand-in", AiKind::OpenAi)]);
        config.processing.enrichers = Some(vec![settings]);
        config.limits.request_timeout = Duration::from_secs(10);
    });
    let app = app.await;
    let ann = app.user("ann").await;
    provider.will_say([Said::Text("variable: 7".to_owned())]);
    let reply = ann
        .graphql(ASK, json!({ "input": { "userMessage": "Hi" } }))
        .await;
    let found = reply.at("/aiCompleteAndProcess");
    assert_eq!(found["completion"]["content"], "variable: 7");
    assert_eq!(found["result"]["variable"], 7);
    assert_eq!(
        found["result"]["issues"],
        json!([{ "path": "/enrichment/slow", "code": "enricher_failed" }])
    );
    let found = result(&ann, json!({ "content": "variable: 8" })).await;
    assert_eq!(found["variable"], 8);
    assert_eq!(found["issues"][0]["code"], "enricher_failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_may_also_be_left_as_it_is_and_a_bad_schema_asks_nobody() {
    let (_app, ann, provider) = with_provider().await;
    let asked = json!({ "input": { "userMessage": "Hi" }, "process": false });
    let reply = ann.graphql(ASK, asked).await;
    let found = reply.at("/aiCompleteAndProcess");
    assert_eq!(found["completion"]["content"], "Answer 1 to: Hi");
    assert_eq!(found["result"], Value::Null);
    for schema in [
        json!({ "type": "texte" }),
        json!({ "$ref": "http://127.0.0.1:9/" }),
    ] {
        let asked = json!({ "input": { "userMessage": "Hi" }, "schema": schema });
        let reply = ann.graphql(ASK, asked).await;
        let errors = reply.user_errors("aiCompleteAndProcess");
        assert_eq!(errors, &json!([{ "code": "INVALID", "path": ["schema"] }]));
    }
    let asked = json!({ "input": { "userMessage": "Hi {name}" } });
    let reply = ann.graphql(ASK, asked).await;
    let errors = reply.user_errors("aiCompleteAndProcess");
    assert_eq!(errors[0]["code"], "MISSING_VARIABLE");
    assert_eq!(provider.asked().len(), 1);
    provider.will_say([Said::status(400)]);
    let reply = ann
        .graphql(ASK, json!({ "input": { "userMessage": "Hi" } }))
        .await;
    assert_eq!(
        reply.user_errors("aiCompleteAndProcess")[0]["code"],
        "PROVIDER_REJECTED"
    );
}
