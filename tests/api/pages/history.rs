//! Revisions: listed, named, compared, brought back.

use super::*;

every_database!(
    async fn a_name_keeps_a_revision_and_shows_it_again(app: TestApp) {
        const ALL: &str = "(includeAutosaves: true)";
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        let second = autosaved(&ann, &page.id, &page.revision_id, "2", "a").await;
        autosaved(&ann, &page.id, &second, "3", "a").await;
        assert_eq!(numbers(&ann, &page.id, ALL).await, [3, 1]);
        let name = format!(r#"nameRevision(revisionId: "{second}", name: " Draft one ")"#);
        let payload = done(change(&ann, &name, "revision { name number kind }").await);
        assert_eq!(
            payload["revision"],
            json!({ "name": "Draft one", "number": 2, "kind": "AUTOSAVE" })
        );
        assert_eq!(numbers(&ann, &page.id, ALL).await, [3, 2, 1]);
        assert_eq!(
            numbers(&ann, &page.id, "").await,
            [2, 1],
            "a named autosave is history"
        );
        assert_eq!(logged(&app, "revision.named", &second).await, 1);
        let long = format!(
            r#"nameRevision(revisionId: "{second}", name: "{}")"#,
            "n".repeat(101)
        );
        assert_eq!(refused(&ann, &long).await, ["TOO_LONG name"]);
        for name in ["", ", name: null", r#", name: " ""#] {
            let unname = format!(r#"nameRevision(revisionId: "{second}"{name})"#);
            let payload = done(change(&ann, &unname, "revision { name }").await);
            assert_eq!(payload["revision"]["name"], Value::Null);
        }
    }
);

every_database!(
    async fn an_older_text_comes_back_as_a_new_revision(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "Old", "old text").await;
        let input = json!({ "title": "New", "content": "new" });
        stored(&ann, &page.id, &page.revision_id, input).await;
        let call = format!(r#"restoreRevision(revisionId: "{}")"#, page.revision_id);
        let selection =
            "page { title content wordCount currentRevision { number kind author { username } }
            revisions { totalCount nodes { number kind } } }";
        let payload = done(change(&ann, &call, selection).await);
        insta::allow_duplicates! { insta::assert_json_snapshot!(payload["page"], @r#"
        {
          "content": "old text",
          "currentRevision": {
            "author": {
              "username": "ann"
            },
            "kind": "RESTORED",
            "number": 3
          },
          "revisions": {
            "nodes": [
              {
                "kind": "RESTORED",
                "number": 3
              },
              {
                "kind": "SAVED",
                "number": 2
              },
              {
                "kind": "CREATED",
                "number": 1
              }
            ],
            "totalCount": 3
          },
          "title": "Old",
          "wordCount": 2
        }
        "#) };
        assert_eq!(logged(&app, "revision.restored", &page.id).await, 1);
        done(
            change(
                &ann,
                &format!(r#"deletePage(pageId: "{}")"#, page.id),
                "page { id }",
            )
            .await,
        );
        let refusals = refused(&ann, &call).await;
        assert_eq!(refusals.len(), 1);
        assert!(refusals[0].starts_with("CONFLICT"), "{refusals:?}");
    }
);

every_database!(
    async fn two_revisions_of_a_page_are_compared(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\nb\nc\n").await;
        let other = ann.page(&notebook, "O", "o").await;
        let second = stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "a\nB\nc\n" }),
        )
        .await;
        let third = stored(
            &ann,
            &page.id,
            &second,
            json!({ "content": "a\nB\nc\nd\n" }),
        )
        .await;
        let diff = async |arguments: &str| {
            let query = format!(
                r#"{{ revision(id: "{third}") {{ diff{arguments} {{
                    from {{ number }} to {{ number }} insertions deletions unified
                    hunks {{ oldStart oldLines newStart newLines lines {{ kind text }} }} }} }} }}"#
            );
            ann.graphql(&query, json!({})).await
        };
        let shown = diff("").await;
        insta::allow_duplicates! { insta::assert_json_snapshot!(shown.at("/revision/diff"), @r#"
        {
          "deletions": 0,
          "from": {
            "number": 2
          },
          "hunks": [
            {
              "lines": [
                {
                  "kind": "CONTEXT",
                  "text": "a"
                },
                {
                  "kind": "CONTEXT",
                  "text": "B"
                },
                {
                  "kind": "CONTEXT",
                  "text": "c"
                },
                {
                  "kind": "INSERT",
                  "text": "d"
                }
              ],
              "newLines": 4,
              "newStart": 1,
              "oldLines": 3,
              "oldStart": 1
            }
          ],
          "insertions": 1,
          "to": {
            "number": 3
          },
          "unified": "@@ -1,3 +1,4 @@\n a\n B\n c\n+d\n"
        }
        "#) };
        let from = format!(r#"(fromRevisionId: "{}")"#, page.revision_id);
        let shown = diff(&from).await;
        assert_eq!(shown.at("/revision/diff/from/number"), 1);
        assert_eq!(shown.at("/revision/diff/insertions"), 2);
        assert_eq!(shown.at("/revision/diff/deletions"), 1);
        let from = format!(r#"(fromRevisionId: "{}")"#, other.revision_id);
        assert_eq!(diff(&from).await.code(), "BAD_USER_INPUT");
        let first = format!(
            r#"{{ revision(id: "{}") {{ diff {{ from {{ id }} insertions deletions }} }} }}"#,
            page.revision_id
        );
        assert_eq!(
            look(&ann, &first, "/revision/diff").await,
            json!({ "from": null, "insertions": 3, "deletions": 0 })
        );
    }
);
