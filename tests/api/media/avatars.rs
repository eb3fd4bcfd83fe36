//! Who somebody is, as a picture.

use super::*;

const UPDATE: &str = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
    user { avatar { id } } errors { code path } } }";

every_database!(
    async fn an_avatar_is_one_s_own_picture_and_everybody_sees_it(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let image = uploaded(&ann, png(64, 64, 1)).await;
        let stable = format!("/media/{image}");
        let set = async |client: &Client, image: &str| {
            let input = json!({ "avatarId": image });
            let reply = client.graphql(UPDATE, json!({ "input": input })).await;
            reply.at("/updateProfile").clone()
        };
        for wrong in [image.as_str(), "image_00000000000000000000000000", "x"] {
            let payload = set(&bob, wrong).await;
            assert_eq!(
                refusal(&payload),
                ("NOT_FOUND", "input.avatarId".to_owned())
            );
        }
        assert_eq!(app.client().get(&stable).await.status(), 404);
        let payload = set(&ann, &image).await;
        assert_eq!(payload["user"]["avatar"]["id"], json!(image));
        assert_eq!(log(&ann).await[0], "account.updated");
        assert_eq!(app.client().get(&stable).await.status(), 200);
        let query = "query ($id: ID!) { user(by: { id: $id }) { avatar { id url(width: 32) } } }";
        let reply = app.client().graphql(query, json!({ "id": ann.id })).await;
        let address = path(reply.text("/user/avatar/url"));
        assert_eq!(address, format!("{stable}/32"));
        assert_eq!(app.client().get(&address).await.status(), 200);

        let payload = set(&ann, "").await;
        assert_eq!(payload["user"]["avatar"], Value::Null);
        assert_eq!(app.client().get(&stable).await.status(), 404);
        set(&ann, &image).await;
        assert_eq!(delete(&ann, &image, false).await["errors"], json!([]));
        let reply = ann.graphql(query, json!({ "id": ann.id })).await;
        assert_eq!(reply.at("/user/avatar"), &Value::Null);
    }
);
