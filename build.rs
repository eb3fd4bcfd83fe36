//! Makes sure that the directory of GraphiQL's build exists, so that `cargo run` alone works, and tells builds
//! apart that may render the same text differently.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

/// What rendering depends on: its own code, and the versions of the crates that it uses.
const RENDERING: [&str; 2] = ["src/text", "Cargo.lock"];

fn main() -> std::io::Result<()> {
    let dist = Path::new("playground/dist");
    println!("cargo::rerun-if-changed=playground/dist");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=build.rs");
    if !dist.exists() {
        fs::create_dir_all(dist)?;
        fs::write(dist.join(".placeholder"), "")?;
    }
    let mut hasher = DefaultHasher::new();
    for path in RENDERING {
        println!("cargo::rerun-if-changed={path}");
        read(Path::new(path), &mut hasher)?;
    }
    println!("cargo::rustc-env=TEXTS_DIGEST={:016x}", hasher.finish());
    Ok(())
}

fn read(path: &Path, hasher: &mut DefaultHasher) -> std::io::Result<()> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
        let mut entries = entries.collect::<std::io::Result<Vec<PathBuf>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| read(entry, hasher));
    }
    hasher.write(&fs::read(path)?);
    Ok(())
}
