//! The program killed with SIGKILL in a storm of writes, and started again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::support::{Client, Database, Page, Program, Subscription, json};

/// After so many acknowledged writes the program is killed.
const ENOUGH: usize = 150;
/// Nothing takes longer than that, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many pages the writers write, two writers each.
const PAGES: usize = 4;

const SAVE: &str = "mutation ($input: SavePageInput!) { savePage(input: $input) {
    merged conflict { current { id } } revision { id number content } errors { code message } } }";

/// What a writer has been told.
#[derive(Default)]
struct Acknowledged {
    /// Revisions by their page and id, with their text.
    saves: Vec<(String, String, String)>,
    /// Pages that were made.
    created: Vec<String>,
    /// Pages by whether they were last told to be in the trash.
    trashed: HashMap<String, bool>,
}

/// Counts what was acknowledged, and tells when there is enough of it.
#[derive(Default)]
struct Tally {
    count: AtomicUsize,
    enough: Notify,
}

impl Tally {
    fn add(&self) {
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 == ENOUGH {
            self.enough.notify_one();
        }
    }
}

/// A payload without errors; nothing once the program is gone.
async fn change(client: &Client, url: &str, query: &str, variables: Value) -> Option<Value> {
    let request = client
        .http()
        .post(format!("{url}/graphql"))
        .bearer_auth(&client.access_token)
        .json(&json!({ "query": query, "variables": variables }));
    let answer = request.send().await.ok()?.json::<Value>().await.ok()?;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    let (_, payload) = answer["data"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(payload["errors"], json!([]), "{answer:#}");
    Some(payload.clone())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Saves a page again and again, now and then by itself, until the program is gone.
async fn save(
    client: Client,
    url: String,
    page: Page,
    name: usize,
    tally: Arc<Tally>,
) -> Acknowledged {
    let mut told = Acknowledged::default();
    let mut base = page.revision_id;
    for round in 0.. {
        let input = json!({
            "pageId": page.id, "baseRevisionId": base, "autosave": round % 3 != 0,
            "content": format!("writer {name}\n\nround {round}\n"), "clientId": format!("tab{name}"),
        });
        let Some(payload) = change(&client, &url, SAVE, json!({ "input": input })).await else {
            break;
        };
        base = match payload["revision"].as_object() {
            Some(revision) => {
                let (id, content) = (text(&revision["id"]), text(&revision["content"]));
                told.saves.push((page.id.clone(), id.clone(), content));
                tally.add();
                id
            }
            None => text(&payload["conflict"]["current"]["id"]),
        };
    }
    told
}

/// Makes pages, moves them, and puts them into the trash and takes some out again.
async fn organise(
    client: Client,
    url: String,
    notebook: String,
    name: usize,
    tally: Arc<Tally>,
) -> Acknowledged {
    const CREATE: &str = "mutation ($input: CreatePageInput!) { createPage(input: $input) {
        page { id } errors { code message } } }";
    const MOVE: &str = "mutation ($id: ID!) { movePage(pageId: $id, position: 0) {
        page { position } errors { code message } } }";
    const DELETE: &str = "mutation ($id: ID!) { deletePage(pageId: $id) {
        page { deletedAt } errors { code message } } }";
    const RESTORE: &str = "mutation ($id: ID!) { restorePage(pageId: $id) {
        page { deletedAt } errors { code message } } }";
    let mut told = Acknowledged::default();
    for round in 0.. {
        let input = json!({
            "notebookId": notebook, "title": format!("{name}-{round}"),
            "content": "text", "position": 0,
        });
        let Some(made) = change(&client, &url, CREATE, json!({ "input": input })).await else {
            break;
        };
        let id = text(&made["page"]["id"]);
        told.created.push(id.clone());
        tally.add();
        if change(&client, &url, MOVE, json!({ "id": id }))
            .await
            .is_none()
        {
            break;
        }
        if round % 2 == 0 {
            continue;
        }
        // Until the answer arrives, nobody knows.
        told.trashed.remove(&id);
        if change(&client, &url, DELETE, json!({ "id": id }))
            .await
            .is_none()
        {
            break;
        }
        tally.add();
        told.trashed.insert(id.clone(), true);
        if round % 4 == 1 {
            told.trashed.remove(&id);
            if change(&client, &url, RESTORE, json!({ "id": id }))
                .await
                .is_none()
            {
                break;
            }
            told.trashed.insert(id, false);
        }
    }
    told
}

