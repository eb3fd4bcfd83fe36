//! Texts, ids and JSON of every shape: kept as they are, or refused at their path.

use serde_json::{Value, json};

use super::{complaints, is_no_fault};
use crate::support::every_database;

const CREATE: &str = "mutation ($input: CreateNotebookInput!) { createNotebook(input: $input) {
    notebook { id title description metadata } errors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateNotebookInput!) { updateNotebook(input: $input) {
    notebook { id title description metadata } errors { code message path } } }";

every_database!(
    async fn u0000_is_refused_at_its_path_in_every_text(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let nul = "a\0b";
        let base = json!({ "pageId": page.id, "baseRevisionId": page.revision_id });
        let with = |input: &Value, name: &str, value: Value| {
            let mut input = input.clone();
            input[name] = value;
            json!({ "input": input })
        };
        let person = json!({ "username": "bob", "email": "bob@example.org", "password": "correct horse bob" });
        let fresh = json!({ "notebookId": notebook, "title": "Page" });
        let titled = json!({ "title": "Notebook" });
        let known = json!({ "notebookId": notebook });
        for (field, of, input, name, value) in [
            (
                "createNotebook",
                "CreateNotebookInput",
                &titled,
                "title",
                json!(nul),
            ),
            (
                "createNotebook",
                "CreateNotebookInput",
                &titled,
                "description",
                json!(nul),
            ),
            (
                "createNotebook",
                "CreateNotebookInput",
                &titled,
                "metadata",
                json!(nul),
            ),
            (
                "createNotebook",
                "CreateNotebookInput",
                &titled,
                "metadata",
                json!([{ "a": [nul] }]),
            ),
            (
                "createNotebook",
                "CreateNotebookInput",
                &titled,
                "metadata",
                json!({ nul: 1 }),
            ),
            (
                "updateNotebook",
                "UpdateNotebookInput",
                &known,
                "title",
                json!(nul),
            ),
            (
                "updateNotebook",
                "UpdateNotebookInput",
                &known,
                "description",
                json!(nul),
            ),
            (
                "updateNotebook",
                "UpdateNotebookInput",
                &known,
                "metadata",
                json!({ nul: 1 }),
            ),
            ("createPage", "CreatePageInput", &fresh, "title", json!(nul)),
            (
                "createPage",
                "CreatePageInput",
                &fresh,
                "content",
                json!(nul),
            ),
            ("savePage", "SavePageInput", &base, "title", json!(nul)),
            ("savePage", "SavePageInput", &base, "content", json!(nul)),
            ("savePage", "SavePageInput", &base, "message", json!(nul)),
            ("savePage", "SavePageInput", &base, "clientId", json!(nul)),
            ("register", "RegisterInput", &person, "username", json!(nul)),
            (
                "register",
                "RegisterInput",
                &person,
                "email",
                json!("b\0b@example.org"),
            ),
            (
                "register",
                "RegisterInput",
                &person,
                "displayName",
                json!(nul),
            ),
            (
                "updateProfile",
                "UpdateProfileInput",
                &json!({}),
                "username",
                json!(nul),
            ),
            (
                "updateProfile",
                "UpdateProfileInput",
                &json!({}),
                "displayName",
                json!(nul),
            ),
            (
                "updateProfile",
                "UpdateProfileInput",
                &json!({}),
                "bio",
                json!(nul),
            ),
            (
                "updateProfile",
                "UpdateProfileInput",
                &json!({}),
                "email",
                json!("a\0@example.org"),
            ),
        ] {
            let query = format!(
                "mutation ($input: {of}!) {{ {field}(input: $input) {{ errors {{ code message path }} }} }}"
            );
            let reply = ann.graphql(&query, with(input, name, value)).await;
            assert_eq!(
                complaints(&reply, field),
                [format!("INVALID input.{name}")],
                "{field}"
            );
        }
        let query = "mutation ($id: ID!) { nameRevision(revisionId: $id, name: \"a\\u0000b\") { errors { code message path } } }";
        let reply = ann.graphql(query, json!({ "id": page.revision_id })).await;
        assert_eq!(complaints(&reply, "nameRevision"), ["INVALID name"]);
        // Where something is looked for, such a text is nowhere.
        let query = "query ($name: String!) { user(by: { username: $name }) { id } }";
        let reply = ann.graphql(query, json!({ "name": nul })).await;
        assert_eq!(reply.data(), &json!({ "user": null }));
        let query = "mutation ($input: LoginInput!) { login(input: $input) { errors { code message path } } }";
        let input = json!({ "login": nul, "password": nul });
        let reply = app.client().graphql(query, json!({ "input": input })).await;
        assert_eq!(complaints(&reply, "login"), ["WRONG_CREDENTIALS input"]);
    }
);

