//! Mail servers, links, and OpenID Connect providers: what is taken, and what is refused without being shown.

use rstest::rstest;
use secrecy::ExposeSecret;

use super::{load, problems};
use crate::config::{Encryption, SmtpUrl};

#[rstest]
#[case("smtps://mail.example.org", Encryption::Tls, 465)]
#[case("smtp://mail.example.org", Encryption::StartTls, 587)]
#[case(
    "smtp://mail.example.org:2525?tls=required",
    Encryption::StartTls,
    2525
)]
#[case("smtp://mailpit:1025?tls=none", Encryption::None, 1025)]
#[case("smtp://localhost:1025", Encryption::None, 1025)]
#[case("smtp://127.0.0.1?tls=required", Encryption::StartTls, 587)]
fn mail_to_other_machines_is_encrypted_unless_asked_otherwise(
    #[case] url: &str,
    #[case] encryption: Encryption,
    #[case] port: u16,
) {
    let found: SmtpUrl = url.parse().unwrap();
    assert_eq!((found.encryption, found.port), (encryption, port), "{url}");
}

#[test]
fn a_mail_server_s_password_is_decoded_and_shown_nowhere() {
    let url = "smtps://ann%40example.org:hunter2%2F@mail.example.org";
    let config = load(&[("SMTP_URL", url)], None).unwrap();
    let server = config.mail.smtp_url.as_ref().unwrap();
    let (user, password) = server.credentials.as_ref().unwrap();
    assert_eq!(user, "ann@example.org");
    assert_eq!(password.expose_secret(), "hunter2/");
    assert!(!format!("{config:?} {server}").contains("hunter2"));
}

#[rstest]
#[case("mail.example.org")]
#[case("http://mail.example.org")]
#[case("smtp://ann:hunter2@mail.example.org?tls=none")]
#[case("smtp://ann@mail.example.org")]
#[case("smtps://mail.example.org?tls=none")]
#[case("smtp://mail.example.org?tls=hunter2")]
#[case("smtp://mail.example.org/hunter2")]
fn what_is_no_mail_server_is_refused(#[case] url: &str) {
    let found = problems(&[("SMTP_URL", url)], None);
    assert_eq!(found.len(), 1, "{url}");
    assert!(found[0].starts_with("SMTP_URL: the value "), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn the_sender_and_the_links_follow_from_the_public_address() {
    let config = load(&[("PLUMA_PUBLIC_URL", "https://pluma.example.org")], None).unwrap();
    let mail = &config.mail;
    assert_eq!(mail.from.to_string(), "Pluma <no-reply@pluma.example.org>");
    let link = "https://pluma.example.org/auth/verify-email#token=t";
    assert_eq!(mail.verify_link.link("t"), link);
    let config = load(&[("PLUMA_PUBLIC_URL", "http://127.0.0.1:8000")], None).unwrap();
    assert_eq!(config.mail.from.to_string(), "Pluma <no-reply@[127.0.0.1]>");
}

#[rstest]
#[case("https://app.example.org/verify", false)]
#[case("https://app.example.org/verify?token={token}&again={token}", false)]
#[case("https://{token}.example.org/", false)]
#[case("javascript:alert({token})", false)]
#[case("https://app.example.org/?token={token}\" onclick=\"", false)]
#[case("https://app.example.org/verify?token={token}", true)]
#[case("https://app.example.org/verify/{token}", true)]
#[case("http://localhost:5173/#/verify/{token}", true)]
fn a_link_has_one_place_for_the_token(#[case] link: &str, #[case] taken: bool) {
    for variable in ["PLUMA_VERIFY_EMAIL_LINK", "PLUMA_RESET_PASSWORD_LINK"] {
        assert_eq!(
            problems(&[(variable, link)], None).is_empty(),
            taken,
            "{link}"
        );
    }
}

#[test]
fn providers_are_tables_of_the_file_or_json() {
    let file = "[oidc.providers.corp]\nissuer = 'https://id.example.org'\nclient_id = 'pluma'\n\
                scopes = ['openid', 'email']\n\
                [oidc.providers.google]\nissuer = 'https://accounts.google.com'\nclient_id = 'p'\n\
                client_secret = 'hunter2'\nlabel = 'Google'\n";
    let json = r#"{ "corp": { "issuer": "https://id.example.org", "client_id": "pluma",
        "scopes": ["openid", "email"] },
        "google": { "issuer": "https://accounts.google.com", "client_id": "p",
        "client_secret": "hunter2", "label": "Google" } }"#;
    for config in [
        load(&[], Some(file)).unwrap(),
        load(&[("PLUMA_OIDC_PROVIDERS", json)], None).unwrap(),
    ] {
        let providers = config.oidc.providers.as_deref().unwrap();
        let [corp, google] = providers else {
            panic!("{providers:?}");
        };
        assert_eq!((corp.name.as_str(), corp.label.as_str()), ("corp", "corp"));
        assert_eq!(corp.scopes, ["email"]);
        assert!(corp.client_secret.is_none());
        assert_eq!(google.label, "Google");
        assert_eq!(google.scopes, ["email", "profile"]);
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

#[rstest]
#[case(
    r#"{"a": {"client_id": "x", "client_secret": "hunter2"}}"#,
    "lacks a.issuer"
)]
#[case(
    r#"{"a": {"issuer": "https://a.example", "client_secret": "hunter2"}}"#,
    "lacks a.client_id"
)]
#[case(
    r#"{"a": {"issuer": "http://a.example", "client_id": "x"}}"#,
    "is not https://"
)]
#[case(
    r#"{"A b": {"issuer": "https://a.example", "client_id": "x"}}"#,
    "up to 32 lower-case letters"
)]
#[case(
    r#"{"a": {"issuer": "https://a.example", "client_id": "x", "secret": "hunter2"}}"#,
    "a.secret"
)]
#[case(
    r#"{"a": {"issuer": "https://a.example", "client_id": "x", "scopes": "email"}}"#,
    "a.scopes"
)]
#[case(r#"{"a": "hunter2"}"#, "not a table")]
#[case(r#"{"a": hunter2}"#, "not a JSON object")]
fn what_is_no_provider_is_named_without_its_secret(#[case] json: &str, #[case] said: &str) {
    let found = problems(&[("PLUMA_OIDC_PROVIDERS", json)], None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains(said) && !found[0].contains("hunter2"),
        "{found:?}"
    );
}

#[test]
fn browsers_return_to_a_site_of_ones_own_by_default() {
    let foreign = ("PLUMA_OIDC_RETURN_TO", "https://app.example.org/");
    let found = problems(&[foreign], None);
    assert!(
        found.len() == 1 && found[0].starts_with("PLUMA_OIDC_RETURN_TO: "),
        "{found:?}"
    );
    let own = ("PLUMA_CORS_ORIGINS", "https://app.example.org");
    assert!(load(&[foreign, own], None).is_ok());
}
