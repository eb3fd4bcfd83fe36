//! Answers that are to be JSON.

use super::*;

const SCHEMA: &str = r#"{ "type": "object", "required": ["title"], "properties": { "title": { "type": "string" } } }"#;

fn ask(schema: bool) -> Value {
    let schema: Value = match schema {
        true => serde_json::from_str(SCHEMA).unwrap(),
        false => Value::Null,
    };
    let form = if schema.is_null() {
        "JSON_OBJECT"
    } else {
        "JSON_SCHEMA"
    };
    json!({ "userMessage": "A title", "options": { "responseFormat": form, "jsonSchema": schema } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_answer_is_parsed() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    provider.will_say([Said::Text(
        "```json\n{ \"title\": \"On reading\" }\n```".to_owned(),
    )]);
    let answer = chat(&ann, ask(true)).await;
    assert_eq!(
        answer["completion"]["json"],
        json!({ "title": "On reading" })
    );
    assert_eq!(answer["completion"]["attempts"], 1);
    let sent = &provider.asked()[0].body;
    assert_eq!(sent["response_format"]["type"], "json_schema");
    assert_eq!(
        sent["response_format"]["json_schema"]["schema"]["required"][0],
        "title"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_answer_is_asked_for_again_with_what_is_wrong() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    let texts = [
        "Sure! Here it is.",
        "{ \"name\": 1 }",
        "{ \"title\": \"ok\" }",
    ];
    provider.will_say(texts.map(|text| Said::Text(text.to_owned())));
    let answer = chat(&ann, ask(true)).await;
    assert_eq!(answer["completion"]["json"], json!({ "title": "ok" }));
    assert_eq!(answer["completion"]["attempts"], 3);
    assert_eq!(answer["completion"]["usage"]["totalTokens"], 3 * 18);
    let asked = provider.asked();
    let messages = asked[2].body["messages"].as_array().unwrap();
    let told: Vec<&str> = messages
        .iter()
        .map(|one| one["content"].as_str().unwrap())
        .collect();
    assert!(told.contains(&"Sure! Here it is."), "{told:?}");
    assert!(
        told.last()
            .unwrap()
            .contains("\"title\" is a required property"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_given_up_after_the_third_bad_answer() {
    let (_app, ann, provider) = with_provider(|_| {}).await;
    provider.will_say(vec![Said::Text("[1, 2]".to_owned()); 4]);
    let answer = chat(&ann, ask(false)).await;
    assert_eq!(code(&answer), "SCHEMA_MISMATCH");
    assert_eq!(provider.asked().len(), 3);
    let usage = "{ aiUsage { requests failures usage { totalTokens } } }";
    let reply = ann.graphql(usage, json!({})).await;
    assert_eq!(reply.at("/aiUsage/requests"), 3);
    assert_eq!(reply.at("/aiUsage/usage/totalTokens"), 54);
}
