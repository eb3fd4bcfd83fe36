//! Every query, mutation and subscription of the schema with odd values: anonymously, as a user, and as an
//! administrator.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::is_no_fault;
use super::odd_values::{Things, Types};
use crate::support::{Client, every_database};

/// Mutations for those who are not signed in.
const OPEN: [&str; 6] = [
    "login",
    "refreshSession",
    "register",
    "requestPasswordReset",
    "resetPassword",
    "verifyEmail",
];
/// Mutations after which the next one would be a stranger's.
const LEAVING: [&str; 2] = ["logout", "logoutEverywhere"];
/// As many operations as one request carries.
const BATCH: usize = 10;
/// How often something happens while subscriptions listen.
const ROUNDS: usize = 40;

/// A call whose arguments are plausible, and one for each odd value of each argument.
fn calls(types: &Types, kind: &str, field: &Value, things: &Things) -> Vec<Call> {
    let arguments = field["args"].as_array().unwrap();
    let required = |argument: &&Value| argument["type"]["kind"] == "NON_NULL";
    let plausible = arguments.iter().filter(required).map(|argument| {
        let name = argument["name"].as_str().unwrap();
        (
            name.to_owned(),
            types.plausible(name, &argument["type"], things),
        )
    });
    let plausible: Map<String, Value> = plausible.collect();
    let mut variables = vec![plausible.clone()];
    for argument in arguments {
        for value in types.odd(&argument["type"], things) {
            let mut odd = plausible.clone();
            odd.insert(argument["name"].as_str().unwrap().to_owned(), value);
            variables.push(odd);
        }
    }
    let call = |variables| Call::new(types, kind, field, Value::Object(variables));
    variables.into_iter().map(call).collect()
}

async fn things(user: &Client) -> Things {
    let notebook = user.notebook("Notebook").await;
    let page = user.page(&notebook, "Page", "text").await;
    let job = user.batch(&["a: 1"]).await;
    let others = crate::chat::things(user, &page.id, "word").await;
    let user = user.id.clone();
    Things {
        notebook,
        page,
        user,
        job,
        others,
    }
}

/// Sends the calls, several in a request.
async fn send(client: &Client, calls: &[Call]) -> Vec<Value> {
    let mut answers = Vec::new();
    for some in calls.chunks(BATCH) {
        let bodies: Vec<_> = some.iter().map(Call::body).collect();
        let reply = client.post(&json!(bodies)).await;
        assert!(
            reply.status < 500,
            "{} is answered with {}: {:#}",
            some[0].name(),
            reply.status,
            reply.body
        );
        let found = reply.body.as_array();
        let found =
            found.unwrap_or_else(|| panic!("{} is answered with {:#}", some[0].name(), reply.body));
        for (call, answer) in some.iter().zip(found) {
            is_no_fault(answer, &call.name());
            // A test that asks for too much would test nothing else.
            let code = &answer["errors"][0]["extensions"]["code"];
            assert_ne!(code, "QUERY_TOO_COMPLEX", "{}", call.name());
            assert_ne!(
                code,
                "GRAPHQL_VALIDATION_FAILED",
                "{}: {answer:#}",
                call.name()
            );
        }
        answers.extend(found.iter().cloned());
    }
    answers
}

every_database!(
    with = |config| {
        // Everything of a hundred users costs more than one may ask for by default.
        (config.limits.cost, config.limits.aliases) = (10_000_000, 10_000);
    },
    async fn no_query_fails_whatever_it_is_given(app: TestApp) {
        let (user, admin) = (app.user("user").await, app.admin().await);
        let types = Types::of(&user).await;
        let things = things(&user).await;
        for field in types.fields("Query") {
            let calls = calls(&types, "query", &field, &things);
            for client in [&app.client(), &user, &admin] {
                send(client, &calls).await;
            }
        }
    }
);

