//! AI providers: what is taken, and what is refused without being shown.

use rstest::rstest;

use super::{SECRET, load, problems};
use crate::config::AiKind;

#[test]
fn providers_are_tables_of_the_file_or_json() {
    let file = "[ai]\norder = ['local', 'azure']\n\
                [ai.providers.azure]\nkind = 'azure-openai'\nbase_url = 'https://a.openai.azure.com'\n\
                api_key = 'hunter2'\nmodel = 'gpt'\nconcurrency = 3\n\
                [ai.providers.local]\nbase_url = 'http://localhost:11434/v1'\nmodel = 'llama'\n";
    let json = r#"{ "azure": { "kind": "azure-openai", "base_url": "https://a.openai.azure.com",
        "api_key": "hunter2", "model": "gpt", "concurrency": 3 },
        "local": { "base_url": "http://localhost:11434/v1", "model": "llama" } }"#;
    let variables = [
        ("PLUMA_AI_PROVIDERS", json),
        ("PLUMA_AI_ORDER", "local, azure"),
    ];
    for config in [
        load(&[], Some(file)).unwrap(),
        load(&variables, None).unwrap(),
    ] {
        let providers = config.ai.providers.as_deref().unwrap();
        let [azure, local] = providers else {
            panic!("{providers:?}");
        };
        assert_eq!((azure.kind, azure.concurrency), (AiKind::AzureOpenAi, 3));
        assert!(azure.api_version.is_some());
        assert_eq!((local.kind, local.concurrency), (AiKind::OpenAi, 64));
        assert!(local.api_key.is_none() && local.api_version.is_none());
        assert_eq!(config.ai.order.as_deref().unwrap(), ["local", "azure"]);
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

#[test]
fn echo_is_there_in_development_alone() {
    let config = load(&[], None).unwrap();
    assert_eq!(config.ai.providers.unwrap()[0].kind, AiKind::Echo);
    let production = [
        ("PLUMA_ENV", "production"),
        ("PLUMA_SECRET", SECRET),
        ("PLUMA_PUBLIC_URL", "https://pluma.example.org"),
    ];
    let config = load(&production, None).unwrap();
    assert!(config.ai.providers.is_none());
}

#[rstest]
#[case(r#"{"a": {"model": "m", "api_key": "hunter2"}}"#, "lacks a.base_url")]
#[case(r#"{"a": {"base_url": "https://a.example"}}"#, "lacks a.model")]
#[case(
    r#"{"a": {"base_url": "ftp://a.example", "model": "m"}}"#,
    "a.base_url"
)]
#[case(
    r#"{"a": {"base_url": "https://u:hunter2@a.example", "model": "m"}}"#,
    "a user name"
)]
#[case(
    r#"{"a": {"kind": "magic", "base_url": "https://a.example", "model": "m"}}"#,
    "a.kind"
)]
#[case(
    r#"{"a": {"base_url": "https://a.example", "model": "m", "concurrency": 0}}"#,
    "a.concurrency"
)]
#[case(
    r#"{"a": {"base_url": "https://a.example", "model": "m", "key": "hunter2"}}"#,
    "a.key"
)]
#[case(r#"{"a": "hunter2"}"#, "not a table")]
fn what_is_no_provider_is_named_without_its_secret(#[case] json: &str, #[case] said: &str) {
    let found = problems(&[("PLUMA_AI_PROVIDERS", json)], None);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains(said) && !found[0].contains("hunter2"),
        "{found:?}"
    );
}

#[test]
fn the_order_names_providers_that_are_there() {
    let found = problems(&[("PLUMA_AI_ORDER", "echo,other")], None);
    assert!(
        found.len() == 1 && found[0].contains("`other`"),
        "{found:?}"
    );
    assert!(load(&[("PLUMA_AI_ORDER", "echo")], None).is_ok());
}
