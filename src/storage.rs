//! The object store: bytes under keys, in a local directory or in an S3-compatible bucket.
//!
//! What `put` and `put_stream` acknowledge is on disk: object_store's local files are synced only when it is
//! told so, and it is. Every call has a time limit, and so has every piece of a download. Where the store does
//! not do what it should, callers get `SERVICE_UNAVAILABLE` with the store's name, and the cause is logged.
//! Slices keep to prefixes of their own.

mod failure;
mod s3;
mod sweeping;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use crate::config;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

pub use s3::Presigned;
pub use sweeping::LEFT_ALONE_SECONDS;

/// How much of an upload is held in memory before a piece of it is written.
const PIECE: usize = 5 * 1024 * 1024;
/// How many such pieces are written at a time; more of an upload is not read before one of them is done.
const WRITING: usize = 2;

/// A handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Storage(Arc<Parts>);

struct Parts {
    store: Arc<dyn ObjectStore>,
    /// What signs addresses for browsers; local files have none.
    signer: Option<AmazonS3>,
    name: String,
    patience: Duration,
}

/// What the store knows of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub key: String,
    /// How many bytes it has.
    pub size: u64,
    /// When it was written, by the store's clock.
    pub written_at: Timestamp,
}

/// An object, or a part of it, on its way.
pub struct Download {
    /// How many bytes the whole object has.
    pub size: u64,
    /// Which of them come.
    pub range: Range<u64>,
    /// The bytes; an error ends them.
    pub bytes: BoxStream<'static, Result<Bytes>>,
}

/// How the writing of a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All of it, so many bytes.
    Whole(u64),
    /// It was longer than allowed, and nothing of it is kept.
    TooLong,
}

impl Storage {
    /// The store that the configuration names; a local directory is made where it is missing.
    pub fn open(config: &config::Storage) -> Result<Self> {
        let patience = config.timeout;
        let Some(bucket) = &config.bucket else {
            std::fs::create_dir_all(&config.directory).map_err(Error::caused_by)?;
            let files = LocalFileSystem::new_with_prefix(&config.directory)
                .map_err(Error::caused_by)?
                .with_fsync(true)
                .with_automatic_cleanup(true);
            return Ok(Self(Arc::new(Parts {
                store: Arc::new(files),
                signer: None,
                name: "local files".to_owned(),
                patience,
            })));
        };
        let store = s3::store(config, bucket, config.endpoint.as_ref())?;
        let public = config.public_endpoint.as_ref().or(config.endpoint.as_ref());
        Ok(Self(Arc::new(Parts {
            store: Arc::new(store),
            signer: Some(s3::store(config, bucket, public)?),
            name: format!("S3 bucket {bucket}"),
            patience,
        })))
    }

