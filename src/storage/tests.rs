//! The store on local files, and on one that is slow.

use std::sync::atomic::{AtomicU64, Ordering};

use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};

use super::*;
use crate::config::Config;

fn local() -> (Storage, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let env = |name: &str| match name {
        "PLUMA_DATA_DIR" => folder.path().to_str().map(str::to_owned),
        _ => None,
    };
    let config = Config::load_from(&env, None).unwrap();
    (Storage::open(&config.storage).unwrap(), folder)
}

fn pieces(pieces: Vec<Result<Bytes>>) -> impl Stream<Item = Result<Bytes>> + Unpin {
    futures_util::stream::iter(pieces)
}

async fn read(storage: &Storage, limit: u64) -> Option<Vec<u8>> {
    let mut file = storage.fetch("a/b", limit).await.unwrap()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    Some(bytes)
}

#[tokio::test]
async fn what_is_put_is_found_read_in_part_listed_and_removed() {
    let (storage, _folder) = local();
    assert_eq!(read(&storage, 9).await, None);
    storage
        .put("a/b", Bytes::from_static(b"0123456"))
        .await
        .unwrap();
    assert_eq!(read(&storage, 7).await.unwrap(), b"0123456");
    assert_eq!(read(&storage, 6).await, None);
    let part = storage.get("a/b", Some(2..4)).await.unwrap().unwrap();
    assert_eq!((part.size, part.range.clone()), (7, 2..4));
    let part: Vec<Bytes> = part.bytes.try_collect().await.unwrap();
    assert_eq!(part.concat(), b"23");
    assert_eq!(storage.head("a/b").await.unwrap().unwrap().size, 7);
    let listed: Vec<Stored> = storage.list("a").try_collect().await.unwrap();
    assert_eq!(listed.len(), 1);
    storage.delete_all("a").await.unwrap();
    storage.delete("a/b").await.unwrap();
    assert_eq!(storage.head("a/b").await.unwrap(), None);
}

#[tokio::test]
async fn of_a_stream_that_fails_or_is_too_long_nothing_is_kept() {
    let (storage, folder) = local();
    let large = Bytes::from(vec![7; 2 * PIECE]);
    let cut = pieces(vec![Ok(large.clone()), Err(Error::internal("cut"))]);
    assert!(storage.put_stream("a", cut, u64::MAX).await.is_err());
    let long = pieces(vec![Ok(large.clone()), Ok(large.clone())]);
    let written = storage.put_stream("a", long, 3 * PIECE as u64).await;
    assert_eq!(written.unwrap(), Written::TooLong);
    let entries = std::fs::read_dir(folder.path().join("objects")).unwrap();
    assert_eq!(entries.count(), 0);
    let whole = pieces(vec![Ok(large.clone()), Ok(large)]);
    let size = 4 * PIECE as u64;
    let written = storage.put_stream("a", whole, size).await.unwrap();
    assert_eq!(written, Written::Whole(size));
    assert_eq!(storage.head("a").await.unwrap().unwrap().size, size);
}

#[tokio::test]
async fn of_what_a_slow_store_does_not_take_little_is_read() {
    let slow = ThrottleConfig {
        wait_put_per_call: Duration::from_secs(3600),
        ..ThrottleConfig::default()
    };
    let storage = Storage(Arc::new(Parts {
        store: Arc::new(ThrottledStore::new(InMemory::new(), slow)),
        signer: None,
        name: "a slow store".to_owned(),
        patience: Duration::from_millis(100),
    }));
    let read = AtomicU64::new(0);
    let piece = Bytes::from(vec![7; 64 * 1024]);
    let upload = std::iter::repeat_with(|| {
        read.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok(piece.clone())
    });
    let upload = futures_util::stream::iter(upload.take(1024));
    let error = storage.put_stream("a", upload, u64::MAX).await.unwrap_err();
    assert!(error.to_string().contains("does not answer"), "{error}");
    // What is being written, and the piece that waits for it.
    let held = WRITING * PIECE + piece.len();
    assert_eq!(read.into_inner(), held as u64);
}
