//! What people ask of the registry; every function here authorises.

use std::sync::Arc;

use aws_lc_rs::digest;

use super::{Model, Task, Version, loading, no_version, not_yours};
use crate::app::App;
use crate::artefacts::Ready;
use crate::db::query;
use crate::db::types::Timestamp;
use crate::error::{Error, Result, UserErrorCode};
use crate::graphql::connection::Items;
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::{ModelId, ModelVersionId, UserId};
use crate::validate::fold;
use crate::viewer::Viewer;

pub use super::loading::load;

/// What the list is sorted by, for its cursors.
const ORDER: &str = "MODELS";

/// A model by its name; none for strangers.
pub async fn find_by_name(app: &App, viewer: &Viewer, name: &str) -> Result<Option<Model>> {
    // No name holds U+0000, and PostgreSQL takes none.
    if viewer.is_anonymous() || name.contains('\0') {
        return Ok(None);
    }
    let key = fold(name.trim());
    query!(app.db, models::find_by_name(key))
}

/// A model, if the viewer may see it: everybody who is signed in may.
pub async fn find(app: &App, viewer: &Viewer, id: ModelId) -> Result<Option<Model>> {
    match viewer.is_anonymous() {
        true => Ok(None),
        false => query!(app.db, models::find(id)),
    }
}

/// A version, if the viewer may see it: everybody who is signed in may.
pub async fn find_version(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
) -> Result<Option<Version>> {
    match viewer.is_anonymous() {
        true => Ok(None),
        false => query!(app.db, models::find_version(id)),
    }
}

/// A model that the viewer may change: its owner and administrators may.
pub(super) async fn own_model(app: &App, viewer: &Viewer, id: ModelId) -> Result<Model> {
    viewer.require()?;
    let path = ["modelId"];
    let model = find(app, viewer, id).await?;
    let model = model.ok_or_else(|| Error::not_found("model", path))?;
    match model.is_of(viewer) {
        true => Ok(model),
        false => Err(not_yours(path)),
    }
}

/// A version of a model that the viewer may change, behind that model.
pub(super) async fn own_version(
    app: &App,
    viewer: &Viewer,
    id: ModelVersionId,
) -> Result<(Model, Version)> {
    viewer.require()?;
    let path = ["modelVersionId"];
    let version = find_version(app, viewer, id).await?;
    let version = version.ok_or_else(|| no_version(path))?;
    let model = find(app, viewer, version.model_id).await?;
    let model = model.ok_or_else(|| no_version(path))?;
    match model.is_of(viewer) {
        true => Ok((model, version)),
        false => Err(not_yours(path)),
    }
}

/// A page of all models, the newest first.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    page: PageArgs,
    task: Option<Task>,
) -> Result<Items<Model>> {
    viewer.require()?;
    let window = page.window::<(Timestamp, ModelId)>(ORDER)?;
    let rows = query!(app.db, models::list(task, window.clone()))?;
    let slice = Slice::cut(rows, &window).map(|model| {
        let cursor = encode(ORDER, &(model.created_at, model.id));
        (cursor, model)
    });
    let app = app.clone();
    Ok(Items::new(slice, move || {
        let app = app.clone();
        async move { query!(app.db, models::count(task)) }
    }))
}

/// A model and its version of this number; without one the version that answers this viewer. UNKNOWN_MODEL at `path`
/// where there is none.
pub async fn pick<const N: usize>(
    app: &App,
    viewer: &Viewer,
    name: &str,
    number: Option<i32>,
    path: [&str; N],
) -> Result<(Model, Version)> {
    let caller = viewer.require()?.user_id;
    let found = find_by_name(app, viewer, name).await?;
    let model = found.ok_or_else(|| {
        let message = "There is no model of this name; `models` lists those that there are.";
        Error::user(UserErrorCode::UnknownModel, path, message)
    })?;
    let version = match number {
        Some(number) => query!(app.db, models::find_number(model.id, number))?,
        None => match answering(&model, caller) {
            Some(id) => query!(app.db, models::find_version(id))?,
            None => None,
        },
    };
    let version = version.ok_or_else(|| {
        let message = match number {
            Some(number) => format!("The model {} has no version {number}.", model.name),
            None => format!("The model {} has no version that answers.", model.name),
        };
        Error::user(UserErrorCode::UnknownModel, path, message)
    })?;
    Ok((model, version))
}

/// Which version answers this caller: the challenger for its share of callers, always the same ones, and the champion for
/// the others.
pub fn answering(model: &Model, caller: UserId) -> Option<ModelVersionId> {
    let challenger = model.challenger_id.filter(|challenger| {
        // Another challenger draws other callers.
        let mut hash = digest::Context::new(&digest::SHA256);
        for id in [model.id.0, challenger.0, caller.0] {
            hash.update(id.as_bytes());
        }
        let drawn = hash.finish();
        let first = drawn.as_ref().first_chunk::<4>();
        let drawn = u32::from_be_bytes(*first.unwrap_or(&[0; 4]));
        f64::from(drawn) / (f64::from(u32::MAX) + 1.0) < model.challenger_share
    });
    challenger.or(model.champion_id)
}

/// Loads a version into this server's memory, the champion where none is named.
pub async fn load_named(
    app: &App,
    viewer: &Viewer,
    name: &str,
    number: Option<i32>,
) -> Result<Version> {
    viewer.require()?;
    let path = match number {
        Some(_) => ["version"],
        None => ["name"],
    };
    let number = match number {
        Some(number) => Some(number),
        None => {
            let model = find_by_name(app, viewer, name).await?;
            let champion = model.and_then(|model| model.champion_id);
            match champion {
                Some(id) => query!(app.db, models::find_version(id))?.map(|found| found.version),
                None => None,
            }
        }
    };
    let (_, version) = pick(app, viewer, name, number, path).await?;
    let _: Arc<Ready> = loading::load(app, &version).await?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenger_answers_its_share_of_callers_and_always_the_same_ones() {
        let model = |share| Model {
            id: ModelId::new(),
            name: String::new(),
            name_key: String::new(),
            task: Task::Classification,
            owner_id: None,
            last_version: 2,
            champion_id: Some(ModelVersionId::new()),
            challenger_id: Some(ModelVersionId::new()),
            challenger_share: share,
            created_at: Timestamp::EPOCH,
        };
        let callers: Vec<UserId> = (0..2_000).map(|_| UserId::new()).collect();
        let of = |model: &Model| {
            let mine = |caller: &&UserId| answering(model, **caller) == model.challenger_id;
            callers.iter().filter(mine).copied().collect::<Vec<_>>()
        };
        let quarter = model(0.25);
        let drawn = of(&quarter);
        assert!((400..600).contains(&drawn.len()), "{}", drawn.len());
        assert_eq!(drawn, of(&quarter));
        // Who was drawn at a smaller share is drawn at a larger one.
        let half = Model {
            challenger_share: 0.5,
            ..quarter
        };
        let more = of(&half);
        assert!(drawn.iter().all(|caller| more.contains(caller)));
        assert!(of(&model(0.0)).is_empty());
        assert_eq!(of(&model(1.0)).len(), callers.len());
    }
}
