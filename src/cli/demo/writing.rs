//! Writes one notebook of the demo, step by step, as its people would through the API.

use std::collections::BTreeMap;
use std::time::Duration;

use pluma::app::App;
use pluma::clock::system_time;
use pluma::db::types::Timestamp;
use pluma::error::{Error, Result};
use pluma::id::{NotebookId, RevisionId};
use pluma::notebooks::service::{self as notebooks, NewNotebook, NotebookUpdate};
use pluma::notebooks::sharing;
use pluma::pages::draft::Saved;
use pluma::pages::saving::{self, SaveRequest};
use pluma::pages::service::{self as pages, NewPage};
use pluma::pages::{self as page, ContentFormat, history, organising, publishing};
use pluma::viewer::Viewer;
use serde_json::json;

use super::library::{Notebook, Page, State, Step};

const DAY: i64 = 24 * 3600;
/// Between two pages of a notebook, between two saves, and between two autosaves, which are one sitting.
const PAGE: Duration = Duration::from_secs(19 * 3600);
const SAVE: Duration = Duration::from_secs(47 * 60);
const AUTOSAVE: Duration = Duration::from_secs(4 * 60);
/// When the scheduled pages go public.
const AHEAD: i64 = 5 * DAY;

/// The people by their usernames.
pub type People = BTreeMap<String, Viewer>;

/// Writes `notebook`, dated as if it had been begun the stated number of days ago.
pub async fn write(app: &App, people: &People, notebook: &Notebook) -> Result<()> {
    let owner = person(people, &notebook.owner)?;
    let begun = Timestamp::truncated(system_time()).plus_seconds(-i64::from(notebook.begun) * DAY);
    app.clock.turn_to(begun);
    let input = NewNotebook {
        title: notebook.title.clone(),
        description: Some(notebook.description.clone()),
        metadata: Some(metadata(notebook, false)),
    };
    let id = notebooks::create(app, owner, input).await?.notebook.id;
    for share in &notebook.share {
        let with = person(people, &share.with)?.require()?.user_id;
        sharing::set_collaborator(app, owner, id, with, share.role.into()).await?;
    }
    // Before there are pages: it publishes the draft of each.
    if notebook.state == State::Published {
        publishing::publish_notebook(app, owner, id).await?;
    }
    for page in &notebook.page {
        app.clock.advance(PAGE);
        write_page(app, people, notebook, id, page).await?;
    }
    // The last step, by which a run that was cut short is recognised.
    let update = NotebookUpdate {
        notebook_id: id,
        title: None,
        description: None,
        metadata: Some(metadata(notebook, true)),
    };
    notebooks::update(app, owner, update).await?;
    if notebook.state == State::Trashed {
        notebooks::delete(app, owner, id).await?;
    }
    Ok(())
}

fn metadata(notebook: &Notebook, complete: bool) -> serde_json::Value {
    json!({
        "language": notebook.language,
        "demo": { "name": notebook.slug, "complete": complete },
    })
}

async fn write_page(
    app: &App,
    people: &People,
    notebook: &Notebook,
    notebook_id: NotebookId,
    plan: &Page,
) -> Result<()> {
    let owner = person(people, &notebook.owner)?;
    let format = if plan.rich {
        ContentFormat::RichJson
    } else {
        ContentFormat::Markdown
    };
    let input = NewPage {
        notebook_id,
        title: plan.title.clone(),
        content: Some(plan.text.clone()),
        format: Some(format),
        position: None,
    };
    let mut draft = pages::create(app, owner, input).await?;
    let id = draft.page.id;
    let state = plan.state.unwrap_or(match notebook.state {
        State::Published => State::Published,
        _ => State::Draft,
    });
    let mut past = vec![(draft.page.current_revision_id, plan.text.clone())];
    for (number, step) in plan.step.iter().enumerate() {
        if state == State::Ahead && number + 1 == plan.step.len() {
            publishing::publish(app, owner, id, None, None).await?;
        }
        app.clock
            .advance(if step.autosave { AUTOSAVE } else { SAVE });
        let by = step.by.as_deref().unwrap_or(&notebook.owner);
        let author = person(people, by)?;
        draft = save(app, author, by, &draft, &mut past, step).await?;
        if step.name.is_some() {
            let revision = draft.page.current_revision_id;
            history::rename(app, author, revision, step.name.clone()).await?;
        }
    }
    app.clock.advance(SAVE);
    match state {
        State::Published => {
            publishing::publish(app, owner, id, None, None).await?;
        }
        State::Scheduled => {
            let at = Timestamp::truncated(system_time()).plus_seconds(AHEAD);
            publishing::publish(app, owner, id, None, Some(at)).await?;
        }
        State::Trashed => {
            organising::delete(app, owner, id).await?;
        }
        State::Draft | State::Ahead => {}
    }
    Ok(())
}

/// Saves one step; `past` holds every revision so far with its text.
async fn save(
    app: &App,
    author: &Viewer,
    by: &str,
    draft: &page::Seen,
    past: &mut Vec<(RevisionId, String)>,
    step: &Step,
) -> Result<page::Seen> {
    let nothing = || Error::internal("a page of the demo has no text to go on from");
    let current = past.last().ok_or_else(nothing)?;
    let base = match step.behind {
        true => past.iter().rev().nth(1).ok_or_else(nothing)?,
        false => current,
    };
    let request = SaveRequest {
        page_id: draft.page.id,
        base_revision_id: base.0,
        title: None,
        content: Some(step.apply(&base.1)?),
        autosave: step.autosave,
        client_sequence: None,
        message: step.message.clone(),
        client_id: Some(format!("demo-{by}")),
        accepts: None,
    };
    // What a merge gives, too: both sides' steps apply to either text.
    let text = step.apply(&current.1)?;
    match saving::save(app, author, request).await? {
        Saved::Stored {
            page, revision_id, ..
        } => {
            past.push((revision_id, text));
            Ok(page)
        }
        Saved::Conflict { .. } => Err(Error::internal(format!(
            "a step of the demo by {by} overlaps with the one before"
        ))),
    }
}

fn person<'a>(people: &'a People, name: &str) -> Result<&'a Viewer> {
    people
        .get(name)
        .ok_or_else(|| Error::internal(format!("nobody in the demo is called {name}")))
}
