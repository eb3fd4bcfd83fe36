//! Multipart requests with files, as the graphql-multipart-request-spec has them.

use super::buffer::Buffer;
use super::gateway::Limits;
use super::json_size;
use super::persisted::PersistedQueries;
use super::request::{Chunks, Received, from_json, malformed, too_large};
use super::response::Refusal;
use async_graphql::{Request, UploadValue};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

/// Reads `operations`, `map`, and then the files, each into a temporary file. This is not
/// async-graphql's reader because that one bounds neither the number of files nor `operations`. `sender` says
/// who sends them, and finds the text of an operation that is known by its hash.
pub async fn read(
    headers: &HeaderMap,
    chunks: &Chunks,
    limits: &Limits,
    sender: &Sender<'_>,
) -> Result<Received, Refusal> {
    let boundary = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
        .ok_or_else(|| malformed("The multipart request has no boundary."))?;
    // multer buffers the headers of a part without a limit of its own.
    let most = match sender.signed_in {
        true => limits.largest_body(),
        false => limits.files_of(0) + 2 * limits.body_bytes,
    };
    let mut multipart = parts(chunks, boundary, most);

    let operations = required(&mut multipart, "operations", limits).await?;
    json_size::check(operations.bytes(), limits)?;
    let mut received = from_json(operations.bytes(), limits.batch)?;
    let map = required(&mut multipart, "map", limits).await?;
    json_size::check(map.bytes(), limits)?;
    let mut map: HashMap<String, Vec<String>> = serde_json::from_slice(map.bytes())
        .map_err(|error| malformed(format!("The part `map` cannot be read: {error}.")))?;
    if map.values().map(Vec::len).sum::<usize>().max(map.len()) > limits.upload_files {
        let message = format!("A request has at most {} files.", limits.upload_files);
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            message,
        ));
    }

    let requests = match &received {
        Received::Single(request) => std::slice::from_ref(&**request),
        Received::Batch(requests) => requests,
    };
    let largest = requests
        .iter()
        .map(|request| limits.file_of(&sender.text(request), sender.signed_in))
        .max();
    let largest = largest.unwrap_or(limits.upload_bytes);
    let mut room = limits.files_of(largest);
    while !map.is_empty() {
        let Some(field) = multipart.next_field().await.map_err(broken)? else {
            break;
        };
        let paths = field.name().and_then(|name| map.remove(name));
        let Some(paths) = paths else {
            return Err(malformed(
                "A part of the multipart request is not in its `map`.",
            ));
        };
        let (file, size) = store(field, largest.min(room)).await?;
        room -= size;
        for path in paths {
            let copy = file.try_clone().map_err(unstored)?;
            place(&mut received, &path, copy)?;
        }
    }
    if map.is_empty() {
        Ok(received)
    } else {
        Err(malformed("A file of the `map` is missing."))
    }
}

/// The parts of a body of at most `most` bytes.
fn parts(chunks: &Chunks, boundary: String, most: usize) -> Multipart<'static> {
    let size = SizeLimit::new().whole_stream(u64::try_from(most).unwrap_or(u64::MAX));
    let constraints = Constraints::new().size_limit(size);
    let chunks = futures_util::stream::unfold(Arc::clone(chunks), |chunks| async {
        // multer takes and holds whatever is there at once: so one chunk is there each time that it asks.
        tokio::task::yield_now().await;
        let chunk = chunks.lock().await.next().await?;
        Some((chunk, chunks))
    });
    Multipart::with_constraints(chunks, boundary, constraints)
}

async fn required(
    multipart: &mut Multipart<'static>,
    name: &str,
    limits: &Limits,
) -> Result<Buffer, Refusal> {
    let field = multipart.next_field().await.map_err(broken)?;
    match field.filter(|field| field.name() == Some(name)) {
        Some(mut field) => {
            let mut buffer = Buffer::new(&limits.held, limits.body_bytes);
            while let Some(chunk) = field.chunk().await.map_err(broken)? {
                buffer.extend(&chunk)?;
            }
            Ok(buffer)
        }
        None => Err(malformed(
            "The parts are `operations`, `map`, and the files, in this order.",
        )),
    }
}

