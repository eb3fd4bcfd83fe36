//! Which request is the same one: a digest of all that makes it.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;

use async_graphql::{Request, UploadValue, Value};
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::future::join_all;

use crate::error::{Error, Result};

/// A digest of all that makes a request: what it asks, its variables in any order, and its files.
pub async fn digest_of(request: &mut Request) -> Result<Vec<u8>> {
    let files = request.uploads.iter().map(digest_of_file);
    let files: Result<Vec<_>> = join_all(files).await.into_iter().collect();
    let mut context = Context::new(&SHA256);
    text(&mut context, &request.query);
    text(
        &mut context,
        request.operation_name.as_deref().unwrap_or_default(),
    );
    let variables: BTreeMap<_, _> = request.variables.iter().collect();
    context.update(&(variables.len() as u64).to_be_bytes());
    for (name, variable) in variables {
        text(&mut context, name);
        value(&mut context, variable);
    }
    for file in files? {
        context.update(&file);
    }
    Ok(context.finish().as_ref().to_vec())
}

fn text(context: &mut Context, text: &str) {
    context.update(&(text.len() as u64).to_be_bytes());
    context.update(text.as_bytes());
}

fn value(context: &mut Context, of: &Value) {
    match of {
        Value::Object(fields) => {
            context.update(b"{");
            context.update(&(fields.len() as u64).to_be_bytes());
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            for (name, inner) in sorted {
                text(context, name);
                value(context, inner);
            }
        }
        Value::List(items) => {
            context.update(b"[");
            context.update(&(items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| value(context, item));
        }
        Value::String(string) => {
            context.update(b"\"");
            text(context, string);
        }
        // Numbers, booleans and null as they are written; enums and bytes do not come in JSON.
        other => {
            context.update(b"=");
            text(context, &other.to_string());
        }
    }
}

async fn digest_of_file(file: &UploadValue) -> Result<Vec<u8>> {
    let content = file.content.try_clone().map_err(Error::caused_by)?;
    let mut named = Context::new(&SHA256);
    text(&mut named, &file.filename);
    text(&mut named, file.content_type.as_deref().unwrap_or_default());
    let hashing = tokio::task::spawn_blocking(move || {
        let (mut buffer, mut offset) = (vec![0; 64 * 1024], 0);
        loop {
            // The offset of the file itself stays: its reader starts at the beginning.
            let read = content.read_at(&mut buffer, offset)?;
            if read == 0 {
                return Ok::<_, std::io::Error>(named.finish());
            }
            named.update(&buffer[..read]);
            offset += read as u64;
        }
    });
    let hash = hashing.await.map_err(|error| Error::task_stopped(&error))?;
    Ok(hash.map_err(Error::caused_by)?.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    async fn of(query: &str, variables: &str, files: &[&str]) -> Vec<u8> {
        let mut request = Request::new(query);
        request.variables = serde_json::from_str(variables).unwrap();
        for content in files {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            std::io::Seek::rewind(&mut file).unwrap();
            request.uploads.push(UploadValue {
                filename: "a.txt".to_owned(),
                content_type: None,
                content: file,
            });
        }
        let digest = digest_of(&mut request).await.unwrap();
        for (upload, content) in request.uploads.iter_mut().zip(files) {
            let mut read = String::new();
            upload.content.read_to_string(&mut read).unwrap();
            assert_eq!(read, *content, "hashing a file leaves it as it was");
        }
        digest
    }

    #[tokio::test]
    async fn the_same_request_is_one_with_the_same_words_values_and_files() {
        let one = of(
            "{ a }",
            r#"{"a": {"x": 1, "y": [true]}, "b": "1"}"#,
            &["one", "two"],
        )
        .await;
        let same = of(
            "{ a }",
            r#"{"b": "1", "a": {"y": [true], "x": 1}}"#,
            &["one", "two"],
        )
        .await;
        assert_eq!(one, same);
        for (query, variables, files) in [
            (
                "{ b }",
                r#"{"a": {"x": 1, "y": [true]}, "b": "1"}"#,
                ["one", "two"],
            ),
            (
                "{ a }",
                r#"{"a": {"x": 1, "y": [true]}, "b": 1}"#,
                ["one", "two"],
            ),
            (
                "{ a }",
                r#"{"a": {"x": 1, "y": [[true]]}, "b": "1"}"#,
                ["one", "two"],
            ),
            (
                "{ a }",
                r#"{"a": {"x": 1, "y": [true]}, "b": "1", "c": null}"#,
                ["one", "two"],
            ),
            (
                "{ a }",
                r#"{"a": {"x": 1, "y": [true]}, "b": "1"}"#,
                ["one", "three"],
            ),
            (
                "{ a }",
                r#"{"a": {"x": 1, "y": [true]}, "b": "1"}"#,
                ["two", "one"],
            ),
        ] {
            assert_ne!(
                of(query, variables, &files).await,
                one,
                "{query} {variables} {files:?}"
            );
        }
    }
}
