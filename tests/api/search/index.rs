//! The index: filled where it lacks something, and empty of what is gone.

use pluma::search::jobs::fill;

use super::*;
use crate::pages::{change, done, publish_notebook, save, stored};

async fn documents(app: &TestApp) -> usize {
    app.execute("UPDATE search_documents SET kind = kind").await
}

every_database!(
    with = |config| config.jobs.inline = false,
    async fn texts_from_before_the_index_are_found_once_it_is_filled(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Cobalt").await;
        let page = ann.page(&notebook, "Blue", "cobalt").await;
        publish_notebook(&ann, &notebook).await;
        stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "indigo" }),
        )
        .await;
        for number in 0..120 {
            ann.page(&notebook, "More", &format!("cobalt {number}"))
                .await;
        }
        let all = documents(&app).await;
        // As after an upgrade.
        app.execute("DELETE FROM search_documents").await;
        assert!(found(&ann, "cobalt").await.is_empty());
        assert_eq!(fill(app.app(), |_| {}).await.unwrap(), all);
        assert_eq!(documents(&app).await, all);
        let answer = search(&ann, json!({ "query": "cobalt " })).await;
        assert_eq!(answer["totalCount"], 121);
        assert_eq!(found(&ann, "indigo ").await, [page.id.as_str()]);
        assert_eq!(
            found(&app.client(), "cobalt blue ").await,
            [page.id.as_str()]
        );
        // Nothing is left to do, and another version of the analyser begins anew.
        assert_eq!(fill(app.app(), |_| {}).await.unwrap(), 0);
        app.execute("UPDATE search_documents SET analyser = 0")
            .await;
        assert_eq!(fill(app.app(), |_| {}).await.unwrap(), all);
        assert_eq!(documents(&app).await, all);
    }
);

every_database!(
    with = |config| config.jobs.inline = false,
    async fn nothing_is_left_of_what_is_gone(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let before = documents(&app).await;
        let notebook = ann.notebook("Rust").await;
        let page = ann.page(&notebook, "Iron", "oxide").await;
        let mut base = page.revision_id;
        for number in 0..5 {
            let text =
                json!({ "content": format!("oxide {number}"), "autosave": true, "clientId": "c" });
            base = stored(&ann, &page.id, &base, text).await;
        }
        // The notebook's, and the draft's alone.
        assert_eq!(documents(&app).await, before + 2);
        publish_notebook(&ann, &notebook).await;
        assert_eq!(documents(&app).await, before + 2);
        stored(&ann, &page.id, &base, json!({ "content": "carbonate" })).await;
        assert_eq!(documents(&app).await, before + 3);
        for call in ["deletePage", "purgePage"] {
            let call = format!(r#"{call}(pageId: "{}")"#, page.id);
            done(change(&ann, &call, "__typename").await);
        }
        assert_eq!(documents(&app).await, before + 1);
        let page = ann.page(&notebook, "Iron", "oxide").await;
        assert_eq!(found(&ann, "oxide").await, [page.id]);
        // With the account goes all of it.
        app.execute("DELETE FROM users WHERE username = 'ann'")
            .await;
        assert_eq!(documents(&app).await, before - 1);
        assert_eq!(found(&bob, "bob").await, [bob.id.as_str()]);
        if app.app().db.engine() == "sqlite" {
            let rows = app.lines("SELECT count(*) AS line FROM search_index").await;
            assert_eq!(rows, [(before - 1).to_string()]);
        }
    }
);

every_database!(
    async fn a_merge_and_a_new_title_are_found(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Lists").await;
        let page = ann
            .page(&notebook, "Ores", "galena\n\nmiddle\n\nend\n")
            .await;
        let first = json!({ "content": "galena\n\nmiddle\n\nbauxite\n" });
        stored(&ann, &page.id, &page.revision_id, first).await;
        let second = json!({ "content": "malachite\n\nmiddle\n\nend\n" });
        let merged = done(save(&ann, &page.id, &page.revision_id, second).await);
        assert_eq!(merged["merged"], true);
        assert_eq!(found(&ann, "malachite bauxite ").await, [page.id.as_str()]);
        assert!(found(&ann, "galena").await.is_empty());
        let base = merged["revision"]["id"].as_str().unwrap();
        stored(&ann, &page.id, base, json!({ "title": "Minerals" })).await;
        assert_eq!(found(&ann, "mineral malachite ").await, [page.id.as_str()]);
        assert!(found(&ann, "ores ").await.is_empty());
    }
);

every_database!(
    async fn what_a_refused_save_would_have_held_is_not_found(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Lists").await;
        let page = ann.page(&notebook, "Ores", "one").await;
        stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "beryl" }),
        )
        .await;
        let conflict = save(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "zircon" }),
        )
        .await;
        assert!(conflict["conflict"].is_object(), "{conflict:#}");
        assert!(found(&ann, "zircon").await.is_empty());
        assert_eq!(found(&ann, "beryl").await, [page.id]);
    }
);

every_database!(
    with = |config| config.jobs.inline = false,
    async fn the_command_indexes_what_is_missing_or_all(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Topaz").await;
        app.execute("DELETE FROM search_documents WHERE kind = 'NOTEBOOK'")
            .await;
        for (arguments, said) in [
            (vec!["admin", "reindex"], "1 texts were indexed."),
            (vec!["admin", "reindex"], "0 texts were indexed."),
            (vec!["admin", "reindex", "--all"], "2 texts were indexed."),
        ] {
            let mut command = app.program(&arguments);
            let output = tokio::task::spawn_blocking(move || command.output().unwrap())
                .await
                .unwrap();
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(told.contains(said), "{told}");
            assert_eq!(found(&ann, "topaz").await, [notebook.as_str()]);
        }
    }
);
