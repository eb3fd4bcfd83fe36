//! `clientSequence`: repeated, reused and late saves.

use super::*;

every_database!(
    async fn a_numbered_save_counts_once(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "zero").await;
        let numbered = |sequence: i32, text: &str| json!({ "content": text, "clientId": "tab", "clientSequence": sequence, "autosave": true });
        let base = &page.revision_id;
        let first = stored(&ann, &page.id, base, numbered(1, "one")).await;
        let repeated = save(&ann, &page.id, base, numbered(1, "one")).await;
        assert_eq!(repeated["revision"]["id"], first, "the stored answer again");
        assert_eq!(repeated["superseded"], false);
        let reused = save(&ann, &page.id, &first, numbered(1, "another")).await;
        assert_eq!(errors(&reused), ["CONFLICT input.clientSequence"]);
        let third = stored(&ann, &page.id, &first, numbered(3, "three")).await;
        let late = done(save(&ann, &page.id, &first, numbered(2, "two")).await);
        assert_eq!(late["superseded"], true);
        assert_eq!(late["revision"]["id"], third);
        assert_eq!(late["page"]["content"], "three");
        assert_eq!(
            numbers(&ann, &page.id, "(includeAutosaves: true)").await,
            [3, 1]
        );

        let mut other = numbered(1, "four");
        other["clientId"] = json!("another tab");
        let fourth = stored(&ann, &page.id, &third, other.clone()).await;
        let bob = app.user("bob").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        other["content"] = json!("five");
        let fifth = stored(&bob, &page.id, &fourth, other).await;
        assert_ne!(fourth, fifth, "numbers count per viewer and editor");
    }
);

every_database!(
    async fn many_writers_of_one_page_lose_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "start\n").await;
        let writers = (0..20).map(|writer| {
            let (ann, page) = (ann.clone(), page.clone());
            tokio::spawn(async move {
                let text = format!("writer {writer}\n");
                let input =
                    json!({ "content": text, "autosave": true, "clientId": format!("c{writer}") });
                let payload = done(save(&ann, &page.id, &page.revision_id, input).await);
                match payload["revision"]["id"].as_str() {
                    Some(id) => Some((id.to_owned(), text)),
                    None => {
                        assert!(payload["conflict"]["current"].is_object(), "{payload:#}");
                        None
                    }
                }
            })
        });
        let mut acknowledged = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            acknowledged.extend(writer.await.unwrap());
        }
        assert_eq!(acknowledged.len(), 1, "the others overlap with the first");
        for (id, text) in acknowledged {
            let query = format!(r#"{{ revision(id: "{id}") {{ content }} }}"#);
            assert_eq!(look(&ann, &query, "/revision/content").await, text);
        }
    }
);
