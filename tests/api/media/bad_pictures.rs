//! Files that are refused, and say why.

use super::drawn::{bomb, zip};
use super::*;

async fn refused(client: &Client, bytes: Vec<u8>) -> String {
    let reply = send(client, "holiday.png", bytes, json!({})).await;
    let payload = reply.at("/uploadImage");
    assert_eq!(payload["image"], Value::Null);
    let (code, path) = refusal(payload);
    assert_eq!(path, "input.file");
    code.to_owned()
}

every_database!(
    async fn files_cut_off_anywhere_are_corrupt(app: TestApp) {
        let ann = app.user("ann").await;
        for whole in [
            png(200, 150, 1),
            jpeg(200, 150, 1),
            drawn::gif(60, 40, 3),
            drawn::webp(80, 60),
        ] {
            for part in [3, 2] {
                let cut = whole[..whole.len() / part].to_vec();
                assert_eq!(refused(&ann, cut).await, "CORRUPT");
            }
        }
        let mut damaged = png(200, 150, 1);
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        assert_eq!(refused(&ann, damaged).await, "CORRUPT");
        assert_eq!(stored(&app).await.len(), 0);
    }
);

every_database!(
    async fn what_is_no_picture_is_refused_whatever_it_is_called(app: TestApp) {
        let ann = app.user("ann").await;
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let html = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>";
        let polyglot = [drawn::gif(8, 8, 1), zip()].concat();
        let dressed = [b"GIF89a/*".as_slice(), b"*/=1;<script>alert(1)</script>"].concat();
        let bare = [
            svg.to_vec(),
            html.to_vec(),
            zip(),
            polyglot,
            dressed,
            b"%PDF-1.7".to_vec(),
            b"just words".to_vec(),
            vec![],
        ];
        for bytes in bare {
            assert_eq!(refused(&ann, bytes).await, "UNSUPPORTED_TYPE");
        }
    }
);

every_database!(
    async fn the_bytes_say_what_a_picture_is_and_not_its_name(app: TestApp) {
        let ann = app.user("ann").await;
        let reply = send(&ann, "drawing.svg", jpeg(30, 20, 1), json!({})).await;
        assert_eq!(reply.at("/uploadImage/image/contentType"), "image/jpeg");
    }
);

every_database!(
    async fn bombs_are_refused_before_they_are_unpacked(app: TestApp) {
        let ann = app.user("ann").await;
        for (width, height) in [(60_000, 60_000), (16_000, 16_000), (i32::MAX as u32, 1)] {
            assert_eq!(refused(&ann, bomb(width, height)).await, "TOO_LARGE");
        }
        assert_eq!(refused(&ann, bomb(0, 0)).await, "CORRUPT");
        assert_eq!(refused(&ann, bomb(4_000, 4_000)).await, "CORRUPT");
    }
);

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_limit_and_texts_that_are_too_long_are_refused() {
    let tweak = |config: &mut pluma::config::Config| {
        config.limits.body_bytes = 65_536;
        config.media.max_side = 100;
    };
    let app = TestApp::on(Engine::Sqlite, tweak).await;
    let ann = app.user("ann").await;
    let reply = send(&ann, "a", vec![7; 70_000], json!({})).await;
    assert_eq!(reply.code(), "PAYLOAD_TOO_LARGE");
    assert_eq!(refused(&ann, png(101, 10, 1)).await, "TOO_LARGE");
    let alt = json!({ "altText": "x".repeat(1_001) });
    let reply = send(&ann, "a", png(10, 10, 1), alt).await;
    let refusal = refusal(reply.at("/uploadImage"));
    assert_eq!(refusal, ("TOO_LONG", "input.altText".to_owned()));
}

every_database!(
    async fn an_upload_cut_in_the_middle_leaves_nothing(app: TestApp) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let ann = app.user("ann").await;
        let mut socket = tokio::net::TcpStream::connect(app.address()).await.unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             apollo-require-preflight: 1\r\nContent-Type: multipart/form-data; boundary=x\r\n\
             Content-Length: 100000\r\n\r\n",
            ann.access_token
        );
        let operations = json!({ "query": UPLOAD, "variables": { "input": { "file": null } } });
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{operations}\r\n\
             --x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{{\"0\":[\"variables.input.file\"]}}\r\n\
             --x\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.png\"\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(body.as_bytes()).await.unwrap();
        socket.write_all(&png(60, 60, 1)[..100]).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // Whatever it says, it says it to nobody.
        let _ = socket.read_to_end(&mut answer).await;
        assert_eq!(stored(&app).await.len(), 0);
        let reply = ann.graphql("{ images { totalCount } }", json!({})).await;
        assert_eq!(reply.at("/images/totalCount"), 0);
    }
);

every_database!(
    async fn a_file_that_did_not_come_is_an_error_of_the_request(app: TestApp) {
        let ann = app.user("ann").await;
        for file in ["#__graphql_file__:0", "#__graphql_file__:999", "x"] {
            let input = json!({ "file": file });
            let reply = ann.graphql(UPLOAD, json!({ "input": input })).await;
            assert_eq!(reply.code(), "BAD_USER_INPUT", "{file}");
        }
    }
);
