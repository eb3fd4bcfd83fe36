//! Makes sure that the directory of GraphiQL's build exists, so that `cargo run` alone works.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let dist = Path::new("playground/dist");
    println!("cargo::rerun-if-changed=playground/dist");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=build.rs");
    if !dist.exists() {
        fs::create_dir_all(dist)?;
        fs::write(dist.join(".placeholder"), "")?;
    }
    Ok(())
}
