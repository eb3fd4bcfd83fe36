//! Brings variables, file and defaults together and collects every problem on the way.

use std::{collections::BTreeSet, num::NonZero, path::Path, thread};

use confique::{Config as _, Layer, serde::Deserialize};
use lettre::{Address, message::Mailbox};
use toml::{Table, Value};
use url::Host;

use super::{
    AiProvider,
    mail_values::LinkTemplate,
    problems::{Problem, Problems},
    reference::{Setting, sections},
    secrets,
    settings::{Config, Storage},
    sources::{FILE_VARIABLE, flatten, from_environment, readable, unknown_variables},
    values::{DatabaseUrl, Environment, LogFormat, PersistedMode},
};

type ConfigLayer = <Config as confique::Config>::Layer;

const FILE: &str = "pluma.toml";
const SECRET_KEY: &str = "secret";

impl Config {
    /// Reads the process's environment and the file: the given one, or `PLUMA_CONFIG`'s, which
    /// must exist, or `pluma.toml` in the working directory, which need not. In development
    /// without `PLUMA_SECRET`, the secret is read from the data directory, and put there first
    /// if there is none.
    pub fn load(file: Option<&Path>) -> Result<Self, Problems> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place that reads the environment"
        )]
        let variables = std::env::vars_os();
        let mut problems = Vec::new();
        let variables = readable(variables, &mut problems);
        problems.extend(unknown_variables(&variables));

        let named = variables.get(FILE_VARIABLE).filter(|path| !path.is_empty());
        let named = file.or(named.map(Path::new));
        let path = named.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => None,
            Err(error) => {
                let what = format!(
                    "the configuration file {} cannot be read: {error}",
                    path.display()
                );
                problems.push(Problem::new(FILE_VARIABLE, what));
                None
            }
        };
        let name = path.display().to_string();
        let env = |name: &str| variables.get(name).cloned();
        assemble(
            &env,
            text.as_deref().map(|text| (name.as_str(), text)),
            problems,
            secrets::generated,
        )
    }

    /// Reads variables through `env` and the text of a file, and writes nothing: in development
    /// without `PLUMA_SECRET` the secret is random and lasts as long as the value. Unknown
    /// variables go unnoticed, since `env` cannot be listed.
    pub fn load_from(
        env: &dyn Fn(&str) -> Option<String>,
        file: Option<&str>,
    ) -> Result<Self, Problems> {
        let random = |_: &Path| secrets::random().map_err(|error| error.to_string());
        assemble(env, file.map(|text| (FILE, text)), Vec::new(), random)
    }
}

