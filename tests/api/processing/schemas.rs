//! Records against JSON Schemas.

use super::*;

every_database!(
    async fn each_violation_is_an_issue_at_its_place(app: TestApp) {
        let ann = app.user("ann").await;
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": { "price": { "$ref": "#/$defs/price" }, "code": { "pattern": "^[A-Z]+$" } },
            "$defs": { "price": { "type": "number", "minimum": 0 } },
        });
        let content =
            r#"[{"id": 1, "price": 2}, {"price": -1, "code": "x"}, {"id": 3, "price": "free"}]"#;
        let found = result(&ann, json!({ "content": content, "schema": schema })).await;
        let issues = found["issues"].as_array().unwrap().iter();
        let mut issues: Vec<_> = issues
            .map(|issue| {
                format!(
                    "{} {}",
                    issue["path"].as_str().unwrap(),
                    issue["code"].as_str().unwrap()
                )
            })
            .collect();
        issues.sort();
        assert_eq!(
            issues,
            [
                "/1 required",
                "/1/code pattern",
                "/1/price minimum",
                "/2/price type"
            ]
        );
        // What violates the schema is found and kept all the same.
        assert_eq!(found["records"].as_array().unwrap().len(), 3);
        let many = "{\"a\":1}\n".repeat(500);
        let found = result(&ann, json!({ "content": many, "schema": schema })).await;
        let issues = found["issues"].as_array().unwrap();
        assert_eq!((issues.len(), &issues[100]["code"]), (101, &json!("more")));
    }
);

every_database!(
    async fn an_invalid_schema_is_refused_before_anything_is_done(app: TestApp) {
        let ann = app.user("ann").await;
        for schema in [
            json!({ "type": "colour" }),
            json!({ "properties": [] }),
            json!({ "pattern": "(" }),
            json!({ "required": "id" }),
            json!({ "$ref": "#/$defs/missing" }),
            json!("a schema"),
            json!([]),
            json!({ "pattern": "(a{1000}){1000}" }),
        ] {
            let payload = process(&ann, json!({ "content": "a: 1", "schema": schema })).await;
            assert_eq!(complaint(&payload).0, "INVALID input.schema", "{schema}");
        }
        let kept = ann
            .graphql("{ processedRecords { totalCount } }", json!({}))
            .await;
        assert_eq!(kept.at("/processedRecords/totalCount"), 0);
        let large = json!({ "content": "a: 1", "schema": { "description": "x".repeat(70_000) } });
        assert_eq!(
            complaint(&process(&ann, large).await).0,
            "TOO_LARGE input.schema"
        );
    }
);

every_database!(
    async fn a_schema_with_a_remote_reference_is_refused_and_nothing_is_fetched(app: TestApp) {
        let ann = app.user("ann").await;
        let service = StandIn::start(|_| Answer::Json(json!({ "type": "object" }))).await;
        let remote = service.url().join("/schema.json").unwrap();
        for schema in [
            json!({ "$ref": remote }),
            json!({ "properties": { "a": { "anyOf": [{ "$ref": remote }] } } }),
            json!({ "$ref": "file:///etc/passwd" }),
            json!({ "$ref": "other.json" }),
            json!({ "$defs": { "a": { "$id": remote, "$ref": "b" } } }),
            json!({ "$schema": remote }),
            json!({ "$dynamicRef": remote }),
        ] {
            let payload = process(&ann, json!({ "content": "a: 1", "schema": schema })).await;
            assert_eq!(complaint(&payload).0, "INVALID input.schema", "{schema}");
        }
        let payload = process(
            &ann,
            json!({ "content": "a: 1", "schema": { "$ref": remote } }),
        )
        .await;
        assert!(complaint(&payload).1.contains("nothing is fetched"));
        assert!(service.asked().is_empty());
        // What only looks like a reference is data.
        let schema =
            json!({ "enum": [{ "$ref": remote }], "properties": { "$ref": { "type": "string" } } });
        assert_eq!(
            process(&ann, json!({ "content": "a: 1", "schema": schema })).await["errors"],
            json!([])
        );
    }
);

every_database!(
    async fn a_schema_that_would_never_end_is_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let twice = |to: &str| json!({ "anyOf": [{ "$ref": to }, { "$ref": to }] });
        let mut doubling =
            json!({ "$defs": { "d0": { "type": "string" } }, "$ref": "#/$defs/d40" });
        for number in 1..=40 {
            doubling["$defs"][format!("d{number}")] = json!({
                "allOf": [{ "$ref": format!("#/$defs/d{}", number - 1) }, { "$ref": format!("#/$defs/d{}", number - 1) }],
            });
        }
        let nested = format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(50), "}".repeat(50));
        for (content, schema, complained) in [
            ("a: 1", json!({ "$ref": "#" }), "INVALID input.schema"),
            (
                "a: 1",
                json!({ "allOf": [{ "not": { "$ref": "#" } }] }),
                "INVALID input.schema",
            ),
            (
                "a: 1",
                json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }),
                "INVALID input.schema",
            ),
            ("a: 1", doubling, "TOO_LARGE input.schema"),
            (
                nested.as_str(),
                json!({ "properties": { "a": twice("#") } }),
                "TOO_LARGE input.schema",
            ),
        ] {
            let payload = process(&ann, json!({ "content": content, "schema": schema })).await;
            assert_eq!(complaint(&payload).0, complained, "{schema}");
        }
        // One that goes into the record once per level is fine.
        let tree = json!({ "type": ["object", "number"], "properties": { "a": { "$ref": "#" } } });
        let found = result(&ann, json!({ "content": nested, "schema": tree })).await;
        assert_eq!(found["issues"], json!([]));
    }
);
