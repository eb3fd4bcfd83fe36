//! Sign-ins that somebody meddles with on their way through the browser.

use super::*;

const WHO: &str = "sofia;email=sofia@example.org;verified";

/// An address with another value of a parameter.
fn with(url: &str, name: &str, value: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let pairs = pairs.iter().map(|(key, old)| {
        let value = if key == name { value } else { old };
        (key.as_str(), value)
    });
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    url.set_query(Some(&query));
    url.into()
}

async fn assert_refused(browser: &Browser, answer: reqwest::Response, reason: &str) {
    let (status, found) = refusal(answer).await;
    assert_eq!((status, found.as_str()), (400, reason));
    assert_eq!(browser.viewer().await, Value::Null);
}

with_issuer!(
    async fn an_answer_with_another_state_is_refused(app: TestApp) {
        let browser = Browser::new(&app);
        let back = browser.answer(&browser.begin("").await, WHO).await;
        for state in ["", "another"] {
            let answer = browser.visit(&with(&back, "state", state)).await;
            assert_refused(&browser, answer, "NOT_BEGUN").await;
        }
        let answer = browser.visit("/auth/test/callback").await;
        assert_refused(&browser, answer, "NOT_BEGUN").await;
        // None of that used up what was on its way.
        assert_eq!(browser.visit(&back).await.status(), 303);
    }
);

with_issuer!(
    async fn an_answer_is_good_for_the_browser_that_asked(app: TestApp) {
        let mallory = Browser::new(&app);
        let back = mallory.answer(&mallory.begin("").await, WHO).await;
        // A browser that has begun nothing, and one that has begun something else.
        let ann = Browser::new(&app);
        let answer = ann.visit(&back).await;
        assert_refused(&ann, answer, "NOT_BEGUN").await;
        ann.begin("").await;
        let answer = ann.visit(&back).await;
        assert_refused(&ann, answer, "NOT_BEGUN").await;
    }
);

with_issuer!(
    async fn an_answer_is_good_once(app: TestApp) {
        let browser = Browser::new(&app);
        let login = format!("{}/auth/test/login", app.url());
        let begun = browser.http.get(login).send().await.unwrap();
        let ticket = begun.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(
            ticket.starts_with("pluma_sign_in=") && ticket.contains("; HttpOnly; SameSite=Lax"),
            "{ticket}"
        );
        let ticket = ticket.split(';').next().unwrap().to_owned();
        let back = browser.answer(&location(&begun), WHO).await;
        assert_eq!(browser.visit(&back).await.status(), 303);
        // Played again with the ticket as it was.
        let path = back.strip_prefix(PUBLIC).unwrap();
        let plain = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let replayed = plain
            .get(format!("{}{path}", app.url()))
            .header("cookie", &ticket);
        assert_eq!(
            refusal(replayed.send().await.unwrap()).await,
            (400, "SPENT".to_owned())
        );
        // A ticket that somebody changed is none.
        let forged = plain
            .get(format!("{}{path}", app.url()))
            .header("cookie", format!("{ticket}A"));
        assert_eq!(
            refusal(forged.send().await.unwrap()).await,
            (400, "NOT_BEGUN".to_owned())
        );
    }
);

with_issuer!(
    async fn a_question_that_was_changed_brings_no_answer(app: TestApp) {
        for (parameter, value) in [
            ("nonce", "of-another-sign-in"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            // The code is given to another client then.
            ("client_id", "another"),
        ] {
            let browser = Browser::new(&app);
            let asked = with(&browser.begin("").await, parameter, value);
            let back = browser.answer(&asked, WHO).await;
            let answer = browser.visit(&back).await;
            assert_refused(&browser, answer, "NOT_BELIEVED").await;
        }
        // An answer that says it is another issuer's.
        let browser = Browser::new(&app);
        let back = browser.answer(&browser.begin("").await, WHO).await;
        assert!(back.contains("iss="), "{back}");
        let answer = browser
            .visit(&with(&back, "iss", "https://mallory.example"))
            .await;
        assert_refused(&browser, answer, "NOT_BELIEVED").await;
    }
);

with_issuer!(
    async fn an_answer_that_comes_too_late_is_refused(app: TestApp) {
        let browser = Browser::new(&app);
        let back = browser.answer(&browser.begin("").await, WHO).await;
        app.clock().advance(std::time::Duration::from_secs(600));
        let answer = browser.visit(&back).await;
        assert_refused(&browser, answer, "NOT_BEGUN").await;
    }
);

with_issuer!(
    async fn a_provider_that_says_no_is_no_fault(app: TestApp) {
        let browser = Browser::new(&app);
        let asked = browser.begin("").await;
        let state = between(&asked, "state=", "&").to_owned();
        let back = format!(
            "/auth/test/callback?error=access_denied&error_description=%3Cscript%3E&state={state}"
        );
        let answer = browser.visit(&back).await;
        assert_eq!(refusal(answer).await, (403, "DECLINED".to_owned()));
    }
);

with_issuer!(
    with = |config| {
        config.server.cors_origins = vec!["https://app.example.org".to_owned()];
    },
    async fn browsers_return_to_own_pages_alone(app: TestApp) {
        let browser = Browser::new(&app);
        for foreign in [
            "https://mallory.example/",
            "//mallory.example",
            "/\\mallory.example",
            "\\\\mallory.example",
            "/%0d%0aset-cookie:a=b/../%0a//mallory.example\n",
            "javascript:alert(1)",
            "https://app.example.org.mallory.example",
            "https://app.example.org@mallory.example",
            "http://app.example.org/",
        ] {
            let foreign: String =
                url::form_urlencoded::byte_serialize(foreign.as_bytes()).collect();
            let answer = browser
                .visit(&format!("/auth/test/login?returnTo={foreign}"))
                .await;
            assert_eq!(
                refusal(answer).await,
                (400, "FOREIGN_RETURN".to_owned()),
                "{foreign}"
            );
        }
        let asked = browser
            .begin("?returnTo=https://app.example.org/write")
            .await;
        let back = browser.answer(&asked, WHO).await;
        assert_eq!(
            location(&browser.visit(&back).await),
            "https://app.example.org/write"
        );
    }
);

with_issuer!(
    async fn a_provider_that_is_unknown_or_down_stops_nobody_else(app: TestApp) {
        let browser = Browser::new(&app);
        let answer = browser.visit("/auth/nobody/login").await;
        assert_eq!(refusal(answer).await, (404, "UNKNOWN_PROVIDER".to_owned()));
        for _ in 0..2 {
            let answer = browser.visit("/auth/down/login").await;
            assert_eq!(refusal(answer).await, (502, "PROVIDER_DOWN".to_owned()));
        }
        assert_eq!(browser.sign_in(WHO).await.status(), 303);
    }
);

with_issuer!(
    async fn asking_providers_too_often_is_refused(app: TestApp) {
        let browser = Browser::new(&app);
        let mut last = None;
        for _ in 0..62 {
            last = Some(browser.visit("/auth/nobody/login").await);
        }
        let last = last.unwrap();
        assert!(last.headers().contains_key("retry-after"));
        assert_eq!(refusal(last).await, (429, "RATE_LIMITED".to_owned()));
    }
);
