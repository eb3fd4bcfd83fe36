//! Messages in files, for development: nothing leaves the machine, and a person can read what would have.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::clock;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};

/// How many messages are kept; older ones go.
const KEPT: usize = 1_000;

/// A directory of messages.
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// The outbox in `folder`, which is made with the first message.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes a message into a file whose name sorts by time.
    pub async fn put(&self, message: Vec<u8>, now: Timestamp) -> Result<()> {
        let time = now.0.format("%Y%m%dT%H%M%S%.6fZ");
        let name = format!("{time}-{}.eml", clock::new_uuid().simple());
        let folder = self.folder.clone();
        let write = move || {
            let path = folder.join(&name);
            write(&folder, &path, &message)?;
            tracing::info!(file = %path.display(), "a message was put into the outbox");
            keep_newest(&folder, KEPT)
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(Error::caused_by)?
            .map_err(Error::caused_by)
    }
}

/// Writes under another name first: whoever looks finds whole messages.
fn write(folder: &Path, path: &Path, message: &[u8]) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    builder.recursive(true).create(folder)?;
    let unfinished = path.with_extension("part");
    let mut file = options.write(true).create_new(true).open(&unfinished)?;
    file.write_all(message)?;
    drop(file);
    fs::rename(&unfinished, path)
}

fn keep_newest(folder: &Path, kept: usize) -> io::Result<()> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "eml" || extension == "part")
        {
            found.push(path);
        }
    }
    found.sort();
    let over = found.len().saturating_sub(kept);
    for path in &found[..over] {
        match fs::remove_file(path) {
            // Another worker was faster.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_private_and_sorted_by_time() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(folder.path().join("outbox"));
        for (second, text) in [(5, "second"), (1, "first"), (70, "third")] {
            let time = Timestamp(chrono::DateTime::from_timestamp(second, 0).unwrap());
            outbox.put(text.as_bytes().to_vec(), time).await.unwrap();
        }
        let entries = fs::read_dir(folder.path().join("outbox")).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let texts: Vec<_> = paths
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(texts, ["first", "second", "third"]);
        #[cfg(unix)]
        for path in paths {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn the_oldest_messages_make_room() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["3.eml", "1.eml", "2.eml", "0.part", "note.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        keep_newest(folder.path(), 2).unwrap();
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["2.eml", "3.eml", "note.txt"]);
    }
}
