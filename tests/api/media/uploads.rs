//! What becomes of a picture that is uploaded.

use super::drawn::{SECRET_PLACE, gif, jpeg_on_its_side, png_with_passengers, webp};
use super::*;

/// The bytes that are served of a picture to its owner.
async fn bytes(client: &Client, image: &str) -> Vec<u8> {
    let response = client.get(&address(client, image).await).await;
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap().to_vec()
}

every_database!(
    async fn a_picture_is_stored_listed_served_and_logged(app: TestApp) {
        let ann = app.user("ann").await;
        let image = upload(&ann, png(300, 200, 1)).await;
        assert_eq!(image["contentType"], "image/png");
        assert_eq!(
            (&image["width"], &image["height"]),
            (&json!(300), &json!(200))
        );
        assert_eq!(image["altText"], "A picture");
        assert_eq!(image["purpose"], "CONTENT");
        assert_eq!(image["owner"]["id"], ann.id.as_str());
        let served = bytes(&ann, &id(&image)).await;
        assert_eq!(image["byteSize"], served.len());
        let picture = image::load_from_memory(&served).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (300, 200));
        assert_eq!(picture.get_pixel(150, 100).0, [127, 127, 1]);

        let other = upload(&ann, jpeg(40, 30, 1)).await;
        let query = "query ($first: Int, $after: String) { images(first: $first, after: $after) {
            totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";
        let reply = ann.graphql(query, json!({ "first": 1 })).await;
        assert_eq!(reply.at("/images/totalCount"), 2);
        assert_eq!(reply.at("/images/nodes/0/id"), &other["id"]);
        assert_eq!(reply.at("/images/pageInfo/hasNextPage"), true);
        let after = reply.at("/images/pageInfo/endCursor");
        let reply = ann.graphql(query, json!({ "after": after })).await;
        assert_eq!(reply.at("/images/nodes"), &json!([{ "id": image["id"] }]));
        assert_eq!(log(&ann).await[..2], ["image.uploaded", "image.uploaded"]);

        let bob = app.user("bob").await;
        let reply = bob.graphql(query, json!({})).await;
        assert_eq!(reply.at("/images/totalCount"), 0);
        let reply = app.client().graphql(query, json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
        let reply = send(&app.client(), "a", png(9, 9, 1), json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    async fn the_same_picture_twice_is_stored_once_and_goes_with_the_last(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let one = uploaded(&ann, jpeg(64, 48, 7)).await;
        let other = uploaded(&bob, jpeg(64, 48, 7)).await;
        assert_ne!(one, other);
        assert_eq!(stored(&app).await.len(), 1);
        let at_once =
            futures_util::future::join_all((0..6).map(|_| uploaded(&ann, png(64, 48, 8))));
        let at_once = at_once.await;
        assert_eq!(at_once.len(), 6);
        assert_eq!(stored(&app).await.len(), 2);
        assert_eq!(delete(&ann, &one, false).await["deletedId"], json!(one));
        assert_eq!(
            bytes(&bob, &other).await.len() as u64,
            stored_size(&app, &bob, &other).await
        );
    }
);

async fn stored_size(app: &TestApp, client: &Client, image: &str) -> u64 {
    let query = "query ($id: ID!) { node(id: $id) { ... on Image { byteSize } } }";
    let reply = client.graphql(query, json!({ "id": image })).await;
    let size = reply.at("/node/byteSize").as_u64().unwrap();
    assert!(stored(app).await.iter().any(|object| object.size == size));
    size
}

every_database!(
    async fn what_a_camera_noted_is_gone_and_the_picture_stands_upright(app: TestApp) {
        let ann = app.user("ann").await;
        let sideways = jpeg_on_its_side(80, 40);
        assert!(contains(&sideways, SECRET_PLACE));
        let image = upload(&ann, sideways).await;
        assert_eq!(
            (&image["width"], &image["height"]),
            (&json!(40), &json!(80))
        );
        let served = bytes(&ann, &id(&image)).await;
        assert!(!contains(&served, SECRET_PLACE) && !contains(&served, b"Exif"));
        let picture = image::load_from_memory(&served).unwrap().to_rgb8();
        // What was left below is left above now: red grows downwards, green to the left.
        let (top_left, bottom_right) = (picture.get_pixel(2, 2).0, picture.get_pixel(37, 77).0);
        assert!(top_left[0] < 60 && top_left[1] > 190, "{top_left:?}");
        assert!(
            bottom_right[0] > 190 && bottom_right[1] < 60,
            "{bottom_right:?}"
        );
    }
);

every_database!(
    async fn nothing_but_pixels_is_kept_of_a_file_with_passengers(app: TestApp) {
        let ann = app.user("ann").await;
        let comment = b"alert('somebody looks')";
        let image = uploaded(&ann, png_with_passengers(comment)).await;
        let served = bytes(&ann, &image).await;
        assert!(!contains(&served, comment) && !contains(&served, b"tEXt"));
    }
);

every_database!(
    async fn animations_go_on_moving_and_other_kinds_stay_what_they_are(app: TestApp) {
        let ann = app.user("ann").await;
        let moving = upload(&ann, gif(32, 16, 5)).await;
        assert_eq!(moving["contentType"], "image/gif");
        let served = bytes(&ann, &id(&moving)).await;
        assert_eq!(frames(&served), 5);
        let smaller = address(&ann, &id(&moving)).await.replacen('?', "/16?", 1);
        let smaller = ann.get(&smaller).await;
        assert_eq!(smaller.headers()["content-type"], "image/gif");
        let smaller = smaller.bytes().await.unwrap();
        assert_eq!(frames(&smaller), 5);
        assert_eq!(image::load_from_memory(&smaller).unwrap().width(), 16);
        let webp = upload(&ann, webp(30, 20)).await;
        assert_eq!(webp["contentType"], "image/webp");
        let served = bytes(&ann, &id(&webp)).await;
        assert_eq!(image::load_from_memory(&served).unwrap().width(), 30);
    }
);

fn frames(bytes: &[u8]) -> usize {
    use image::AnimationDecoder;
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    decoder.into_frames().collect_frames().unwrap().len()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

every_database!(
    async fn a_name_is_no_path_to_anywhere(app: TestApp) {
        let ann = app.user("ann").await;
        let reply = send(&ann, "../../../../etc/passwd", png(20, 20, 4), json!({})).await;
        assert_eq!(reply.user_errors("uploadImage"), &json!([]));
        let stored = stored(&app).await;
        assert_eq!(stored.len(), 1);
        assert!(!stored[0].key.contains("passwd") && !stored[0].key.contains(".."));
    }
);