fn assemble(
    env: &dyn Fn(&str) -> Option<String>,
    file: Option<(&str, &str)>,
    mut problems: Vec<Problem>,
    development_secret: impl FnOnce(&Path) -> Result<String, String>,
) -> Result<Config, Problems> {
    let settings: Vec<Setting> = sections()
        .into_iter()
        .flat_map(|section| section.settings)
        .collect();
    let file_name = file.map(|(name, _)| name).unwrap_or(FILE);
    let mut in_file = file
        .map(|(name, text)| flatten(name, text, &settings, &mut problems))
        .unwrap_or_default();

    let mut layer = ConfigLayer::empty();
    let mut refused = BTreeSet::new();
    for setting in &settings {
        let from_file = in_file.remove(&setting.key);
        let given = match from_environment(setting, env) {
            Ok(Some((name, text))) => Some((name, Value::String(text))),
            Ok(None) => from_file.map(|value| {
                (
                    format!("{} in {file_name} ({})", setting.key, setting.variable),
                    value,
                )
            }),
            Err(problem) => {
                refused.insert(setting.key.clone());
                problems.push(problem);
                None
            }
        };
        let Some((name, value)) = given else { continue };
        match single(&setting.key, value.clone()) {
            Ok(single) => layer = single.with_fallback(layer),
            Err(message) => {
                refused.insert(setting.key.clone());
                let what = format!("{} {message}", shown(setting, &value));
                problems.push(Problem::new(name, what).accepted(setting.accepted));
            }
        }
    }

    let mut layer = layer.with_fallback(ConfigLayer::default_values());
    let environment = layer.environment.unwrap_or(Environment::Development);
    depend(&mut layer, environment);
    if environment.is_production()
        && let Some(problem) = insecure_public_url(&layer)
    {
        problems.push(problem);
    }
    let watched = layer
        .persisted
        .mode
        .filter(|mode| *mode != PersistedMode::Off);
    if watched.is_some()
        && layer.persisted.manifest.is_none()
        && !refused.contains("persisted.manifest")
    {
        let what = "is missing, and PLUMA_PERSISTED_MODE has no use without it";
        problems.push(
            Problem::new("PLUMA_PERSISTED_MANIFEST", what)
                .accepted("the path of a manifest of trusted documents"),
        );
    }
    if !refused.iter().any(|key| key.starts_with("storage.")) {
        problems.extend(apart(&layer));
    }
    if layer.secret.is_none() && !refused.contains(SECRET_KEY) {
        // Nothing is written for a configuration that will not be used.
        match (environment, layer.data_dir.as_deref()) {
            (Environment::Development, Some(data_dir)) if problems.is_empty() => {
                match development_secret(data_dir) {
                    Ok(secret) => layer.secret = Some(secret.into()),
                    Err(what) => problems.push(Problem::new("PLUMA_SECRET", what)),
                }
            }
            (Environment::Production, _) => problems.push(missing_secret(&settings)),
            _ => {}
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let config = Config::from_layer(layer)
        .map_err(|error| Problem::new("configuration", error.to_string()))?;
    if config.server.own_address(&config.oidc.return_to).is_none() {
        let problem = Problem::new("PLUMA_OIDC_RETURN_TO", "leads to a site that is not yours");
        let accepted = settings
            .iter()
            .find(|setting| setting.key == "oidc.return_to");
        return Err(problem
            .accepted(accepted.map(|setting| setting.accepted).unwrap_or_default())
            .into());
    }
    if let Some(unknown) = config.ai.unknown_in_order() {
        let what = format!("names `{unknown}`, which is no provider in PLUMA_AI_PROVIDERS");
        return Err(Problem::new("PLUMA_AI_ORDER", what).into());
    }
    Ok(config)
}

/// A layer with this one value, so that one wrong value does not hide the next.
fn single(key: &str, value: Value) -> Result<ConfigLayer, String> {
    let wrap =
        |value: Value, name: &str| Value::Table(Table::from_iter([(name.to_owned(), value)]));
    let table = key.rsplit('.').fold(value, wrap);
    ConfigLayer::deserialize(table).map_err(|error| error.message().to_owned())
}

fn shown(setting: &Setting, value: &Value) -> String {
    let text = value.to_string();
    // An @ is how a password gets into a URL.
    match setting.is_secret() || text.len() > 80 || text.contains(['@', '\n']) {
        true => "the value".to_owned(),
        false => text,
    }
}

/// Fills in the defaults that follow from other settings or from the machine.
fn depend(layer: &mut ConfigLayer, environment: Environment) {
    let development = !environment.is_production();
    layer.server.graphiql.get_or_insert(development);
    layer.server.introspection.get_or_insert(development);
    layer.server.verbose_errors.get_or_insert(development);
    if development {
        layer
            .ai
            .providers
            .get_or_insert_with(|| vec![AiProvider::echo()]);
    }
    layer.log.format.get_or_insert(match environment {
        Environment::Development => LogFormat::Text,
        Environment::Production => LogFormat::Json,
    });
    let processors = thread::available_parallelism().map_or(2, NonZero::get);
    layer
        .database
        .readers
        .get_or_insert(processors.clamp(2, 16));
    if let Some(url) = &layer.server.public_url {
        let mail = &mut layer.mail;
        let own = |path| LinkTemplate::own(url, path);
        mail.verify_link
            .get_or_insert_with(|| own("/auth/verify-email"));
        mail.reset_link
            .get_or_insert_with(|| own("/auth/reset-password"));
        mail.from.get_or_insert_with(|| default_sender(url));
    }
    if let Some(data_dir) = &layer.data_dir {
        let file = data_dir.join("pluma.db");
        layer.database.url.get_or_insert(DatabaseUrl::Sqlite(file));
        let objects = data_dir.join("objects");
        layer.storage.directory.get_or_insert(objects);
    }
}

/// What of the object store's settings has no use without another.
fn apart(layer: &ConfigLayer) -> Option<Problem> {
    let storage = &layer.storage;
    let endpoints = [
        ("PLUMA_STORAGE_ENDPOINT", storage.endpoint.as_ref()),
        (
            "PLUMA_STORAGE_PUBLIC_ENDPOINT",
            storage.public_endpoint.as_ref(),
        ),
    ];
    let keys = (storage.access_key.is_some(), storage.secret_key.is_some());
    let allow_http = storage.allow_http.unwrap_or(false);
    let (variable, what) =
        Storage::problem(storage.bucket.is_some(), &endpoints, keys, allow_http)?;
    Some(Problem::new(variable, what))
}

/// No-reply at the host of the public address; a numeric one has the form that mail wants.
fn default_sender(public_url: &url::Url) -> Mailbox {
    let host = match public_url.host() {
        Some(Host::Ipv4(address)) => format!("[{address}]"),
        Some(Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        Some(Host::Domain(name)) => name.to_owned(),
        None => "localhost".to_owned(),
    };
    let address = Address::new("no-reply", host);
    let address = address.unwrap_or_else(|_| Address::new_dangerous("no-reply", "localhost"));
    Mailbox::new(Some("Pluma".to_owned()), address)
}

/// Production's cookies are `Secure`: over plain HTTP browsers would drop them and nobody could stay signed in.
fn insecure_public_url(layer: &ConfigLayer) -> Option<Problem> {
    let url = layer.server.public_url.as_ref()?;
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    (url.scheme() == "http" && !local).then(|| {
        Problem::new(
            "PLUMA_PUBLIC_URL",
            format!("\"{url}\" is not https, which production's cookies need"),
        )
        .accepted(
            "the https:// address browsers use, also where a proxy ends TLS in front of the server",
        )
    })
}

fn missing_secret(settings: &[Setting]) -> Problem {
    let setting = settings.iter().find(|setting| setting.key == SECRET_KEY);
    Problem::new(
        "PLUMA_SECRET",
        "is missing, and so is PLUMA_SECRET_FILE; production needs one of them",
    )
    .accepted(setting.map(|setting| setting.accepted).unwrap_or_default())
}