every_database!(
    async fn titles_are_kept_in_every_script_up_to_two_hundred_characters(app: TestApp) {
        let ann = app.user("ann").await;
        let family = "👨‍👩‍👧‍👦"; // Seven characters that are read as one.
        for title in [
            "🦀🖋️ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢".to_owned(),
            "مرحبا بالعالم — שלום".to_owned(),
            "देवनागरी ภาษาไทย 日本語".to_owned(),
            "z\u{335}\u{321}\u{316}a\u{338}lgo".to_owned(),
            family.repeat(28) + "1234",
            "é".repeat(200),
            "'; DROP TABLE notebooks; -- \\ % _".to_owned(),
            r#"\u0000 in words"#.to_owned(),
        ] {
            let reply = ann
                .graphql(CREATE, json!({ "input": { "title": title } }))
                .await;
            assert_eq!(
                complaints(&reply, "createNotebook"),
                Vec::<String>::new(),
                "{title}"
            );
            let kept = reply.text("/createNotebook/notebook/title");
            assert_eq!(kept, title);
            // It sorts, and its cursor leads on.
            let query = "query ($after: String) { notebooks(mine: true, first: 1, after: $after,
                orderBy: { field: TITLE, direction: ASC }) { pageInfo { endCursor hasNextPage } nodes { title } } }";
            let mut after = Value::Null;
            let mut titles = Vec::new();
            loop {
                let reply = ann.graphql(query, json!({ "after": after })).await;
                titles.push(reply.text("/notebooks/nodes/0/title").to_owned());
                if reply.at("/notebooks/pageInfo/hasNextPage") == &json!(false) {
                    break;
                }
                after = reply.at("/notebooks/pageInfo/endCursor").clone();
            }
            assert!(titles.contains(&title), "{title} is not in the list");
        }
        for title in ["é".repeat(201), family.repeat(29)] {
            let reply = ann
                .graphql(CREATE, json!({ "input": { "title": title } }))
                .await;
            assert_eq!(
                complaints(&reply, "createNotebook"),
                ["TOO_LONG input.title"]
            );
        }
    }
);

every_database!(
    async fn metadata_comes_back_as_it_was_given(app: TestApp) {
        let ann = app.user("ann").await;
        let id = ann.notebook("Notebook").await;
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
        let text = "x".repeat(60 * 1024);
        for metadata in [
            json!(null),
            json!([]),
            json!("text"),
            json!(0),
            json!([i64::MIN, i64::MAX, u64::MAX, 0, -1]),
            json!([0.1, 1e15, -1.5e-7, 1e300, 5e-324]),
            json!({ "": "", "ключ": "🦀", "a.b": { "$ref": [null, true] }, "\u{1}": "\u{7f}" }),
            json!({ "same": 1, "Same": 2 }),
            nested(100),
            json!(text),
        ] {
            let input = json!({ "notebookId": id, "metadata": metadata });
            let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
            assert_eq!(
                complaints(&reply, "updateNotebook"),
                Vec::<String>::new(),
                "{metadata:.80}"
            );
            // `null` leaves it as it is.
            if metadata.is_null() {
                continue;
            }
            let query = "query ($id: ID!) { notebook(id: $id) { metadata } }";
            let reply = ann.graphql(query, json!({ "id": id })).await;
            assert_eq!(reply.at("/notebook/metadata"), &metadata);
        }
        let input = json!({ "notebookId": id, "metadata": [1.7976931348623157e308] });
        let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
        assert_eq!(
            complaints(&reply, "updateNotebook"),
            ["OUT_OF_RANGE input.metadata"]
        );
        let input = json!({ "notebookId": id, "metadata": nested(101) });
        let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
        assert_eq!(
            complaints(&reply, "updateNotebook"),
            ["TOO_LARGE input.metadata"]
        );
        let input = json!({ "notebookId": id, "metadata": "x".repeat(70_000) });
        let reply = ann.graphql(UPDATE, json!({ "input": input })).await;
        assert_eq!(
            complaints(&reply, "updateNotebook"),
            ["TOO_LARGE input.metadata"]
        );
    }
);

