//! Changes that the AI proposes.

mod rights;

use super::*;
use crate::chat::{PATIENCE, read};

const PROPOSAL: &str = "fragment Proposal on EditProposal { id status instruction content model error
    page { id } baseRevision { id content } usage { totalTokens } diff { insertions deletions unified } }";

const STREAM: &str = "subscription ($id: ID!, $after: Int) { proposalStream(proposalId: $id, afterSequence: $after) {
    __typename
    ... on CompletionDelta { sequence text }
    ... on CompletionFinished { sequence content finishReason }
    ... on CompletionFailed { sequence code message } } }";

const ACCEPT: &str = "mutation ($id: ID!) { acceptProposal(proposalId: $id) {
    page { content } revision { kind content aiModel message author { username } }
    merged superseded conflict { base { id } current { content } marked } errors { code message path } } }";

async fn propose(client: &Client, input: Value) -> Value {
    let query = format!(
        "mutation ($input: ProposePageEditInput!) {{ proposePageEdit(input: $input) {{
            proposal {{ ...Proposal }} errors {{ code message path }} }} }} {PROPOSAL}"
    );
    let reply = client.graphql(&query, json!({ "input": input })).await;
    reply.at("/proposePageEdit").clone()
}

/// Has a change proposed; gives its id once it is written.
async fn proposed(app: &TestApp, client: &Client, page: &str) -> String {
    let payload = propose(
        client,
        json!({ "pageId": page, "instruction": "Fix the spelling" }),
    )
    .await;
    assert_eq!(payload["errors"], json!([]), "{payload:#}");
    let id = payload["proposal"]["id"].as_str().unwrap().to_owned();
    follow(app, client, &id).await;
    id
}

async fn follow(app: &TestApp, client: &Client, id: &str) -> (String, Value) {
    let stream = app.subscribe(client, STREAM, json!({ "id": id })).await;
    read(stream.patient(PATIENCE)).await
}

async fn found(client: &Client, id: &str) -> Value {
    let query = format!("query ($id: ID!) {{ node(id: $id) {{ ...Proposal }} }} {PROPOSAL}");
    let reply = client.graphql(&query, json!({ "id": id })).await;
    reply.at("/node").clone()
}

async fn accept(client: &Client, id: &str) -> Value {
    let reply = client.graphql(ACCEPT, json!({ "id": id })).await;
    reply.at("/acceptProposal").clone()
}

async fn reject(client: &Client, id: &str) -> Value {
    change(
        client,
        &format!("rejectProposal(proposalId: \"{id}\")"),
        "proposal { id status }",
    )
    .await
}

every_database!(
    async fn a_proposal_is_watched_compared_and_becomes_a_revision_that_names_the_model(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "One\nTwo\nThere\n").await;
        let (said, gate) = Said::held(["One\n", "Two\n", "Three"]);
        provider.will_say([said]);
        let payload = propose(
            &ann,
            json!({ "pageId": page.id, "instruction": " Fix the\nspelling " }),
        )
        .await;
        let id = payload["proposal"]["id"].as_str().unwrap().to_owned();
        let mut stream = app
            .subscribe(&ann, STREAM, json!({ "id": id }))
            .await
            .patient(PATIENCE);
        gate.add_permits(1);
        assert_eq!(crate::chat::read_to(&mut stream, 0, 4).await, "One\n");
        let now = found(&ann, &id).await;
        assert_eq!(
            (&now["status"], &now["content"]),
            (&json!("STREAMING"), &json!("One\n"))
        );
        assert_eq!(accept(&ann, &id).await["errors"][0]["code"], "CONFLICT");
        gate.add_permits(4);
        let (text, end) = read(stream).await;
        assert_eq!(
            (text.as_str(), &end["finishReason"]),
            ("Two\nThree", &json!("STOP"))
        );
        let now = found(&ann, &id).await;
        assert_eq!(
            (&now["status"], &now["content"]),
            (&json!("OPEN"), &json!("One\nTwo\nThree\n"))
        );
        assert_eq!(now["baseRevision"]["content"], "One\nTwo\nThere\n");
        let diff = &now["diff"];
        assert_eq!(
            (&diff["insertions"], &diff["deletions"]),
            (&json!(1), &json!(1))
        );
        assert!(
            diff["unified"]
                .as_str()
                .unwrap()
                .contains("-There\n+Three\n"),
            "{diff}"
        );
        // The model was given the page and what to do with it.
        let asked = provider.asked()[0].body["messages"]
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(
            asked[1]["content"],
            "Fix the\nspelling\n\n<text>\nOne\nTwo\nThere\n\n</text>"
        );

        let saved = accept(&ann, &id).await;
        assert_eq!(saved["errors"], json!([]));
        let revision = &saved["revision"];
        assert_eq!(
            (&revision["kind"], &revision["aiModel"]),
            (&json!("SAVED"), &json!("stand-in/stand-in-1"))
        );
        assert_eq!(
            (&revision["message"], &revision["author"]["username"]),
            (&json!("Fix the spelling"), &json!("ann"))
        );
        assert_eq!(saved["page"]["content"], "One\nTwo\nThree\n");
        assert_eq!(found(&ann, &id).await["status"], "ACCEPTED");
        for again in [accept(&ann, &id).await, reject(&ann, &id).await] {
            assert_eq!(errors(&again), ["CONFLICT proposalId"]);
        }
        let reply = ann
            .graphql("{ logs(first: 3) { nodes { action } } }", json!({}))
            .await;
        assert_eq!(reply.at("/logs/nodes/0/action"), "page.saved");
    }
);

