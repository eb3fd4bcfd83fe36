//! `Node` for slices: a field of theirs may give any object by its id, which `api` alone can find.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value, async_trait,
};
use futures_util::future::BoxFuture;

use crate::error::{Error, Result};

/// Finds what stands behind a global id, as far as the viewer may see it; `api` puts it into the schema.
pub struct NodeFinder(
    /// The search.
    pub for<'a> fn(&'a Context<'_>, &'a str) -> BoxFuture<'a, Result<Option<AnyNode>>>,
);

/// An object with a global id, whichever it is.
pub struct AnyNode(Box<dyn Resolve>);

impl AnyNode {
    /// Wraps the interface's own type.
    pub fn new(node: impl OutputType + 'static) -> Self {
        Self(Box::new(node))
    }

    /// The object of this id; none where there is none, or none that the viewer may see.
    pub async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Self>> {
        let finder = ctx
            .data_opt::<NodeFinder>()
            .ok_or_else(|| Error::internal("the schema finds no nodes"))?;
        (finder.0)(ctx, id).await
    }
}

/// [`OutputType`] as an object: its associated functions keep it from being one.
#[async_trait::async_trait]
trait Resolve: Send + Sync {
    async fn value(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value>;
}

#[async_trait::async_trait]
impl<T: OutputType> Resolve for T {
    async fn value(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.resolve(ctx, field).await
    }
}

#[async_trait::async_trait]
impl OutputType for AnyNode {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Node")
    }

    fn create_type_info(_: &mut Registry) -> String {
        // `api` registers the interface itself.
        "Node!".to_owned()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.value(ctx, field).await
    }
}