every_database!(
    async fn metadata_in_the_document_itself_is_bounded_too(app: TestApp) {
        let ann = app.user("ann").await;
        for literal in [
            format!("{}1{}", "[".repeat(100), "]".repeat(100)),
            format!("{}1{}", "[".repeat(150), "]".repeat(150)),
            format!("{}1{}", "{a:".repeat(150), "}".repeat(150)),
            "99999999999999999999999999".to_owned(),
            "1e400".to_owned(),
            "-1e400".to_owned(),
            "ENUM_VALUE".to_owned(),
            r#""\u0000""#.to_owned(),
            r#""\ud800""#.to_owned(),
        ] {
            let query = format!(
                "mutation {{ createNotebook(input: {{ title: \"N\", metadata: {literal} }}) {{
                   notebook {{ id metadata }} errors {{ code message path }} }} }}"
            );
            let reply = ann.graphql(&query, json!({})).await;
            assert!(reply.status < 500);
            is_no_fault(&reply.body, &literal);
            // What was taken can be read again.
            let Some(id) = reply.body.pointer("/data/createNotebook/notebook/id") else {
                continue;
            };
            let query = "query ($id: ID!) { notebook(id: $id) { metadata } }";
            let again = ann.graphql(query, json!({ "id": id })).await;
            assert_eq!(
                again.at("/notebook/metadata"),
                reply.at("/createNotebook/notebook/metadata"),
                "{literal}"
            );
        }
        let lists = "query { notebooks(mine: true, first: 100) { nodes { metadata } } }";
        ann.graphql(lists, json!({})).await.data();
    }
);

every_database!(
    async fn ids_of_something_else_name_nothing(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = ann.notebook("Notebook").await;
        let page = ann.page(&notebook, "Page", "text").await;
        let all = [notebook.as_str(), &page.id, &page.revision_id, &ann.id];
        for (field, own) in [("notebook", all[0]), ("page", all[1]), ("revision", all[2])] {
            let query = format!("query ($id: ID!) {{ {field}(id: $id) {{ id }} }}");
            for id in all
                .into_iter()
                .chain(["", "x", "page_", "\0", "notebook_0", "42"])
            {
                let reply = ann.graphql(&query, json!({ "id": id })).await;
                let found = reply.at(&format!("/{field}"));
                assert_eq!(found.is_null(), id != own, "{field} {id:?}");
            }
        }
        for (field, argument) in [
            ("deletePage", "pageId"),
            ("restorePage", "pageId"),
            ("publishPage", "pageId"),
            ("unpublishPage", "pageId"),
            ("cancelScheduledPublish", "pageId"),
            ("deleteNotebook", "notebookId"),
            ("restoreNotebook", "notebookId"),
            ("purgeNotebook", "notebookId"),
            ("publishNotebook", "notebookId"),
            ("unpublishNotebook", "notebookId"),
            ("restoreRevision", "revisionId"),
            ("nameRevision", "revisionId"),
        ] {
            let query = format!(
                "mutation ($id: ID!) {{ {field}({argument}: $id) {{ errors {{ code message path }} }} }}"
            );
            for id in ["", "garbage", "\0", ann.id.as_str()] {
                let reply = ann.graphql(&query, json!({ "id": id })).await;
                let expected = format!("NOT_FOUND {argument}");
                assert_eq!(complaints(&reply, field), [expected], "{field} {id:?}");
            }
        }
    }
);
