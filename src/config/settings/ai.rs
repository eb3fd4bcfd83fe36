//! Answers of an AI.

use std::time::Duration;

use crate::config::ai_values::{AiProvider, names, providers};
use crate::config::values::{milliseconds, seconds, whole};

/// Answers of an AI.
#[derive(Clone, Debug, confique::Config)]
pub struct Ai {
    /// The providers by name. A request may name one before a model, as in `azure/gpt-4o`; the others ask them in the order of PLUMA_AI_ORDER until one answers.
    ///
    /// Accepted: in the file a table for each, `[ai.providers.NAME]`, with `base_url` (as `https://api.openai.com/v1`), `model` (the one that is asked unless a request names another), `api_key` or `api_key_file`, and where the defaults do not do `kind` (`openai`, `azure-openai`, `azure-inference` or `echo`), `api_version` (of Azure), `concurrency` (64); in the variable the same as one JSON object. A name consists of up to 32 lower-case letters, digits and `-`
    /// Default: in development `echo`, which repeats the prompt; none in production
    /// Example: { openai = { base_url = "https://api.openai.com/v1", api_key = "…", model = "gpt-4o-mini" } }
    #[config(env = "PLUMA_AI_PROVIDERS", deserialize_with = providers)]
    pub providers: Option<Vec<AiProvider>>,
    /// Which provider is asked first, and which ones after it where it does not answer. One that is not in the list is asked only by its name.
    ///
    /// Accepted: names of providers
    /// Default: all of them, in the order of their names
    /// Example: ["openai"]
    #[config(env = "PLUMA_AI_ORDER", deserialize_with = names)]
    pub order: Option<Vec<String>>,
    /// How many seconds a provider may take until its answer begins; as long is waited before that for one of its places. Where another one may be asked instead, it is at most its share of the time that the request has. Azure AI Inference answers `aiChat` and `aiComplete` in one piece, which may take until their requests end.
    ///
    /// Accepted: a whole number from 1 to 600
    #[config(env = "PLUMA_AI_FIRST_TOKEN_SECONDS", default = 30, deserialize_with = seconds::<1, 600, _>)]
    pub first_token: Duration,
    /// How many seconds may pass between two pieces of an answer.
    ///
    /// Accepted: a whole number from 1 to 600
    #[config(env = "PLUMA_AI_PIECE_SECONDS", default = 30, deserialize_with = seconds::<1, 600, _>)]
    pub between_pieces: Duration,
    /// How many seconds a whole answer may take. `aiChat` and `aiComplete` also end with the time of their request, PLUMA_REQUEST_TIMEOUT_SECONDS.
    ///
    /// Accepted: a whole number from 1 to 3600
    #[config(env = "PLUMA_AI_ANSWER_SECONDS", default = 300, deserialize_with = seconds::<1, 3_600, _>)]
    pub answer: Duration,
    /// How many characters a prompt may have, all its messages together.
    ///
    /// Accepted: a whole number from 1000 to 10000000
    #[config(env = "PLUMA_AI_PROMPT_CHARACTERS", default = 400_000, deserialize_with = whole::<1_000, 10_000_000, _, _>)]
    pub prompt_characters: usize,
    /// How many tokens an answer may have at most; `maxTokens` of a request asks for fewer.
    ///
    /// Accepted: a whole number from 16 to 1000000
    #[config(env = "PLUMA_AI_MAX_TOKENS", default = 4_096, deserialize_with = whole::<16, 1_000_000, _, _>)]
    pub max_tokens: u32,
    /// How many tokens one user may spend on a day, prompts and answers together; a day begins at 0:00 UTC. 0 sets no bound.
    ///
    /// Accepted: a whole number from 0 to 1000000000
    #[config(env = "PLUMA_AI_DAILY_TOKENS", default = 0, deserialize_with = whole::<0, 1_000_000_000, _, _>)]
    pub daily_tokens: u32,
    /// How many streamed answers one process writes at once; others wait until one of them ends.
    ///
    /// Accepted: a whole number from 1 to 100000
    #[config(env = "PLUMA_AI_STREAMS", default = 2_000, deserialize_with = whole::<1, 100_000, _, _>)]
    pub streams: usize,
    /// How many milliseconds `echo` waits before each word.
    ///
    /// Accepted: a whole number from 0 to 10000
    #[config(env = "PLUMA_AI_ECHO_MS", default = 20, deserialize_with = milliseconds::<0, 10_000, _>)]
    pub echo_pause: Duration,
}

impl Ai {
    /// A name in `order` that no provider has.
    pub(in crate::config) fn unknown_in_order(&self) -> Option<&str> {
        let known = |name: &str| {
            let mut all = self.providers.iter().flatten();
            all.any(|provider| provider.name == name)
        };
        let mut order = self.order.iter().flatten().map(String::as_str);
        order.find(|name| !known(name))
    }
}
