//! Signing in by OpenID Connect: against a certified provider, and against one that forges its answers.

mod accounts;
mod attacks;
mod forged;
mod forger;
mod issuer;

use pluma::config::{Config, OidcProvider};
use serde_json::Value;

use crate::support::{Client, Engine, Reply, TestApp, json};

/// A server whose provider `test` is at `issuer`.
async fn app_with(engine: Engine, issuer: &str, tweak: impl FnOnce(&mut Config)) -> TestApp {
    let provider = |name: &str, issuer: &str| OidcProvider {
        name: name.to_owned(),
        label: "Test".to_owned(),
        issuer: issuer.to_owned(),
        client_id: "pluma".to_owned(),
        client_secret: Some("the secret of a test".into()),
        scopes: vec!["email".to_owned(), "profile".to_owned()],
    };
    // Nothing listens on the discard port.
    let providers = vec![
        provider("down", "http://127.0.0.1:9"),
        provider("test", issuer),
    ];
    TestApp::on(engine, |config| {
        config.oidc.providers = Some(providers);
        tweak(config);
    })
    .await
}

/// A test of a server whose provider is the certified one, on both databases.
macro_rules! with_issuer {
    (async fn $name:ident($app:ident: TestApp) $body:block) => {
        with_issuer!(with = |_config| {}, async fn $name($app: TestApp) $body);
    };
    (with = $tweak:expr, async fn $name:ident($app:ident: TestApp) $body:block) => {
        async fn $name(engine: crate::support::Engine) {
            let tweak: fn(&mut pluma::config::Config) = $tweak;
            let $app = super::app_with(engine, super::issuer::address(), tweak).await;
            $body
        }

        mod $name {
            use crate::support::Engine;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Engine::Postgres).await;
            }
        }
    };
}
use with_issuer;

/// What the server believes its address to be.
const PUBLIC: &str = "http://localhost:8000";

/// A browser, which follows no redirect by itself.
struct Browser {
    http: reqwest::Client,
    app: String,
}

impl Browser {
    fn new(app: &TestApp) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().unwrap(),
            app: app.url(),
        }
    }

    /// Visits an address; one of the server's public ones is found where it really is.
    async fn visit(&self, url: &str) -> reqwest::Response {
        self.visit_from(url, "cross-site").await
    }

    async fn visit_from(&self, url: &str, site: &str) -> reqwest::Response {
        let url = match url.strip_prefix(PUBLIC) {
            Some(path) => format!("{}{path}", self.app),
            None if url.starts_with('/') => format!("{}{url}", self.app),
            None => url.to_owned(),
        };
        let request = self.http.get(url).header("sec-fetch-site", site);
        request.send().await.unwrap()
    }

    /// Where the provider is asked, for a sign-in that this browser begins.
    async fn begin(&self, query: &str) -> String {
        let answer = self.visit(&format!("/auth/test/login{query}")).await;
        assert_eq!(answer.status(), 303);
        location(&answer)
    }

    /// Answers the provider's questions as `who`; gives where it sends the browser back to.
    async fn answer(&self, asked: &str, who: &str) -> String {
        let mut url = asked.to_owned();
        for _ in 0..12 {
            let page = self.visit(&url).await;
            if page.status().is_redirection() {
                let next = page.url().join(&location(&page)).unwrap().to_string();
                if next.starts_with(PUBLIC) {
                    return next;
                }
                url = next;
                continue;
            }
            let base = page.url().clone();
            let html = page.text().await.unwrap();
            let action = between(&html, "action=\"", "\"");
            let prompt = between(&html, "name=\"prompt\" value=\"", "\"");
            let who: String = url::form_urlencoded::byte_serialize(who.as_bytes()).collect();
            let form = format!("prompt={prompt}&login={who}&password=any");
            let sent = self
                .http
                .post(base.join(action).unwrap())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form);
            let answer = sent.send().await.unwrap();
            url = base.join(&location(&answer)).unwrap().to_string();
        }
        panic!("the provider asks on and on");
    }

    /// Signs in as `who` from beginning to end.
    async fn sign_in(&self, who: &str) -> reqwest::Response {
        let asked = self.begin("").await;
        let back = self.answer(&asked, who).await;
        self.visit(&back).await
    }

    /// Sends one operation with the browser's cookies.
    async fn graphql(&self, query: &str) -> Reply {
        let request = self.http.post(format!("{}/graphql", self.app));
        let request = request.json(&json!({ "query": query }));
        Reply::read(request.send().await.unwrap()).await
    }

    /// Who is signed in.
    async fn viewer(&self) -> Value {
        let query = "{ viewer { username displayName email emailVerified } }";
        self.graphql(query).await.at("/viewer").clone()
    }
}

#[track_caller]
fn location(answer: &reqwest::Response) -> String {
    let found = answer.headers().get("location");
    let found = found.unwrap_or_else(|| panic!("{} leads nowhere", answer.url()));
    found.to_str().unwrap().to_owned()
}

#[track_caller]
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start);
    let (_, rest) = rest.unwrap_or_else(|| panic!("there is no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

/// A page that refuses, with its status and the reason that it names.
async fn refusal(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    assert!(
        answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let page = answer.text().await.unwrap();
    (status, between(&page, "<code>", "</code>").to_owned())
}

/// Verifies the address of a registered user by the link that they were mailed.
async fn verify(app: &TestApp, user: &Client) {
    let token = app
        .mailed_verification(&format!("{}@example.org", user.username), 1)
        .await;
    let query = "mutation ($token: String!) { verifyEmail(token: $token) { errors { code } } }";
    let reply = user.graphql(query, json!({ "token": token })).await;
    assert_eq!(reply.user_errors("verifyEmail"), &json!([]));
}