every_database!(
    with = super::unlimited,
    async fn mutations_ask_who_it_is_and_none_fails_for_strangers(app: TestApp) {
        let user = app.user("user").await;
        let types = Types::of(&user).await;
        let things = things(&user).await;
        for field in types.fields("Mutation") {
            let name = field["name"].as_str().unwrap();
            // Registering and signing in leave cookies.
            let nobody = app.client();
            let answers = send(&nobody, &calls(&types, "mutation", &field, &things)).await;
            if !OPEN.contains(&name) {
                let code = &answers[0]["errors"][0]["extensions"]["code"];
                assert_eq!(code, "UNAUTHENTICATED", "{name}");
            }
        }
        // None of them did anything.
        let query = "query ($id: ID!) { notebook(id: $id) { title state deletedAt pageCount } }";
        let reply = user.graphql(query, json!({ "id": things.notebook })).await;
        let untouched =
            json!({ "title": "Notebook", "state": "DRAFT", "deletedAt": null, "pageCount": 1 });
        assert_eq!(reply.at("/notebook"), &untouched);
    }
);

every_database!(
    with = super::unlimited,
    async fn no_mutation_fails_whatever_it_is_given(app: TestApp) {
        let admin = app.admin().await;
        let types = Types::of(&admin).await;
        for (number, field) in types.fields("Mutation").iter().enumerate() {
            if OPEN.contains(&field["name"].as_str().unwrap()) {
                continue;
            }
            // What one mutation removes, the next one finds anew.
            let user = app.user(&format!("user{number}")).await;
            let things = things(&user).await;
            let calls = calls(&types, "mutation", field, &things);
            send(&user, &calls).await;
            if !LEAVING.contains(&field["name"].as_str().unwrap()) {
                send(&admin, &calls).await;
            }
        }
    }
);

every_database!(
    with = super::unlimited,
    async fn no_subscription_fails_whatever_it_is_given(app: TestApp) {
        let (user, admin) = (app.user("user").await, app.admin().await);
        let types = Types::of(&user).await;
        let mut things = things(&user).await;
        let prediction = crate::predictions::forecast_of(&user).await;
        things.others.push(("predictionId", prediction));
        let mut watchers = JoinSet::new();
        let enough = CancellationToken::new();
        let mut silent = BTreeSet::new();
        for field in types.fields("Subscription") {
            silent.insert(field["name"].as_str().unwrap().to_owned());
            for call in calls(&types, "subscription", &field, &things) {
                for client in [&app.client(), &user, &admin] {
                    let name = call.name();
                    let field = field["name"].as_str().unwrap().to_owned();
                    let variables = call.variables.clone();
                    let subscription = app.subscribe(client, &call.query, variables).await;
                    let mut subscription = subscription.patient(Duration::from_secs(600));
                    let enough = enough.clone();
                    watchers.spawn(async move {
                        let answer = tokio::select! {
                            answer = subscription.answer() => answer,
                            () = enough.cancelled() => return None,
                        };
                        match answer {
                            Ok(answer) => is_no_fault(&answer, &name),
                            Err(ending) => {
                                let crate::support::Ending::Failed(errors) = ending else {
                                    panic!("{name} ends with {ending:?}");
                                };
                                is_no_fault(&json!({ "errors": errors }), &name);
                                return None;
                            }
                        }
                        Some(field)
                    });
                }
            }
        }
        // Those that are good wait for something to happen, and some for what never does.
        for _ in 0..ROUNDS {
            user.page(&things.notebook, "News", "text").await;
            let query = "mutation ($id: ID!) { publishPage(pageId: $id) { errors { code } } }";
            user.graphql(query, json!({ "id": things.page.id })).await;
            while let Some(done) = watchers.try_join_next() {
                if let Some(heard) = done.unwrap() {
                    silent.remove(&heard);
                }
            }
        }
        enough.cancel();
        for heard in watchers.join_all().await.into_iter().flatten() {
            silent.remove(&heard);
        }
        assert_eq!(
            silent,
            BTreeSet::new(),
            "subscriptions that nobody heard of"
        );
    }
);