/// Every acknowledged revision has its text.
async fn has_every_text(client: &Client, saves: &[(String, String, String)]) {
    for some in saves.chunks(50) {
        let fields = some.iter().enumerate();
        let fields = fields.map(|(at, (_, id, _))| {
            format!(r#"r{at}: revision(id: "{id}") {{ content page {{ id }} }}"#)
        });
        let query = format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "));
        let reply = client.graphql(&query, json!({})).await;
        for (at, (page, id, content)) in some.iter().enumerate() {
            let revision = &reply.data()[format!("r{at}")];
            assert_eq!(revision["content"], *content, "the text of {id}");
            assert_eq!(revision["page"]["id"], *page);
        }
    }
}

/// Every acknowledged revision has its event, and the numbers of a page's revisions have no gap.
async fn has_every_event(client: &Client, ws_url: &str, page: &str, saved: HashSet<&str>) {
    let newest = client
        .graphql(
            "query ($id: ID!) { page(id: $id) { currentRevision { number } } }",
            json!({ "id": page }),
        )
        .await;
    let newest = newest.at("/page/currentRevision/number").as_i64().unwrap();
    let query = "subscription ($id: ID!) { pageEvents(pageId: $id, afterRevision: 0) { kind revision { id number } } }";
    let mut events = Subscription::start(ws_url, client, query, json!({ "id": page })).await;
    let (mut number, mut seen) = (0, HashSet::new());
    while number < newest {
        let event = events.next().await["data"]["pageEvents"].take();
        if !matches!(
            event["kind"].as_str(),
            Some("CREATED" | "SAVED" | "AUTOSAVED" | "MERGED")
        ) {
            continue;
        }
        number += 1;
        assert_eq!(event["revision"]["number"], number, "{event}");
        seen.insert(text(&event["revision"]["id"]));
    }
    events.stop().await;
    for id in saved {
        assert!(seen.contains(id), "{id} has no event");
    }
}

/// Every page is whole and in its place; gives the pages by whether they are in the trash.
async fn pages(client: &Client, notebook: &str) -> HashMap<String, bool> {
    let query = "query ($id: ID!, $trashed: Boolean!, $after: String) { notebook(id: $id) {
        pages(first: 100, trashed: $trashed, after: $after) {
          pageInfo { hasNextPage endCursor } totalCount
          nodes { id position content currentRevision { id number content }
            revisions(first: 1, includeAutosaves: true) { nodes { id number } } } } } }";
    let mut found = HashMap::new();
    for trashed in [false, true] {
        let (mut after, mut position) = (Value::Null, 0);
        loop {
            let variables = json!({ "id": notebook, "trashed": trashed, "after": after });
            let reply = client.graphql(query, variables).await;
            let list = reply.at("/notebook/pages");
            for page in list["nodes"].as_array().unwrap() {
                if !trashed {
                    assert_eq!(page["position"], position, "{page:#}");
                    position += 1;
                }
                let current = &page["currentRevision"];
                assert_eq!(current["content"], page["content"]);
                assert_eq!(page["revisions"]["nodes"][0]["id"], current["id"]);
                found.insert(text(&page["id"]), trashed);
            }
            if list["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = list["pageInfo"]["endCursor"].clone();
        }
    }
    found
}

async fn storm(database: Option<Database>) {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), database.as_ref());
    let url = program.url();
    let nobody = Client::anonymous(&url);
    let owner = nobody.register("owner").await;
    let editor = nobody.register("editor").await;
    let notebook = owner.notebook("Storm").await;
    let share = "mutation ($notebook: ID!, $user: ID!) {
        setCollaborator(notebookId: $notebook, userId: $user, role: EDITOR) { errors { code message } } }";
    let variables = json!({ "notebook": notebook, "user": editor.id });
    assert!(change(&owner, &url, share, variables).await.is_some());
    let tally = Arc::new(Tally::default());
    let mut writers = JoinSet::new();
    let mut written = Vec::new();
    for number in 0..PAGES {
        let page = owner
            .page(&notebook, &format!("Page {number}"), "start")
            .await;
        for writer in [&owner, &editor] {
            let name = writers.len();
            writers.spawn(save(
                writer.clone(),
                url.clone(),
                page.clone(),
                name,
                Arc::clone(&tally),
            ));
        }
        written.push(page.id);
    }
    for name in 0..2 {
        writers.spawn(organise(
            owner.clone(),
            url.clone(),
            notebook.clone(),
            name,
            Arc::clone(&tally),
        ));
    }
    tally.enough.notified().await;
    program.kill();
    let told: Vec<_> = writers.join_all().await;

    let program = Program::start(folder.path(), database.as_ref());
    let access_token = owner.access_token;
    let mut owner = Client::anonymous(&program.url());
    owner.access_token = access_token;
    let saves: Vec<_> = told.iter().flat_map(|told| told.saves.clone()).collect();
    assert!(
        saves.len() > PAGES,
        "only {} saves were acknowledged",
        saves.len()
    );
    has_every_text(&owner, &saves).await;
    let ws_url = program.ws_url();
    for page in &written {
        let ids = saves.iter().filter(|(of, ..)| of == page);
        let ids = ids.map(|(_, id, _)| id.as_str()).collect();
        has_every_event(&owner, &ws_url, page, ids).await;
    }
    let found = pages(&owner, &notebook).await;
    for told in &told {
        for id in &told.created {
            assert!(found.contains_key(id), "{id} was made and is not there");
        }
        for (id, trashed) in &told.trashed {
            assert_eq!(found.get(id), Some(trashed), "{id}");
        }
    }
    // And it goes on.
    owner.page(&notebook, "After the storm", "calm").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_after_it_on_sqlite() {
    tokio::time::timeout(PATIENCE, storm(None)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_there_after_it_on_postgres() {
    let database = Database::create().await;
    tokio::time::timeout(PATIENCE, storm(Some(database)))
        .await
        .unwrap();
}
