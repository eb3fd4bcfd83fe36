//! Budgets that are charged, shared, told of, and refill.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Client, Ending, Reply, TestApp, every_database};

/// Estimated at 22.
const LIST: &str = "{ notebooks(mine: true) { nodes { id } } }";
const GRAPHQL: &str = "application/graphql-response+json";

fn header(reply: &Reply, name: &str) -> Option<u64> {
    reply
        .headers
        .get(name)
        .map(|value| value.to_str().unwrap().parse().unwrap())
}

fn post(app: &TestApp, client: &Client, body: &Value) -> RequestBuilder {
    let request = client
        .http()
        .post(format!("{}/graphql", app.url()))
        .json(body);
    match client.access_token.as_str() {
        "" => request,
        token => request.bearer_auth(token),
    }
}

async fn send(request: RequestBuilder) -> Reply {
    Reply::read(request.send().await.unwrap()).await
}

every_database!(
    with = |config| config.rates.viewer = 100,
    async fn a_viewer_is_charged_what_an_operation_came_to(app: TestApp) {
        let ann = app.user("ann").await;
        let reply = ann.graphql(LIST, json!({})).await;
        assert_eq!(
            reply.body["extensions"]["cost"],
            json!({ "estimated": 22, "actual": 2 })
        );
        assert_eq!(header(&reply, "ratelimit-limit"), Some(100));
        assert_eq!(header(&reply, "ratelimit-remaining"), Some(98));
        assert_eq!(header(&reply, "ratelimit-reset"), Some(2));
        assert_eq!(reply.headers["ratelimit-policy"], "100;w=60");
        // The estimate has to be there, although most of it comes back.
        let dear = "{ notebooks(mine: true, first: 99) { nodes { id } } }";
        let reply = ann.graphql(dear, json!({})).await;
        assert_eq!(reply.code(), "RATE_LIMITED");
        assert!(reply.body["data"].is_null());
        // Others have budgets of their own.
        let bob = app.user("bob").await;
        assert!(bob.graphql(LIST, json!({})).await.body["errors"].is_null());
    }
);

every_database!(
    with = |config| config.rates.viewer = 30,
    async fn who_is_refused_is_told_when_to_come_back(app: TestApp) {
        let ann = app.user("ann").await;
        ann.notebook("One").await;
        let body = json!({ "query": LIST });
        let as_graphql = || post(&app, &ann, &body).header("accept", GRAPHQL);
        let mut reply = send(as_graphql()).await;
        while reply.status == 200 {
            reply = send(as_graphql()).await;
        }
        assert_eq!((reply.status, reply.code()), (429, "RATE_LIMITED"));
        let wait = reply.body["errors"][0]["extensions"]["retryAfter"]
            .as_u64()
            .unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(header(&reply, "retry-after"), Some(wait));
        assert_eq!(header(&reply, "ratelimit-limit"), Some(30));
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert!(reply.body.get("data").is_none());
        let reply = send(post(&app, &ann, &body).header("accept", "application/json")).await;
        assert_eq!((reply.status, reply.code()), (200, "RATE_LIMITED"));
        assert!(header(&reply, "retry-after").is_some());
        // A smaller question fits still.
        let reply = ann.graphql("{ viewer { id } }", json!({})).await;
        assert_eq!(reply.text("/viewer/id"), ann.id);
    }
);

every_database!(
    with = |config| {
        config.server.trusted_proxies = 1;
        config.rates.stranger = 30;
    },
    async fn strangers_share_the_budget_of_their_address(app: TestApp) {
        let ask = async |first: u32, from: &'static str| {
            let query = format!("{{ notebooks(first: {first}) {{ nodes {{ id }} }} }}");
            let request = post(&app, &app.client(), &json!({ "query": query }));
            let reply = send(request.header("x-forwarded-for", from)).await;
            reply.body["errors"][0]["extensions"]["code"]
                .as_str()
                .map(str::to_owned)
        };
        let limited = Some("RATE_LIMITED".to_owned());
        // Each costs 2 in the end; the next that needs all 30 at first comes too early.
        assert_eq!(ask(28, "192.0.2.1").await, None);
        assert_eq!(ask(28, "192.0.2.1").await, limited);
        // Who writes the header themself is the same address still: the proxy's entry counts.
        assert_eq!(ask(28, "198.51.100.7, 192.0.2.1").await, limited);
        assert_eq!(ask(28, "192.0.2.2").await, None);
    }
);

every_database!(
    with = |config| config.rates.address = 60,
    async fn an_address_has_a_budget_for_everybody_there(app: TestApp) {
        let (ann, bob) = (app.user("ann").await, app.user("bob").await);
        let mut refused = false;
        for _ in 0..5 {
            for client in [&ann, &bob] {
                let reply = client.graphql("mutation { a: createNotebook(input: { title: \"x\" }) { errors { code } } }", json!({})).await;
                refused |= reply
                    .body
                    .get("errors")
                    .is_some_and(|_| reply.code() == "RATE_LIMITED");
            }
        }
        assert!(refused);
    }
);

