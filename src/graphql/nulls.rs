//! What a failed field leaves behind: `null` where it may be, else a null parent.

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextResolve,
    ResolveInfo,
};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{QueryPathSegment, Response, ServerError, ServerResult, Value, Variables};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::order::FieldOrder;

/// Handles field errors as the specification says. async-graphql 7.2.1 alone leaves a failed
/// field out of its object, and carries no null to a parent.
pub struct NullPropagation;

impl ExtensionFactory for NullPropagation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Failures::default())
    }
}

/// The failures of one execution.
#[derive(Default)]
struct Failures {
    any: AtomicBool,
    found: Mutex<Found>,
    /// Here, because an extension of its own would cost every field a future in a box.
    order: FieldOrder,
}

#[derive(Default)]
struct Found {
    errors: Vec<ServerError>,
    /// Paths whose value has to be null because of what is within.
    nulls: HashSet<Vec<String>>,
}

impl Failures {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.any.store(true, Ordering::Release);
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Extension for Failures {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        self.order.learn(&document);
        Ok(document)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        // A subscription comes here with each of its events.
        if self.any.load(Ordering::Acquire) {
            let found = std::mem::take(&mut *self.found());
            self.any.store(false, Ordering::Release);
            if found.nulls.contains(&Vec::new()) {
                response.data = Value::Null;
            }
            response.errors.extend(found.errors);
        }
        self.order.restore(operation_name, &mut response.data);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let node = *info.path_node;
        // Of an item, async-graphql does not say rightly whether it may be null; its field does.
        let is_item = matches!(node.segment, QueryPathSegment::Index(_));
        let declared = info.return_type;
        let result = next.run(ctx, info).await;
        if result.is_ok() && (is_item || !self.any.load(Ordering::Acquire)) {
            return result;
        }
        let mut path = node.to_string_vec();
        let mut found = self.found();
        let value = match result {
            Ok(value) => value.unwrap_or_default(),
            Err(error) => {
                found.errors.push(error);
                Value::Null
            }
        };
        if is_item {
            found.nulls.insert(path);
            return Ok(Some(Value::Null));
        }
        let value = found.settle(value, declared, &mut path);
        if value == Value::Null && declared.ends_with('!') {
            path.pop();
            found.nulls.insert(path);
        }
        Ok(Some(value))
    }
}

