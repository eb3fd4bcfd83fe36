//! Which names the server answers to. A web site may point a name of its own at a server inside of somebody's
//! network (DNS rebinding) and talk to it as if it were its own; the browser then sends that name as `Host`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::refusal;
use crate::config;

/// Ends of names that nobody can register: those of this machine and of private networks (RFC 6761, RFC 6762,
/// and what ICANN keeps for private use).
const PRIVATE: [&str; 3] = [".localhost", ".local", ".internal"];
/// What machines ask for by whatever name they have; nothing of anybody's is there.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The names.
#[derive(Clone)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    /// The public name and those that are configured beside it.
    pub fn of(config: &config::Server) -> Self {
        let public = config.public_url.host_str().map(str::to_owned);
        let more = config.allowed_hosts.iter().cloned();
        Self(public.into_iter().chain(more).collect())
    }

    /// Whether `host`, as `Host` has it, is one that no web site can have made its own.
    fn knows(&self, host: &str) -> bool {
        let name = name_of(host).trim_end_matches('.').to_ascii_lowercase();
        let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_private = !name.contains('.') || PRIVATE.iter().any(|end| name.ends_with(end));
        !name.is_empty() && (is_address || is_private || self.0.contains(&name))
    }
}

/// A host without its port.
pub fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

/// Whether a host is this machine itself.
pub fn is_loopback(authority: &str) -> bool {
    let name = name_of(authority)
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|ip| ip.is_loopback())
}

/// The host that a request names, in its target or as `Host`; HTTP/1.0 has none.
pub fn named<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let target = uri.authority().map(|authority| authority.as_str());
    let header = headers.get(header::HOST);
    target.or_else(|| header.map(|value| value.to_str().unwrap_or_default()))
}

/// Refuses requests for other names; browsers send one with each.
pub async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let host = named(request.uri(), request.headers());
    if host.is_none_or(|host| hosts.knows(host)) || PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    refusal::coded(
        StatusCode::MISDIRECTED_REQUEST,
        "MISDIRECTED_REQUEST",
        "This server does not answer to that name: set PLUMA_PUBLIC_URL to the address that browsers use, \
         or add the name to PLUMA_ALLOWED_HOSTS.",
        request.extensions().get(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_web_site_could_own_are_known_by_configuration_alone() {
        let hosts = Hosts(["pluma.example.org".to_owned()].into());
        for known in [
            "pluma.example.org",
            "PLUMA.example.org.",
            "pluma.example.org:8443",
            "localhost:8000",
            "api.localhost",
            "127.0.0.1:8000",
            "[::1]:8000",
            "192.168.1.7",
            "pluma:8000",
            "pluma.default.svc.cluster.local",
        ] {
            assert!(hosts.knows(known), "{known}");
        }
        for unknown in [
            "",
            ":8000",
            "attacker.example",
            "attacker.example:8000",
            "pluma.example.org.attacker.example",
            "apluma.example.org",
            "127.0.0.1.attacker.example",
            "localhost.attacker.example",
            "pluma.example.org:80@attacker.example",
        ] {
            assert!(!hosts.knows(unknown), "{unknown}");
        }
    }

    #[test]
    fn this_machine_has_several_names() {
        for own in [
            "localhost",
            "LOCALHOST:1",
            "a.localhost:1",
            "127.9.9.9",
            "[::1]:80",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "localhost.example",
            "10.0.0.1",
            "[::2]:80",
            "",
            "notlocalhost",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
