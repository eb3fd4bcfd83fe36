//! Which pages may use somebody's cookies and open streams: those of this server, and of configured origins.

use axum::http::HeaderMap;
use axum::http::header;

use super::host::is_loopback;
use crate::accounts::cookies::RequestCookies;
use crate::config::Config;

/// The origins.
pub struct Origins {
    known: Vec<String>,
    production: bool,
}

impl Origins {
    /// The public address and the configured ones.
    pub fn of(config: &Config) -> Self {
        let mut known = config.server.cors_origins.clone();
        known.push(config.server.public_url.origin().ascii_serialization());
        Self {
            known,
            production: config.environment.is_production(),
        }
    }

    /// Whether the page behind a request may open a stream. Programs that are no browsers send no `Origin`.
    ///
    /// By its exact name. In development also a page under the very address that was asked, or of another port of
    /// this machine, where a front end's own server runs; in production both only on this machine.
    pub fn allow(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = sent.next() else {
            return true;
        };
        let (Ok(origin), None) = (origin.to_str(), sent.next()) else {
            return false;
        };
        if self.known.iter().any(|known| known == origin) {
            return true;
        }
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let scheme_and_authority = origin.split_once("://");
        let (Some(host), Some(("http" | "https", authority))) = (host, scheme_and_authority) else {
            return false;
        };
        let here = is_loopback(host) && is_loopback(authority);
        match self.production {
            true => here && authority == host,
            false => here || authority == host,
        }
    }

    /// Whether another web site sends somebody's cookies along. `SameSite` keeps browsers from that; this is for
    /// sites that count as the same one (another name under one domain, another port) and for browsers that
    /// do not know it.
    pub fn abuse_cookies(&self, headers: &HeaderMap) -> bool {
        let cookies = RequestCookies::from_header(headers, self.production);
        (cookies.access.is_some() || cookies.refresh.is_some()) && !self.allow(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(production: bool, host: &'static str, origin: &'static str) -> bool {
        let origins = Origins {
            known: vec!["https://pluma.example.org".to_owned()],
            production,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        origins.allow(&headers)
    }

    #[test]
    fn production_goes_by_exact_names() {
        let host = "pluma.example.org";
        assert!(allowed(true, host, "https://pluma.example.org"));
        assert!(allowed(true, "upstream:8000", "https://pluma.example.org"));
        for other in [
            "http://pluma.example.org",
            "https://pluma.example.org:8443",
            "https://pluma.example.org.attacker.example",
            "https://attacker.example",
            "https://xpluma.example.org",
            "https://sub.pluma.example.org",
            "HTTPS://pluma.example.org",
            "https://PLUMA.example.org",
            "https://pluma.example.org/",
            "file://pluma.example.org",
            "null",
            "",
        ] {
            assert!(!allowed(true, host, other), "{other}");
        }
        // A name that was pointed here by somebody else.
        assert!(!allowed(
            true,
            "attacker.example",
            "http://attacker.example"
        ));
        assert!(allowed(true, "localhost:8000", "http://localhost:8000"));
        assert!(!allowed(true, "localhost:8000", "http://localhost:5173"));
    }

    #[test]
    fn development_takes_this_machine_s_pages_too() {
        assert!(allowed(false, "localhost:8000", "http://localhost:5173"));
        assert!(allowed(false, "127.0.0.1:8000", "http://127.0.0.1:8000"));
        assert!(allowed(
            false,
            "192.168.1.7:8000",
            "http://192.168.1.7:8000"
        ));
        assert!(!allowed(false, "192.168.1.7:8000", "http://localhost:5173"));
        assert!(!allowed(false, "localhost:8000", "http://attacker.example"));
        assert!(!allowed(false, "localhost:8000", "null"));
    }
}
