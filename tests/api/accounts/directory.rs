//! Finding users, and who sees what of them.

use super::*;

every_database!(
    async fn others_see_neither_address_nor_role(app: TestApp) {
        const USER: &str =
            "query($by: UserBy!) { user(by: $by) { id username email emailVerified role } }";
        let ann = app.user("ann").await;
        let bob = app.user("bob").await;
        let admin = app.admin().await;
        let nobody = app.client();
        for (client, sees) in [
            (&ann, true),
            (&bob, false),
            (&admin, true),
            (&nobody, false),
        ] {
            for by in [json!({ "id": ann.id }), json!({ "username": "ANN" })] {
                let reply = client.graphql(USER, json!({ "by": by })).await;
                let data = reply.data();
                assert_eq!(data["user"]["username"], "ann");
                for field in ["email", "emailVerified", "role"] {
                    assert_eq!(data["user"][field] != Value::Null, sees, "{field}");
                }
            }
        }
        for by in [
            json!({ "id": "user_00000000000000000000000000" }),
            json!({ "id": "nonsense" }),
            json!({ "username": "an\0n" }),
        ] {
            let reply = nobody.graphql(USER, json!({ "by": by })).await;
            assert_eq!(reply.data()["user"], Value::Null);
            assert_eq!(reply.body["errors"], Value::Null);
        }
    }
);

every_database!(
    async fn users_are_listed_page_by_page_and_found_by_their_beginnings(app: TestApp) {
        const USERS: &str =
            "query($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter) {
        users(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
            nodes { username } totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let mut ann = None;
        for name in ["eve", "ann", "Dan", "bob", "Óscar"] {
            let client = app.user(name).await;
            if name == "ann" {
                ann = Some(client);
            }
        }
        let ann = ann.unwrap();
        ann.graphql(
        "mutation { updateProfile(input: { displayName: \"ÓRLA 100%_\" }) { errors { code } } }", json!({}),
    ).await;
        let users = async |variables: Value| ann.graphql(USERS, variables).await;
        let names = |reply: &Reply| -> Vec<String> {
            let data = reply.data();
            let nodes = data["users"]["nodes"].as_array().unwrap();
            nodes
                .iter()
                .map(|node| node["username"].as_str().unwrap().to_owned())
                .collect()
        };

        let reply = users(json!({})).await;
        assert_eq!(names(&reply), ["ann", "bob", "Dan", "eve", "Óscar"]);
        assert_eq!(reply.data()["users"]["totalCount"], 5);

        let first = users(json!({ "first": 2 })).await;
        assert_eq!(names(&first), ["ann", "bob"]);
        let info = first.data()["users"]["pageInfo"].clone();
        assert_eq!(
            (&info["hasNextPage"], &info["hasPreviousPage"]),
            (&json!(true), &json!(false))
        );
        let second = users(json!({ "first": 2, "after": info["endCursor"] })).await;
        assert_eq!(names(&second), ["Dan", "eve"]);
        let back = users(
            json!({ "last": 1, "before": second.data()["users"]["pageInfo"]["startCursor"] }),
        )
        .await;
        assert_eq!(names(&back), ["bob"]);

        for (query, expected) in [
            ("B", vec!["bob"]),
            ("O\u{301}", vec!["ann", "Óscar"]),
            ("órla 100%_", vec!["ann"]),
            ("%", vec![]),
            ("_", vec![]),
            ("nn", vec![]),
            ("  ", vec!["ann", "bob", "Dan", "eve", "Óscar"]),
        ] {
            let reply = users(json!({ "filter": { "query": query } })).await;
            assert_eq!(names(&reply), expected, "{query:?}");
            assert_eq!(reply.data()["users"]["totalCount"], expected.len());
        }
        for query in ["\0", &"x".repeat(101)] {
            let reply = users(json!({ "filter": { "query": query } })).await;
            assert_eq!(refusal(&reply), "BAD_USER_INPUT");
        }
        assert_eq!(
            refusal(&users(json!({ "first": 101 })).await),
            "BAD_USER_INPUT"
        );
        assert_eq!(
            refusal(&users(json!({ "filter": { "role": "ADMIN" } })).await),
            "FORBIDDEN"
        );
        assert_eq!(
            refusal(&app.client().graphql(USERS, json!({})).await),
            "UNAUTHENTICATED"
        );
        let admin = app.admin().await;
        let reply = admin
            .graphql(USERS, json!({ "filter": { "role": "ADMIN" } }))
            .await;
        assert_eq!(reply.data()["users"]["totalCount"], 1);
    }
);
