//! How many SQL statements a request takes: few, and not more of them for more rows.

use pluma::accounts::service::write_last_uses;
use serde_json::Value;

use crate::support::{Client, TestApp, every_database, json};

/// How many owners, each with a notebook, and how many pages and revisions in the first one.
const MANY: usize = 20;

/// Who and what there is to be listed.
struct House {
    admin: Client,
    /// One of each owner, public.
    notebooks: Vec<String>,
    /// Twenty pages of the first notebook, each last saved by another writer.
    pages: Vec<String>,
    /// Their current revisions.
    revisions: Vec<String>,
    owners: Vec<String>,
}

/// Runs the same mutation for every one of `inputs` in one request.
async fn each(client: &Client, field: &str, selection: &str, inputs: &[String]) -> Value {
    let fields = inputs.iter().enumerate().map(|(index, arguments)| {
        format!("m{index}: {field}({arguments}) {{ {selection} errors {{ code message }} }}")
    });
    let query = format!("mutation {{ {} }}", fields.collect::<Vec<_>>().join("\n"));
    let reply = client.graphql(&query, json!({})).await;
    for (_, payload) in reply.data().as_object().unwrap() {
        assert_eq!(payload["errors"], json!([]), "{field}");
    }
    reply.data().clone()
}

async fn build(app: &TestApp) -> House {
    let admin = app.admin().await;
    let mut owners = Vec::new();
    let mut notebooks = Vec::new();
    for number in 0..MANY {
        let owner = app.user(&format!("owner{number:02}")).await;
        let id = owner.notebook(&format!("Notebook {number:02}")).await;
        let pages: Vec<_> = (0..6)
            .map(|page| format!(r#"input: {{ notebookId: "{id}", title: "Page {page}" }}"#))
            .collect();
        each(&owner, "createPage", "page { id }", &pages).await;
        let publish = [format!(r#"notebookId: "{id}""#)];
        each(&owner, "publishNotebook", "notebook { id }", &publish).await;
        notebooks.push(id);
        owners.push(owner);
    }
    let shares: Vec<_> = (0..MANY)
        .flat_map(|of| [of + 1, of + 2].map(|with| (&notebooks[of], &owners[with % MANY].id)))
        .map(|(notebook, user)| {
            format!(r#"notebookId: "{notebook}", userId: "{user}", role: VIEWER"#)
        })
        .collect();
    each(&admin, "setCollaborator", "notebook { id }", &shares).await;
    // Each page of this one was last written by somebody else.
    let first = owners[0].notebook("By many").await;
    let shares: Vec<_> = owners[1..]
        .iter()
        .map(|user| {
            format!(
                r#"notebookId: "{first}", userId: "{}", role: EDITOR"#,
                user.id
            )
        })
        .collect();
    each(&owners[0], "setCollaborator", "notebook { id }", &shares).await;
    let (mut pages, mut revisions) = (Vec::new(), Vec::new());
    for (number, owner) in owners.iter().enumerate() {
        let page = owner.page(&first, &format!("Page {number}"), "words").await;
        pages.push(page.id);
        revisions.push(page.revision_id);
    }
    // And the first page was written by all.
    let mut base = revisions[0].clone();
    for (number, owner) in owners.iter().enumerate() {
        let save = [format!(
            r#"input: {{ pageId: "{}", baseRevisionId: "{base}", content: "words {number}" }}"#,
            pages[0]
        )];
        let saved = each(owner, "savePage", "revision { id }", &save).await;
        base = saved["m0"]["revision"]["id"].as_str().unwrap().to_owned();
    }
    revisions[0] = base;
    House {
        admin,
        notebooks,
        pages,
        revisions,
        owners: owners.into_iter().map(|owner| owner.id).collect(),
    }
}

/// What the server does now and then by itself is done now, and not while statements are counted.
pub async fn quiet(app: &TestApp) {
    write_last_uses(app.app()).await.unwrap();
    app.app().keyring.reload().await;
}

/// How many statements a query takes that is answered with `rows` rows at `list`.
async fn statements(
    app: &TestApp,
    client: &Client,
    query: &str,
    variables: Value,
    list: &str,
) -> u64 {
    quiet(app).await;
    let db = &app.app().db;
    let before = db.statements();
    let reply = client.graphql(query, variables.clone()).await;
    let taken = db.statements() - before;
    let rows = reply.at(list).as_array().unwrap().len();
    let asked = variables["first"].as_u64();
    let asked = asked.or_else(|| variables["ids"].as_array().map(|ids| ids.len() as u64));
    assert_eq!(Some(rows as u64), asked, "{query}");
    taken
}

every_database!(
    with = |config| {
        // Workers look for jobs with statements of their own.
        config.jobs.inline = false;
    },
    async fn no_request_takes_more_statements_for_more_rows(app: TestApp) {
        let house = build(&app).await;
        let lists = [
            (
                "{ notebooks(first: $first) { nodes { title owner { username }
                   pages(first: 5) { nodes { title } } } } }",
                "/notebooks/nodes",
                3,
            ),
            (
                "{ notebooks(first: $first) { totalCount nodes { title pageCount wordCount
                   pages(first: 5) { totalCount nodes { title wordCount } } } } }",
                "/notebooks/nodes",
                5,
            ),
            (
                "{ notebooks(first: $first) { nodes { title collaborators { role user { username } } } } }",
                "/notebooks/nodes",
                3,
            ),
            (
                "{ users(first: $first) { nodes { username notebooks(first: 3) {
                   totalCount nodes { title owner { username } } } } } }",
                "/users/nodes",
                5,
            ),
        ];
        for (selection, list, most) in lists {
            let query = format!("query ($first: Int!) {selection}");
            let mut taken = Vec::new();
            for first in [2, MANY] {
                let variables = json!({ "first": first });
                taken.push(statements(&app, &house.admin, &query, variables, list).await);
            }
            // One finds the session.
            assert!(taken[0] <= most + 1, "{taken:?} statements for {query}");
            assert_eq!(taken[0], taken[1], "{query}");
        }
        let by_page = [
            (
                "revisions(first: $first) { totalCount nodes { number author { username } content } }",
                "/node/revisions/nodes",
            ),
            (
                "notebook { pages(first: $first) { nodes {
                   title content currentRevision { number author { username } } } } }",
                "/node/notebook/pages/nodes",
            ),
        ];
        for (selection, list) in by_page {
            let query = format!(
                "query ($first: Int!, $id: ID!) {{ node(id: $id) {{ ... on Page {{ {selection} }} }} }}"
            );
            let mut taken = Vec::new();
            for first in [2, MANY] {
                let variables = json!({ "first": first, "id": house.pages[0] });
                taken.push(statements(&app, &house.admin, &query, variables, list).await);
            }
            assert!(taken[0] <= 7, "{taken:?} statements for {query}");
            assert_eq!(taken[0], taken[1], "{query}");
        }
        let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id
            ... on Notebook { title owner { username } }
            ... on Page { title notebook { title } content }
            ... on Revision { number author { username } page { title } }
            ... on User { username } } }";
        let ids = [
            &house.notebooks,
            &house.pages,
            &house.revisions,
            &house.owners,
        ];
        for ids in ids {
            let few = json!({ "ids": ids[..2] });
            let many = json!({ "ids": ids[..MANY] });
            let few = statements(&app, &house.admin, query, few, "/nodes").await;
            let many = statements(&app, &house.admin, query, many, "/nodes").await;
            assert!(few <= 5, "{few} statements for nodes such as {}", ids[0]);
            assert_eq!(few, many, "nodes such as {}", ids[0]);
        }
    }
);

every_database!(
    async fn statements_are_counted_for_prometheus(app: TestApp) {
        let reader = app.user("reader").await;
        let before = app.app().db.statements();
        reader.graphql("{ viewer { username } }", json!({})).await;
        assert!(app.app().db.statements() > before);
        let text = reader.get("/metrics").await.text().await.unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("pluma_db_statements_total "));
        let (_, counted) = line.unwrap().split_once(' ').unwrap();
        assert!(counted.parse::<u64>().unwrap() > 0);
    }
);
