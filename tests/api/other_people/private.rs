//! Bob, who has one of everything, all of it private, with a word in it that nobody else may read.

use serde_json::Value;

use crate::bad_input::odd_values::Things;
use crate::support::{Client, TestApp, json};

/// The tables whose rows have ids that a client can write, and what such an id begins with.
const KINDS: [(&str, &str); 19] = [
    ("api_keys", "apikey"),
    ("chat_messages", "message"),
    ("chats", "chat"),
    ("classifications", "classification"),
    ("collaborators", "collaborator"),
    ("datasets", "dataset"),
    ("edit_proposals", "proposal"),
    ("identities", "identity"),
    ("image_uploads", "upload"),
    ("images", "image"),
    ("jobs", "job"),
    ("logs", "log"),
    ("notebooks", "notebook"),
    ("pages", "page"),
    ("predictions", "prediction"),
    ("processed_records", "record"),
    ("revisions", "revision"),
    ("sessions", "session"),
    ("users", "user"),
];
/// Tables without, and those of bills and models, which are nobody's secret.
const WITHOUT_IDS: [&str; 22] = [
    "ai_usage",
    "alias_changes",
    "answers",
    "audit_chain",
    "batch_items",
    "client_sequences",
    "email_tokens",
    "events",
    "idempotency_keys",
    "image_uses",
    "media_objects",
    "media_removals",
    "model_drifts",
    "model_versions",
    "models",
    "propositions",
    "refresh_tokens",
    "search_documents",
    "signing_keys",
    "spent_sign_ins",
    "transcript_pieces",
    "transcripts",
];
/// In every private text.
const CANARY: &str = "canary";

/// What is not Ann's.
pub struct Private {
    /// Ids by what they begin with.
    pub ids: Vec<(&'static str, Vec<String>)>,
    /// What plausible ids of Bob's name.
    pub things: Things,
}

impl Private {
    /// Registers Bob, lets him write, and remembers everything that is there.
    pub async fn of(app: &TestApp) -> Self {
        let things = fill(app).await;
        let tables = app.tables().await;
        for table in &tables {
            let known = KINDS.iter().any(|(known, _)| known == table);
            assert!(
                known || WITHOUT_IDS.contains(&table.as_str()),
                "the table {table} is new: tell KINDS what its ids begin with and let Bob have a row in it, \
                 or name it in WITHOUT_IDS"
            );
        }
        let mut ids = Vec::new();
        for (table, prefix) in KINDS {
            let found = ids_of(app, table, prefix).await;
            assert!(!found.is_empty(), "Bob has nothing in {table}");
            ids.push((prefix, found));
        }
        Self { ids, things }
    }

