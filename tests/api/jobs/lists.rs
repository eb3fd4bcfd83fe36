//! Who sees which jobs, and who may cancel them.

use super::*;

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn jobs_are_their_owner_s_and_administrators(app: TestApp) {
        let (ann, bob, admin) = (
            app.user("ann").await,
            app.user("bob").await,
            app.admin().await,
        );
        let mine = ann.batch(&["a: 1"]).await;
        for (client, sees) in [
            (&ann, true),
            (&admin, true),
            (&bob, false),
            (&app.client(), false),
        ] {
            assert_eq!(job(client, &mine).await.is_null(), !sees);
            let node = "query ($id: ID!) { node(id: $id) { ... on Job { kind status } } }";
            let reply = client.graphql(node, json!({ "id": mine })).await;
            let expected = json!({ "kind": "processing.batch", "status": "QUEUED" });
            let expected = if sees { expected } else { Value::Null };
            assert_eq!(reply.at("/node"), &expected);
        }
        for client in [&bob, &ann] {
            let refused = cancel(client, "job_00000000000000000000000000").await;
            assert_eq!(refused["errors"][0]["code"], "NOT_FOUND");
        }
        let refused = cancel(&bob, &mine).await;
        assert_eq!(refused["errors"][0]["code"], "NOT_FOUND");
        assert_eq!(refused["errors"][0]["path"], json!(["jobId"]));
        assert_eq!(job(&ann, &mine).await["status"], "QUEUED");
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn jobs_are_listed_newest_first_and_by_status(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        bob.batch(&["a: 1"]).await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(ann.batch(&["a: 1"]).await);
        }
        ids.reverse();
        cancel(&ann, &ids[1]).await;
        let list = "query ($first: Int, $after: String, $status: RunStatus) {
            jobs(first: $first, after: $after, status: $status) {
              nodes { id status } totalCount pageInfo { hasNextPage endCursor } } }";
        let first = ann.graphql(list, json!({ "first": 2 })).await;
        assert_eq!(first.at("/jobs/totalCount"), 3);
        let after = first.text("/jobs/pageInfo/endCursor");
        let second = ann
            .graphql(list, json!({ "first": 2, "after": after }))
            .await;
        let nodes = [first.at("/jobs/nodes"), second.at("/jobs/nodes")];
        let listed: Vec<_> = nodes
            .iter()
            .flat_map(|nodes| nodes.as_array().unwrap())
            .collect();
        let listed: Vec<_> = listed
            .iter()
            .map(|job| job["id"].as_str().unwrap())
            .collect();
        assert_eq!(listed, ids);
        assert_eq!(second.at("/jobs/pageInfo/hasNextPage"), false);
        let cancelled = ann.graphql(list, json!({ "status": "CANCELLED" })).await;
        assert_eq!(
            cancelled.at("/jobs/nodes"),
            &json!([{ "id": ids[1], "status": "CANCELLED" }])
        );
        assert_eq!(cancelled.at("/jobs/totalCount"), 1);
        let stranger = app.client().graphql(list, json!({})).await;
        assert_eq!(stranger.code(), "UNAUTHENTICATED");
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn a_waiting_job_is_cancelled_at_once_and_one_that_has_ended_is_a_conflict(app: TestApp) {
        let ann = app.user("ann").await;
        let id = ann.batch(&["a: 1"]).await;
        let cancelled = cancel(&ann, &id).await;
        assert_eq!(cancelled["errors"], json!([]));
        assert_eq!(cancelled["job"]["status"], "CANCELLED");
        assert!(cancelled["job"]["finishedAt"].is_string());
        let again = cancel(&ann, &id).await;
        assert_eq!(again["errors"][0]["code"], "CONFLICT");
        assert_eq!(again["job"], Value::Null);
        assert!(
            again["errors"][0]["message"]
                .as_str()
                .unwrap()
                .contains("CANCELLED")
        );
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn what_went_wrong_inside_is_told_to_administrators_alone(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let id = ann.batch(&["a: 1"]).await;
        let fail = |user_error: &str| {
            format!(
                "UPDATE jobs SET status = 'FAILED', finished_at = created_at, user_error = {user_error}, \
                 error = 'connection to 10.0.0.7 refused' WHERE kind = 'processing.batch'"
            )
        };
        app.execute(&fail("NULL")).await;
        let masked = job(&ann, &id).await;
        let masked = masked["error"].as_str().unwrap();
        assert!(masked.contains("inside of the server") && !masked.contains("10.0.0.7"));
        assert_eq!(
            job(&admin, &id).await["error"],
            "connection to 10.0.0.7 refused"
        );
        app.execute(&fail("'The model has no rows.'")).await;
        assert_eq!(job(&ann, &id).await["error"], "The model has no rows.");
    }
);

every_database!(
    async fn a_job_s_subject_is_what_the_viewer_may_see(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let notebook = ann.notebook("Notebook").await;
        let id = ann.batch(&["a: 1"]).await;
        let about = |notebook: &str| {
            format!("UPDATE jobs SET subject_id = '{notebook}' WHERE kind = 'processing.batch'")
        };
        app.execute(&about(&notebook)).await;
        let query = "query ($id: ID!) { job(id: $id) { subject { __typename id ... on Notebook { title } } } }";
        let reply = ann.graphql(query, json!({ "id": id })).await;
        let expected = json!({ "__typename": "Notebook", "id": notebook, "title": "Notebook" });
        assert_eq!(reply.at("/job/subject"), &expected);
        let hidden = bob.notebook("Hidden").await;
        app.execute(&about(&hidden)).await;
        let reply = ann.graphql(query, json!({ "id": id })).await;
        assert_eq!(reply.at("/job"), &json!({ "subject": null }));
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
    },
    async fn jobs_go_with_the_account(app: TestApp) {
        let (ann, admin) = (app.user("ann").await, app.admin().await);
        let id = ann.batch(&["a: 1", "a: 2"]).await;
        let delete =
            "mutation ($id: ID!) { deleteUser(userId: $id) { deletedId errors { code } } }";
        let reply = admin.graphql(delete, json!({ "id": ann.id })).await;
        assert_eq!(reply.text("/deleteUser/deletedId"), ann.id);
        assert_eq!(job(&admin, &id).await, Value::Null);
        assert_eq!(
            app.lines("SELECT 'x' AS line FROM batch_items").await.len(),
            0
        );
    }
);
