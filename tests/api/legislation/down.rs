//! A source that fails, or is not there at all.

use super::*;

with_source!(
    async fn what_was_read_stays_readable_while_the_source_is_down(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        ann.graphql(LIST, json!({ "first": 100 })).await;
        let before = bill(&ann, "1008").await;
        service.answer_with(|_| Answer::Text(503, String::new()));
        app.clock().advance(Duration::from_secs(24 * 3600));
        let ann = ann.another_device().await;
        let stale = bill(&ann, "1008").await;
        assert_eq!(stale.at("/proposition"), before.at("/proposition"));
        assert_eq!(bill(&ann, "1200").await.code(), "SERVICE_UNAVAILABLE");

        let (mut after, mut ids) = (Value::Null, Vec::new());
        let filter = json!({ "query": "EDUCAÇÃO item", "type": "PL" });
        loop {
            let variables = json!({ "first": 20, "after": after, "filter": filter });
            let reply = ann.graphql(LIST, variables).await;
            let page = reply.at("/propositions");
            let nodes = page["nodes"].as_array().unwrap().iter();
            ids.extend(nodes.map(|node| node["number"].as_u64().unwrap()));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(
            ids,
            (1..=50).rev().map(|half| half * 2).collect::<Vec<u64>>()
        );
        let none = json!({ "filter": { "query": "100%" } });
        assert_eq!(ann.graphql(LIST, none).await.code(), "SERVICE_UNAVAILABLE");
        // What only the list told of has no authors, and says so.
        let list = "{ propositions(first: 1, filter: { number: 9 }) { nodes { authors complete summary } } }";
        let reply = ann.graphql(list, json!({})).await;
        let expected =
            json!([{ "authors": [], "complete": false, "summary": "Dispõe sobre o item 9" }]);
        assert_eq!(reply.at("/propositions/nodes"), &expected);
        // A cursor of the source needs the source.
        let cursor = json!({ "after": pluma::graphql::paging::encode("PROPOSITIONS", &(3, 5)) });
        assert_eq!(
            ann.graphql(LIST, cursor).await.code(),
            "SERVICE_UNAVAILABLE"
        );
    }
);

/// How long a request may take, and as long may one try of a source that hangs: three are longer by default, too.
const REQUEST: Duration = Duration::from_secs(8);

with_source!(
    with = |config| {
        config.limits.request_timeout = REQUEST;
        config.legislation.timeout = REQUEST;
    },
    async fn a_source_that_hangs_is_given_up_before_the_request_is(app: TestApp, service: StandIn) {
        let ann = app.user("ann").await;
        let before = bill(&ann, "1008").await;
        service.answer_with(|_| Answer::Silence);
        app.clock().advance(Duration::from_secs(24 * 3600));
        let ann = ann.another_device().await;
        let stale = bill(&ann, "1008").await;
        assert_eq!(stale.at("/proposition"), before.at("/proposition"));

        let query = "mutation ($content: String!) { process(input: { content: $content }) {
            result { enrichment issues { code message } } errors { code } } }";
        let process = |content: &str| ann.graphql(query, json!({ "content": content }));
        let (kept, unknown, one, other) = tokio::join!(
            process("a: PL 8/2020"),
            process("a: PL 7/2020"),
            bill(&ann, "1200"),
            bill(&ann, "1201"),
        );
        let result = kept.at("/process/result");
        let bills = &result["enrichment"]["legislation"]["propositions"];
        assert_eq!(
            (&bills[0]["externalId"], &result["issues"]),
            (&json!("1008"), &json!([]))
        );
        let issues = unknown.at("/process/result/issues");
        assert_eq!(issues[0]["code"], "enricher_failed");
        let message = issues[0]["message"].as_str().unwrap();
        assert!(message.contains("too long"), "{message}");
        for reply in [one, other] {
            assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
        }
        // Each of them was cut off once, and five failures are enough.
        let asked = service.asked().len();
        let reply = bill(&ann, "1202").await;
        let message = reply.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("left alone"), "{message}");
        assert_eq!(service.asked().len(), asked);
    }
);

