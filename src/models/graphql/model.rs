//! The `Model` type and the history of its aliases.

use async_graphql::{Context, Object};

use super::version::{ModelVersion, ModelVersionConnection, load_version};
use crate::accounts::graphql::{User, load_user};
use crate::app::App;
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::paging::{PageArgs, Slice, encode};
use crate::id::ModelId;
use crate::models::loaders::{Loaders, VersionsOf};
use crate::models::{self, Task};
use crate::predictions::graphql::{DriftReport, find_drift};

/// What cursors of a list of versions belong to.
const ORDER: &str = "VERSION";
/// How far back drift is looked for, in days.
const DRIFT_DAYS: i32 = 7;

/// A named line of model versions, as in a model registry. Everybody who is signed in may see and use it; its owner and
/// administrators train into it, move its aliases and delete versions.
#[derive(Clone)]
pub struct Model(pub models::Model);

/// A named line of model versions, as in a model registry. Everybody who is signed in may see and use it; its owner and
/// administrators train into it, move its aliases and delete versions.
#[Object]
impl Model {
    /// The global id, `model_…`.
    pub async fn id(&self) -> ModelId {
        self.0.id
    }

    /// Its name; no two models share one, whatever the case of the letters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does.
    async fn task(&self) -> Task {
        self.0.task
    }

    /// Whose it is; null once the account is gone.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.owner_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Its versions, the newest first.
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<ModelVersionConnection> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let window = args.window(ORDER)?;
        let loaders = ctx.loaders::<Loaders>()?;
        let key = VersionsOf {
            model: self.0.id,
            window: window.clone(),
        };
        let rows = loaders.versions_of.load(key).await?.unwrap_or_default();
        let slice = Slice::cut(rows, &window).map(|row| {
            let cursor = encode(ORDER, &(row.version, row.id));
            (cursor, ModelVersion(row))
        });
        let (loaders, id) = (loaders.clone(), self.0.id);
        Ok(ModelVersionConnection(Items::new(slice, move || {
            let loaders = loaders.clone();
            async move { Ok(loaders.counts.load(id).await?.unwrap_or_default()) }
        })))
    }

    /// What predictions use unless they name a version.
    async fn champion(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        match self.0.champion_id {
            Some(id) => load_version(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Gets `challengerShare` of the traffic: always that of the same callers.
    async fn challenger(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        match self.0.challenger_id {
            Some(id) => load_version(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Which share of the callers the challenger answers, 0 to 1.
    async fn challenger_share(&self) -> f64 {
        self.0.challenger_share
    }

    /// Who moved which alias, the newest first: the last hundred moves. It is never rewritten.
    #[graphql(directive = cost::apply(2), directive = list_size::apply(Some(100), None))]
    async fn alias_history(&self, ctx: &Context<'_>) -> Result<Vec<AliasChange>> {
        let changes = ctx.loaders::<Loaders>()?.changes.load(self.0.id).await?;
        let changes = changes.unwrap_or_default().into_iter();
        Ok(changes.map(AliasChange).collect())
    }

    /// How far what the champion was asked lately is from what it was trained with. Null for models of texts, forecasts and
    /// those that were trained elsewhere: nothing is kept to compare with.
    #[graphql(directive = cost::apply(500))]
    async fn drift(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How far back is looked, in days: 1 to 365.",
            default_with = "Some(DRIFT_DAYS)"
        )]
        days: Option<i32>,
    ) -> Result<Option<DriftReport>> {
        find_drift(ctx, &self.0, days.unwrap_or(DRIFT_DAYS)).await
    }

    /// When its first version came.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at
    }
}

connection!(ModelConnection, ModelEdge, Model, "models");

/// Who moved which alias where, when and why; never rewritten.
pub struct AliasChange(models::AliasChange);

/// Who moved which alias where, when and why; never rewritten.
#[Object]
impl AliasChange {
    /// `champion` or `challenger`.
    async fn alias(&self) -> &str {
        self.0.alias.as_str()
    }

    /// What it stood for; null for nothing, and for a version that was deleted since.
    async fn from(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        match self.0.from_id {
            Some(id) => load_version(ctx, id).await,
            None => Ok(None),
        }
    }

    /// What it stands for since then; null for nothing, and for a version that was deleted since.
    async fn to(&self, ctx: &Context<'_>) -> Result<Option<ModelVersion>> {
        match self.0.to_id {
            Some(id) => load_version(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The share that the challenger got; null for moves of the champion.
    async fn share(&self) -> Option<f64> {
        self.0.share
    }

    /// Who moved it; null once the account is gone.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.user_id {
            Some(id) => load_user(ctx, id).await,
            None => Ok(None),
        }
    }

    /// Why, in their words.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When.
    async fn at(&self) -> Timestamp {
        self.0.at
    }
}

/// The model of that id, by the request's DataLoader.
pub async fn load_model(ctx: &Context<'_>, id: ModelId) -> Result<Option<Model>> {
    if ctx.viewer()?.is_anonymous() {
        return Ok(None);
    }
    let found = ctx.loaders::<Loaders>()?.models.load(id).await?;
    Ok(found.map(Model))
}

/// Whether a version is in this server's memory.
pub(super) fn is_loaded(app: &App, version: &models::Version) -> bool {
    app.artefacts.has(version.id)
}