impl Found {
    /// Puts the nulls into a value of the declared type, and takes lists with them that may
    /// not hold one.
    fn settle(&mut self, value: Value, declared: &str, path: &mut Vec<String>) -> Value {
        if self.nulls.remove(path) {
            return Value::Null;
        }
        let list = declared.trim_end_matches('!').strip_prefix('[');
        let Some(item_type) = list.and_then(|list| list.strip_suffix(']')) else {
            return value;
        };
        if !self.nulls.iter().any(|null| null.starts_with(path)) {
            return value;
        }
        let Value::List(items) = value else {
            return value;
        };
        let mut settled = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            path.push(index.to_string());
            settled.push(self.settle(item, item_type, path));
            path.pop();
        }
        if item_type.ends_with('!') && settled.contains(&Value::Null) {
            return Value::Null;
        }
        Value::List(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::{EmptyMutation, Object, Result, Schema, Subscription, value};
    use futures_util::{Stream, StreamExt};

    struct Leaf(bool);

    #[Object]
    impl Leaf {
        async fn name(&self) -> Result<&str> {
            if self.0 {
                Err("broken".into())
            } else {
                Ok("fine")
            }
        }
        async fn nickname(&self) -> Result<Option<&str>> {
            if self.0 {
                Err("broken".into())
            } else {
                Ok(None)
            }
        }
    }

    struct Root;

    #[Object]
    impl Root {
        async fn number(&self) -> i32 {
            1
        }
        async fn maybe(&self) -> Result<Option<i32>> {
            Err("broken".into())
        }
        async fn surely(&self) -> Result<i32> {
            Err("broken".into())
        }
        async fn leaf(&self) -> Option<Leaf> {
            Some(Leaf(true))
        }
        async fn leaves(&self) -> Vec<Option<Leaf>> {
            vec![Some(Leaf(false)), Some(Leaf(true))]
        }
        async fn results(&self) -> Vec<Option<Result<i32>>> {
            vec![Some(Ok(1)), Some(Err("broken".into()))]
        }
        async fn late(&self) -> i32 {
            tokio::task::yield_now().await;
            2
        }
        async fn nested(&self) -> Vec<Option<Vec<Leaf>>> {
            vec![Some(vec![Leaf(false), Leaf(true)]), Some(Vec::new())]
        }
        async fn firm_leaves(&self) -> Option<Vec<Leaf>> {
            Some(vec![Leaf(false), Leaf(true)])
        }
    }

    struct Events;

    #[Subscription]
    impl Events {
        async fn leaves(&self) -> impl Stream<Item = Leaf> + use<> {
            futures_util::stream::iter([Leaf(true), Leaf(false)])
        }
    }

    async fn run(query: &str) -> (Value, usize) {
        let schema = Schema::build(Root, EmptyMutation, Events)
            .extension(NullPropagation)
            .finish();
        let response = schema.execute(query).await;
        (response.data, response.errors.len())
    }

    #[tokio::test]
    async fn a_nullable_field_is_null_beside_the_others() {
        let expected = value!({ "maybe": null, "number": 1 });
        assert_eq!(run("{ maybe number }").await, (expected, 1));
        assert_eq!(run("{ a: maybe }").await, (value!({ "a": null }), 1));
        let expected = value!({ "leaf": { "nickname": null } });
        assert_eq!(run("{ leaf { nickname } }").await, (expected, 1));
    }

    #[tokio::test]
    async fn a_null_where_none_may_be_goes_to_the_next_parent_that_may() {
        assert_eq!(run("{ surely number }").await, (Value::Null, 1));
        let expected = value!({ "leaf": null, "number": 1 });
        assert_eq!(
            run("{ leaf { name nickname } number }").await,
            (expected, 2)
        );
        let expected = value!({ "leaves": [{ "name": "fine" }, null] });
        assert_eq!(run("{ leaves { name } }").await, (expected, 1));
        let expected = value!({ "firmLeaves": null, "number": 1 });
        assert_eq!(run("{ firmLeaves { name } number }").await, (expected, 1));
        let expected = value!({ "results": [1, null] });
        assert_eq!(run("{ results }").await, (expected, 1));
        assert_eq!(
            run("{ nested { name } }").await.0,
            value!({ "nested": [null, []] })
        );
    }

    #[tokio::test]
    async fn fields_are_answered_in_the_order_of_the_operation() {
        let query =
            "query A { number } query B { ...F a: late leaves { __typename nickname } number late }
                     fragment F on Root { late leaf { nickname __typename } }";
        let schema = Schema::build(Root, EmptyMutation, Events)
            .extension(NullPropagation)
            .finish();
        let request = async_graphql::Request::new(query).operation_name("B");
        let answer = schema.execute(request).await.data.to_string();
        let expected = "{late: 2, leaf: {nickname: null, __typename: \"Leaf\"}, a: 2, \
                        leaves: [{__typename: \"Leaf\", nickname: null}, \
                        {__typename: \"Leaf\", nickname: null}], number: 1}";
        assert_eq!(answer, expected);
    }

    #[tokio::test]
    async fn an_event_does_not_spoil_the_next() {
        let schema = Schema::build(Root, EmptyMutation, Events)
            .extension(NullPropagation)
            .finish();
        let events: Vec<_> = schema
            .execute_stream("subscription { leaves { name } }")
            .collect()
            .await;
        assert_eq!(events.len(), 2);
        assert_eq!((&events[0].data, events[0].errors.len()), (&Value::Null, 1));
        let fine = value!({ "leaves": { "name": "fine" } });
        assert_eq!((&events[1].data, events[1].errors.len()), (&fine, 0));
    }
}
