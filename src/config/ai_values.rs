//! How AI providers are read.

use confique::serde::{Deserialize, Deserializer, de::Error};
use secrecy::SecretString;
use toml::Value;
use url::Url;

use super::named::{self, Named};

/// How a provider wants to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AiKind {
    /// As OpenAI: Ollama, vLLM, LiteLLM, llama.cpp and most others.
    OpenAi,
    /// Azure OpenAI: a path per deployment, and `api-key`.
    AzureOpenAi,
    /// Azure AI Inference: `api-version`, and both headers.
    AzureInference,
    /// Repeats the prompt, without a network.
    Echo,
}

/// One provider.
#[derive(Clone, Debug)]
pub struct AiProvider {
    /// Its name: what `model` begins with, before a slash.
    pub name: String,
    /// How it wants to be asked.
    pub kind: AiKind,
    /// Where it is; none of `echo`.
    pub base_url: Option<Url>,
    /// What it asks for to let anybody in.
    pub api_key: Option<SecretString>,
    /// The model that is asked unless a request names one.
    pub model: String,
    /// Azure's version of the API.
    pub api_version: Option<String>,
    /// How many requests may be open at once.
    pub concurrency: u32,
}

/// Azure's version of the API, unless the configuration names another.
const AZURE_OPENAI_VERSION: &str = "2024-10-21";
const AZURE_INFERENCE_VERSION: &str = "2024-05-01-preview";
/// How many requests may be open at once, unless the configuration says so.
const CONCURRENCY: u32 = 64;

impl AiProvider {
    /// The one that answers in development.
    pub fn echo() -> Self {
        Self {
            name: "echo".to_owned(),
            kind: AiKind::Echo,
            base_url: None,
            api_key: None,
            model: "echo".to_owned(),
            api_version: None,
            concurrency: 10_000,
        }
    }
}

/// Every provider, in the order of the names.
pub(super) fn providers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AiProvider>, D::Error> {
    named::all(from, "providers", provider)
}

fn provider(from: &mut Named) -> Result<AiProvider, String> {
    let name = from.name.clone();
    let kind = match from.text("kind")?.as_deref() {
        None | Some("openai") => AiKind::OpenAi,
        Some("azure-openai") => AiKind::AzureOpenAi,
        Some("azure-inference") => AiKind::AzureInference,
        Some("echo") => {
            let echo = AiProvider::echo();
            return Ok(AiProvider { name, ..echo });
        }
        Some(_) => {
            return Err(format!(
                "has a {name}.kind that is none of openai, azure-openai, azure-inference and echo"
            ));
        }
    };
    let base_url = base_url(&from.required("base_url")?)
        .map_err(|what| format!("has a {name}.base_url that {what}"))?;
    let api_version = from.text("api_version")?;
    Ok(AiProvider {
        kind,
        base_url: Some(base_url),
        api_key: from.secret("api_key")?,
        model: from.required("model")?,
        api_version: match kind {
            AiKind::OpenAi | AiKind::Echo => api_version,
            AiKind::AzureOpenAi => {
                Some(api_version.unwrap_or_else(|| AZURE_OPENAI_VERSION.to_owned()))
            }
            AiKind::AzureInference => {
                Some(api_version.unwrap_or_else(|| AZURE_INFERENCE_VERSION.to_owned()))
            }
        },
        concurrency: from.whole("concurrency", 1, 10_000)?.unwrap_or(CONCURRENCY),
        name,
    })
}

fn base_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    match url.scheme() {
        _ if url.query().is_some() || url.fragment().is_some() => Err("has a query or a fragment"),
        _ if !url.username().is_empty() || url.password().is_some() => Err("holds a user name"),
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("does not begin with http:// or https:// and a host"),
    }
}

/// Names, as a list or with commas between them.
pub(super) fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names: Option<Vec<String>> = match Value::deserialize(from)? {
        Value::String(text) => Some(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Value::Array(names) => names
            .into_iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    };
    names
        .filter(|names| names.iter().all(|name| !name.is_empty()))
        .ok_or_else(|| D::Error::custom("is not a list of names"))
}