    /// Fails where an answer holds a private word, or a private id other than `asked`.
    #[track_caller]
    pub fn tells_nothing(&self, answer: &Value, asked: &[String], name: &str) {
        let text = answer.to_string();
        assert!(!text.contains(CANARY), "{name} tells {answer:#}");
        let private = self.ids.iter().filter(|(prefix, _)| *prefix != "user");
        for id in private.flat_map(|(_, ids)| ids) {
            let told = text.contains(id.as_str()) && !asked.contains(id);
            assert!(!told, "{name} tells of {id}: {answer:#}");
        }
    }
}

async fn ids_of(app: &TestApp, table: &str, prefix: &str) -> Vec<String> {
    let sql = match app.app().db.engine() {
        "sqlite" => format!("SELECT lower(hex(id)) AS line FROM {table}"),
        _ => format!("SELECT replace(id::text, '-', '') AS line FROM {table}"),
    };
    let ids = app.lines(&sql).await;
    let written = ids.iter().map(|id| {
        let number = u128::from_str_radix(id, 16).unwrap();
        format!(
            "{prefix}_{}",
            pluma::id::encode(uuid::Uuid::from_u128(number))
        )
    });
    written.collect()
}

/// A notebook with a page, its revision, and whose they are.
pub async fn things(of: &Client) -> Things {
    let notebook = of.notebook("Own").await;
    let page = of.page(&notebook, "Own", "own").await;
    let job = of.batch(&["own: 1"]).await;
    let others = crate::chat::things(of, &page.id, "own").await;
    let user = of.id.clone();
    Things {
        notebook,
        page,
        user,
        job,
        others,
    }
}

async fn fill(app: &TestApp) -> Things {
    let (bob, carol) = (app.user("bob").await, app.user("carol").await);
    let notebook = bob.notebook("canary title").await;
    let page = bob.page(&notebook, "canary page", "canary content").await;
    let fields = [
        (
            "updateProfile",
            "input: { email: \"canary@example.org\" }".to_owned(),
        ),
        (
            "updateNotebook",
            format!(
                "input: {{ notebookId: \"{notebook}\", description: \"canary\", metadata: {{ word: \"canary\" }} }}"
            ),
        ),
        (
            "setCollaborator",
            format!(
                "notebookId: \"{notebook}\", userId: \"{}\", role: EDITOR",
                carol.id
            ),
        ),
        (
            "savePage",
            format!(
                "input: {{ pageId: \"{}\", baseRevisionId: \"{}\", content: \"canary again\", \
                 message: \"canary\", clientId: \"canary\", clientSequence: 1 }}",
                page.id, page.revision_id
            ),
        ),
        (
            "nameRevision",
            format!("revisionId: \"{}\", name: \"canary\"", page.revision_id),
        ),
        (
            "process",
            "input: { content: \"canary: 1\", metadata: \"canary\" }".to_owned(),
        ),
        (
            "createApiKey",
            "input: { name: \"canary\", scopes: [READ] }".to_owned(),
        ),
        (
            "publishPage",
            format!("pageId: \"{}\", at: \"{}\"", page.id, tomorrow(app)),
        ),
    ];
    for (field, arguments) in fields {
        let query = format!("mutation {{ {field}({arguments}) {{ errors {{ code path }} }} }}");
        let reply = bob.graphql(&query, json!({})).await;
        assert_eq!(reply.user_errors(field), &json!([]), "{query}");
    }
    let others = crate::chat::things(&bob, &page.id, CANARY).await;
    let linked = "INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at, last_used_at)
        SELECT id, id, 'canary', 'canary', 'canary', 'canary', created_at, created_at FROM users
        WHERE username = 'bob'";
    assert_eq!(app.execute(linked).await, 1);
    let picture = [
        "INSERT INTO media_objects (sha256, place, content_type, width, height, byte_size, created_at)
            SELECT {hash}, id, 'image/png', 1, 1, 1, created_at FROM users WHERE username = 'bob'",
        "INSERT INTO images (id, owner_id, sha256, purpose, alt_text, created_at)
            SELECT id, id, {hash}, 'CONTENT', 'canary', created_at FROM users WHERE username = 'bob'",
        "INSERT INTO image_uploads (id, owner_id, purpose, alt_text, content_type, byte_size, created_at, expires_at)
            SELECT id, id, 'CONTENT', 'canary', 'image/png', 1, created_at, created_at FROM users WHERE username = 'bob'",
    ];
    let hash = match app.app().db.engine() {
        "sqlite" => "X'ca'",
        _ => "decode('ca', 'hex')",
    };
    for sql in picture {
        assert_eq!(app.execute(&sql.replace("{hash}", hash)).await, 1);
    }
    let table = "canary,word\n1,canary\n";
    bob.dataset("canary", "TABULAR", table).await;
    let said = [
        "INSERT INTO predictions
            (id, owner_id, model, model_key, dataset_id, target, days, status, error, note, logged, created_at)
            SELECT users.id, users.id, 'canary', 'canary', datasets.id, 'canary', 1, 'FAILED', 'canary', 'canary', true,
            users.created_at FROM users, datasets WHERE username = 'bob'",
        "INSERT INTO models (id, name, name_key, task, owner_id, last_version, challenger_share, created_at)
            SELECT id, 'his', 'his', 'CLASSIFICATION', id, 1, 0, created_at FROM users WHERE username = 'bob'",
        "INSERT INTO model_versions (id, model_id, version, algorithm, params, features, metrics, library,
            training_seconds, byte_size, sha256, created_at)
            SELECT id, id, 1, 'ONNX', '{}', '[]', '{}', 'onnx', 0, 1, {hash}, created_at FROM users WHERE username = 'bob'",
        "INSERT INTO classifications (id, user_id, model_id, version_id, features, label, probabilities, latency_ms,
            created_at)
            SELECT id, id, id, id, '{\"canary\": 1}', 'canary', '[]', 1, created_at FROM users WHERE username = 'bob'",
    ];
    for sql in said {
        assert_eq!(app.execute(&sql.replace("{hash}", hash)).await, 1);
    }
    // The jobs of a server are not run here, so that nothing of this changes by itself.
    let job = bob.batch(&["canary: 1"]).await;
    Things {
        notebook,
        page,
        user: bob.id.clone(),
        job,
        others,
    }
}

fn tomorrow(app: &TestApp) -> String {
    let at = app.clock().now().plus_seconds(24 * 3600);
    at.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
