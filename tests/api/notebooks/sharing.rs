//! Collaborators: who may read, who may write, and for how long.

use super::*;

every_database!(
    async fn a_viewer_reads_drafts_and_writes_nothing(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Shared").await;
        let page = ann.page(&notebook, "Page", "text").await;
        share(&ann, &notebook, &bob, "VIEWER").await;
        let seen = see(
            &bob,
            &page.id,
            "content draft { number } notebook { viewerCanEdit collaborators { id } }",
        );
        assert_eq!(
            seen.await,
            json!({
                "content": "text", "draft": { "number": 1 },
                "notebook": { "viewerCanEdit": false, "collaborators": null },
            })
        );
        for (call, target) in mutations(&notebook, &page.id, &page.revision_id, &ann.id) {
            assert_eq!(
                refused(&bob, &call).await,
                [format!("FORBIDDEN {target}")],
                "{call}"
            );
        }
        let shared = "{ notebooks(sharedWithMe: true) { totalCount nodes { id } } }";
        assert_eq!(
            look(&bob, shared, "/notebooks").await,
            json!({ "totalCount": 1, "nodes": [{ "id": notebook }] })
        );
        assert_eq!(look(&ann, shared, "/notebooks/totalCount").await, 0);
    }
);

every_database!(
    async fn an_editor_writes_until_the_share_ends(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Shared").await;
        let page = ann.page(&notebook, "Page", "text").await;
        share(&ann, &notebook, &bob, "VIEWER").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let base = stored(
            &bob,
            &page.id,
            &page.revision_id,
            json!({ "content": "by bob" }),
        )
        .await;
        let seen = see(
            &ann,
            &page.id,
            "currentRevision { author { username } } notebook { collaborators { role user { username } } }",
        );
        assert_eq!(
            seen.await,
            json!({
                "currentRevision": { "author": { "username": "bob" } },
                "notebook": { "collaborators": [{ "role": "EDITOR", "user": { "username": "bob" } }] },
            })
        );
        let owners = [
            "deleteNotebook",
            "restoreNotebook",
            "purgeNotebook",
            "publishNotebook",
            "unpublishNotebook",
            "setCollaborator",
            "removeCollaborator",
        ];
        for (call, target) in mutations(&notebook, &page.id, &base, &ann.id) {
            if owners.iter().any(|owners| call.starts_with(owners)) {
                assert_eq!(
                    refused(&bob, &call).await,
                    [format!("FORBIDDEN {target}")],
                    "{call}"
                );
            }
        }
        let remove = format!(
            r#"removeCollaborator(notebookId: "{notebook}", userId: "{}")"#,
            bob.id
        );
        let payload = done(change(&ann, &remove, "notebook { collaborators { id } }").await);
        assert_eq!(payload["notebook"]["collaborators"], json!([]));
        assert_eq!(see(&bob, &page.id, "id").await, Value::Null);
        let payload = save(&bob, &page.id, &base, json!({ "content": "again" })).await;
        assert_eq!(errors(&payload), ["NOT_FOUND input.pageId"]);
        assert_eq!(refused(&ann, &remove).await, ["NOT_FOUND userId"]);
        assert_eq!(logged(&app, "notebook.shared", &notebook).await, 2);
        assert_eq!(logged(&app, "notebook.unshared", &notebook).await, 1);
    }
);

every_database!(
    async fn a_share_is_found_by_its_id_by_those_who_edit(app: TestApp) {
        let (ann, bob, eve) = (
            app.user("ann").await,
            app.user("bob").await,
            app.user("eve").await,
        );
        let notebook = ann.notebook("Shared").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        share(&ann, &notebook, &eve, "VIEWER").await;
        let shares = format!(r#"{{ notebook(id: "{notebook}") {{ collaborators {{ id }} }} }}"#);
        let id = look(&ann, &shares, "/notebook/collaborators/1/id").await;
        let query = format!(
            "{{ node(id: {id}) {{ id ... on Collaborator {{ role user {{ username }} }} }} }}"
        );
        for editor in [&ann, &bob] {
            assert_eq!(
                look(editor, &query, "/node").await,
                json!({ "id": id, "role": "VIEWER", "user": { "username": "eve" } })
            );
        }
        for other in [&eve, &app.client()] {
            assert_eq!(look(other, &query, "/node").await, Value::Null);
        }
    }
);

every_database!(
    async fn everybody_may_leave_and_owners_need_no_share(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Shared").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        let leave = format!(
            r#"removeCollaborator(notebookId: "{notebook}", userId: "{}")"#,
            bob.id
        );
        let payload = done(change(&bob, &leave, "notebook { id }").await);
        assert_eq!(
            payload["notebook"],
            Value::Null,
            "it is not theirs to see any more"
        );
        let set = |user: &str| {
            format!(r#"setCollaborator(notebookId: "{notebook}", userId: "{user}", role: VIEWER)"#)
        };
        assert_eq!(refused(&ann, &set(&ann.id)).await, ["INVALID userId"]);
        let nobody = "user_01h455vb4pex5vsknk084sn02q";
        assert_eq!(refused(&ann, &set(nobody)).await, ["NOT_FOUND userId"]);
    }
);
