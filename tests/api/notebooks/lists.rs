//! Which notebooks a list holds.

use super::*;

every_database!(
    async fn lists_hold_what_they_say(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let draft = ann.notebook("Draft").await;
        let open = ann.notebook("Open").await;
        let foreign = bob.notebook("Foreign").await;
        publish_notebook(&ann, &open).await;
        publish_notebook(&bob, &foreign).await;
        let ids = async |client: &Client, arguments: &str| {
            let query = format!("{{ notebooks{arguments} {{ nodes {{ id }} }} }}");
            let nodes = look(client, &query, "/notebooks/nodes").await;
            let nodes = nodes.as_array().unwrap().iter();
            nodes
                .map(|node| node["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let public = [foreign.clone(), open.clone()];
        for arguments in [
            "",
            "(mine: false)",
            "(mine: null, sharedWithMe: null, trashed: null, ownerId: null, orderBy: null)",
            "(first: null, last: null, after: null, before: null)",
        ] {
            for client in [&ann, &bob, &app.client()] {
                assert_eq!(ids(client, arguments).await, public, "{arguments}");
            }
        }
        assert_eq!(
            ids(&ann, "(mine: true)").await,
            [open.clone(), draft.clone()]
        );
        let of_ann = format!(r#"(ownerId: "{}")"#, ann.id);
        assert_eq!(ids(&ann, &of_ann).await, [open.clone(), draft]);
        assert_eq!(ids(&bob, &of_ann).await, public[1..]);
        assert_eq!(ids(&app.client(), &of_ann).await, public[1..]);
        let of_user = format!(
            r#"{{ user(by: {{ id: "{}" }}) {{ notebooks {{ totalCount nodes {{ title pages {{ totalCount }} }} }} }} }}"#,
            ann.id
        );
        assert_eq!(look(&ann, &of_user, "/user/notebooks/totalCount").await, 2);
        assert_eq!(
            look(&bob, &of_user, "/user/notebooks").await,
            json!({ "totalCount": 1, "nodes": [{ "title": "Open", "pages": { "totalCount": 0 } }] })
        );
        for arguments in ["(mine: true)", "(sharedWithMe: true)", "(trashed: true)"] {
            let query = format!("{{ notebooks{arguments} {{ totalCount }} }}");
            let reply = app.client().graphql(&query, json!({})).await;
            assert_eq!(reply.code(), "UNAUTHENTICATED");
        }
        for arguments in [
            "mine: true, sharedWithMe: true".to_owned(),
            "trashed: true, sharedWithMe: true".to_owned(),
            format!(r#"mine: true, ownerId: "{}""#, ann.id),
        ] {
            let query = format!("{{ notebooks({arguments}) {{ totalCount }} }}");
            assert_eq!(
                ann.graphql(&query, json!({})).await.code(),
                "BAD_USER_INPUT"
            );
        }
    }
);
