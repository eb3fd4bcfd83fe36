//! Who has a page open.

use super::*;

const PRESENCE: &str = "subscription ($id: ID!, $editing: Boolean) {
    pagePresence(pageId: $id, editing: $editing) { id pageId editing since user { username } } }";

/// The next list: who is there, and whether they edit.
async fn present(presence: &mut Subscription) -> Vec<(String, bool)> {
    let payload = presence.next().await;
    let list = payload["data"]["pagePresence"].as_array();
    let list = list.unwrap_or_else(|| panic!("{payload:#}"));
    list.iter()
        .map(|entry| {
            let name = entry["user"]["username"].as_str().unwrap();
            (name.to_owned(), entry["editing"] == true)
        })
        .collect()
}

fn entries(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    expected
        .iter()
        .map(|(name, editing)| ((*name).to_owned(), *editing))
        .collect()
}

every_database!(
    async fn those_who_have_a_page_open_see_each_other(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        share(&ann, &notebook, &bob, "VIEWER").await;
        let editing = json!({ "id": page.id, "editing": true });
        let mut of_ann = app.subscribe(&ann, PRESENCE, editing.clone()).await;
        assert_eq!(present(&mut of_ann).await, entries(&[("ann", true)]));
        let mut of_bob = app.subscribe(&bob, PRESENCE, editing).await;
        let both = entries(&[("ann", true), ("bob", false)]);
        assert_eq!(
            present(&mut of_bob).await,
            both,
            "who may not edit does not"
        );
        assert_eq!(present(&mut of_ann).await, both);
        of_bob.stop().await;
        assert_eq!(present(&mut of_ann).await, entries(&[("ann", true)]));
        let omitted = json!({ "id": page.id, "editing": null });
        let mut second = app.subscribe(&ann, PRESENCE, omitted).await;
        let twice = entries(&[("ann", true), ("ann", false)]);
        assert_eq!(
            present(&mut second).await,
            twice,
            "one entry per connection"
        );
        assert_eq!(present(&mut of_ann).await, twice);
    }
);

every_database!(
    async fn presence_is_for_those_who_see_the_page(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "1").await;
        for (client, expected) in [(&bob, "BAD_USER_INPUT"), (&app.client(), "UNAUTHENTICATED")] {
            let mut refused = app
                .subscribe(client, PRESENCE, json!({ "id": page.id }))
                .await;
            let Ending::Failed(errors) = refused.ended().await else {
                panic!("a refusal was expected");
            };
            assert_eq!(errors[0]["extensions"]["code"], expected);
        }
        share(&ann, &notebook, &bob, "VIEWER").await;
        let mut presence = app
            .subscribe(&bob, PRESENCE, json!({ "id": page.id }))
            .await;
        assert_eq!(present(&mut presence).await, entries(&[("bob", false)]));
        let call = format!(
            r#"removeCollaborator(notebookId: "{notebook}", userId: "{}")"#,
            bob.id
        );
        done(change(&ann, &call, "notebook { id }").await);
        assert_eq!(presence.ended().await, Ending::Complete);
    }
);