    /// What people know it by.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Writes an object whole, or over one of the same key.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        let (path, payload) = (path(key)?, PutPayload::from_bytes(bytes));
        let written = self.0.store.put(&path, payload);
        self.within("write", key, written).await.map(drop)
    }

    /// Writes what a stream gives, as long as it has at most `limit` bytes. Nothing is there until all of it is,
    /// and nothing of a stream that fails, whose error this gives back.
    pub async fn put_stream(
        &self,
        key: &str,
        mut bytes: impl Stream<Item = Result<Bytes>> + Unpin,
        limit: u64,
    ) -> Result<Written> {
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.0.store), path(key)?, PIECE)
            .with_max_concurrency(WRITING);
        let mut size = 0;
        let ended = loop {
            match bytes.try_next().await {
                Ok(None) => break Ok(Written::Whole(size)),
                Ok(Some(piece)) => {
                    size += piece.len() as u64;
                    if size > limit {
                        break Ok(Written::TooLong);
                    }
                    let put = writer.put(piece);
                    if let Err(error) = self.within("write", key, put).await {
                        break Err(error);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        if let Ok(Written::Whole(_)) = ended {
            let shutdown = async { writer.shutdown().await.map_err(failure::of_writing) };
            self.within("write", key, shutdown).await?;
        } else {
            let abort = writer.abort();
            let _ = self.within("abort the writing of", key, abort).await;
        }
        ended
    }

    /// An object, or the bytes of `range` of it; `None` where there is none.
    pub async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Download>> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let path = path(key)?;
        let found = self.0.store.get_opts(&path, options);
        let Some(found) = self.found("read", key, found).await? else {
            return Ok(None);
        };
        let (size, range) = (found.meta.size, found.range.clone());
        let (this, key) = (self.clone(), key.to_owned());
        let bytes = futures_util::stream::unfold(Some(found.into_stream()), move |stream| {
            let (this, key) = (this.clone(), key.clone());
            async move {
                let mut stream = stream?;
                let next = async { stream.try_next().await };
                match this.within("read", &key, next).await {
                    Ok(piece) => Some((Ok(piece?), Some(stream))),
                    Err(error) => Some((Err(error), None)),
                }
            }
        });
        Ok(Some(Download {
            size,
            range,
            bytes: bytes.boxed(),
        }))
    }

    /// The whole of an object of at most `limit` bytes, in a temporary file, read from its start; `None` where there
    /// is none, or a larger one.
    pub async fn fetch(&self, key: &str, limit: u64) -> Result<Option<std::fs::File>> {
        let Some(mut found) = self.get(key, None).await? else {
            return Ok(None);
        };
        if found.size > limit {
            return Ok(None);
        }
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await;
        let file = file.map_err(|error| Error::task_stopped(&error))?;
        let mut file = tokio::fs::File::from_std(file.map_err(Error::caused_by)?);
        while let Some(piece) = found.bytes.try_next().await? {
            file.write_all(&piece).await.map_err(Error::caused_by)?;
        }
        file.flush().await.map_err(Error::caused_by)?;
        file.rewind().await.map_err(Error::caused_by)?;
        Ok(Some(file.into_std().await))
    }

    /// What the store knows of an object; `None` where there is none.
    pub async fn head(&self, key: &str) -> Result<Option<Stored>> {
        let path = path(key)?;
        let found = self.found("look at", key, self.0.store.head(&path)).await?;
        Ok(found.map(Stored::of))
    }

    /// Removes an object; that there is none is no error.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let path = path(key)?;
        self.found("remove", key, self.0.store.delete(&path))
            .await
            .map(drop)
    }

    /// Removes everything under a prefix that ends where a part of the keys does.
    pub async fn delete_all(&self, prefix: &str) -> Result<()> {
        let mut objects = self.list(prefix);
        while let Some(object) = objects.try_next().await? {
            self.delete(&object.key).await?;
        }
        Ok(())
    }

    /// Every object under a prefix that ends where a part of the keys does, in no order.
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<Stored>> {
        let objects = self.0.store.list(Some(&Path::from(prefix)));
        let (this, prefix) = (self.clone(), prefix.to_owned());
        futures_util::stream::unfold(Some(objects), move |objects| {
            let (this, prefix) = (this.clone(), prefix.clone());
            async move {
                let mut objects = objects?;
                let next = async { objects.try_next().await };
                match this.within("list", &prefix, next).await {
                    Ok(object) => Some((Ok(Stored::of(object?)), Some(objects))),
                    Err(error) => Some((Err(error), None)),
                }
            }
        })
        .boxed()
    }

    /// An address to which a browser may put an object of this type, of whatever size; `None` where the store has no
    /// such addresses.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        ttl: Duration,
    ) -> Result<Option<Presigned>> {
        let Some(signer) = &self.0.signer else {
            return Ok(None);
        };
        let path = path(key)?;
        let signed = s3::presign_put(signer, &path, content_type, ttl);
        self.within("sign an address for", key, signed)
            .await
            .map(Some)
    }

    /// Whether the store answers, with whatever it needs for that.
    pub async fn check(&self) -> Result<()> {
        match self.list("health").try_next().await {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn within<T>(
        &self,
        verb: &str,
        key: &str,
        call: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(self.0.patience, call).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(cause)) => Err(failure::refused(&self.0.name, verb, key, &cause)),
            Err(_) => Err(failure::late(&self.0.name, verb, key)),
        }
    }

    async fn found<T>(
        &self,
        verb: &str,
        key: &str,
        call: impl Future<Output = object_store::Result<T>>,
    ) -> Result<Option<T>> {
        let call = async {
            match call.await {
                Ok(value) => Ok(Some(value)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(cause) => Err(cause),
            }
        };
        self.within(verb, key, call).await
    }
}

impl Stored {
    fn of(meta: object_store::ObjectMeta) -> Self {
        Self {
            key: meta.location.to_string(),
            size: meta.size,
            written_at: Timestamp::truncated(meta.last_modified),
        }
    }
}

/// Keys are made by the program; one that a store would read otherwise is a fault.
fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(Error::caused_by)
}
