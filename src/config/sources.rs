//! The two places values come from, environment and file, and the names they may use there.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::Path,
};

use toml::{Table, Value};

use super::{
    problems::Problem,
    reference::{Setting, sections},
    secrets,
};

/// Names the configuration file.
pub(super) const FILE_VARIABLE: &str = "PLUMA_CONFIG";

/// The variables as text; those of ours that are not Unicode are problems.
pub(super) fn readable(
    variables: impl Iterator<Item = (OsString, OsString)>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, String> {
    let mut readable = BTreeMap::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else {
            continue;
        };
        match value.into_string() {
            Ok(value) => drop(readable.insert(name, value)),
            Err(_)
                if ["PLUMA_", "DATABASE_URL", "SMTP_URL"]
                    .iter()
                    .any(|known| name.starts_with(known)) =>
            {
                problems.push(Problem::new(name, "is not valid UTF-8"));
            }
            Err(_) => {}
        }
    }
    readable
}

pub(super) fn unknown_variables(variables: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut known = BTreeSet::from([FILE_VARIABLE.to_owned()]);
    for setting in sections().into_iter().flat_map(|section| section.settings) {
        known.insert(setting.variable.to_owned());
        if setting.is_secret() {
            known.insert(format!("{}_FILE", setting.variable));
        }
    }
    variables
        .iter()
        .filter(|(name, _)| name.starts_with("PLUMA_") && !name.starts_with("PLUMA_TEST_"))
        .filter(|(name, value)| !known.contains(*name) && !is_service_link(name, value))
        .map(|(name, _)| {
            Problem::new(name, "is not a variable of Pluma").accepted(nearest(name, &known))
        })
        .collect()
}

/// Kubernetes and Docker announce a service called `pluma` with variables of this kind.
fn is_service_link(name: &str, value: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    let announces =
        |pair: &[&str]| pair[0] == "SERVICE" && (pair[1] == "HOST" || pair[1] == "PORT");
    parts.windows(2).any(announces)
        || parts.windows(3).any(|three| {
            let is_port = three[0] == "PORT" && three[1].bytes().all(|byte| byte.is_ascii_digit());
            is_port && ["TCP", "UDP", "SCTP"].contains(&three[2])
        })
        || (name.ends_with("_PORT") && value.contains("://"))
}

fn nearest(name: &str, known: &BTreeSet<String>) -> String {
    let likeness = |candidate: &&String| strsim::normalized_damerau_levenshtein(name, candidate);
    let best = known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map(|best| format!("{best}, the nearest name that exists"))
        .unwrap_or_default()
}

/// What the environment says of a setting, with the name of the variable that says it.
pub(super) fn from_environment(
    setting: &Setting,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<(String, String)>, Problem> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    let plain = set(setting.variable);
    let file_variable = format!("{}_FILE", setting.variable);
    let path = setting.is_secret().then(|| set(&file_variable)).flatten();
    match (plain, path) {
        (Some(_), Some(_)) => {
            let what = format!("is set, and so is {file_variable}");
            Err(Problem::new(setting.variable, what).accepted("one of the two"))
        }
        (Some(text), None) => Ok(Some((setting.variable.to_owned(), text))),
        (None, Some(path)) => match secrets::from_file(Path::new(&path)) {
            Ok(text) => Ok(Some((file_variable, text))),
            Err(what) => Err(Problem::new(file_variable, what)
                .accepted("the path of a file that holds the secret")),
        },
        (None, None) => Ok(None),
    }
}

/// The file's values by their dotted keys; keys that are none of ours are problems.
pub(super) fn flatten(
    name: &str,
    text: &str,
    settings: &[Setting],
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Value> {
    let table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            // The error's own display quotes the line, which may hold a secret.
            let before = error
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            problems.push(Problem::new(
                name,
                format!("line {line} is not TOML: {}", error.message()),
            ));
            return BTreeMap::new();
        }
    };
    let known: BTreeSet<String> = settings.iter().map(|setting| setting.key.clone()).collect();
    let is_section = |key: &str| {
        settings
            .iter()
            .any(|setting| setting.key.split('.').next() == Some(key))
    };
    let mut values = BTreeMap::new();
    for (key, value) in table {
        let entries = match value {
            Value::Table(table)
                if !known.contains(&key) && (is_section(&key) || !table.is_empty()) =>
            {
                table
                    .into_iter()
                    .map(|(inner, value)| (format!("{key}.{inner}"), value))
                    .collect()
            }
            _ if !known.contains(&key) && is_section(&key) => {
                let problem = Problem::new(format!("{key} in {name}"), "is a section, not a value");
                problems.push(problem.accepted(format!("[{key}] and its keys below")));
                continue;
            }
            value => vec![(key, value)],
        };
        for (key, value) in entries {
            match known.contains(&key) {
                true => drop(values.insert(key, value)),
                false => problems.push(
                    Problem::new(format!("{key} in {name}"), "is not a key of Pluma")
                        .accepted(nearest(&key, &known)),
                ),
            }
        }
    }
    values
}
