//! `pluma demo`: the program fills a database, and readers find what its people have written.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use pluma::config::DatabaseUrl;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::support::{Client, TestApp, every_database, json};

const PASSWORD: &str = "writes well with pluma";

/// Runs `pluma demo` on the server's database and gives what it says.
async fn demo(app: &TestApp, more: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let config = &app.app().config;
    let mut command = Command::new(env!("CARGO_BIN_EXE_pluma"));
    command.arg("demo").args(arguments).env_clear();
    command
        .env("PLUMA_DATA_DIR", &config.data_dir)
        .env("PLUMA_SECRET", config.secret.expose_secret())
        .env("PLUMA_LOG", "warn")
        .envs(more.iter().copied())
        .stdin(Stdio::null());
    if let DatabaseUrl::Postgres(url) = &config.database.url {
        command.env("DATABASE_URL", url.expose_secret());
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

async fn sign_in(app: &TestApp, username: &str) -> Client {
    let reply = app
        .client()
        .graphql(
            "mutation ($input: LoginInput!) {
               login(input: $input) { accessToken errors { code } }
             }",
            json!({ "input": { "login": username, "password": PASSWORD } }),
        )
        .await;
    let mut client = app.client();
    client.access_token = reply.text("/login/accessToken").to_owned();
    client
}

fn nodes(value: &Value) -> &[Value] {
    value["nodes"].as_array().unwrap()
}

/// The pages of the first viewer's notebooks whose field is of that value.
fn count(notebooks: &[Value], field: &str, value: &Value) -> usize {
    let pages = notebooks
        .iter()
        .flat_map(|notebook| nodes(&notebook["pages"]));
    pages.filter(|page| &page[field] == value).count()
}

const PUBLISHED: &str = "{
    notebooks(first: 12) {
      totalCount
      nodes {
        title metadata wordCount state
        pages(first: 5) { nodes { title state html wordCount format updatedAt } }
      }
    }
  }";

every_database!(
    async fn readers_find_four_languages_and_a_second_run_changes_nothing(app: TestApp) {
        let (code, out, complaint) = demo(&app, &[], &[]).await;
        assert_eq!(code, 0, "{out}{complaint}");
        assert!(out.contains(PASSWORD), "{out}");
        // No terminal, no bar.
        assert_eq!(complaint, "");

        let before = app.client().graphql(PUBLISHED, json!({})).await;
        let found = nodes(before.at("/notebooks"));
        let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
        for notebook in found {
            let language = notebook["metadata"]["language"].as_str().unwrap();
            *languages.entry(language).or_default() += 1;
            assert_eq!(notebook["state"], "PUBLISHED");
            assert!(notebook["wordCount"].as_i64().unwrap() > 100, "{notebook}");
            let pages = nodes(&notebook["pages"]);
            assert!(pages.len() >= 2, "{notebook}");
            for page in pages {
                assert!(page["wordCount"].as_i64().unwrap() > 0, "{page}");
            }
        }
        assert_eq!(
            languages.into_iter().collect::<Vec<_>>(),
            [("en", 3), ("es", 3), ("ja", 3), ("pt", 2)]
        );
        assert_eq!(count(found, "format", &json!("RICH_JSON")), 1);
        let html = before.body.to_string();
        for feature in ["<table>", "checkbox", "<pre>"] {
            assert!(html.contains(feature), "{feature}");
        }

        let (code, out, complaint) = demo(&app, &[], &[]).await;
        assert_eq!(code, 0, "{out}{complaint}");
        assert!(out.contains("there already"), "{out}");
        let after = app.client().graphql(PUBLISHED, json!({})).await;
        assert_eq!(before.body, after.body);
    }
);

every_database!(
    async fn its_people_sign_in_and_find_their_drafts_merges_and_trash(app: TestApp) {
        let (code, out, complaint) = demo(&app, &[], &[]).await;
        assert_eq!(code, 0, "{out}{complaint}");
        let mine = "{
            notebooks(first: 4, mine: true) {
              nodes {
                pages(first: 5) {
                  nodes {
                    title state publishAt hasUnpublishedChanges
                    revisions(first: 8, includeAutosaves: true) { nodes { kind name message } }
                  }
                }
              }
            }
            trash: notebooks(first: 4, mine: true, trashed: true) { nodes { title } }
          }";
        let mut kinds = BTreeMap::<String, usize>::new();
        let (mut named, mut scheduled, mut ahead, mut drafts, mut trashed) = (0, 0, 0, 0, 0);
        for username in [
            "rita",
            "tomas",
            "ines.valdes",
            "joaquin",
            "maud",
            "owen",
            "haruka",
            "kenji",
        ] {
            let reply = sign_in(&app, username).await.graphql(mine, json!({})).await;
            let found = nodes(reply.at("/notebooks"));
            trashed += nodes(reply.at("/trash")).len();
            drafts += count(found, "state", &json!("DRAFT"));
            ahead += count(found, "hasUnpublishedChanges", &json!(true));
            let pages = found.iter().flat_map(|notebook| nodes(&notebook["pages"]));
            for page in pages {
                scheduled += usize::from(page["publishAt"].is_string());
                for revision in nodes(&page["revisions"]) {
                    let kind = revision["kind"].as_str().unwrap().to_owned();
                    *kinds.entry(kind).or_default() += 1;
                    named += usize::from(revision["name"].is_string());
                }
            }
        }
        // Publishing a revision makes PUBLISHED of whatever it was before.
        for kind in ["CREATED", "AUTOSAVE", "SAVED", "MERGED", "PUBLISHED"] {
            assert!(kinds.contains_key(kind), "{kinds:?}");
        }
        assert!(
            named >= 5 && ahead >= 2 && drafts >= 5,
            "{named} {ahead} {drafts}"
        );
        assert_eq!((scheduled, trashed), (2, 1));
    }
);

