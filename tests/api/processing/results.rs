//! What is found in a text.

use super::*;

every_database!(
    async fn data_is_found_whatever_its_format(app: TestApp) {
        let ann = app.user("ann").await;
        for (content, source, format, records) in [
            (
                "{\"variable\": 1}",
                "DIRECT",
                "JSON",
                json!([{ "variable": 1 }]),
            ),
            (
                "It is {\"variable\": 1}.",
                "AI",
                "JSON",
                json!([{ "variable": 1 }]),
            ),
            (
                "```json\n[{\"a\": 1}]\n```",
                "AI",
                "JSON",
                json!([{ "a": 1 }]),
            ),
            (
                "{\"a\":1}\n{\"a\":2}",
                "DIRECT",
                "JSON",
                json!([{ "a": 1 }, { "a": 2 }]),
            ),
            ("a,b\n1,x", "DIRECT", "CSV", json!([{ "a": 1, "b": "x" }])),
            ("a\tb\n1\tx", "DIRECT", "CSV", json!([{ "a": 1, "b": "x" }])),
            (
                "|a|b|\n|-|-|\n|1|x|",
                "AI",
                "TABLE",
                json!([{ "a": 1, "b": "x" }]),
            ),
            (
                "a: 1\nb: x",
                "DIRECT",
                "KEY_VALUE",
                json!([{ "a": 1, "b": "x" }]),
            ),
            ("Nothing to see here.", "DIRECT", "TEXT", json!([])),
        ] {
            let found = result(&ann, json!({ "content": content })).await;
            assert_eq!(found["source"], source, "{content}");
            assert_eq!(found["format"], format, "{content}");
            assert_eq!(found["records"], records, "{content}");
            assert!(found["durationMs"].as_f64().unwrap() > 0.0);
        }
    }
);

every_database!(
    async fn the_main_value_is_extracted_by_its_key(app: TestApp) {
        let ann = app.user("ann").await;
        let of = |content: &'static str, key: Value| {
            let ann = ann.clone();
            async move {
                let input = json!({ "content": content, "variableKey": key, "persist": false });
                result(&ann, input).await["variable"].clone()
            }
        };
        assert_eq!(of("variable: 42", Value::Null).await, 42);
        assert_eq!(
            of("price,sku\n1,a\n2,b", json!("price")).await,
            json!([1, 2])
        );
        assert_eq!(of("{\"a\":{\"b\":7}}", json!("/a/b")).await, 7);
        assert_eq!(of("a: 1", json!("missing")).await, Value::Null);
    }
);

every_database!(
    async fn the_text_is_enriched_by_what_it_is_like(app: TestApp) {
        let ann = app.user("ann").await;
        let content = "{\"review\": \"The book is wonderful and the people are kind.\"}";
        let found = result(&ann, json!({ "content": content })).await;
        let builtin = &found["enrichment"]["builtin"];
        assert_eq!(builtin["language"], "en");
        assert_eq!(builtin["sentiment"]["label"], "POSITIVE");
        assert_eq!(builtin["sentiment"]["engine"], "builtin");
        assert_eq!(builtin["characterCount"], content.len());
        assert!(builtin["wordCount"].as_u64().unwrap() > 8);
        for input in [
            json!({ "content": content, "enrich": false }),
            json!({ "content": content, "enrich": false, "enrichers": ["builtin"] }),
        ] {
            assert_eq!(result(&ann, input).await["enrichment"], Value::Null);
        }
        let none = json!({ "content": content, "enrichers": [] });
        assert_eq!(result(&ann, none).await["enrichment"], json!({}));
    }
);

every_database!(
    async fn what_cannot_be_processed_is_named(app: TestApp) {
        let ann = app.user("ann").await;
        for (input, complained) in [
            (json!({ "content": " \n" }), "BLANK input.content"),
            (json!({ "content": "a\u{0}" }), "INVALID input.content"),
            (
                json!({ "content": "x".repeat(1024 * 1024 + 1) }),
                "TOO_LARGE input.content",
            ),
            (
                json!({ "content": "{}\n".repeat(10_001) }),
                "TOO_LARGE input.content",
            ),
            (
                json!({ "content": format!("{}{}", "[".repeat(70), "]".repeat(70)) }),
                "TOO_LARGE input.content",
            ),
            (
                json!({ "content": "a: 1", "variableKey": "" }),
                "BLANK input.variableKey",
            ),
            (
                json!({ "content": "a: 1", "enrichers": ["nobody"] }),
                "INVALID input.enrichers",
            ),
            (
                json!({ "content": "a: 1", "metadata": "x".repeat(70_000) }),
                "TOO_LARGE input.metadata",
            ),
        ] {
            let payload = process(&ann, input).await;
            let (at, message) = complaint(&payload);
            assert_eq!(at, complained);
            assert!(!message.is_empty());
            assert_eq!(payload["result"], Value::Null);
        }
        let (_, message) =
            complaint(&process(&ann, json!({ "content": "a: 1", "enrichers": ["x"] })).await);
        assert!(message.contains("builtin, legislation"), "{message}");
        let reply = app
            .client()
            .graphql(PROCESS, json!({ "input": { "content": "a: 1" } }))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn escaped_nul_and_endless_numbers_are_kept_as_every_database_can(app: TestApp) {
        let ann = app.user("ann").await;
        let content = "{\"a\": \"x\\u0000y\", \"b\": 1e308, \"c\": 123456789012345678901}";
        let found = result(&ann, json!({ "content": content })).await;
        let expected = json!([{ "a": "xy", "b": "1e308", "c": "123456789012345678901" }]);
        assert_eq!(found["records"], expected);
        assert_eq!(found["record"]["extracted"]["records"], expected);
        assert_eq!(found["record"]["content"], content);
    }
);
