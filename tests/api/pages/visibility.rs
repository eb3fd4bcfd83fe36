//! Who sees which page, and which text of it.

use super::*;

const PAGE: &str = "title content html plainText wordCount state hasUnpublishedChanges publishAt
    draft { id } published { content title } currentRevision { kind content }
    revisions(includeAutosaves: true) { totalCount nodes { content } }";

every_database!(
    async fn readers_see_the_published_text_while_the_draft_moves_on(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Open").await;
        let page = ann.page(&notebook, "One", "one two\n").await;
        publish_notebook(&ann, &notebook).await;
        let hidden = ann.page(&notebook, "Hidden", "three four five").await;
        let at = see(&app.client(), &page.id, "updatedAt published { createdAt }").await;
        let draft = json!({ "title": "Two", "content": "six seven eight" });
        let revision = stored(&ann, &page.id, &page.revision_id, draft).await;
        let call = format!(
            r#"publishPage(pageId: "{}", at: "2029-01-01T00:00:00Z")"#,
            page.id
        );
        done(change(&ann, &call, "page { publishAt }").await);

        for reader in [app.client(), app.user("eve").await] {
            let seen = see(&reader, &page.id, PAGE).await;
            insta::allow_duplicates! { insta::assert_json_snapshot!(seen, @r#"
            {
              "content": "one two\n",
              "currentRevision": {
                "content": "one two\n",
                "kind": "PUBLISHED"
              },
              "draft": null,
              "hasUnpublishedChanges": false,
              "html": "<p>one two</p>\n",
              "plainText": "one two",
              "publishAt": null,
              "published": {
                "content": "one two\n",
                "title": "One"
              },
              "revisions": {
                "nodes": [
                  {
                    "content": "one two\n"
                  }
                ],
                "totalCount": 1
              },
              "state": "PUBLISHED",
              "title": "One",
              "wordCount": 2
            }
            "#) };
            let times = see(&reader, &page.id, "updatedAt published { createdAt }").await;
            assert_eq!(times, at, "a reader does not see when the draft changes");
            assert_eq!(see(&reader, &hidden.id, "id").await, Value::Null);
            let of_draft = format!(r#"{{ revision(id: "{revision}") {{ id }} }}"#);
            assert_eq!(look(&reader, &of_draft, "/revision").await, Value::Null);
            let of_public = format!(
                r#"{{ revision(id: "{}") {{ content diff {{ from {{ id }} insertions }} }} }}"#,
                page.revision_id
            );
            assert_eq!(
                look(&reader, &of_public, "/revision").await,
                json!({ "content": "one two\n", "diff": { "from": null, "insertions": 1 } })
            );
            let ids = format!(
                r#"{{ nodes(ids: ["{}", "{}", "{revision}", "{}", "{notebook}"]) {{ id }} }}"#,
                page.id, hidden.id, page.revision_id
            );
            assert_eq!(
                look(&reader, &ids, "/nodes").await,
                json!([
                    { "id": page.id }, null, null, { "id": page.revision_id }, { "id": notebook }
                ])
            );
            let counts = format!(
                r#"{{ notebook(id: "{notebook}") {{ pageCount wordCount collaborators {{ id }}
                      pages {{ totalCount nodes {{ id }} }} }} }}"#
            );
            assert_eq!(
                look(&reader, &counts, "/notebook").await,
                json!({
                    "pageCount": 1, "wordCount": 2, "collaborators": null,
                    "pages": { "totalCount": 1, "nodes": [{ "id": page.id }] },
                })
            );
        }
        let seen = see(&ann, &page.id, PAGE).await;
        assert_eq!(seen["content"], "six seven eight");
        assert_eq!(seen["hasUnpublishedChanges"], true);
        assert_eq!(
            seen["published"],
            json!({ "content": "one two\n", "title": "One" })
        );
        assert_eq!(seen["draft"]["id"], revision);
        assert_eq!(seen["revisions"]["totalCount"], 2);
        assert!(seen["publishAt"].is_string());
    }
);

every_database!(
    async fn publishing_a_page_in_a_draft_notebook_prepares_it(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Later").await;
        let page = ann.page(&notebook, "One", "one").await;
        let draft = ann.page(&notebook, "Two", "two").await;
        publish(&ann, &page.id).await;
        let reader = app.client();
        assert_eq!(
            see(&ann, &page.id, "state").await,
            json!({ "state": "PUBLISHED" })
        );
        assert_eq!(see(&reader, &page.id, "state").await, Value::Null);
        publish_notebook(&ann, &notebook).await;
        let call = format!(r#"unpublishPage(pageId: "{}")"#, draft.id);
        let payload = done(change(&ann, &call, "page { state published { id } }").await);
        assert_eq!(
            payload["page"],
            json!({ "state": "DRAFT", "published": null })
        );
        assert_eq!(
            see(&reader, &page.id, "content").await,
            json!({ "content": "one" })
        );
        assert_eq!(see(&reader, &draft.id, "content").await, Value::Null);

        let call = format!(r#"unpublishNotebook(notebookId: "{notebook}")"#);
        let payload = change(
            &ann,
            &call,
            "notebook { state publishedAt pages { nodes { state } } }",
        );
        assert_eq!(
            done(payload.await)["notebook"],
            json!({
                "state": "DRAFT", "publishedAt": null,
                "pages": { "nodes": [{ "state": "PUBLISHED" }, { "state": "DRAFT" }] },
            }),
            "its pages keep their state"
        );
        assert_eq!(logged(&app, "notebook.unpublished", &notebook).await, 1);
        assert_eq!(see(&reader, &page.id, "content").await, Value::Null);
    }
);

every_database!(
    async fn a_trashed_page_is_seen_by_those_who_edit_alone(app: TestApp) {
        let (ann, bob, eve) = (
            app.user("ann").await,
            app.user("bob").await,
            app.user("eve").await,
        );
        let notebook = ann.notebook("Shared").await;
        let page = ann.page(&notebook, "One", "one").await;
        share(&ann, &notebook, &bob, "EDITOR").await;
        share(&ann, &notebook, &eve, "VIEWER").await;
        publish_notebook(&ann, &notebook).await;
        let call = format!(r#"deletePage(pageId: "{}")"#, page.id);
        let payload = done(change(&ann, &call, "page { deletedAt }").await);
        assert!(payload["page"]["deletedAt"].is_string());
        assert_eq!(see(&app.client(), &page.id, "id").await, Value::Null);
        assert_eq!(see(&eve, &page.id, "id").await, Value::Null);
        assert_eq!(see(&bob, &page.id, "id").await, json!({ "id": page.id }));
        let trash = format!(
            r#"{{ notebook(id: "{notebook}") {{ pageCount pages(trashed: true) {{ totalCount nodes {{ id }} }} }} }}"#
        );
        assert_eq!(
            look(&ann, &trash, "/notebook").await,
            json!({ "pageCount": 0, "pages": { "totalCount": 1, "nodes": [{ "id": page.id }] } })
        );
        assert_eq!(eve.graphql(&trash, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(
            app.client().graphql(&trash, json!({})).await.code(),
            "FORBIDDEN"
        );
    }
);
