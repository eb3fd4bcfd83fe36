//! Answers that are stopped.

use super::*;

const STOP: &str = "mutation ($id: ID!) { stopMessage(messageId: $id) {
    message { id content status finishReason usage { estimated completionTokens } } errors { code path } } }";

every_database!(
    async fn an_answer_is_stopped_from_another_device_and_keeps_what_had_arrived(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one two three ", "four"]);
        provider.will_say([said]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        read_to(&mut tab, 0, 14).await;
        let phone = ann.another_device().await;
        let reply = phone.graphql(STOP, json!({ "id": id })).await;
        let stopped = reply.at("/stopMessage/message");
        assert_eq!(
            (
                &stopped["status"],
                &stopped["content"],
                &stopped["finishReason"]
            ),
            (
                &json!("CANCELLED"),
                &json!("one two three "),
                &json!("CANCELLED")
            )
        );
        assert_eq!(stopped["usage"]["estimated"], true);
        assert!(stopped["usage"]["completionTokens"].as_i64().unwrap() >= 3);
        let (text, end) = read(tab).await;
        assert_eq!(
            (text.as_str(), &end["finishReason"]),
            ("", &json!("CANCELLED"))
        );
        // Stopping it again changes nothing, and it can be continued.
        let reply = ann.graphql(STOP, json!({ "id": id })).await;
        assert_eq!(reply.at("/stopMessage/message/status"), "CANCELLED");
        assert_eq!(reply.at("/stopMessage/errors"), &json!([]));
        let next = answered(&app, &ann, &chat, "Go on").await;
        assert_eq!(next["status"], "COMPLETE");
        let asked = &provider.asked()[1].body["messages"];
        assert_eq!(
            asked[1],
            json!({ "role": "assistant", "content": "one two three " })
        );
        // It was paid for.
        let reply = ann
            .graphql("{ aiUsage { requests failures } }", json!({}))
            .await;
        assert_eq!(
            reply.at("/aiUsage"),
            &json!({ "requests": 2, "failures": 1 })
        );
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn an_answer_that_nobody_has_begun_to_write_is_stopped_too(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (question, id) = say(&ann, &chat, "Hi").await;
        let reply = ann.graphql(STOP, json!({ "id": id })).await;
        assert_eq!(reply.at("/stopMessage/message/status"), "CANCELLED");
        let (text, end) = read(watch(&app, &ann, &id, None).await).await;
        assert_eq!(
            (text.as_str(), &end["finishReason"]),
            ("", &json!("CANCELLED"))
        );
        assert!(provider.asked().is_empty());
        let reply = ann.graphql(STOP, json!({ "id": question })).await;
        assert_eq!(
            reply.user_errors("stopMessage"),
            &json!([{ "code": "INVALID", "path": ["messageId"] }])
        );
    }
);

every_database!(
    async fn what_was_asked_before_the_first_word_is_paid_for_although_it_is_stopped(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        provider.will_say([Said::status(500), Said::Nothing]);
        let (_, id) = say(&ann, &chat, "One two three four five").await;
        eventually("it is asked again", async || provider.asked().len() == 2).await;
        let reply = ann.graphql(STOP, json!({ "id": id })).await;
        let stopped = reply.at("/stopMessage/message");
        assert_eq!(
            (&stopped["status"], &stopped["content"]),
            (&json!("CANCELLED"), &json!(""))
        );
        let usage = "{ aiUsage { requests failures usage { promptTokens estimated } } }";
        let reply = ann.graphql(usage, json!({})).await;
        let usage = reply.at("/aiUsage");
        assert_eq!(
            (&usage["requests"], &usage["failures"]),
            (&json!(2), &json!(2))
        );
        assert!(
            usage["usage"]["promptTokens"].as_i64().unwrap() >= 5,
            "{usage}"
        );
        assert_eq!(usage["usage"]["estimated"], true);
    }
);

every_database!(
    async fn cancelling_its_job_or_deleting_the_chat_stops_an_answer(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let chat = chat(&ann, json!({})).await;
        let (said, gate) = Said::held(["one"]);
        let (more, again) = Said::held(["two"]);
        provider.will_say([said, more]);
        let (_, id) = say(&ann, &chat, "Hi").await;
        let jobs = "{ jobs(first: 1) { nodes { id kind subject { id } status } } }";
        let reply = ann.graphql(jobs, json!({})).await;
        let job = reply.at("/jobs/nodes/0");
        assert_eq!(
            (&job["kind"], &job["subject"]["id"]),
            (&json!("ai.write"), &json!(id))
        );
        let mut tab = watch(&app, &ann, &id, None).await;
        gate.add_permits(1);
        read_to(&mut tab, 0, 3).await;
        let cancel = "mutation ($id: ID!) { cancelJob(jobId: $id) { job { id } errors { code } } }";
        ann.graphql(cancel, json!({ "id": job["id"] })).await;
        let (_, end) = read(tab).await;
        assert_eq!(end["finishReason"], "CANCELLED");
        let progress = "subscription ($id: ID!) { jobProgress(jobId: $id) { status } }";
        let mut ended = app
            .subscribe(&ann, progress, json!({ "id": job["id"] }))
            .await;
        let mut last = Value::Null;
        while let Ok(state) = ended.answer().await {
            last = state["data"]["jobProgress"]["status"].clone();
        }
        assert_eq!(last, "CANCELLED");

        let (_, id) = say(&ann, &chat, "Again").await;
        let mut tab = watch(&app, &ann, &id, None).await;
        again.add_permits(1);
        read_to(&mut tab, 0, 3).await;
        let delete = "mutation ($id: ID!) { deleteChat(chatId: $id) { errors { code } } }";
        ann.graphql(delete, json!({ "id": chat })).await;
        assert_eq!(tab.ended().await, Ending::Complete);
    }
);
