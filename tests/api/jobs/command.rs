//! `pluma admin jobs`, on the machine of the server.

use super::*;

fn run(app: &TestApp, arguments: &[&str]) -> (i32, String, String) {
    let arguments = [&["admin", "jobs"], arguments].concat();
    let output = app.program(&arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn dead_letters_are_seen_and_tried_again(app: TestApp) {
        let ann = app.user("ann").await;
        let (one, other) = (ann.batch(&["a: 1"]).await, ann.batch(&["a: 2"]).await);
        let (code, out, problem) = run(&app, &["list", "--dead"]);
        assert_eq!((code, out.trim()), (0, "There are none."), "{problem}");
        app.execute("UPDATE jobs SET status = 'FAILED', finished_at = created_at, attempts = 5, error = 'out of luck'").await;

        let (_, out, _) = run(&app, &["list", "--dead", "--kind", "processing.batch"]);
        assert!(
            out.contains(&one) && out.contains(&other) && out.contains("out of luck"),
            "{out}"
        );
        let (_, out, _) = run(&app, &["list", "--dead", "--kind", "another"]);
        assert_eq!(out.trim(), "There are none.");
        let (_, out, _) = run(&app, &["show", &one]);
        for shown in [
            one.as_str(),
            "processing.batch",
            "FAILED",
            "out of luck",
            "5 of 5",
            &ann.id,
        ] {
            assert!(out.contains(shown), "{shown} is missing in {out}");
        }

        let (code, out, problem) = run(&app, &["retry", &one]);
        assert_eq!((code, out.trim()), (0, "1 queued again."), "{problem}");
        let queued = job(&ann, &one).await;
        assert_eq!(
            (&queued["status"], &queued["finishedAt"]),
            (&json!("QUEUED"), &Value::Null)
        );
        let (code, _, problem) = run(&app, &["retry", &one]);
        assert_eq!(code, 1);
        assert!(problem.contains("QUEUED"), "{problem}");
        let (code, _, problem) = run(&app, &["show", "job_nothing"]);
        assert_eq!(code, 1);
        assert!(problem.contains("there is no job"), "{problem}");
        let (code, _, _) = run(&app, &["retry"]);
        assert_eq!(code, 2);

        let (_, out, _) = run(&app, &["retry", "--all-dead", "--kind", "another"]);
        assert_eq!(out.trim(), "0 queued again.");
        let (_, out, _) = run(&app, &["retry", "--all-dead"]);
        assert!(out.contains("queued again."), "{out}");
        assert_eq!(job(&ann, &other).await["status"], "QUEUED");

        let admin = app.admin().await;
        let logs = "{ logs(filter: { action: \"job.retried\", kind: AUDIT }) { nodes { subjectId username } } }";
        let reply = admin.graphql(logs, json!({})).await;
        let entries = reply.at("/logs/nodes").as_array().unwrap();
        for id in [&one, &other] {
            let entry = json!({ "subjectId": id, "username": "server" });
            assert!(entries.contains(&entry), "{entries:?}");
        }
        // A worker does what was queued again, and the attempts go on counting.
        let worker = app.app().clone();
        tokio::spawn(async move { pluma::work::run(&worker).await });
        let progress = "subscription ($id: ID!) { jobProgress(jobId: $id) { status attempts } }";
        let mut stream = app.subscribe(&ann, progress, json!({ "id": one })).await;
        while let Ok(state) = stream.answer().await {
            let state = &state["data"]["jobProgress"];
            if state["status"] == "SUCCEEDED" {
                assert_eq!(state["attempts"], 6);
                return;
            }
        }
        panic!("the job did not succeed");
    }
);
