//! Pictures in pages: who sees them by which address, and what their deletion says.

use super::*;

/// The sources of the pictures in a page's HTML, as `client` sees it.
async fn sources(client: &Client, page: &Page) -> Vec<String> {
    let query = "query ($id: ID!) { page(id: $id) { html } }";
    let reply = client.graphql(query, json!({ "id": page.id })).await;
    let html = reply.text("/page/html").to_owned();
    let sources = html.split("src=\"").skip(1);
    sources
        .map(|rest| path(&rest.split('"').next().unwrap().replace("&amp;", "&")))
        .collect()
}

async fn status(client: &Client, address: &str) -> u16 {
    client.get(address).await.status().as_u16()
}

async fn save(client: &Client, page: &Page, base: &str, content: &str) -> String {
    let query = "mutation ($input: SavePageInput!) { savePage(input: $input) {
        page { currentRevision { id } } errors { code } } }";
    let input = json!({ "pageId": page.id, "baseRevisionId": base, "content": content });
    let reply = client.graphql(query, json!({ "input": input })).await;
    assert_eq!(reply.user_errors("savePage"), &json!([]));
    reply.text("/savePage/page/currentRevision/id").to_owned()
}

async fn change(client: &Client, field: &str, arguments: &str) {
    let query = format!("mutation {{ {field}({arguments}) {{ errors {{ code }} }} }}");
    let reply = client.graphql(&query, json!({})).await;
    assert_eq!(reply.user_errors(field), &json!([]), "{query}");
}

every_database!(
    async fn a_draft_s_pictures_have_signed_addresses_and_public_ones_stable(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let stranger = app.client();
        let image = uploaded(&ann, png(80, 60, 1)).await;
        let notebook = ann.notebook("Notebook").await;
        let page = page_with(&ann, &notebook, &image).await;
        let stable = format!("/media/{image}");
        let signed = sources(&ann, &page).await.remove(0);
        assert!(
            signed.starts_with(&format!("{stable}?expires=")),
            "{signed}"
        );
        assert_eq!(status(&stranger, &signed).await, 200);
        assert_eq!(status(&stranger, &stable).await, 404);
        assert_eq!(status(&ann, &stable).await, 404);
        let query = "query ($id: ID!) { node(id: $id) { id } }";
        let seen = async |client: &Client| {
            let reply = client.graphql(query, json!({ "id": image })).await;
            !reply.at("/node").is_null()
        };
        assert!(seen(&ann).await && !seen(&bob).await && !seen(&stranger).await);
        change(
            &ann,
            "setCollaborator",
            &format!(
                "notebookId: \"{notebook}\", userId: \"{}\", role: VIEWER",
                bob.id
            ),
        )
        .await;
        assert!(seen(&bob).await);
        let bobs = sources(&bob, &page).await.remove(0);
        assert_eq!(status(&stranger, &bobs).await, 200);

        publish(&ann, &notebook).await;
        for client in [&ann, &bob, &stranger] {
            assert_eq!(sources(client, &page).await, std::slice::from_ref(&stable));
            assert!(seen(client).await);
        }
        assert_eq!(status(&stranger, &stable).await, 200);
        assert_eq!(address(&stranger, &image).await, stable);

        change(&ann, "unpublishPage", &format!("pageId: \"{}\"", page.id)).await;
        assert_eq!(status(&stranger, &stable).await, 404);
        change(&ann, "publishPage", &format!("pageId: \"{}\"", page.id)).await;
        assert_eq!(status(&stranger, &stable).await, 200);
        change(
            &ann,
            "unpublishNotebook",
            &format!("notebookId: \"{notebook}\""),
        )
        .await;
        assert_eq!(status(&stranger, &stable).await, 404);
        publish(&ann, &notebook).await;
        change(&ann, "deletePage", &format!("pageId: \"{}\"", page.id)).await;
        assert_eq!(status(&stranger, &stable).await, 404);
        change(&ann, "restorePage", &format!("pageId: \"{}\"", page.id)).await;
        assert_eq!(status(&stranger, &stable).await, 200);
    }
);

every_database!(
    async fn signed_addresses_that_a_text_holds_are_signed_anew_for_each_reader(app: TestApp) {
        let ann = app.user("ann").await;
        let image = upload(&ann, png(80, 60, 2)).await;
        let pasted = image["url"].as_str().unwrap();
        let notebook = ann.notebook("Notebook").await;
        let page = ann
            .page(&notebook, "Pasted", &format!("![]({pasted})"))
            .await;
        app.clock()
            .advance(std::time::Duration::from_secs(2 * 3_600));
        let stranger = app.client();
        assert_eq!(status(&stranger, &path(pasted)).await, 404);
        let ann = ann.another_device().await;
        let fresh = sources(&ann, &page).await.remove(0);
        assert_ne!(fresh, path(pasted));
        assert_eq!(status(&stranger, &fresh).await, 200);
        publish(&ann, &notebook).await;
        let stable = format!("/media/{}", id(&image));
        assert_eq!(
            sources(&stranger, &page).await,
            std::slice::from_ref(&stable)
        );
        assert_eq!(status(&stranger, &stable).await, 200);
    }
);