every_database!(
    async fn what_was_written_meanwhile_is_merged_or_named_as_a_conflict(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "One\n\nTwo\n\nTree\n").await;
        provider.will_say([
            Said::Text("One\n\nTwo\n\nThree\n".to_owned()),
            Said::Text("1\n".to_owned()),
        ]);
        let id = proposed(&app, &ann, &page.id).await;
        let other = proposed(&app, &ann, &page.id).await;
        let input = json!({ "content": "Zero\n\nOne\n\nTwo\n\nTree\n", "autosave": true, "clientId": "tab" });
        stored(&ann, &page.id, &page.revision_id, input).await;
        let saved = accept(&ann, &id).await;
        assert_eq!(
            (&saved["merged"], &saved["revision"]["kind"]),
            (&json!(true), &json!("MERGED"))
        );
        assert_eq!(
            saved["revision"]["content"],
            "Zero\n\nOne\n\nTwo\n\nThree\n"
        );
        assert_eq!(saved["revision"]["aiModel"], "stand-in/stand-in-1");
        let conflict = accept(&ann, &other).await;
        assert_eq!(conflict["errors"], json!([]));
        assert_eq!(conflict["conflict"]["base"]["id"], page.revision_id);
        assert_eq!(conflict["page"], Value::Null);
        // It stays open, and nothing was stored.
        assert_eq!(found(&ann, &other).await["status"], "OPEN");
        assert_eq!(
            done(reject(&ann, &other).await)["proposal"]["status"],
            "REJECTED"
        );
        assert_eq!(errors(&accept(&ann, &other).await), ["CONFLICT proposalId"]);
    }
);

every_database!(
    async fn the_text_that_is_to_change_is_kept_while_its_editor_goes_on(
        app: TestApp,
        provider: Provider,
    ) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        let save = |text: &str| json!({ "content": text, "autosave": true, "clientId": "tab" });
        let base = stored(&ann, &page.id, &page.revision_id, save("a\n\nb\n")).await;
        provider.will_say([Said::Text("A\n\nb\n".to_owned())]);
        let id = proposed(&app, &ann, &page.id).await;
        // The autosave that it is based on is hidden, and would be thinned out.
        stored(&ann, &page.id, &base, save("a\n\nb\n\nc\n")).await;
        app.clock()
            .advance(std::time::Duration::from_secs(2 * 24 * 3600));
        pluma::pages::jobs::thin(app.app()).await.unwrap();
        let ann = app.client().sign_in("ann").await;
        assert_eq!(found(&ann, &id).await["baseRevision"]["id"], base);
        assert_eq!(
            accept(&ann, &id).await["revision"]["content"],
            "A\n\nb\n\nc\n"
        );
    }
);

every_database!(
    async fn what_is_no_whole_text_is_not_accepted(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let page = ann.page(&notebook, "T", "a\n").await;
        let cut =
            json!({ "choices": [{ "delta": { "content": "A" }, "finish_reason": "length" }] })
                .to_string();
        let half = vec![(std::time::Duration::ZERO, crate::support::piece_of("half"))];
        let cut = vec![
            (std::time::Duration::ZERO, cut),
            (std::time::Duration::ZERO, "[DONE]".to_owned()),
        ];
        provider.will_say([Said::Events(cut), Said::Events(half)]);
        for content in ["A\n", "half\n"] {
            let id = proposed(&app, &ann, &page.id).await;
            let now = found(&ann, &id).await;
            assert_eq!(
                (&now["status"], &now["content"]),
                (&json!("FAILED"), &json!(content))
            );
            assert!(now["error"].is_string());
            assert_eq!(errors(&accept(&ann, &id).await), ["CONFLICT proposalId"]);
            assert_eq!(
                done(reject(&ann, &id).await)["proposal"]["status"],
                "REJECTED"
            );
        }
        let (said, gate) = Said::held(["A"]);
        provider.will_say([said]);
        let payload = propose(&ann, json!({ "pageId": page.id, "instruction": "x" })).await;
        let id = payload["proposal"]["id"].as_str().unwrap();
        gate.add_permits(1);
        assert_eq!(
            done(reject(&ann, id).await)["proposal"]["status"],
            "REJECTED"
        );
        let (_, end) = follow(&app, &ann, id).await;
        assert_eq!(end["finishReason"], "CANCELLED");
    }
);

every_database!(
    async fn rich_documents_are_changed_too(app: TestApp, provider: Provider) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("N").await;
        let create =
            "mutation ($input: CreatePageInput!) { createPage(input: $input) { page { id } } }";
        let document = r#"{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]}"#;
        let input = json!({ "notebookId": notebook, "title": "T", "format": "RICH_JSON", "content": document });
        let reply = ann.graphql(create, json!({ "input": input })).await;
        let page = reply.text("/createPage/page/id").to_owned();
        let after = document.replace("\"a\"", "\"b\"");
        provider.will_say([
            Said::Text(format!("```json\n{after}\n```")),
            Said::Text("no JSON".to_owned()),
        ]);
        let id = proposed(&app, &ann, &page).await;
        assert_eq!(accept(&ann, &id).await["revision"]["content"], after);
        let id = proposed(&app, &ann, &page).await;
        assert_eq!(found(&ann, &id).await["status"], "FAILED");
    }
);