every_database!(
    async fn a_run_that_was_cut_short_is_made_whole(app: TestApp) {
        let (code, ..) = demo(&app, &[], &[]).await;
        assert_eq!(code, 0);
        let before = app.client().graphql(PUBLISHED, json!({})).await;
        let undone = app
            .execute(
                "UPDATE notebooks SET metadata = '{\"demo\":{\"name\":\"cozinha-da-avo\",\"complete\":false}}' \
                 WHERE title = 'A cozinha da avó Lurdes'",
            )
            .await;
        assert_eq!(undone, 1);
        let (code, out, _) = demo(&app, &[], &[]).await;
        assert_eq!(code, 0, "{out}");
        assert!(out.contains("whole again: 1 "), "{out}");
        let after = app.client().graphql(PUBLISHED, json!({})).await;
        let titles = |reply: &crate::support::Reply| -> Vec<String> {
            let found = nodes(reply.at("/notebooks"));
            let mut titles: Vec<_> = found.iter().map(|book| book["title"].to_string()).collect();
            titles.sort();
            titles
        };
        assert_eq!(titles(&before), titles(&after));
    }
);

every_database!(
    async fn nobody_is_written_for_who_is_not_of_the_demo(app: TestApp) {
        app.user("rita").await;
        let (code, _, complaint) = demo(&app, &[], &[]).await;
        assert_eq!(code, 1);
        assert!(complaint.contains("rita"), "{complaint}");
        let reply = app.client().graphql(PUBLISHED, json!({})).await;
        assert_eq!(reply.at("/notebooks/totalCount"), 0);
    }
);

every_database!(
    async fn production_wants_to_be_forced(app: TestApp) {
        let production = [
            ("PLUMA_ENV", "production"),
            ("PLUMA_PUBLIC_URL", "https://pluma.example.org"),
        ];
        let (code, _, complaint) = demo(&app, &production, &[]).await;
        assert_eq!(code, 1);
        assert!(complaint.contains("--force"), "{complaint}");
        let reply = app.client().graphql(PUBLISHED, json!({})).await;
        assert_eq!(reply.at("/notebooks/totalCount"), 0);

        let (code, out, complaint) = demo(&app, &production, &["--force"]).await;
        assert_eq!(code, 0, "{out}{complaint}");
        let reply = app.client().graphql(PUBLISHED, json!({})).await;
        assert_eq!(reply.at("/notebooks/totalCount"), 11);
    }
);

every_database!(
    async fn the_demo_brings_iris_and_prices_that_say_that_they_are_invented(app: TestApp) {
        for _ in 0..2 {
            let (code, out, complaint) = demo(&app, &[], &[]).await;
            assert_eq!(code, 0, "{out}{complaint}");
        }
        let ann = app.user("ann").await;
        let query = "{ datasets(last: 10) { nodes {
            name kind owner { id } rowCount from to missingDays columns { name type missing } } } }";
        let reply = ann.graphql(query, json!({})).await;
        let found = nodes(reply.at("/datasets"));
        assert_eq!(found.len(), 2);
        let named = |part: &str| {
            let mut of_name = found
                .iter()
                .filter(|one| one["name"].as_str().unwrap().contains(part));
            of_name.next().unwrap()
        };
        let (iris, prices) = (named("Iris"), named("Synthetic"));
        assert_eq!(
            (&iris["kind"], &iris["rowCount"]),
            (&json!("TABULAR"), &json!(150))
        );
        assert_eq!(
            iris["columns"][4],
            json!({ "name": "species", "type": "TEXT", "missing": 0 })
        );
        assert!(prices["name"].as_str().unwrap().contains("invented"));
        assert_eq!(
            (&prices["kind"], &prices["from"]),
            (&json!("TIME_SERIES"), &json!("2024-01-01"))
        );
        assert_eq!(
            (&prices["rowCount"], &prices["missingDays"]),
            (&json!(731), &json!(0))
        );
        assert!(iris["owner"].is_null() && prices["owner"].is_null());
    }
);