every_database!(
    with = |config| config.rates.address = 100,
    async fn what_cannot_be_read_or_recognised_is_charged_and_then_not_even_read(app: TestApp) {
        let mut stranger = app.client();
        for junk in [json!({ "query": "{" }), json!([]), json!({ "query": 1 })] {
            let reply = send(post(&app, &stranger, &junk)).await;
            assert_ne!(reply.code(), "RATE_LIMITED");
        }
        stranger.access_token = "nobody's".to_owned();
        let reply = stranger.graphql("{ viewer { id } }", json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED");
        // Four times 25 is all there was; this one finds nothing left, and the next is not read.
        for _ in 0..2 {
            send(post(&app, &app.client(), &json!({ "query": "{" }))).await;
        }
        let request = post(&app, &app.client(), &json!({ "query": "{" })).header("accept", GRAPHQL);
        let reply = send(request).await;
        assert_eq!((reply.status, reply.code()), (429, "RATE_LIMITED"));
        assert!(header(&reply, "retry-after").is_some());
        // Health and pages are no operations.
        assert_eq!(app.client().get("/healthz").await.status(), 200);
    }
);

every_database!(
    with = |config| config.rates.stranger = 1000,
    async fn what_caches_keep_says_nothing_about_anybody_s_budget(app: TestApp) {
        let query = "/graphql?query={notebooks{nodes{id}}}";
        let public = app.client().get(query).await;
        assert!(
            public.headers()["cache-control"]
                .to_str()
                .unwrap()
                .starts_with("public")
        );
        let told = |name: &str| public.headers().contains_key(name);
        assert!(!told("ratelimit-limit") && !told("ratelimit-remaining") && !told("retry-after"));
        // The cost is in there, and is the same each time.
        let tag = public.headers()["etag"].clone();
        let body: Value = public.json().await.unwrap();
        assert_eq!(
            body["extensions"]["cost"],
            json!({ "estimated": 22, "actual": 2 })
        );
        assert_eq!(app.client().get(query).await.headers()["etag"], tag);
        let own = app.client().get("/graphql?query={viewer{id}}").await;
        assert!(own.headers().contains_key("ratelimit-limit"));
    }
);

every_database!(
    with = |config| config.rates.viewer = 50,
    async fn each_operation_of_a_batch_and_of_a_socket_is_charged(app: TestApp) {
        let ann = app.user("ann").await;
        ann.notebook("One").await;
        let made = "mutation { createNotebook(input: { title: \"x\" }) { errors { code } } }";
        let reply = ann.post(&json!(vec![json!({ "query": made }); 6])).await;
        let answers = reply.body.as_array().unwrap();
        let refused = |answer: &&Value| answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED";
        assert!(
            answers.iter().filter(refused).count() >= 2,
            "{:#}",
            reply.body
        );
        assert!(header(&reply, "ratelimit-remaining") < Some(15));
        let mut socket = app
            .subscribe(
                &ann,
                "{ notebooks(mine: true, first: 40) { nodes { id } } }",
                json!({}),
            )
            .await;
        let Ending::Failed(errors) = socket.ended().await else {
            panic!("the operation was not refused");
        };
        assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");
    }
);

every_database!(
    with = |config| config.rates.viewer = 40,
    async fn a_subscription_ends_when_its_events_have_used_up_the_budget(app: TestApp) {
        let ann = app.user("ann").await;
        let bob = app.user("bob").await;
        let notebook = ann.notebook("Watched").await;
        let share = "mutation ($notebook: ID!, $user: ID!) {
            setCollaborator(notebookId: $notebook, userId: $user, role: EDITOR) { errors { code } }
        }";
        ann.graphql(share, json!({ "notebook": notebook, "user": bob.id }))
            .await;
        let query = "subscription ($id: ID!) { notebookEvents(notebookId: $id) {
            kind at cursor pageId clientId page { id title wordCount position state createdAt updatedAt format }
        } }";
        let mut events = app.subscribe(&bob, query, json!({ "id": notebook })).await;
        let mut seen = 0;
        let ending = loop {
            somebody_writes(&app, &notebook, seen).await;
            match events.answer().await {
                Ok(event) => {
                    assert!(
                        event["data"]["notebookEvents"]["kind"].is_string(),
                        "{event:#}"
                    );
                    seen += 1;
                }
                Err(ending) => break ending,
            }
            assert!(seen < 10, "every event is charged");
        };
        assert!(seen > 0);
        let Ending::Failed(errors) = ending else {
            panic!("the stream ended with {ending:?}");
        };
        assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");
    }
);

/// A new page by somebody whose budget is fresh.
async fn somebody_writes(app: &TestApp, notebook: &str, number: usize) {
    let writer = app.user(&format!("writer{number}")).await;
    let sql = format!("UPDATE users SET role = 'ADMIN' WHERE username = 'writer{number}'");
    app.execute(&sql).await;
    let query = "mutation ($id: ID!) { createPage(input: { notebookId: $id, title: \"Page\" }) { errors { code message } } }";
    let reply = writer.graphql(query, json!({ "id": notebook })).await;
    assert_eq!(reply.user_errors("createPage"), &json!([]));
}

every_database!(
    with = |config| {
        let rates = &mut config.rates;
        for rate in [
            &mut rates.viewer,
            &mut rates.stranger,
            &mut rates.address,
            &mut rates.sign_ins,
        ] {
            *rate = 0;
        }
    },
    async fn a_budget_of_nothing_is_none(app: TestApp) {
        let ann = app.user("ann").await;
        let reply = ann.graphql(LIST, json!({})).await;
        assert_eq!(header(&reply, "ratelimit-limit"), None);
        let many: String = (0..100).map(|at| format!("a{at}: login(input: {{ login: \"\", password: \"\" }}) {{ errors {{ code }} }} ")).collect();
        let reply = app
            .client()
            .graphql(&format!("mutation {{ {many} }}"), json!({}))
            .await;
        // Fields of their own fail, and the operation runs.
        assert!(reply.body["extensions"]["cost"].is_object());
    }
);
