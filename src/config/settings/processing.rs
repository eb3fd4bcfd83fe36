//! Services that enrich what is processed.

use crate::config::enricher_values::{EnricherSettings, enrichers};

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
}
