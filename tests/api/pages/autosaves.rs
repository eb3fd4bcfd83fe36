//! Autosaves: which take another's place, and which are thinned out.

use std::time::Duration;

use super::*;

every_database!(
    async fn autosaves_of_one_sitting_take_each_others_place(app: TestApp) {
        const ALL: &str = "(includeAutosaves: true)";
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let page = ann.page(&notebook, "T", "1").await;
        let second = autosaved(&ann, &page.id, &page.revision_id, "2", "a").await;
        let third = autosaved(&ann, &page.id, &second, "3", "a").await;
        assert_eq!(numbers(&ann, &page.id, ALL).await, [3, 1]);
        let fourth = autosaved(&ann, &page.id, &third, "4", "b").await;
        assert_eq!(
            numbers(&ann, &page.id, ALL).await,
            [4, 3, 1],
            "another editor"
        );
        let fifth = autosaved(&bob, &page.id, &fourth, "5", "b").await;
        assert_eq!(
            numbers(&ann, &page.id, ALL).await,
            [5, 4, 3, 1],
            "another author"
        );
        app.clock().advance(Duration::from_secs(600));
        let sixth = autosaved(&bob, &page.id, &fifth, "6", "b").await;
        assert_eq!(
            numbers(&ann, &page.id, ALL).await,
            [6, 5, 4, 3, 1],
            "another sitting"
        );
        autosaved(&bob, &page.id, &sixth, "7", "b").await;
        assert_eq!(numbers(&ann, &page.id, ALL).await, [7, 5, 4, 3, 1]);
        for arguments in ["", "(includeAutosaves: false)", "(includeAutosaves: null)"] {
            assert_eq!(numbers(&ann, &page.id, arguments).await, [1]);
        }
        let hidden = format!(r#"{{ revision(id: "{second}") {{ content kind }} }}"#);
        assert_eq!(
            look(&ann, &hidden, "/revision").await,
            json!({ "content": "2", "kind": "AUTOSAVE" }),
            "a hidden one is still there to be merged with"
        );
        assert_eq!(logged(&app, "page.saved", &page.id).await, 0);
    }
);

every_database!(
    async fn a_sitting_is_merged_with_from_its_hidden_autosaves(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let page = ann.page(&notebook, "T", "a\n\nb\n\nc\n").await;
        let hidden = autosaved(&ann, &page.id, &page.revision_id, "A\n\nb\n\nc\n", "a").await;
        autosaved(&ann, &page.id, &hidden, "AA\n\nb\n\nc\n", "a").await;
        let input = json!({ "content": "A\n\nb\n\nC\n" });
        let payload = done(save(&bob, &page.id, &hidden, input).await);
        assert_eq!(payload["revision"]["content"], "AA\n\nb\n\nC\n");
    }
);

every_database!(
    async fn hidden_autosaves_are_thinned_out_and_everything_else_stays(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        // From the start of a minute on, so that the saves of one minute are.
        let micros = app.clock().now().0.timestamp_micros().unsigned_abs() % 60_000_000;
        app.clock()
            .advance(Duration::from_micros(60_000_000 - micros));
        let mut ids = vec![page.revision_id.clone()];
        for number in 2..=9 {
            if number == 8 {
                app.clock().advance(Duration::from_secs(60));
            }
            let base = ids.last().unwrap().clone();
            ids.push(autosaved(&ann, &page.id, &base, &number.to_string(), "a").await);
        }
        let id = |number: usize| ids[number - 1].as_str();
        let name = format!(r#"nameRevision(revisionId: "{}", name: "Kept")"#, id(2));
        done(change(&ann, &name, "revision { name }").await);
        let call = format!(
            r#"publishPage(pageId: "{}", revisionId: "{}")"#,
            page.id,
            id(3)
        );
        done(change(&ann, &call, "page { id }").await);
        let at = "2028-01-01T00:00:00Z";
        let call = format!(
            r#"publishPage(pageId: "{}", revisionId: "{}", at: "{at}")"#,
            page.id,
            id(4)
        );
        done(change(&ann, &call, "page { id }").await);
        let left = async |ann: &Client| {
            let mut left = Vec::new();
            for number in 1..=9 {
                let query = format!(r#"{{ revision(id: "{}") {{ number }} }}"#, id(number));
                let seen = look(ann, &query, "/revision").await;
                left.extend(seen["number"].as_i64());
            }
            left
        };
        pluma::pages::jobs::thin(app.app()).await.unwrap();
        assert_eq!(
            left(&ann).await,
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            "ten minutes untouched"
        );
        app.clock().advance(Duration::from_secs(601));
        pluma::pages::jobs::thin(app.app()).await.unwrap();
        let ann = again(&app, &ann).await;
        assert_eq!(left(&ann).await, [1, 2, 3, 4, 7, 8, 9], "then one a minute");
        app.clock().advance(Duration::from_secs(24 * 3600));
        pluma::pages::jobs::thin(app.app()).await.unwrap();
        let ann = again(&app, &ann).await;
        assert_eq!(
            left(&ann).await,
            [1, 2, 3, 4, 9],
            "named, published, scheduled and current ones stay"
        );
        let gone = json!({ "content": "x" });
        let payload = save(&ann, &page.id, id(7), gone).await;
        assert_eq!(payload["conflict"]["base"], Value::Null, "{payload:#}");
        assert_eq!(payload["conflict"]["current"]["id"], id(9));
    }
);

every_database!(
    async fn leaving_autosave_out_or_null_is_a_save(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        let mut base = page.revision_id.clone();
        for autosave in [Some(json!(null)), Some(json!(false)), None] {
            let mut input = json!({ "content": "2" });
            if let Some(autosave) = autosave {
                input["autosave"] = autosave;
            }
            let payload = done(save(&ann, &page.id, &base, input).await);
            assert_eq!(payload["revision"]["kind"], "SAVED");
            base = payload["revision"]["id"].as_str().unwrap().to_owned();
        }
        assert_eq!(logged(&app, "page.saved", &page.id).await, 3);
    }
);
