//! Publishing a page: now, later, another revision, and not after all.

use std::time::Duration;

use super::*;

const EVENTS: &str = "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) {
    kind revision { number } } }";

/// The time in so many milliseconds, as an argument.
fn ahead(app: &TestApp, millis: i64) -> String {
    let at = app.clock().now().0 + chrono::Duration::milliseconds(millis);
    at.to_rfc3339()
}

fn at(page: &str, at: &str) -> String {
    format!(r#"publishPage(pageId: "{page}", at: "{at}")"#)
}

every_database!(
    async fn a_page_is_published_at_its_time_with_the_text_of_the_call(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        publish_notebook(&ann, &notebook).await;
        let page = ann.page(&notebook, "T", "pinned").await;
        let mut events = app.subscribe(&ann, EVENTS, json!({ "id": page.id })).await;
        assert_eq!(events.next().await["data"]["pageEvents"]["kind"], "CREATED");
        // Another publication that waits is replaced.
        done(
            change(
                &ann,
                &at(&page.id, &ahead(&app, 3_600_000)),
                "page { publishAt }",
            )
            .await,
        );
        let soon = at(&page.id, &ahead(&app, 3_000));
        let payload = done(change(&ann, &soon, "page { publishAt state }").await);
        assert_eq!(payload["page"]["state"], "DRAFT");
        assert!(payload["page"]["publishAt"].is_string());
        stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "moved on" }),
        )
        .await;
        assert_eq!(events.next().await["data"]["pageEvents"]["kind"], "SAVED");
        let event = events.next().await;
        assert_eq!(
            event["data"]["pageEvents"],
            json!({ "kind": "PUBLISHED", "revision": { "number": 1 } })
        );
        assert_eq!(
            see(&app.client(), &page.id, "content").await,
            json!({ "content": "pinned" })
        );
        let seen = see(
            &ann,
            &page.id,
            "content publishAt hasUnpublishedChanges published { kind }",
        );
        assert_eq!(
            seen.await,
            json!({
                "content": "moved on", "publishAt": null, "hasUnpublishedChanges": true,
                "published": { "kind": "PUBLISHED" },
            })
        );
        assert_eq!(
            logged(&app, "page.publication_scheduled", &page.id).await,
            2
        );
        assert_eq!(logged(&app, "page.published", &page.id).await, 1);
    }
);

