//! The session's cookies, which pages cannot read and which production sends over TLS alone.

use std::time::Duration;

use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;

use crate::config::{Config, SameSite};

const ACCESS: [&str; 2] = ["pluma_access", "__Host-pluma_access"];
const REFRESH: [&str; 2] = ["pluma_refresh", "__Host-pluma_refresh"];
const DEVICE: [&str; 2] = ["pluma_device", "__Host-pluma_device"];
const TICKET: [&str; 2] = ["pluma_sign_in", "__Host-pluma_sign_in"];

/// The tokens that came with a request as cookies; the HTTP layer gives them to each request as data.
#[derive(Clone, Default)]
pub struct RequestCookies {
    /// The access token.
    pub access: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
    /// What makes the device known to an account; see [`super::devices`].
    pub device: Option<String>,
}

impl RequestCookies {
    /// Reads the `Cookie` headers.
    pub fn from_header(headers: &HeaderMap, production: bool) -> Self {
        let jar = CookieJar::from_headers(headers);
        Self {
            access: value(&jar, ACCESS, production),
            refresh: value(&jar, REFRESH, production),
            device: value(&jar, DEVICE, production),
        }
    }
}

fn value(jar: &CookieJar, names: [&str; 2], production: bool) -> Option<String> {
    jar.get(names[usize::from(production)])
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty())
}

/// What the browser keeps of a sign-in that is with a provider.
pub fn ticket(headers: &HeaderMap, production: bool) -> Option<String> {
    value(&CookieJar::from_headers(headers), TICKET, production)
}

/// The `Set-Cookie` value that lets a browser keep it.
pub fn set_ticket(config: &Config, ticket: &str) -> String {
    // The provider's redirect comes from another site, which a strict cookie would not survive.
    written(config, TICKET, ticket, super::service::TICKET_TTL, "Lax")
}

/// The `Set-Cookie` value that takes it away.
pub fn clear_ticket(config: &Config) -> String {
    written(config, TICKET, "", Duration::ZERO, "Lax")
}

/// The `Set-Cookie` values that hand a pair of tokens to a browser.
pub fn set(config: &Config, access: &str, refresh: &str) -> [String; 2] {
    [
        cookie(config, ACCESS, access, config.accounts.access_ttl),
        cookie(config, REFRESH, refresh, config.accounts.session_ttl),
    ]
}

/// The `Set-Cookie` value that makes a browser's device known to an account; signing out leaves it.
pub fn set_device(config: &Config, device: &str) -> String {
    let age = Duration::from_secs(super::devices::KNOWN_FOR.unsigned_abs());
    cookie(config, DEVICE, device, age)
}

/// The `Set-Cookie` values that take both tokens away from a browser.
pub fn clear(config: &Config) -> [String; 2] {
    [
        cookie(config, ACCESS, "", Duration::ZERO),
        cookie(config, REFRESH, "", Duration::ZERO),
    ]
}

fn cookie(config: &Config, names: [&str; 2], value: &str, age: Duration) -> String {
    let same_site = match config.accounts.cookie_same_site {
        SameSite::Lax => "Lax",
        SameSite::Strict => "Strict",
    };
    written(config, names, value, age, same_site)
}

fn written(
    config: &Config,
    names: [&str; 2],
    value: &str,
    age: Duration,
    same_site: &str,
) -> String {
    let production = config.environment.is_production();
    let name = names[usize::from(production)];
    let secure = if production { "; Secure" } else { "" };
    let seconds = age.as_secs();
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::COOKIE;

    fn config(variables: &[(&str, &str)]) -> Config {
        let env = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::load_from(&env, None).unwrap()
    }

    #[test]
    fn development_s_cookies_work_over_plain_http() {
        let [access, refresh] = set(&config(&[]), "a", "r");
        assert_eq!(
            access,
            "pluma_access=a; Path=/; Max-Age=900; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            refresh,
            "pluma_refresh=r; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn production_s_cookies_are_bound_to_host_and_tls() {
        let config = config(&[
            ("PLUMA_ENV", "production"),
            ("PLUMA_SECRET", "correct horse battery staple, twice over"),
            ("PLUMA_PUBLIC_URL", "https://pluma.example.org"),
            ("PLUMA_COOKIE_SAME_SITE", "strict"),
        ]);
        let [access, _] = clear(&config);
        assert_eq!(
            access,
            "__Host-pluma_access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn each_environment_reads_its_own_names() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; pluma_access=a".parse().unwrap());
        headers.append(
            COOKIE,
            "__Host-pluma_refresh=r; pluma_refresh=".parse().unwrap(),
        );
        let development = RequestCookies::from_header(&headers, false);
        assert_eq!(development.access.as_deref(), Some("a"));
        assert_eq!(development.refresh, None);
        let production = RequestCookies::from_header(&headers, true);
        assert_eq!(production.access, None);
        assert_eq!(production.refresh.as_deref(), Some("r"));
    }
}
