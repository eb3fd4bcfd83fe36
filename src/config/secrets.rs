//! Secrets kept in files: those that `NAME_FILE` points to, and the one generated for development.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::Path,
};

/// Far above any secret, and small enough to refuse a path that was mistaken.
const LONGEST: u64 = 64 * 1024;

/// What the file holds, without the newline editors put at its end.
pub(super) fn from_file(path: &Path) -> Result<String, String> {
    let unreadable =
        |error: io::Error| format!("the file {} cannot be read: {error}", path.display());
    let mut text = String::new();
    let mut file = File::open(path).map_err(unreadable)?.take(LONGEST + 1);
    file.read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(format!(
            "the file {} is too long for a secret",
            path.display()
        ));
    }
    let length = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(length);
    match length {
        0 => Err(format!("the file {} is empty", path.display())),
        _ => Ok(text),
    }
}

/// The secret of this data directory, made on the first start.
///
/// Whoever takes the lock on an empty file fills it; a process that starts at the same moment
/// waits for the lock and reads what it finds, so that both hold the same secret.
pub(super) fn generated(data_dir: &Path) -> Result<String, String> {
    let path = data_dir.join("secret");
    let secret = generate_or_read(data_dir, &path)
        .map_err(|error| format!("{} cannot be generated or read: {error}", path.display()))?;
    match secret.len() {
        0..32 => Err(format!(
            "{} is shorter than 32 bytes; restore it, or delete it if nothing was stored under it",
            path.display()
        )),
        _ => Ok(secret),
    }
}

fn generate_or_read(data_dir: &Path, path: &Path) -> io::Result<String> {
    private_directory(data_dir)?;
    // Nobody can be filling it, and it could not be opened like one to fill.
    if fs::metadata(path).is_ok_and(|file| file.permissions().readonly()) {
        return fs::read_to_string(path).map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut file = private_file(path)?;
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if text.is_empty() {
        text = random()?;
        file.rewind()?;
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()?;
        File::open(data_dir)?.sync_all()?;
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// 32 bytes nobody can guess, in hexadecimal.
pub(super) fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| io::Error::other("the system gives no random bytes"))?;
    Ok(hex::encode(bytes))
}

fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}
