//! Making and changing notebooks.

use super::*;

const CREATE: &str = "mutation ($input: CreateNotebookInput!) { createNotebook(input: $input) {
    notebook { id title description metadata state publishedAt deletedAt pageCount wordCount
      viewerCanEdit owner { username } collaborators { id } pages { totalCount nodes { id } } }
    errors { code path } } }";
const UPDATE: &str = "mutation ($input: UpdateNotebookInput!) { updateNotebook(input: $input) {
    notebook { title description metadata } errors { code path } } }";

every_database!(
    async fn a_new_notebook_is_an_empty_draft(app: TestApp) {
        let ann = app.user("ann").await;
        let input = json!({ "title": "  Cadernos 日本 ", "description": null });
        let reply = ann.graphql(CREATE, json!({ "input": input })).await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(reply.at("/createNotebook"), { ".notebook.id" => "[id]" }, @r#"
        {
          "errors": [],
          "notebook": {
            "collaborators": [],
            "deletedAt": null,
            "description": "",
            "id": "[id]",
            "metadata": {},
            "owner": {
              "username": "ann"
            },
            "pageCount": 0,
            "pages": {
              "nodes": [],
              "totalCount": 0
            },
            "publishedAt": null,
            "state": "DRAFT",
            "title": "Cadernos 日本",
            "viewerCanEdit": true,
            "wordCount": 0
          }
        }
        "#) };
        let id = reply.text("/createNotebook/notebook/id");
        assert_eq!(logged(&app, "notebook.created", id).await, 1);
        let reply = app
            .client()
            .graphql(CREATE, json!({ "input": { "title": "x" } }))
            .await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn a_notebook_changes_where_something_is_given(app: TestApp) {
        let ann = app.user("ann").await;
        let metadata = json!({ "colour": "red", "nested": [1, 2.5, null, { "ü": true }] });
        let input = json!({ "title": "One", "description": "About\nit", "metadata": metadata });
        let reply = ann.graphql(CREATE, json!({ "input": input })).await;
        assert_eq!(reply.at("/createNotebook/notebook/metadata"), &metadata);
        let id = reply.text("/createNotebook/notebook/id");
        let update = async |mut input: Value| {
            input["notebookId"] = json!(id);
            let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
            reply.at("/updateNotebook").clone()
        };
        let nothing = done(update(json!({ "title": null, "description": null })).await);
        assert_eq!(
            nothing["notebook"],
            json!({ "title": "One", "description": "About\nit", "metadata": metadata })
        );
        let changed = done(update(json!({ "description": "", "metadata": [] })).await);
        assert_eq!(
            changed["notebook"],
            json!({ "title": "One", "description": "", "metadata": [] })
        );
        let mut long = json!({ "title": "t".repeat(200), "description": "d".repeat(5_000) });
        done(update(long.clone()).await);
        long = json!({ "title": "t".repeat(201), "description": "d".repeat(5_001) });
        assert_eq!(
            errors(&update(long).await),
            ["TOO_LONG input.title", "TOO_LONG input.description"]
        );
        for (input, expected) in [
            (json!({ "title": "" }), "BLANK input.title"),
            (json!({ "title": "a\nb" }), "INVALID input.title"),
            (
                json!({ "description": "\u{0}" }),
                "INVALID input.description",
            ),
            (
                json!({ "metadata": { "a": "\u{0}" } }),
                "INVALID input.metadata",
            ),
            (
                json!({ "metadata": "m".repeat(65_536) }),
                "TOO_LARGE input.metadata",
            ),
        ] {
            assert_eq!(errors(&update(input).await), [expected]);
        }
        assert_eq!(logged(&app, "notebook.updated", id).await, 3);
    }
);

every_database!(
    async fn a_draft_does_not_exist_for_strangers(app: TestApp) {
        let (ann, eve) = (app.user("ann").await, app.user("eve").await);
        let notebook = ann.notebook("Secret").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let ids = format!(
            r#"{{ notebook(id: "{notebook}") {{ id }} page(id: "{0}") {{ id }} revision(id: "{1}") {{ id }}
                 node(id: "{0}") {{ id }} nodes(ids: ["{notebook}", "{0}", "{1}"]) {{ id }}
                 notebooks(ownerId: "{2}") {{ totalCount nodes {{ id }} }} }}"#,
            page.id, page.revision_id, ann.id
        );
        for stranger in [&eve, &app.client()] {
            assert_eq!(
                look(stranger, &ids, "").await,
                json!({
                    "notebook": null, "page": null, "revision": null, "node": null,
                    "nodes": [null, null, null], "notebooks": { "totalCount": 0, "nodes": [] },
                })
            );
        }
        for (call, target) in mutations(&notebook, &page.id, &page.revision_id, &eve.id) {
            assert_eq!(
                refused(&eve, &call).await,
                [format!("NOT_FOUND {target}")],
                "{call}"
            );
            let query = format!("mutation {{ {call} {{ __typename }} }}");
            let reply = app.client().graphql(&query, json!({})).await;
            assert_eq!(reply.code(), "UNAUTHENTICATED", "{call}");
        }
        let seen = see(&ann, &page.id, "content position revisions { totalCount }").await;
        assert_eq!(
            seen,
            json!({ "content": "text", "position": 0, "revisions": { "totalCount": 1 } })
        );
    }
);

every_database!(
    async fn readers_of_a_public_notebook_change_nothing(app: TestApp) {
        let (ann, eve) = (app.user("ann").await, app.user("eve").await);
        let notebook = ann.notebook("Open").await;
        let page = ann.page(&notebook, "Page", "text").await;
        publish_notebook(&ann, &notebook).await;
        for (call, target) in mutations(&notebook, &page.id, &page.revision_id, &ann.id) {
            assert_eq!(
                refused(&eve, &call).await,
                [format!("FORBIDDEN {target}")],
                "{call}"
            );
        }
    }
);

every_database!(
    async fn administrators_see_and_change_everything(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let notebook = ann.notebook("Secret").await;
        let page = ann.page(&notebook, "Page", "text").await;
        assert_eq!(
            see(&admin, &page.id, "content").await,
            json!({ "content": "text" })
        );
        let list = format!(
            r#"{{ notebooks(ownerId: "{}") {{ totalCount nodes {{ id }} }} }}"#,
            ann.id
        );
        assert_eq!(
            look(&admin, &list, "/notebooks").await,
            json!({ "totalCount": 1, "nodes": [{ "id": notebook }] })
        );
        stored(
            &admin,
            &page.id,
            &page.revision_id,
            json!({ "content": "changed" }),
        )
        .await;
        let call = format!(r#"deleteNotebook(notebookId: "{notebook}")"#);
        done(change(&admin, &call, "notebook { deletedAt }").await);
    }
);
