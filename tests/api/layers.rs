//! The import rules of the house, held over every `use` line and every path that begins with `crate::`.

mod imports;
mod rules;
mod transactions;

use std::fs;
use std::path::{Path, PathBuf};

use imports::imports;
use rules::violations;

/// Every violation in the files under `root`, as `file: path: rule`.
fn check(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(root, &mut files);
    assert!(files.len() > 30, "the sources are at {}", root.display());
    let mut found = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let text = fs::read_to_string(&file).unwrap();
        found.extend(check_file(&name, &text));
    }
    found
}

fn check_file(name: &str, text: &str) -> Vec<String> {
    let imports = imports(name, text);
    let rules = imports.iter().flat_map(|path| {
        let broken = violations(name, path);
        broken.map(move |rule| format!("{name}: {path}: {rule}"))
    });
    let mut found: Vec<String> = rules.collect();
    found.sort();
    found.dedup();
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_file_keeps_to_the_direction_of_imports() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = check(&root);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_violation_is_found_however_it_is_written() {
    for (file, text) in [
        ("graphql/context.rs", "use crate::pages::Page;"),
        (
            "events.rs",
            "use crate::{clock, notebooks::service as rules};",
        ),
        (
            "jobs/worker.rs",
            "fn run() { crate::chat::service::answer(); }",
        ),
        ("jobs/worker.rs", "use super::super::search;"),
        ("db/types.rs", "use crate::\n    api\n;"),
        ("pages/graphql.rs", "use diesel::prelude::*;"),
        (
            "pages/graphql/mutations.rs",
            "use crate::db::schema::pages;",
        ),
        (
            "pages/graphql.rs",
            "fn a() { crate::db::query!(db, pages::list()) }",
        ),
        ("pages/service.rs", "use async_graphql::Context;"),
        ("pages/service/save.rs", "pub use crate::http::gateway;"),
        ("pages/store.rs", "use crate::app::App;"),
        ("pages/store.rs", "use crate::pages::service;"),
        ("pages/revision_store.rs", "use async_graphql::ID;"),
        ("pages.rs", "use crate::api;"),
        ("pages/loaders.rs", "use crate::{http::server};"),
        ("http/ws.rs", "use crate::db::{self};"),
    ] {
        assert_eq!(check_file(file, text).len(), 1, "{file}: {text}");
    }
}

#[test]
fn what_the_rules_allow_is_not_reported() {
    for (file, text) in [
        (
            "graphql/context.rs",
            "use crate::{app::App, viewer::Viewer};",
        ),
        (
            "accounts/service.rs",
            "use crate::logs::Log; use crate::notebooks::service;",
        ),
        ("jobs.rs", "use crate::logs::Log;"),
        (
            "pages/graphql.rs",
            "use async_graphql::Object; use super::service;",
        ),
        (
            "pages/store.rs",
            "use super::{Conn, transaction}; use crate::pages::Page;",
        ),
        (
            "pages/store.rs",
            "// use crate::app::App;\nuse diesel::prelude::*;",
        ),
        ("http/gateway.rs", "use crate::api; use crate::accounts;"),
        (
            "pages/service.rs",
            "#[cfg(test)]\nmod tests { use crate::http; }",
        ),
    ] {
        assert_eq!(check_file(file, text), Vec::<String>::new(), "{text}");
    }
}
