//! The trash, and what goes with an account.

use super::*;

every_database!(
    async fn the_trash_is_its_owners_alone(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Gone").await;
        let page = ann.page(&notebook, "Page", "text").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        publish_notebook(&ann, &notebook).await;
        let on = |verb: &str| format!(r#"{verb}Notebook(notebookId: "{notebook}")"#);
        assert_eq!(refused(&ann, &on("purge")).await, ["CONFLICT notebookId"]);
        for _ in 0..2 {
            let payload = done(change(&ann, &on("delete"), "notebook { deletedAt state }").await);
            assert!(payload["notebook"]["deletedAt"].is_string());
            assert_eq!(payload["notebook"]["state"], "PUBLISHED");
        }
        let both = format!(
            r#"{{ notebook(id: "{notebook}") {{ id }} page(id: "{}") {{ id }}
                 notebooks(ownerId: "{}") {{ totalCount nodes {{ id }} }} }}"#,
            page.id, ann.id
        );
        let nothing = json!({ "notebook": null, "page": null, "notebooks": { "totalCount": 0, "nodes": [] } });
        for other in [&bob, &app.client()] {
            assert_eq!(look(other, &both, "").await, nothing);
        }
        let lists = "{ mine: notebooks(mine: true) { nodes { id } }
            trash: notebooks(mine: true, trashed: true) { totalCount nodes { id } }
            also: notebooks(trashed: true) { nodes { id } } }";
        let found = json!([{ "id": notebook }]);
        assert_eq!(
            look(&ann, lists, "").await,
            json!({
                "mine": { "nodes": [] }, "trash": { "totalCount": 1, "nodes": found },
                "also": { "nodes": found },
            })
        );
        assert_eq!(look(&bob, lists, "/also/nodes").await, json!([]));
        assert_eq!(
            look(
                &bob,
                "{ notebooks(sharedWithMe: true) { totalCount } }",
                "/notebooks/totalCount"
            )
            .await,
            0
        );
        assert_eq!(look(&ann, &both, "/page/id").await, page.id);
        let payload = done(change(&ann, &on("restore"), "notebook { deletedAt }").await);
        assert_eq!(payload["notebook"]["deletedAt"], Value::Null);
        assert_eq!(
            see(&app.client(), &page.id, "content").await,
            json!({ "content": "text" })
        );
        done(change(&ann, &on("delete"), "notebook { id }").await);
        let payload = done(change(&ann, &on("purge"), "deletedId").await);
        assert_eq!(payload["deletedId"], notebook);
        assert_eq!(
            refused(&ann, &on("restore")).await,
            ["NOT_FOUND notebookId"]
        );
        assert_eq!(look(&ann, &both, "").await, nothing);
        for (action, times) in [("trashed", 2), ("restored", 1), ("purged", 1)] {
            assert_eq!(
                logged(&app, &format!("notebook.{action}"), &notebook).await,
                times,
                "{action}"
            );
        }
    }
);

every_database!(
    async fn an_account_goes_with_its_notebooks_and_leaves_its_revisions_in_others(app: TestApp) {
        let (ann, bob, eve) = (
            app.user("ann").await,
            app.user("bob").await,
            app.user("eve").await,
        );
        let admin = app.admin().await;
        let notebook = ann.notebook("Kept").await;
        let page = ann.page(&notebook, "Page", "text").await;
        publish_notebook(&ann, &notebook).await;
        let mut base = page.revision_id.clone();
        let mut theirs = Vec::new();
        for writer in [&bob, &eve] {
            share(&ann, &notebook, writer, "EDITOR").await;
            base = stored(
                writer,
                &page.id,
                &base,
                json!({ "content": writer.username }),
            )
            .await;
            let own = writer.notebook("Own").await;
            let page = writer.page(&own, "Page", "gone").await;
            publish_notebook(writer, &own).await;
            theirs.push((own, page.id));
        }
        let call = format!(r#"deleteAccount(password: "{}")"#, bob.password());
        done(change(&bob, &call, "deletedId").await);
        done(
            change(
                &admin,
                &format!(r#"deleteUser(userId: "{}")"#, eve.id),
                "deletedId",
            )
            .await,
        );
        for (notebook, page) in theirs {
            let query =
                format!(r#"{{ notebook(id: "{notebook}") {{ id }} page(id: "{page}") {{ id }} }}"#);
            assert_eq!(
                look(&admin, &query, "").await,
                json!({ "notebook": null, "page": null })
            );
            assert_eq!(
                logged(&app, "notebook.published", &notebook).await,
                1,
                "the log stays"
            );
        }
        let seen = see(
            &ann,
            &page.id,
            "revisions { nodes { content author { username } } } notebook { collaborators { id } }",
        );
        assert_eq!(
            seen.await,
            json!({
                "revisions": { "nodes": [
                    { "content": "eve", "author": null },
                    { "content": "bob", "author": null },
                    { "content": "text", "author": { "username": "ann" } },
                ] },
                "notebook": { "collaborators": [] },
            })
        );
    }
);