every_database!(
    async fn nobody_sees_or_publishes_a_picture_by_writing_its_id(app: TestApp) {
        let (ann, mallory) = (app.user("ann").await, app.user("mallory").await);
        let image = uploaded(&ann, png(80, 60, 3)).await;
        let notebook = mallory.notebook("Notebook").await;
        let page = page_with(&mallory, &notebook, &image).await;
        let stable = format!("/media/{image}");
        assert_eq!(
            sources(&mallory, &page).await,
            std::slice::from_ref(&stable)
        );
        publish(&mallory, &notebook).await;
        assert_eq!(status(&mallory, &stable).await, 404);
        let reply = mallory
            .graphql(
                "query ($id: ID!) { node(id: $id) { id } }",
                json!({ "id": image }),
            )
            .await;
        assert_eq!(reply.at("/node"), &Value::Null);
        assert_eq!(delete(&ann, &image, false).await["errors"], json!([]));
    }
);

every_database!(
    async fn uses_follow_the_texts_through_saves_restores_and_publishing(app: TestApp) {
        let ann = app.user("ann").await;
        let image = uploaded(&ann, png(80, 60, 4)).await;
        let notebook = ann.notebook("Notebook").await;
        let page = page_with(&ann, &notebook, &image).await;
        let used_by = async || {
            let query = "query ($id: ID!) { node(id: $id) { ... on Image {
                usedBy { totalCount nodes { id } } } } }";
            let reply = ann.graphql(query, json!({ "id": image })).await;
            let nodes = reply.at("/node/usedBy/nodes").as_array().unwrap().len();
            assert_eq!(reply.at("/node/usedBy/totalCount"), nodes);
            nodes
        };
        assert_eq!(used_by().await, 1);
        publish(&ann, &notebook).await;
        let without = save(&ann, &page, &page.revision_id, "no picture").await;
        // Readers see it still.
        assert_eq!(used_by().await, 1);
        assert_eq!(status(&app.client(), &format!("/media/{image}")).await, 200);
        publish(&ann, &notebook).await;
        assert_eq!(used_by().await, 0);
        assert_eq!(status(&app.client(), &format!("/media/{image}")).await, 404);
        change(
            &ann,
            "restoreRevision",
            &format!("revisionId: \"{}\"", page.revision_id),
        )
        .await;
        assert_eq!(used_by().await, 1);
        assert_ne!(without, page.revision_id);
        let rich = json!({ "type": "doc", "content": [{ "type": "image", "attrs": { "imageId": image } }] });
        let input = json!({ "notebookId": notebook, "title": "Rich", "format": "RICH_JSON", "content": rich.to_string() });
        let query = "mutation ($input: CreatePageInput!) { createPage(input: $input) { errors { code message } } }";
        let reply = ann.graphql(query, json!({ "input": input })).await;
        assert_eq!(reply.user_errors("createPage"), &json!([]));
        assert_eq!(used_by().await, 2);
    }
);

every_database!(
    async fn a_picture_that_pages_use_goes_only_with_force_and_says_where_it_is(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let image = uploaded(&bob, png(80, 60, 5)).await;
        let notebook = ann.notebook("Ann's").await;
        let share = format!(
            "notebookId: \"{notebook}\", userId: \"{}\", role: EDITOR",
            bob.id
        );
        change(&ann, "setCollaborator", &share).await;
        let anns = page_with(&bob, &notebook, &image).await;
        let own = bob.notebook("Bob's").await;
        let bobs = page_with(&bob, &own, &image).await;
        let removal = format!("notebookId: \"{notebook}\", userId: \"{}\"", bob.id);
        change(&ann, "removeCollaborator", &removal).await;

        let payload = delete(&bob, &image, false).await;
        assert_eq!(refusal(&payload), ("CONFLICT", "imageId".to_owned()));
        let message = payload["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("Illustrated") && message.contains(&bobs.id),
            "{message}"
        );
        assert!(message.contains("1 page that you do not see"), "{message}");
        assert!(!message.contains(&anns.id), "{message}");
        // Who only sees it may not delete it, and who does not see it hears nothing of it.
        let payload = delete(&ann, &image, true).await;
        assert_eq!(refusal(&payload), ("FORBIDDEN", "imageId".to_owned()));
        let payload = delete(&app.user("carol").await, &image, true).await;
        assert_eq!(refusal(&payload), ("NOT_FOUND", "imageId".to_owned()));

        let before = sources(&ann, &anns).await.remove(0);
        assert_eq!(status(&ann, &before).await, 200);
        assert_eq!(delete(&bob, &image, true).await["errors"], json!([]));
        assert_eq!(status(&ann, &before).await, 404);
        assert_eq!(sources(&ann, &anns).await, [format!("/media/{image}")]);
        assert_eq!(log(&bob).await[0], "image.deleted");
        let payload = delete(&bob, &image, true).await;
        assert_eq!(refusal(&payload), ("NOT_FOUND", "imageId".to_owned()));
    }
);

every_database!(
    async fn administrators_delete_anybody_s_pictures_and_accounts_take_theirs_along(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let one = uploaded(&ann, png(80, 60, 6)).await;
        assert_eq!(delete(&admin, &one, false).await["deletedId"], json!(one));
        let other = uploaded(&ann, png(80, 60, 7)).await;
        let input = json!({ "avatarId": other });
        let query = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code } } }";
        ann.graphql(query, json!({ "input": input })).await.data();
        let query = "mutation ($password: String!) { deleteAccount(password: $password) { errors { code } } }";
        let reply = ann
            .graphql(query, json!({ "password": ann.password() }))
            .await;
        assert_eq!(reply.user_errors("deleteAccount"), &json!([]));
        let left = app
            .lines("SELECT CAST(count(*) AS TEXT) AS line FROM images")
            .await;
        assert_eq!(left, ["0"]);
        assert_eq!(status(&admin, &format!("/media/{other}")).await, 404);
    }
);