/// Who sends files.
pub struct Sender<'a> {
    /// Whether that is somebody who is signed in.
    pub signed_in: bool,
    /// Texts known by their hash.
    pub persisted: &'a PersistedQueries,
}

impl Sender<'_> {
    /// The text of a request, which may have come as its hash.
    fn text(&self, request: &Request) -> String {
        let mut found = Request::new(request.query.clone());
        found.extensions = request.extensions.clone();
        // What is wrong with it is told when it is its turn.
        let _ = self.persisted.resolve(&mut found);
        found.query
    }
}

/// A file and how many bytes it has.
async fn store(mut field: Field<'static>, limit: usize) -> Result<(UploadValue, usize), Refusal> {
    let filename = field.file_name().unwrap_or("file").to_owned();
    let content_type = field.content_type().map(ToString::to_string);
    let file = tokio::task::spawn_blocking(tempfile::tempfile)
        .await
        .map_err(|error| unstored(error.into()))?
        .map_err(unstored)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size += chunk.len();
        if size > limit {
            return Err(too_large(limit));
        }
        file.write_all(&chunk).await.map_err(unstored)?;
    }
    file.flush().await.map_err(unstored)?;
    file.rewind().await.map_err(unstored)?;
    let value = UploadValue {
        filename,
        content_type,
        content: file.into_std().await,
    };
    Ok((value, size))
}

/// Puts a file where `variables.input.file` or, in a batch, `0.variables.input.file` points.
fn place(received: &mut Received, path: &str, file: UploadValue) -> Result<(), Refusal> {
    let nowhere = || {
        malformed(format!(
            "The `map` points to `{path}`, where there is no variable."
        ))
    };
    let (request, path) = match received {
        Received::Single(request) => (&mut **request, path),
        Received::Batch(requests) => {
            let (index, path) = path.split_once('.').ok_or_else(nowhere)?;
            let index: usize = index.parse().map_err(|_| nowhere())?;
            (requests.get_mut(index).ok_or_else(nowhere)?, path)
        }
    };
    let before = request.uploads.len();
    request.set_upload(path, file);
    if request.uploads.len() > before {
        Ok(())
    } else {
        Err(nowhere())
    }
}

fn broken(error: multer::Error) -> Refusal {
    if let multer::Error::StreamSizeExceeded { limit } = error {
        return too_large(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    malformed(format!("The multipart request cannot be read: {error}."))
}

fn unstored(error: std::io::Error) -> Refusal {
    tracing::error!(%error, "an upload could not be stored");
    let message = "The upload could not be stored.";
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL_SERVER_ERROR",
        message,
    )
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use tokio::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn of_what_comes_faster_than_it_is_stored_little_is_held() {
        let (most, pieces) = (16 * 1024, 200);
        let head = "--b\r\nContent-Disposition: form-data; name=\"0\"\r\n\r\n";
        let sent = std::iter::once(Bytes::from(head))
            .chain(std::iter::repeat_n(Bytes::from(vec![b'x'; most]), pieces))
            .chain([Bytes::from("\r\n--b--\r\n")])
            .map(Ok::<_, std::io::Error>);
        let body = Body::from_stream(futures_util::stream::iter(sent));
        let chunks = Arc::new(Mutex::new(body.into_data_stream()));
        let mut parts = parts(&chunks, "b".to_owned(), usize::MAX);
        let mut field = parts.next_field().await.unwrap().unwrap();
        let mut size = 0;
        while let Some(chunk) = field.chunk().await.unwrap() {
            // What came with the head, and the next.
            assert!(chunk.len() <= 2 * most, "{} bytes at once", chunk.len());
            size += chunk.len();
        }
        assert_eq!(size, pieces * most);
    }
}
