//! What is left over goes, and nothing else does.

use std::time::Duration;

use pluma::media::sweeping::sweep;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3_600 + 60);

/// How many bytes are marked as unused.
async fn marked(app: &TestApp) -> Vec<String> {
    let sql =
        "SELECT CAST(count(*) AS TEXT) AS line FROM media_objects WHERE unused_since IS NOT NULL";
    app.lines(sql).await
}

every_database!(
    async fn bytes_without_a_picture_go_two_sweeps_and_a_day_later(app: TestApp) {
        let ann = app.user("ann").await;
        let kept = uploaded(&ann, png(50, 40, 1)).await;
        let gone = uploaded(&ann, png(50, 40, 2)).await;
        let signed = address(&ann, &gone).await.replacen('?', "/32?", 1);
        assert_eq!(ann.get(&signed).await.status(), 200);
        assert_eq!(stored(&app).await.len(), 3);
        delete(&ann, &gone, false).await;
        // The store's clock is the machine's: what is moved forward is the server's.
        app.clock().advance(DAY);
        sweep(app.app()).await.unwrap();
        assert_eq!(marked(&app).await, ["1"]);
        assert_eq!(sweep(app.app()).await.unwrap()["retired"], 0);
        assert_eq!(stored(&app).await.len(), 3);
        app.clock().advance(DAY);
        let swept = sweep(app.app()).await.unwrap();
        assert_eq!(
            (&swept["retired"], &swept["removed"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(stored(&app).await.len(), 1);
        let ann = ann.another_device().await;
        assert_eq!(ann.get(&address(&ann, &kept).await).await.status(), 200);
        let entries = app
            .lines("SELECT action AS line FROM logs WHERE action = 'media.removed'")
            .await;
        assert_eq!(entries.len(), 1);
    }
);

every_database!(
    async fn a_picture_that_comes_again_meanwhile_keeps_its_bytes(app: TestApp) {
        let ann = app.user("ann").await;
        let first = uploaded(&ann, png(50, 40, 3)).await;
        delete(&ann, &first, false).await;
        app.clock().advance(DAY);
        sweep(app.app()).await.unwrap();
        assert_eq!(marked(&app).await, ["1"]);
        app.clock().advance(DAY);
        let ann = ann.another_device().await;
        let again = uploaded(&ann, png(50, 40, 3)).await;
        assert_eq!(sweep(app.app()).await.unwrap()["retired"], 0);
        app.clock().advance(DAY);
        sweep(app.app()).await.unwrap();
        let ann = ann.another_device().await;
        assert_eq!(ann.get(&address(&ann, &again).await).await.status(), 200);
    }
);

every_database!(
    async fn uploads_and_sweeps_at_once_never_lose_the_bytes_of_a_picture(app: TestApp) {
        let ann = app.user("ann").await;
        for round in 0..6 {
            let old = uploaded(&ann, png(50, 40, round)).await;
            delete(&ann, &old, false).await;
        }
        // Everything that is unused has been so for days.
        sweep(app.app()).await.unwrap();
        // The clock stays: ahead of the store's, it would make what is just being written look a day old.
        let earlier = match app.app().db.engine() {
            "sqlite" => "created_at - 172800000000",
            _ => "created_at - interval '2 days'",
        };
        let sql = format!("UPDATE media_objects SET unused_since = {earlier}");
        app.execute(&sql).await;
        let sweeping = async {
            for _ in 0..3 {
                sweep(app.app()).await.unwrap();
            }
        };
        let uploads =
            futures_util::future::join_all((0..6).map(|round| uploaded(&ann, png(50, 40, round))));
        let ((), images) = tokio::join!(sweeping, uploads);
        sweep(app.app()).await.unwrap();
        for image in images {
            assert_eq!(ann.get(&address(&ann, &image).await).await.status(), 200);
        }
        assert_eq!(stored(&app).await.len(), 6);
    }
);

every_database!(
    async fn objects_without_rows_and_uploads_without_an_end_go_after_a_day(app: TestApp) {
        let ann = app.user("ann").await;
        uploaded(&ann, png(50, 40, 4)).await;
        let known = stored(&app).await[0].key.clone();

        let place = pluma::id::encode(pluma::clock::new_uuid());
        let mut parts: Vec<&str> = known.split('/').collect();
        parts[3] = &place;
        let stray = parts.join("/");
        let storage = &app.app().storage;
        storage.put(&stray, "left over".into()).await.unwrap();
        let bytes = png(20, 20, 1);
        let ticket =
            tickets::ticket(&tickets::request(&ann, "image/png", bytes.len() as i64).await);
        let raw = format!("uploads/{}", ticket["id"].as_str().unwrap());
        storage.put(&raw, bytes.into()).await.unwrap();
        storage.put("uploads/strange", "x".into()).await.unwrap();
        let swept = sweep(app.app()).await.unwrap();
        assert_eq!(
            (&swept["disowned"], &swept["uploads"]),
            (&json!(0), &json!(0))
        );
        app.clock().advance(DAY);
        let swept = sweep(app.app()).await.unwrap();
        assert_eq!(
            (&swept["disowned"], &swept["uploads"]),
            (&json!(1), &json!(1))
        );
        app.clock().advance(DAY);
        sweep(app.app()).await.unwrap();
        assert_eq!(stored(&app).await.len(), 1);
        assert!(storage.head(&raw).await.unwrap().is_none());
        assert!(storage.head("uploads/strange").await.unwrap().is_none());
        let left = app
            .lines("SELECT CAST(count(*) AS TEXT) AS line FROM image_uploads")
            .await;
        assert_eq!(left, ["0"]);
    }
);
