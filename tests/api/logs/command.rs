//! `pluma admin audit`, on the machine of the server.

use aws_lc_rs::digest::{SHA256, digest};

use super::*;

fn run(app: &TestApp, arguments: &[&str]) -> (i32, String, String) {
    let output = app.program(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

every_database!(
    async fn the_command_line_verifies_and_names_the_first_broken_entry(app: TestApp) {
        let ann = app.user("ann").await;
        for title in ["one", "two", "three"] {
            ann.notebook(title).await;
        }
        let (code, out, problem) = run(&app, &["admin", "audit", "verify"]);
        assert_eq!(code, 0, "{problem}");
        assert!(out.contains(" entries hold. The newest hash is "), "{out}");
        let reply = ann
            .graphql(
                "{ logs(filter: { action: \"notebook.created\" }) { nodes { id } } }",
                json!({}),
            )
            .await;
        let second = reply.text("/logs/nodes/1/id");
        app.execute(
            "UPDATE logs SET action = 'notebook.read' WHERE seq = (SELECT seq FROM
             (SELECT seq FROM logs WHERE action = 'notebook.created' ORDER BY seq LIMIT 1 OFFSET 1) AS second)",
        )
        .await;
        let (code, _, problem) = run(&app, &["admin", "audit", "verify"]);
        assert_eq!(code, 1);
        assert!(problem.contains(second), "{problem}");
    }
);

every_database!(
    async fn an_export_can_be_checked_without_the_server(app: TestApp) {
        let ann = app.user("ann").await;
        ann.notebook("“três” \\ \" 日本語").await;
        let (code, out, problem) = run(&app, &["admin", "audit", "export"]);
        assert_eq!(code, 0, "{problem}");
        let mut expected = "0".repeat(64);
        let mut actions = Vec::new();
        for line in out.lines() {
            let whole: Value = serde_json::from_str(line).unwrap();
            assert_eq!(whole["previous"], expected);
            actions.push(whole["entry"]["action"].as_str().unwrap().to_owned());
            // The bytes as they stand in the line.
            let start = line.find("{\"seq\"").unwrap();
            let end = line.rfind(",\"previous\":").unwrap();
            let text = format!("{expected}\n{}", &line[start..end]);
            expected = hex::encode(digest(&SHA256, text.as_bytes()));
            assert_eq!(whole["hash"], expected);
        }
        assert!(
            actions.contains(&"notebook.created".to_owned()),
            "{actions:?}"
        );
    }
);
