//! HTTP: the URL map, one middleware per file, and the server loop.

mod access_log;
mod body_limit;
mod client_address;
mod compression;
mod cors;
pub mod gateway;
pub mod graphql;
mod identify;
mod limits;
mod panic;
pub mod playground;
mod probes;
mod prometheus;
mod refusal;
mod request_id;
pub mod router;
mod security;
pub mod server;
mod trace;
