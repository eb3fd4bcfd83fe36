//! Whatever is typed is searched for, or refused with the limit that it passes.

use super::*;

every_database!(
    async fn what_is_too_long_or_holds_nul_is_refused_by_name(app: TestApp) {
        let ann = app.user("ann").await;
        for (query, limit) in [
            ("x".repeat(10 * 1024), "1000 characters"),
            ("東".repeat(1_001), "1000 characters"),
            ("word ".repeat(33), "32 words"),
            ("a\0b".to_owned(), "U+0000"),
        ] {
            let reply = ann.graphql(SEARCH, json!({ "query": query })).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT");
            let message = reply.body["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(limit), "{message}");
        }
        for (variables, code) in [
            (json!({ "query": "x", "first": 0 }), "BAD_USER_INPUT"),
            (json!({ "query": "x", "first": 101 }), "BAD_USER_INPUT"),
            (
                json!({ "query": "x", "after": "nonsense" }),
                "BAD_USER_INPUT",
            ),
        ] {
            assert_eq!(ann.graphql(SEARCH, variables).await.code(), code);
        }
    }
);

every_database!(
    async fn operators_quotes_and_odd_characters_are_no_error(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Basalt").await;
        let page = ann.page(&notebook, "Basalt", "column").await;
        let odd = [
            "\"",
            "'",
            "''",
            "\\",
            "\\'",
            "';--",
            "\" OR 1=1",
            "NEAR(a b, 5)",
            "{x y}: z",
            "marks : x",
            "words:*",
            "^a",
            "a NOT",
            "NOT a",
            "AND",
            "(((((",
            ")",
            "a AND (b OR",
            "<->",
            "!",
            "!!a",
            "a:*",
            "a:ABCD",
            "&|!",
            "%",
            "_",
            "~a",
            "\u{feff}",
            "\u{200b}",
            "\u{202e}abc",
            "🎉🎉",
            "ﷺ",
            "e\u{301}\u{301}\u{301}",
            "\t\n\r",
            "-",
            "--",
            "-\"",
            "-\"a",
            "*",
            "**a**",
            "a*b*c",
            "\"a\"\"b\"",
            "“",
            "«»",
            "\u{1}",
            "\u{7f}",
            "$1",
            "?1",
            ":a",
            "@a",
            "\u{10ffff}",
            "ß",
            "İ",
            "ǅ",
            "㌀",
            "½",
            "①",
        ];
        for query in odd {
            let answer = search(&ann, json!({ "query": query })).await;
            assert!(answer["totalCount"].is_number(), "{query:?}");
            // With a word beside it, that word is found all the same, or what was typed is more than that word.
            let query = format!("basalt {query}");
            let answer = search(&ann, json!({ "query": query })).await;
            assert!(answer["edges"].is_array(), "{query:?}");
        }
        // None of it was more than text.
        assert_eq!(
            found(&ann, "basalt \" ' \\ ( ) & | ! : <-> * ^")
                .await
                .len(),
            2
        );
        assert_eq!(found(&ann, "\"basalt' OR ''='\"").await.len(), 0);
        assert_eq!(found(&ann, "column ").await, [page.id]);
    }
);

every_database!(
    async fn a_blank_query_and_no_kinds_find_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        ann.notebook("Slate").await;
        for variables in [
            json!({ "query": "" }),
            json!({ "query": " \n " }),
            json!({ "query": "-slate" }),
            json!({ "query": "slate", "kinds": [] }),
        ] {
            let answer = search(&ann, variables).await;
            assert_eq!(
                (&answer["totalCount"], &answer["edges"]),
                (&json!(0), &json!([]))
            );
        }
        let answer = search(
            &ann,
            json!({ "query": "slate", "kinds": ["NOTEBOOK", "NOTEBOOK"] }),
        )
        .await;
        assert_eq!(answer["totalCount"], 1);
    }
);

every_database!(
    async fn odd_texts_are_stored_and_found(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Odd").await;
        let texts = [
            "'quoted' \\back\\ slate:1A,2B <-> & | ! feldspar",
            &format!("{} feldspar", "x".repeat(300_000)),
            &format!("feldspar {}", "same ".repeat(40_000)),
            &format!(
                "{} feldspar",
                (0..20_000).map(|n| format!("w{n} ")).collect::<String>()
            ),
            "feldspar \u{1f469}\u{200d}\u{1f680} \u{202e} \u{fffd} \u{10ffff}",
        ];
        for text in texts {
            ann.page(&notebook, "Odd", text).await;
        }
        assert_eq!(found(&ann, "feldspar ").await.len(), texts.len());
        // Behind the words that keep their places there are no phrases, and every word is found.
        assert_eq!(found(&ann, "w19999 ").await.len(), 1);
        assert_eq!(found(&ann, "\"w15000 w15001\"").await.len(), 1);
        assert_eq!(found(&ann, "\"w19998 w19999\"").await.len(), 0);
    }
);
