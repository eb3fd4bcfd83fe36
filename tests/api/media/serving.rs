//! How pictures are served.

use reqwest::header;
use std::time::Duration;

use super::*;

/// A picture that everybody sees, and its address.
async fn public(app: &TestApp, bytes: Vec<u8>) -> (Client, String) {
    let ann = app.user("ann").await;
    let image = uploaded(&ann, bytes).await;
    let notebook = ann.notebook("Notebook").await;
    page_with(&ann, &notebook, &image).await;
    publish(&ann, &notebook).await;
    (ann, format!("/media/{image}"))
}

async fn ask(app: &TestApp, address: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let client = app.client();
    let mut request = client.http().get(format!("{}{address}", app.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

every_database!(
    async fn public_pictures_are_kept_for_long_and_do_nothing_but_show(app: TestApp) {
        let (_, address) = public(&app, jpeg(300, 200, 1)).await;
        let response = ask(&app, &address, &[("accept-encoding", "gzip, br")]).await;
        let headers = response.headers().clone();
        for (name, value) in [
            ("content-type", "image/jpeg"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; sandbox; frame-ancestors 'none'",
            ),
            ("content-disposition", "inline"),
            ("accept-ranges", "bytes"),
            ("cross-origin-resource-policy", "cross-origin"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        let whole = response.bytes().await.unwrap();
        assert_eq!(headers["content-length"], whole.len().to_string());
        let head = app.client().http().head(format!("{}{address}", app.url()));
        let head = head.send().await.unwrap();
        assert_eq!(head.headers()["content-length"], whole.len().to_string());
        assert_eq!(head.headers()["etag"], headers["etag"]);
        assert!(head.bytes().await.unwrap().is_empty());

        let tag = headers["etag"].to_str().unwrap();
        let known = ask(&app, &address, &[("if-none-match", tag)]).await;
        assert_eq!(known.status(), 304);
        assert_eq!(known.headers()["etag"], tag);
        let part = ask(
            &app,
            &address,
            &[("range", "bytes=10-19"), ("if-range", tag)],
        )
        .await;
        assert_eq!(part.status(), 206);
        let range = format!("bytes 10-19/{}", whole.len());
        assert_eq!(part.headers()["content-range"], range);
        assert_eq!(part.bytes().await.unwrap(), whole[10..20]);
        let other = ask(
            &app,
            &address,
            &[("range", "bytes=10-19"), ("if-range", "\"x\"")],
        )
        .await;
        assert_eq!(other.status(), 200);
        let beyond = ask(&app, &address, &[("range", "bytes=9999999-")]).await;
        assert_eq!(beyond.status(), 416);
        assert_eq!(
            beyond.headers()["content-range"],
            format!("bytes */{}", whole.len())
        );
    }
);

every_database!(
    async fn signed_addresses_end_and_are_kept_no_longer(app: TestApp) {
        let ann = app.user("ann").await;
        let image = uploaded(&ann, png(40, 30, 1)).await;
        let signed = address(&ann, &image).await;
        let response = app.client().get(&signed).await;
        assert_eq!(response.status(), 200);
        let kept = response.headers()["cache-control"].to_str().unwrap();
        let seconds: u64 = kept
            .strip_prefix("private, max-age=")
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=3_600).contains(&seconds), "{kept}");
        let other = uploaded(&ann, png(40, 30, 2)).await;
        for wrong in [
            signed.replace("signature=", "signature=A"),
            signed.replace("expires=", "expires=9"),
            signed.replace(&image, &other),
            format!("/media/{image}"),
            format!("/media/{image}?expires=9999999999&signature="),
            "/media/image_00000000000000000000000000".to_owned(),
            "/media/..%2f..%2fetc%2fpasswd".to_owned(),
            signed.replace('?', "/15?"),
            signed.replace('?', "/x?"),
        ] {
            assert_eq!(app.client().get(&wrong).await.status(), 404, "{wrong}");
        }
        app.clock().advance(Duration::from_secs(3_601));
        assert_eq!(app.client().get(&signed).await.status(), 404);
    }
);

every_database!(
    async fn renditions_are_made_once_of_a_few_widths_and_never_wider_than_asked(app: TestApp) {
        let (ann, address) = public(&app, jpeg(700, 350, 1)).await;
        let image = address.rsplit('/').next().unwrap();
        let query = "query ($id: ID!, $width: Int) { node(id: $id) { ... on Image { url(width: $width) } } }";
        for (asked, shown) in [
            (16, "/16"),
            (300, "/256"),
            (512, "/512"),
            (699, "/640"),
            (700, ""),
            (5_000, ""),
        ] {
            let reply = ann
                .graphql(query, json!({ "id": image, "width": asked }))
                .await;
            assert_eq!(
                path(reply.text("/node/url")),
                format!("{address}{shown}"),
                "{asked}"
            );
        }
        for wrong in [0, -5, 15, 100_000] {
            let reply = ann
                .graphql(query, json!({ "id": image, "width": wrong }))
                .await;
            assert_eq!(reply.code(), "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await.len(), 1);
        let narrow = format!("{address}/300");
        let asked = (0..8).map(|_| async {
            let answer = app.client().get(&narrow).await;
            answer.bytes().await.unwrap()
        });
        let answers = futures_util::future::join_all(asked).await;
        for answer in answers {
            let picture = image::load_from_memory(&answer).unwrap();
            assert_eq!((picture.width(), picture.height()), (256, 128));
        }
        let objects = stored(&app).await;
        assert_eq!(objects.len(), 2);
        for width in 257..300 {
            let answer = app.client().get(&format!("{address}/{width}")).await;
            assert_eq!(answer.status(), 200);
        }
        assert_eq!(stored(&app).await, objects);
        // One that is lost is made again.
        let rendition = objects.iter().find(|object| object.key.ends_with("/w256"));
        app.app()
            .storage
            .delete(&rendition.unwrap().key)
            .await
            .unwrap();
        let answer = app.client().get(&format!("{address}/256")).await;
        assert_eq!(answer.headers()["content-type"], "image/jpeg");
        let tag = answer.headers()["etag"].clone();
        assert!(image::load_from_memory(&answer.bytes().await.unwrap()).is_ok());
        assert_ne!(app.client().get(&address).await.headers()["etag"], tag);
    }
);
