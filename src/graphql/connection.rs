//! Relay connections: one macro makes a noun's edge and connection types.

use async_graphql::SimpleObject;
use futures_util::future::BoxFuture;

use super::paging::Slice;
use crate::error::Result;

/// What lies around a page of a list.
#[derive(SimpleObject, Debug, Clone)]
pub struct PageInfo {
    /// There are items behind `endCursor`: pass it as `after`.
    pub has_next_page: bool,
    /// There are items before `startCursor`: pass it as `before`.
    pub has_previous_page: bool,
    /// The first item's cursor; null where the page is empty.
    pub start_cursor: Option<String>,
    /// The last item's cursor; null where the page is empty.
    pub end_cursor: Option<String>,
}

/// Counts a whole list when, and only when, a client selects `totalCount`.
pub type Count = Box<dyn Fn() -> BoxFuture<'static, Result<i64>> + Send + Sync>;

/// A page of a list together with its cursors and the way to count the whole.
pub struct Items<T> {
    pub(crate) slice: Slice<(String, T)>,
    pub(crate) count: Count,
}

impl<T> Items<T> {
    /// A page of nodes with their cursors.
    pub fn new<F, Counted>(slice: Slice<(String, T)>, count: F) -> Self
    where
        F: Fn() -> Counted + Send + Sync + 'static,
        Counted: Future<Output = Result<i64>> + Send + 'static,
    {
        Self {
            slice,
            count: Box::new(move || Box::pin(count())),
        }
    }

    /// The page's ends.
    pub fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.slice.has_next,
            has_previous_page: self.slice.has_previous,
            start_cursor: self.slice.rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: self.slice.rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// Defines the edge and connection types of a noun.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $plural:literal) => {
        #[doc = concat!("One of the ", $plural, ", with its place in the list.")]
        #[derive(Clone)]
        pub struct $edge {
            cursor: String,
            node: $node,
        }

        #[doc = concat!("One of the ", $plural, ", with its place in the list.")]
        #[async_graphql::Object]
        impl $edge {
            /// The place in the list: pass it as `after` or `before`.
            async fn cursor(&self) -> &str {
                &self.cursor
            }

            /// The item itself.
            async fn node(&self) -> &$node {
                &self.node
            }
        }

        #[doc = concat!("A page of a list of ", $plural, ".")]
        pub struct $connection(pub(crate) $crate::graphql::connection::Items<$node>);

        #[doc = concat!("A page of a list of ", $plural, ".")]
        #[async_graphql::Object]
        impl $connection {
            /// The items with their cursors.
            async fn edges(&self) -> Vec<$edge> {
                self.0
                    .slice
                    .rows
                    .iter()
                    .map(|(cursor, node)| $edge {
                        cursor: cursor.clone(),
                        node: node.clone(),
                    })
                    .collect()
            }

            /// The items alone.
            async fn nodes(&self) -> Vec<&$node> {
                self.0.slice.rows.iter().map(|(_, node)| node).collect()
            }

            /// What lies around this page.
            async fn page_info(&self) -> $crate::graphql::connection::PageInfo {
                self.0.page_info()
            }

            /// How many items the whole list has; costs a query of its own, only where it is selected.
            #[graphql(directive = $crate::graphql::cost::cost::apply(5))]
            async fn total_count(&self) -> $crate::error::Result<i64> {
                (self.0.count)().await
            }
        }
    };
}
pub(crate) use connection;