with_source!(
    with = |config| {
        config.limits.request_timeout = Duration::from_secs(100);
        config.legislation.timeout = Duration::from_secs(100);
    },
    async fn a_bill_that_is_kept_does_not_wait_for_its_source_to_be_given_up(
        app: TestApp,
        service: StandIn,
    ) {
        let ann = app.user("ann").await;
        let before = bill(&ann, "1008").await;
        service.answer_with(|_| Answer::Silence);
        app.clock().advance(Duration::from_secs(24 * 3600));
        let ann = ann.another_device().await;
        // The source is given forty seconds.
        let stale = tokio::time::timeout(Duration::from_secs(20), bill(&ann, "1008")).await;
        let stale = stale.expect("the source is waited for");
        assert_eq!(stale.at("/proposition"), before.at("/proposition"));
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_can_use_are_told_as_unavailable() {
    for (answer, tries, said) in [
        (Answer::Text(401, "who are you?".into()), 1, "status 401"),
        (Answer::Text(429, String::new()), 3, "status 429"),
        (Answer::Text(500, String::new()), 3, "status 500"),
        (
            Answer::Text(200, "<!doctype html><title>Maintenance</title>".into()),
            1,
            "no JSON",
        ),
        (
            Answer::Text(200, "{\"dados\": [{\"id\": 1,".into()),
            1,
            "no JSON",
        ),
        (Answer::Json(json!({ "error": "none" })), 1, "no `dados`"),
        (Answer::Trickle, 3, "too long"),
    ] {
        let told = answer.clone();
        let service = StandIn::start(move |_| told.clone()).await;
        let app = with(Engine::Sqlite, &service, |_| {}).await;
        let ann = app.user("ann").await;
        let reply = bill(&ann, "1001").await;
        assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
        let message = reply.body["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains(said) && !message.contains("127.0.0.1"),
            "{message}"
        );
        assert_eq!(service.asked().len(), tries, "{said}");
        let reply = ann.graphql(LIST, json!({})).await;
        assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_values_of_the_source_are_read_as_far_as_they_go() {
    let service = StandIn::start(|asked| {
        let data = match asked.line.ends_with("/1") {
            true => json!({ "id": "1", "siglaTipo": null, "numero": "12", "ano": "x", "ementa": "a\u{0}b",
                "dataApresentacao": "soon", "urlInteiroTeor": "javascript:alert(1)", "statusProposicao": [] }),
            false => json!([1, null, { "nome": " " }, { "id": 5, "aprovacao": "yes", "dataHoraRegistro": "x" }]),
        };
        Answer::Json(json!({ "dados": data }))
    })
    .await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = with(engine, &service, |_| {}).await;
        let ann = app.user("ann").await;
        let reply = bill(&ann, "1").await;
        let found = reply.at("/proposition");
        assert_eq!(
            (&found["type"], &found["number"], &found["year"]),
            (&json!(""), &json!(12), &json!(0))
        );
        assert_eq!(found["summary"], "ab");
        assert_eq!(
            (&found["presentedOn"], &found["url"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(found["votes"][0]["approved"], Value::Null);
        assert_eq!(found["authors"], json!([]));
    }
}

every_database!(
    async fn without_a_source_it_is_said_what_to_set(app: TestApp) {
        let ann = app.user("ann").await;
        for reply in [bill(&ann, "1001").await, ann.graphql(LIST, json!({})).await] {
            assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
            let message = reply.body["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains("LEGISLATIVE_API_URL"), "{message}");
        }
        // Nobody who processes a text has to know.
        let query = "mutation { process(input: { content: \"a: PL 7/2020\" }) { result { issues { code } enrichment } errors { code } } }";
        let reply = ann.graphql(query, json!({})).await;
        assert_eq!(reply.at("/process/errors"), &json!([]));
        assert_eq!(reply.at("/process/result/issues"), &json!([]));
    }
);
