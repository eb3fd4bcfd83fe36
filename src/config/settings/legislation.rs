//! The open-data service of a parliament.

use std::time::Duration;

use url::Url;

use crate::config::values::seconds;

use super::linguistics::service;

/// The open-data service of a parliament, from which bills are read.
#[derive(Clone, Debug, confique::Config)]
pub struct Legislation {
    /// The service's address: one that speaks version 2 of the open-data API of the Brazilian Chamber of Deputies.
    ///
    /// Accepted: `http://` or `https://`, a host, and perhaps a port and a path
    /// Default: none, and only bills that were read before can be
    /// Example: "https://dadosabertos.camara.leg.br/api/v2"
    #[config(env = "LEGISLATIVE_API_URL", deserialize_with = service)]
    pub url: Option<Url>,
    /// How many seconds one request to the service may take; it is tried three times, all of them together in two fifths of PLUMA_REQUEST_TIMEOUT_SECONDS.
    ///
    /// Accepted: a whole number from 1 to 60
    #[config(env = "LEGISLATIVE_TIMEOUT_SECONDS", default = 10, deserialize_with = seconds::<1, 60, _>)]
    pub timeout: Duration,
    /// How many seconds a bill counts as fresh, before it is asked for again.
    ///
    /// Accepted: a whole number from 1 to 604800
    #[config(env = "LEGISLATIVE_FRESH_SECONDS", default = 3600, deserialize_with = seconds::<1, 604_800, _>)]
    pub fresh: Duration,
    /// How many seconds a page of a list counts as fresh.
    ///
    /// Accepted: a whole number from 1 to 86400
    #[config(env = "LEGISLATIVE_LIST_FRESH_SECONDS", default = 600, deserialize_with = seconds::<1, 86_400, _>)]
    pub list_fresh: Duration,
}