every_database!(
    async fn a_publication_that_waits_is_cancelled(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "text").await;
        let call = at(&page.id, &ahead(&app, 3_600_000));
        done(change(&ann, &call, "page { publishAt }").await);
        let cancel = format!(r#"cancelScheduledPublish(pageId: "{}")"#, page.id);
        let payload = done(change(&ann, &cancel, "page { publishAt state }").await);
        assert_eq!(
            payload["page"],
            json!({ "publishAt": null, "state": "DRAFT" })
        );
        assert_eq!(refused(&ann, &cancel).await, ["CONFLICT pageId"]);
        assert_eq!(
            logged(&app, "page.publication_cancelled", &page.id).await,
            1
        );
        for ending in [
            format!(r#"publishPage(pageId: "{}")"#, page.id),
            format!(r#"deletePage(pageId: "{}")"#, page.id),
        ] {
            done(
                change(
                    &ann,
                    &at(&page.id, &ahead(&app, 3_600_000)),
                    "page { publishAt }",
                )
                .await,
            );
            let payload = done(change(&ann, &ending, "page { publishAt }").await);
            assert_eq!(
                payload["page"]["publishAt"],
                Value::Null,
                "{ending} cancels it too"
            );
        }
        let waiting = app
            .execute(
                "UPDATE jobs SET kind = kind WHERE kind = 'pages.publish' AND status = 'QUEUED'",
            )
            .await;
        assert_eq!(waiting, 0);
    }
);

every_database!(
    async fn a_time_that_has_passed_is_now_and_one_too_far_is_refused(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "one").await;
        let past = at(&page.id, "2001-01-01T00:00:00Z");
        let payload = done(change(&ann, &past, "page { state publishAt }").await);
        assert_eq!(
            payload["page"],
            json!({ "state": "PUBLISHED", "publishAt": null })
        );
        for time in [
            ahead(&app, 6 * 366 * 86_400_000),
            "9999-12-31T23:59:59Z".to_owned(),
        ] {
            assert_eq!(
                refused(&ann, &at(&page.id, &time)).await,
                ["OUT_OF_RANGE at"]
            );
        }
    }
);

every_database!(
    async fn an_older_revision_is_published_and_taken_back(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        publish_notebook(&ann, &notebook).await;
        let page = ann.page(&notebook, "One", "one").await;
        let other = ann.page(&notebook, "O", "o").await;
        stored(
            &ann,
            &page.id,
            &page.revision_id,
            json!({ "content": "two", "title": "Two" }),
        )
        .await;
        let pin = |revision: &str| {
            format!(
                r#"publishPage(pageId: "{}", revisionId: "{revision}", at: null)"#,
                page.id
            )
        };
        assert_eq!(
            refused(&ann, &pin(&other.revision_id)).await,
            ["NOT_FOUND revisionId"]
        );
        done(change(&ann, &pin(&page.revision_id), "page { id }").await);
        assert_eq!(
            see(&app.client(), &page.id, "title content").await,
            json!({ "title": "One", "content": "one" })
        );
        publish(&ann, &page.id).await;
        assert_eq!(
            see(&app.client(), &page.id, "title content").await,
            json!({ "title": "Two", "content": "two" })
        );
        let unpublish = format!(r#"unpublishPage(pageId: "{}")"#, page.id);
        for _ in 0..2 {
            done(change(&ann, &unpublish, "page { state }").await);
            assert_eq!(see(&app.client(), &page.id, "id").await, Value::Null);
        }
        assert_eq!(logged(&app, "page.unpublished", &page.id).await, 1);
        assert_eq!(logged(&app, "page.published", &page.id).await, 2);
    }
);

every_database!(
    async fn publishing_a_notebook_publishes_the_draft_of_every_page(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let first = ann.page(&notebook, "One", "one").await;
        let gone = ann.page(&notebook, "Gone", "gone").await;
        done(
            change(
                &ann,
                &format!(r#"deletePage(pageId: "{}")"#, gone.id),
                "page { id }",
            )
            .await,
        );
        publish_notebook(&ann, &notebook).await;
        let since = look(
            &ann,
            &format!(r#"{{ notebook(id: "{notebook}") {{ publishedAt }} }}"#),
            "/notebook",
        )
        .await;
        app.clock().advance(Duration::from_secs(60));
        stored(
            &ann,
            &first.id,
            &first.revision_id,
            json!({ "content": "two" }),
        )
        .await;
        let second = ann.page(&notebook, "Two", "2").await;
        publish_notebook(&ann, &notebook).await;
        let read = format!(
            r#"{{ notebook(id: "{notebook}") {{ publishedAt pages {{ nodes {{ id content }} }} }} }}"#
        );
        let mut seen = look(&app.client(), &read, "/notebook").await;
        let nodes = seen["pages"].take();
        assert_eq!(
            nodes["nodes"],
            json!([{ "id": first.id, "content": "two" }, { "id": second.id, "content": "2" }])
        );
        assert_eq!(
            seen["publishedAt"], since["publishedAt"],
            "it is public since the first time"
        );
        let call = format!(r#"restorePage(pageId: "{}")"#, gone.id);
        let payload = done(change(&ann, &call, "page { state }").await);
        assert_eq!(
            payload["page"]["state"], "DRAFT",
            "what was in the trash was not published"
        );
        assert_eq!(logged(&app, "notebook.published", &notebook).await, 2);
    }
);
