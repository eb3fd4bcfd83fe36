//! Lists of notebooks as connections.

use std::sync::Arc;

use async_graphql::Context;

use super::{Notebook, NotebookOrder};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::{Items, connection};
use crate::graphql::context::Request;
use crate::graphql::paging::{self, PageArgs, Slice, Window};
use crate::id::{NotebookId, UserId};
use crate::notebooks::loaders::{Loaders, NewestOf};
use crate::notebooks::service::{self, Filter};
use crate::notebooks::{NotebookOrderField, OrderDirection, Scope, Seen};

connection!(NotebookConnection, NotebookEdge, Notebook, "notebooks");

/// The root list.
pub async fn all(
    ctx: &Context<'_>,
    filter: Filter,
    order: Option<NotebookOrder>,
    args: PageArgs,
) -> Result<NotebookConnection> {
    let (app, viewer) = (ctx.app()?.clone(), ctx.viewer()?);
    let order = order.map(NotebookOrder::pair);
    let (slice, scope) = service::list(&app, viewer, filter, order, args).await?;
    let viewer_id = viewer.id();
    Ok(NotebookConnection(Items::new(wire(slice), move || {
        let app = app.clone();
        async move { service::count(&app, scope, viewer_id).await }
    })))
}

/// One user's notebooks: drafts only for that user and administrators.
///
/// The first page in the default order is read for all users of a list in one statement.
pub async fn of_user(
    ctx: &Context<'_>,
    owner: UserId,
    order: Option<NotebookOrder>,
    args: PageArgs,
) -> Result<NotebookConnection> {
    let (app, viewer) = (ctx.app()?, ctx.viewer()?);
    let loaders = ctx.loaders::<Loaders>()?;
    let drafts = matches!(service::owned_by(viewer, owner), Scope::OwnedBy(_));
    let newest = (NotebookOrderField::CreatedAt, OrderDirection::Desc);
    let order = order.map_or(newest, NotebookOrder::pair);
    let simple = args.after.is_none() && args.before.is_none() && args.last.is_none();
    let slice = if simple && order == newest {
        let name = service::order_name(order);
        let window: Window<(Timestamp, NotebookId)> = args.window(&name)?;
        let key = NewestOf {
            owner,
            drafts,
            limit: window.limit(),
        };
        let rows = loaders.newest.load(key).await?.unwrap_or_default();
        let seen: Vec<Seen> = rows
            .into_iter()
            .filter_map(|row| Seen::by(viewer, (row, None)))
            .collect();
        Slice::cut(seen, &window).map(|seen| {
            let key = (seen.notebook.created_at, seen.notebook.id);
            (paging::encode(&name, &key), seen)
        })
    } else {
        let filter = Filter {
            owner_id: Some(owner),
            ..Filter::default()
        };
        service::list(app, viewer, filter, Some(order), args)
            .await?
            .0
    };
    let loaders = Arc::clone(loaders);
    Ok(NotebookConnection(Items::new(wire(slice), move || {
        let loaders = Arc::clone(&loaders);
        async move {
            let count = loaders.counts.load((owner, drafts)).await?;
            Ok(count.unwrap_or(0))
        }
    })))
}

fn wire(slice: Slice<(String, Seen)>) -> Slice<(String, Notebook)> {
    slice.map(|(cursor, seen)| (cursor, Notebook(seen)))
}
