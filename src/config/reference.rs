//! The settings as data, and what people read of them: the reference and a file to start from.

use std::fmt::Write;

use confique::{
    Config as _,
    meta::{Expr, Field, FieldKind, LeafKind, Meta},
};

use super::settings::Config;

/// One setting as its declaration describes it.
pub(super) struct Setting {
    /// Its place in the file, as `database.pool`.
    pub(super) key: String,
    /// Its environment variable.
    pub(super) variable: &'static str,
    /// Its comment, a paragraph without the marked lines.
    pub(super) meaning: String,
    pub(super) accepted: &'static str,
    default_text: Option<&'static str>,
    example: Option<&'static str>,
    default: Option<Expr>,
}

impl Setting {
    /// Whether its value is hidden and may come from the file that `NAME_FILE` names.
    pub(super) fn is_secret(&self) -> bool {
        [
            "secret",
            "server.metrics_token",
            "database.url",
            "redis.url",
            "mail.smtp_url",
            "oidc.providers",
            "linguistics.key",
            "ai.providers",
            "storage.secret_key",
            "processing.enrichers",
        ]
        .contains(&self.key.as_str())
    }

    /// The default as TOML, for settings that have a plain one.
    pub(super) fn literal(&self) -> Option<String> {
        self.default.as_ref().map(toml_literal)
    }
}

fn toml_literal(value: &Expr) -> String {
    match value {
        Expr::Bool(value) => value.to_string(),
        Expr::Integer(value) => value.to_string(),
        Expr::Float(value) => value.to_string(),
        Expr::Str(value) => toml::Value::from(*value).to_string(),
        Expr::Array(items) => format!(
            "[{}]",
            items
                .iter()
                .map(toml_literal)
                .collect::<Vec<_>>()
                .join(", ")
        ),
        // No setting is a map; the type is open for variants to come.
        _ => String::new(),
    }
}

/// A part of the file: the top, with an empty name, or a table.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) meaning: String,
    pub(super) settings: Vec<Setting>,
}

/// All settings, in the order of their declaration, the top of the file first.
pub(super) fn sections() -> Vec<Section> {
    let top = section(
        "",
        "What concerns every part of the program.".into(),
        &Config::META,
    );
    let tables = Config::META
        .fields
        .iter()
        .filter_map(|field| match field.kind {
            FieldKind::Nested { meta } => Some(section(field.name, paragraph(field.doc), meta)),
            FieldKind::Leaf { .. } => None,
        });
    std::iter::once(top).chain(tables).collect()
}

fn section(name: &'static str, meaning: String, meta: &Meta) -> Section {
    Section {
        name,
        meaning,
        settings: meta
            .fields
            .iter()
            .filter_map(|field| setting(name, field))
            .collect(),
    }
}

fn setting(section: &str, field: &Field) -> Option<Setting> {
    let FieldKind::Leaf { env, kind } = field.kind else {
        return None;
    };
    Some(Setting {
        key: match section {
            "" => field.name.to_owned(),
            section => format!("{section}.{}", field.name),
        },
        variable: env.unwrap_or_default(),
        meaning: paragraph(field.doc),
        accepted: marked(field.doc, "Accepted:").unwrap_or_default(),
        default_text: marked(field.doc, "Default:"),
        example: marked(field.doc, "Example:"),
        default: match kind {
            LeafKind::Required { default } => default,
            LeafKind::Optional => None,
        },
    })
}

const MARKS: [&str; 3] = ["Accepted:", "Default:", "Example:"];

fn marked(doc: &[&'static str], mark: &str) -> Option<&'static str> {
    doc.iter()
        .find_map(|line| line.trim().strip_prefix(mark))
        .map(str::trim)
}

fn paragraph(doc: &[&'static str]) -> String {
    let lines = doc.iter().map(|line| line.trim());
    let prose =
        lines.filter(|line| !line.is_empty() && !MARKS.iter().any(|mark| line.starts_with(mark)));
    prose.collect::<Vec<_>>().join(" ")
}

const INTRODUCTION: &str = "# Configuration

<!-- Written by `pluma config reference`; edit the comments in src/config/settings.rs instead. -->

Every setting is an environment variable, a key of the file `pluma.toml`, or left at its default.
The file is looked for in the working directory; `PLUMA_CONFIG` names another one, which must
then exist. `pluma config template` prints a file to start from. A variable wins over the file,
and an empty variable counts as not set.

A wrong value stops the start, and so does a name that does not exist: an unknown key in the file
or an unknown variable that begins with `PLUMA_`. Two kinds of variables are passed over: those
that begin with `PLUMA_TEST_`, which are the test suite's, and those that Kubernetes and Docker
set for a service called `pluma` (`PLUMA_SERVICE_HOST`, `PLUMA_PORT_8000_TCP`, …).

For each secret (marked below) the variable with `_FILE` at the end of its name may give the path
of a file that holds it, as container platforms mount them; a newline at its end is dropped. Giving
both is an error. Secrets are never printed.
";

/// The reference of every setting, in Markdown; committed as `docs/configuration.md`.
pub fn reference() -> String {
    let mut out = String::from(INTRODUCTION);
    for section in sections() {
        let heading = match section.name {
            "" => "The top of the file".to_owned(),
            name => format!("`[{name}]`"),
        };
        push(
            &mut out,
            format_args!("\n## {heading}\n\n{}\n", section.meaning),
        );
        for setting in &section.settings {
            let default = setting.default_text.map(str::to_owned);
            let default = default.or_else(|| setting.literal().map(|value| format!("`{value}`")));
            push(
                &mut out,
                format_args!("\n### `{}`\n\n{}\n\n", setting.variable, setting.meaning),
            );
            push(&mut out, format_args!("- File: `{}`\n", setting.key));
            push(&mut out, format_args!("- Accepted: {}\n", setting.accepted));
            push(
                &mut out,
                format_args!("- Default: {}\n", default.unwrap_or_default()),
            );
            if setting.is_secret() {
                push(
                    &mut out,
                    format_args!("- Secret: or `{}_FILE`\n", setting.variable),
                );
            }
        }
    }
    out
}

/// A `pluma.toml` with every setting, explained and commented out.
pub fn template() -> String {
    let mut out = String::from(
        "# Pluma's configuration. Remove the # before a key to set it; what is shown is its default or an example.\n",
    );
    for section in sections() {
        match section.name {
            "" => {}
            name => push(
                &mut out,
                format_args!("\n# {}\n[{name}]\n", section.meaning),
            ),
        }
        for setting in &section.settings {
            push(&mut out, format_args!("\n# {}\n", setting.meaning));
            push(&mut out, format_args!("# Accepted: {}\n", setting.accepted));
            if let Some(default) = setting.default_text {
                push(&mut out, format_args!("# Default: {default}\n"));
            }
            push(&mut out, format_args!("# Variable: {}\n", setting.variable));
            let name = setting.key.rsplit('.').next().unwrap_or_default();
            let value = setting.literal().or(setting.example.map(str::to_owned));
            push(
                &mut out,
                format_args!("#{name} = {}\n", value.unwrap_or_default()),
            );
        }
    }
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}
