//! Services that enrich what is processed.

use crate::config::enricher_values::{EnricherSettings, enrichers};
use crate::config::values::whole;

/// Finding data in texts.
#[derive(Clone, Debug, confique::Config)]
pub struct Processing {
    /// Services that say more about what was recognised, by name. Nothing else is ever asked. Where `endpoint` has placeholders, as `/customers/{customerId}`, the service is asked with GET and the values of the first record, or `{variable}`; otherwise with POST and `{"content", "format", "records", "variable"}`. It answers JSON of at most 256 KiB.
    ///
    /// Accepted: in the file a table for each, `[processing.enrichers.NAME]`, with `base_url`, and, if they are needed, `endpoint` (a path), `headers` (a table) and `timeout_seconds` (1 to 30, 5 where it is missing); in the variable the same as one JSON object. A name consists of up to 32 lower-case letters, digits and `-`; `builtin` and `legislation` are taken; at most 20
    /// Default: none
    /// Example: { customers = { base_url = "https://crm.internal", endpoint = "/customers/{customerId}", headers = { authorization = "Bearer …" } } }
    #[config(env = "PLUMA_PROCESSING_ENRICHERS", deserialize_with = enrichers)]
    pub enrichers: Option<Vec<EnricherSettings>>,
    /// How many batches one server works on at once, apart from other jobs: enrichers are waited for.
    ///
    /// Accepted: a whole number from 1 to 64
    #[config(env = "PLUMA_PROCESSING_BATCHES", default = 4, deserialize_with = whole::<1, 64, _, _>)]
    pub batches: usize,
    /// How many batches of one user may wait or run at once.
    ///
    /// Accepted: a whole number from 1 to 10000
    #[config(env = "PLUMA_PROCESSING_UNFINISHED", default = 20, deserialize_with = whole::<1, 10_000, _, _>)]
    pub unfinished: u32,
}
