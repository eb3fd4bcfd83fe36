//! `pluma demo`: people, notebooks and pages to look at, written through the same services as the API's.

mod data;
mod library;
mod writing;

use std::path::Path;

use anyhow::anyhow;
use clap::Args;
use pluma::accounts::User;
use pluma::accounts::service::{self as accounts, AccountChanges, Registration};
use pluma::app::App;
use pluma::clock::system_time;
use pluma::config::Config;
use pluma::db::types::Timestamp;
use pluma::error::{Error, Result, UserErrorCode};
use pluma::graphql::paging::PageArgs;
use pluma::id::{NotebookId, SessionId};
use pluma::notebooks::service::{self as notebooks, Filter};
use pluma::notebooks::{NotebookOrderField, OrderDirection};
use pluma::viewer::{Client, Role, Viewer};

use super::failure::Failure;
use super::{open, progress, say};
use library::{Library, Notebook, Person};
use writing::People;

/// What every account of the demo signs in with.
const PASSWORD: &str = "writes well with pluma";
/// The domain of their addresses; RFC 2606 keeps it from ever being anybody's.
const DOMAIN: &str = "demo.pluma.example";
/// How many days ago they registered: before the first notebook was begun.
const JOINED: i64 = 60;

/// How the demo is filled in.
#[derive(Args)]
pub struct Demo {
    /// Fill in the demo in production too, where its accounts are open to everybody who reads this help
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub async fn run(options: Demo, file: Option<&Path>) -> std::result::Result<(), Failure> {
    let config = Config::load(file)?;
    if config.environment.is_production() && !options.force {
        return Err(anyhow!(
            "this is production, and everybody knows the password of the demo's accounts; \
             `pluma demo --force` makes them all the same"
        )
        .into());
    }
    let library = Library::read()?;
    let app = open(config).await?;
    data::bring(&app).await?;
    let written = fill(&app, &library).await?;
    let pages: usize = library.notebooks.iter().map(|book| book.page.len()).sum();
    say(&match written {
        0 => "The demo is there already; nothing was changed.".to_owned(),
        written if written < library.notebooks.len() => {
            format!("The demo is whole again: {written} of its notebooks were missing.")
        }
        written => format!(
            "The demo is there: {} people, {written} notebooks and {pages} pages in Portuguese, Spanish, \
             English and Japanese.",
            library.people.len()
        ),
    });
    say(&format!(
        "\nSign in as any of them; the password is: {PASSWORD}\n"
    ));
    for person in &library.people {
        say(&format!("  {:<12} {}", person.username, person.name));
    }
    say(
        "\nEverybody who signs in may train models on two datasets: iris, and synthetic prices, which say that they \
         are invented.",
    );
    say(
        "\n`pluma` starts the server; the query `{ notebooks { nodes { title owner { displayName } } } }` lists \
         what is published.",
    );
    Ok(())
}

/// Writes what is missing; gives how many notebooks that were.
async fn fill(app: &App, library: &Library) -> Result<usize> {
    let progress = progress::bar(library.people.len() + library.notebooks.len());
    let mut people = People::new();
    for person in &library.people {
        progress.doing(&person.name);
        let user = settle(app, person).await?;
        let viewer = user.acting(SessionId::new(), Client::default());
        people.insert(person.username.clone(), viewer);
        progress.step();
    }
    let mut written = 0;
    for notebook in &library.notebooks {
        progress.doing(&notebook.title);
        if is_missing(app, &people, notebook).await? {
            writing::write(app, &people, notebook).await?;
            written += 1;
        }
        progress.step();
    }
    Ok(written)
}

/// The person's account, made where there is none yet.
async fn settle(app: &App, person: &Person) -> Result<User> {
    let email = format!("{}@{DOMAIN}", person.username);
    if let Some(user) = accounts::find_by_username(app, &person.username).await? {
        // Writing in somebody else's name is not for a demo.
        if user.email != email {
            return Err(Error::user(
                UserErrorCode::Taken,
                ["username"],
                format!(
                    "Somebody else is called {:?} here, and the demo needs the name: try another database.",
                    person.username
                ),
            ));
        }
        return Ok(user);
    }
    let joined = Timestamp::truncated(system_time()).plus_seconds(-JOINED * 24 * 3600);
    app.clock.turn_to(joined);
    let input = Registration {
        username: person.username.clone(),
        email,
        password: PASSWORD.to_owned(),
        display_name: Some(person.name.clone()),
    };
    let user = accounts::create_user(app, input, Role::User).await?;
    let viewer = user.acting(SessionId::new(), Client::default());
    let changes = AccountChanges {
        bio: Some(person.bio.clone()),
        ..AccountChanges::default()
    };
    accounts::update_profile(app, &viewer, changes).await
}

/// Whether a notebook is yet to be written; what a run left half done is removed first.
async fn is_missing(app: &App, people: &People, notebook: &Notebook) -> Result<bool> {
    let Some(owner) = people.get(&notebook.owner) else {
        return Ok(true);
    };
    for trashed in [false, true] {
        let Some((id, complete)) = find(app, owner, notebook.slug, trashed).await? else {
            continue;
        };
        if complete {
            return Ok(false);
        }
        if !trashed {
            notebooks::delete(app, owner, id).await?;
        }
        notebooks::purge(app, owner, id).await?;
    }
    Ok(true)
}

/// The owner's notebook of that name in the demo, and whether it was written to its end.
async fn find(
    app: &App,
    owner: &Viewer,
    slug: &str,
    trashed: bool,
) -> Result<Option<(NotebookId, bool)>> {
    let filter = Filter {
        mine: true,
        trashed,
        ..Filter::default()
    };
    // The oldest first: the demo dates its notebooks back to before anything that people add.
    let order = Some((NotebookOrderField::CreatedAt, OrderDirection::Asc));
    let first = PageArgs {
        first: Some(100),
        ..PageArgs::default()
    };
    let (found, _) = notebooks::list(app, owner, filter, order, first).await?;
    Ok(found.rows.into_iter().find_map(|(_, seen)| {
        let demo = seen.notebook.metadata.0.get("demo")?;
        let complete = demo.get("complete").and_then(serde_json::Value::as_bool);
        (demo.get("name")? == slug).then_some((seen.notebook.id, complete == Some(true)))
    }))
}
