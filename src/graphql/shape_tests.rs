//! Tests of the shape of responses, against async-graphql itself.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Result, Schema, value};

use super::*;

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
    async fn slow(&self) -> i32 {
        tokio::task::yield_now().await;
        2
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
        tokio::task::yield_now().await;
        vec![Some(Leaf(false)), Some(Leaf(true))]
    }
    async fn fine(&self) -> Vec<Leaf> {
        tokio::task::yield_now().await;
        vec![Leaf(false), Leaf(false)]
    }
    async fn nested(&self) -> Vec<Option<Vec<Leaf>>> {
        vec![Some(vec![Leaf(false), Leaf(true)]), Some(Vec::new())]
    }
    async fn firm_leaves(&self) -> Option<Vec<Leaf>> {
        Some(vec![Leaf(false), Leaf(true)])
    }
}

async fn run(query: &str) -> (String, usize) {
    let schema = Schema::new(Root, EmptyMutation, EmptySubscription);
    let types = Types::of(&schema.sdl());
    let mut request = Request::new(query);
    let shape = Shape::of(request.parsed_query().unwrap(), None, &types);
    let mut response = schema.execute(request).await;
    shape.put_nulls(&mut response.data, &response.errors, &types);
    shape.arrange(&mut response.data);
    (
        serde_json::to_string(&response.data).unwrap(),
        response.errors.len(),
    )
}

fn json(value: Value) -> String {
    serde_json::to_string(&value).unwrap()
}

#[tokio::test]
async fn fields_stand_in_the_order_of_the_document() {
    let query = "{ slow ...F z: number fine { nickname } }
        fragment F on Root { a: slow fine { __typename } number }";
    let (data, _) = run(query).await;
    let leaf = r#"{"__typename":"Leaf","nickname":null}"#;
    let expected = format!(r#"{{"slow":2,"a":2,"fine":[{leaf},{leaf}],"number":1,"z":1}}"#);
    assert_eq!(data, expected);
}

#[tokio::test]
async fn a_nullable_field_is_null_beside_the_others() {
    let expected = json(value!({ "maybe": null, "number": 1 }));
    assert_eq!(run("{ maybe number }").await, (expected, 1));
    assert_eq!(run("{ a: maybe }").await, (json(value!({ "a": null })), 1));
    let expected = json(value!({ "leaf": { "nickname": null } }));
    assert_eq!(run("{ leaf { nickname } }").await, (expected, 1));
}

#[tokio::test]
async fn a_null_where_none_may_be_goes_to_the_next_parent_that_may() {
    assert_eq!(run("{ surely number }").await, ("null".to_owned(), 1));
    let expected = json(value!({ "leaf": null, "number": 1 }));
    assert_eq!(
        run("{ leaf { name nickname } number }").await,
        (expected, 2)
    );
    let expected = json(value!({ "leaves": [{ "name": "fine" }, null] }));
    assert_eq!(run("{ leaves { name } }").await, (expected, 1));
    let expected = json(value!({ "firmLeaves": null, "number": 1 }));
    assert_eq!(run("{ firmLeaves { name } number }").await, (expected, 1));
    let expected = json(value!({ "nested": [null, []] }));
    assert_eq!(run("{ nested { name } }").await.0, expected);
}
