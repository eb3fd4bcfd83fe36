//! Snippets: the part that matches, escaped, with its matches marked.

use super::*;

every_database!(
    async fn snippets_are_escaped_and_mark_every_form_of_a_word(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notes").await;
        let text = "The <script>alert('x')</script> of *emoções* & \"feelings\": felt by `Tom`.";
        ann.page(&notebook, "On feeling", text).await;
        let html = snippet(&ann, "emocao feel").await;
        assert!(
            html.contains("<mark>emoções</mark> &amp; &quot;<mark>feelings</mark>&quot;"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
        // Only the title has it.
        assert_eq!(
            snippet(&ann, "\"on feeling\"").await,
            "<mark>On feeling</mark>"
        );
        let long = format!(
            "{} The tourmaline, at last. {}",
            "Filler text. ".repeat(200),
            "More. ".repeat(200)
        );
        ann.page(&notebook, "Long", &long).await;
        let html = snippet(&ann, "tourmaline ").await;
        assert!(
            html.contains("The <mark>tourmaline</mark>, at last."),
            "{html}"
        );
        assert!(html.len() < 500, "{html}");
    }
);

every_database!(
    async fn rich_text_and_descriptions_are_shown_as_plain_text(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Plans").await;
        let rich = json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [
            { "type": "text", "text": "Ein Stück 東京都 <Zinnober>" }] }] });
        let input = json!({ "notebookId": notebook, "title": "Rich", "format": "RICH_JSON",
            "content": rich.to_string() });
        let create =
            "mutation ($input: CreatePageInput!) { createPage(input: $input) { errors { code } } }";
        let reply = ann.graphql(create, json!({ "input": input })).await;
        assert_eq!(reply.user_errors("createPage"), &json!([]));
        assert_eq!(
            snippet(&ann, "zinnober").await,
            "Ein Stück 東京都 &lt;<mark>Zinnober</mark>&gt;"
        );
        assert!(snippet(&ann, "京都").await.contains("東<mark>京都</mark>"));
        // What only the editor's format says is not found.
        assert!(found(&ann, "paragraph ").await.is_empty());
        let describe = "mutation ($input: UpdateNotebookInput!) { updateNotebook(input: $input) { errors { code } } }";
        let input = json!({ "notebookId": notebook, "description": "Cinnabar & co" });
        ann.graphql(describe, json!({ "input": input })).await;
        assert_eq!(
            snippet(&ann, "cinnabar").await,
            "<mark>Cinnabar</mark> &amp; co"
        );
    }
);
