//! Watching an answer: while it is written, later, from the start and from the middle.

use super::*;

/// Characters of one to four bytes, and one of several code points.
const PIECES: [&str; 6] = ["Olá, ", "a 😀", " e̋", "日本", " — ", "fim."];

every_database!(
    async fn any_number_of_watchers_see_the_same_from_wherever_they_begin(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(PIECES);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let whole = PIECES.concat();
        let mut first = watch(&app, &ann, &id, None).await;
        gate.add_permits(2);
        assert_eq!(read_to(&mut first, 0, 8).await, "Olá, a 😀");
        // While it is written, its text so far can be read too.
        let now = message(&ann, &id).await;
        assert_eq!(
            (&now["content"], &now["status"]),
            (&json!("Olá, a 😀"), &json!("STREAMING"))
        );
        assert_eq!(
            (&now["usage"], &now["finishReason"]),
            (&Value::Null, &Value::Null)
        );
        let mut late = watch(&app, &ann, &id, None).await;
        let mut resumed = watch(&app, &ann, &id, Some(7)).await;
        assert_eq!(read_to(&mut late, 0, 8).await, "Olá, a 😀");
        assert_eq!(read_to(&mut resumed, 7, 8).await, "😀");
        // Somebody who is ahead waits for what comes.
        let ahead = watch(&app, &ann, &id, Some(11)).await;
        gate.add_permits(6);
        let (text, end) = read(first).await;
        assert_eq!(format!("Olá, a 😀{text}"), whole);
        assert_eq!(end["__typename"], "CompletionFinished");
        assert_eq!(
            (&end["content"], &end["finishReason"]),
            (&json!(whole), &json!("STOP"))
        );
        assert_eq!(end["sequence"], whole.chars().count());
        for (stream, from) in [(late, 8), (resumed, 8), (ahead, 11)] {
            let (text, last) = read(stream).await;
            assert_eq!(text, whole.chars().skip(from).collect::<String>());
            assert_eq!(last, end);
        }
        // After its end it is told the same.
        for from in [0, 3, 8, 15, whole.chars().count(), 1_000] {
            let (text, last) = read(watch(&app, &ann, &id, Some(from)).await).await;
            assert_eq!(text, whole.chars().skip(from).collect::<String>(), "{from}");
            assert_eq!(last, end);
        }
        assert_eq!(provider.asked().len(), 1);
    }
);

every_database!(
    async fn closing_every_tab_stops_nothing(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one ", "two"]);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        read_to(&mut tab, 0, 4).await;
        tab.stop().await;
        gate.add_permits(3);
        let (text, end) = read(watch(&app, &ann, &id, Some(4)).await).await;
        assert_eq!((text.as_str(), &end["content"]), ("two", &json!("one two")));
    }
);

every_database!(
    async fn what_a_person_said_is_a_stream_that_has_ended(app: TestApp) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (question, _) = say(&ann, &chat, "What?").await;
        let (text, end) = read(watch(&app, &ann, &question, Some(2)).await).await;
        assert_eq!(text, "at?");
        assert_eq!(
            (&end["content"], &end["finishReason"]),
            (&json!("What?"), &json!("STOP"))
        );
        let mut wrong = app
            .subscribe(&ann, STREAM, json!({ "id": question, "after": -1 }))
            .await;
        let Ending::Failed(errors) = wrong.ended().await else {
            panic!("a negative sequence is refused");
        };
        assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT");
    }
);

every_database!(
    async fn json_answers_are_checked_at_their_end(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let schema = json!({ "type": "object", "required": ["n"] });
        let options = json!({ "responseFormat": "JSON_SCHEMA", "jsonSchema": schema });
        let input = json!({ "chatId": chat, "content": "Count", "options": options });
        provider.will_say([
            Said::pieces(&["{\"n\":", " 1}"]),
            Said::pieces(&["{\"m\":", " 1}"]),
        ]);
        let sent = send(&ann, input.clone()).await;
        let id = sent["assistantMessage"]["id"].as_str().unwrap();
        let (_, end) = read(watch(&app, &ann, id, None).await).await;
        assert_eq!(end["json"], json!({ "n": 1 }));
        let sent = send(&ann, input).await;
        let id = sent["assistantMessage"]["id"].as_str().unwrap();
        let (text, end) = read(watch(&app, &ann, id, None).await).await;
        assert_eq!(text, "{\"m\": 1}");
        assert_eq!(
            (&end["__typename"], &end["code"]),
            (&json!("CompletionFailed"), &json!("SCHEMA_MISMATCH"))
        );
        let now = message(&ann, id).await;
        assert_eq!(
            (&now["status"], &now["content"]),
            (&json!("FAILED"), &json!("{\"m\": 1}"))
        );
        assert!(
            now["error"]
                .as_str()
                .unwrap()
                .contains("\"n\" is a required property")
        );
        assert_eq!(provider.asked().len(), 2);
        // U+0000 in what it quotes is kept by no database.
        provider.will_say([Said::pieces(&["{\"\\u0000\": \"", "\\u0000\"}"])]);
        let schema = json!({ "additionalProperties": false });
        let options = json!({ "responseFormat": "JSON_SCHEMA", "jsonSchema": schema });
        let input = json!({ "chatId": chat, "content": "Nothing", "options": options });
        let sent = send(&ann, input).await;
        let id = sent["assistantMessage"]["id"].as_str().unwrap();
        let (_, end) = read(watch(&app, &ann, id, None).await).await;
        assert_eq!(end["code"], "SCHEMA_MISMATCH", "{end}");
    }
);
