//! A database that fails while an answer is written: nothing stands behind a hole, and nothing twice.

use pluma::id::TranscriptId;
use pluma::transcripts::Writing;

use super::*;

/// A trigger under which no piece of a text begins at that character.
fn failing_pieces(app: &TestApp, start: usize) -> String {
    match app.app().db.engine() {
        "sqlite" => format!(
            "CREATE TRIGGER failing BEFORE INSERT ON transcript_pieces WHEN NEW.start = {start}
            BEGIN SELECT RAISE(ABORT, 'broken'); END"
        ),
        _ => format!(
            "DO $$ BEGIN
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
              $f$ BEGIN RAISE EXCEPTION 'broken'; END $f$;
            CREATE TRIGGER failing BEFORE INSERT ON transcript_pieces FOR EACH ROW WHEN (NEW.start = {start})
              EXECUTE FUNCTION fail();
            END $$"
        ),
    }
}

every_database!(
    async fn behind_a_piece_that_could_not_be_stored_the_text_does_not_go_on(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one ", "two ", "three"]);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        assert_eq!(read_to(&mut tab, 0, 4).await, "one ");
        app.execute(&failing_pieces(&app, 4)).await;
        gate.add_permits(1);
        // It waits behind the second one, which is being tried.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        gate.add_permits(3);
        let (text, end) = read(tab).await;
        assert_eq!(
            (text.as_str(), &end["code"], &end["retryable"]),
            ("", &json!("INTERRUPTED"), &json!(true))
        );
        let now = message(&ann, &id).await;
        assert_eq!(
            (&now["status"], &now["content"]),
            (&json!("INTERRUPTED"), &json!("one "))
        );
        let (text, _) = read(watch(&app, &ann, &id, None).await).await;
        assert_eq!(text, "one ");
    }
);

/// A text of somebody's that nothing was written of.
async fn begun(app: &TestApp) -> Writing {
    let transcript = TranscriptId::new();
    let id = match app.app().db.engine() {
        "sqlite" => format!("X'{}'", transcript.0.simple()),
        _ => format!("uuid '{}'", transcript.0),
    };
    let insert = format!(
        "INSERT INTO transcripts (id, owner_id, closed, text) SELECT {id}, id, FALSE, '' FROM users"
    );
    assert_eq!(app.execute(&insert).await, 1);
    app.app().recorder.write(transcript)
}

every_database!(
    async fn behind_a_hole_nothing_is_stored_that_its_writer_left_behind(app: TestApp) {
        app.user("ann").await;
        let mut writing = begun(&app).await;
        writing.push("one ".to_owned()).await.unwrap();
        writing.stored().await.unwrap();
        app.execute(&failing_pieces(&app, 4)).await;
        writing.push("two ".to_owned()).await.unwrap();
        // It waits behind the second one, which is being tried.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        writing.push("three".to_owned()).await.unwrap();
        drop(writing);
        // What another one hears of comes behind all of that, and is taken.
        let mut other = begun(&app).await;
        other.push("four".to_owned()).await.unwrap();
        other.stored().await.unwrap();
        let kept = "UPDATE transcript_pieces SET start = start WHERE text";
        for (text, times) in [("one ", 1), ("two ", 0), ("three", 0), ("four", 1)] {
            let found = app.execute(&format!("{kept} = '{text}'")).await;
            assert_eq!(found, times, "{text}");
        }
    }
);

every_database!(
    async fn a_piece_whose_storing_was_not_heard_of_stands_there_once(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one ", "two ", "three"]);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        read_to(&mut tab, 0, 4).await;
        // As a transaction leaves it whose answer is lost: the piece is there, and it is stored again.
        let stored = "INSERT INTO transcript_pieces (transcript_id, start, text)
            SELECT transcript_id, 4, 'two ' FROM transcript_pieces";
        assert_eq!(app.execute(stored).await, 1);
        gate.add_permits(1);
        assert_eq!(read_to(&mut tab, 4, 8).await, "two ");
        gate.add_permits(3);
        let (text, end) = read(tab).await;
        assert_eq!(
            (text.as_str(), &end["content"]),
            ("three", &json!("one two three"))
        );
    }
);
