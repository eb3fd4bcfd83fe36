//! Services of the network that enrich what was found.

use super::*;

/// An application with an enricher at `service`.
async fn with(service: &StandIn, endpoint: &str) -> (TestApp, Client) {
    let settings = enricher("crm", service, endpoint);
    let app = TestApp::on(Engine::Sqlite, |config| {
        config.processing.enrichers = Some(vec![settings]);
    })
    .await;
    let ann = app.user("ann").await;
    (app, ann)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configured_service_is_told_what_was_found_and_its_answer_kept() {
    let service = StandIn::start(|_| Answer::Json(json!({ "segment": "gold" }))).await;
    let (_app, ann) = with(&service, "/enrich").await;
    let found = result(
        &ann,
        json!({ "content": "variable: 7", "enrichers": ["crm"] }),
    )
    .await;
    assert_eq!(found["enrichment"], json!({ "crm": { "segment": "gold" } }));
    assert_eq!(found["record"]["enrichment"], found["enrichment"]);
    let asked = &service.asked()[0];
    assert_eq!(asked.line, "POST /enrich");
    assert_eq!(asked.headers["x-key"], "opensesame");
    let told = json!({
        "content": "variable: 7", "format": "KEY_VALUE", "records": [{ "variable": 7 }], "variable": 7,
    });
    assert_eq!(asked.body, told);
    // Without names everything is asked.
    let found = result(&ann, json!({ "content": "a: 1" })).await;
    assert!(found["enrichment"]["crm"].is_object() && found["enrichment"]["builtin"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stand_in_the_address_and_never_lead_elsewhere() {
    let service = StandIn::start(|_| Answer::Json(json!({}))).await;
    let (_app, ann) = with(&service, "/customers/{customer}/{variable}?full=1").await;
    let input = |customer: &str| {
        let content = json!({ "customer": customer, "variable": 7 }).to_string();
        json!({ "content": content, "enrichers": ["crm"], "persist": false })
    };
    for (customer, line) in [
        ("ann", "GET /customers/ann/7?full=1"),
        (
            "a/../../b?c#d",
            "GET /customers/a%2F..%2F..%2Fb%3Fc%23d/7?full=1",
        ),
        ("@evil.example", "GET /customers/%40evil.example/7?full=1"),
    ] {
        assert_eq!(result(&ann, input(customer)).await["issues"], json!([]));
        assert_eq!(service.asked().last().unwrap().line, line);
    }
    let asked = service.asked().len();
    for customer in ["..", "", &"x".repeat(600)] {
        let found = result(&ann, input(customer)).await;
        assert_eq!(found["issues"][0]["code"], "enricher_failed", "{customer}");
    }
    assert_eq!(service.asked().len(), asked);
}

/// What a service answers that is not as it should be is an issue, and the text is processed all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fails_is_an_issue() {
    let elsewhere = StandIn::start(|_| Answer::Json(json!({ "stolen": true }))).await;
    let to = elsewhere.url().to_string();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for (answer, tries, said) in [
        (Answer::Text(401, "who are you?".into()), 1, "status 401"),
        (Answer::Text(429, "slow down".into()), 3, "status 429"),
        (Answer::Text(500, "oops".into()), 3, "status 500"),
        (
            Answer::Text(200, "<html><body>Welcome</body></html>".into()),
            1,
            "no JSON",
        ),
        (Answer::Text(200, "{\"half\": ".into()), 1, "no JSON"),
        (Answer::Text(200, deep), 1, "nested too deeply"),
        (
            Answer::Text(200, format!("\"{}\"", "x".repeat(300_000))),
            1,
            "262144 bytes",
        ),
        (Answer::Redirect(to), 1, "redirects"),
        (Answer::Trickle, 3, "too long"),
        (Answer::Silence, 3, "too long"),
    ] {
        let told = answer.clone();
        let service = StandIn::start(move |_| told.clone()).await;
        let (_app, ann) = with(&service, "/enrich").await;
        let found = result(&ann, json!({ "content": "variable: 7" })).await;
        assert_eq!(found["variable"], 7);
        assert_eq!(found["issues"][0]["code"], "enricher_failed");
        assert_eq!(found["issues"][0]["path"], "/enrichment/crm");
        let message = found["issues"][0]["message"].as_str().unwrap();
        assert!(message.contains(said), "{message}");
        assert!(
            !message.contains("127.0.0.1") && !message.contains("opensesame"),
            "{message}"
        );
        assert_eq!(found["enrichment"]["crm"], json!({ "error": message }));
        assert!(found["enrichment"]["builtin"].is_object());
        assert!(found["record"]["id"].is_string());
        assert_eq!(service.asked().len(), tries, "{said}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_keeps_failing_is_left_alone_for_a_while() {
    let service = StandIn::start(|_| Answer::Text(500, String::new())).await;
    let (_app, ann) = with(&service, "").await;
    let input = json!({ "content": "a: 1", "enrichers": ["crm"], "persist": false });
    for _ in 0..3 {
        result(&ann, input.clone()).await;
    }
    // Three tries, then two; from the fifth failure on nobody asks.
    assert_eq!(service.asked().len(), 5);
    let found = result(&ann, input).await;
    assert!(
        found["issues"][0]["message"]
            .as_str()
            .unwrap()
            .contains("left alone")
    );
}
