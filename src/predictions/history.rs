//! What models answered before: seen by who asked, by the model's owner and by administrators, and labelled by them when
//! they know better.

use serde_json::json;

use super::{Classification, ClassificationFilter};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::db::{commit, query};
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::ClassificationId;
use crate::logs::Log;
use crate::viewer::Viewer;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "CLASSIFICATIONS";
/// How many labels a message names.
const NAMED: usize = 20;

/// An answer, if the viewer may see it.
pub async fn find(
    app: &App,
    viewer: &Viewer,
    id: ClassificationId,
) -> Result<Option<Classification>> {
    if viewer.is_anonymous() {
        return Ok(None);
    }
    let found = query!(app.db, classifications::find(id))?;
    let seen = found.filter(|(answer, model)| {
        model.is_of(viewer) || (answer.user_id.is_some() && answer.user_id == viewer.id())
    });
    Ok(seen.map(|(answer, _)| answer))
}

/// A page of the answers that the viewer may see, the newest first.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    filter: ClassificationFilter,
) -> Result<Items<Classification>> {
    let identity = viewer.require()?;
    let filter = ClassificationFilter {
        visible_to: (!viewer.is_admin()).then_some(identity.user_id),
        ..filter
    };
    let window = page.window::<(Timestamp, ClassificationId)>(ORDER)?;
    let rows = query!(
        app.db,
        classifications::list(filter.clone(), window.clone())
    )?;
    let slice = Slice::cut(rows, &window).map(|row| {
        let cursor = encode(ORDER, &(row.created_at, row.id));
        (cursor, row)
    });
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let (app, filter) = (app.clone(), filter.clone());
        async move { query!(app.db, classifications::count(filter)) }
    }))
}

/// Notes the true label of an answer; one of the model's.
pub async fn label(
    app: &App,
    viewer: &Viewer,
    id: ClassificationId,
    actual: &str,
) -> Result<Classification> {
    viewer.require()?;
    let answer = find(app, viewer, id).await?;
    let missing = || Error::not_found("classification", ["classificationId"]);
    let answer = answer.ok_or_else(missing)?;
    let labels = answer.probabilities();
    if !labels.iter().any(|known| known.label == actual) {
        let names = labels.iter().take(NAMED);
        let names = names.map(|known| format!("`{}`", known.label));
        let names = names.collect::<Vec<_>>().join(", ");
        let more = match labels.len() > NAMED {
            true => " and more",
            false => "",
        };
        let message = format!("The model knows no such label; it knows {names}{more}.");
        return Err(Error::user(
            UserErrorCode::Invalid,
            ["actualLabel"],
            message,
        ));
    }
    let correct = answer.label == actual;
    let entry = Log::audit(viewer, app.clock.now(), "classification.labelled", id).with(json!({
        "modelVersion": answer.version_id,
        "correct": correct,
    }));
    let actual = actual.to_owned();
    commit!(app.db, classifications::label(id, actual, correct, entry))
}
