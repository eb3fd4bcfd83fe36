//! Ids of other people's things in every query, mutation and subscription that takes one, made from the schema:
//! a field that is added tomorrow is tried tomorrow.

mod calls;
mod private;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bad_input::call::Call;
use crate::bad_input::odd_values::Types;
use crate::support::{Client, Ending, TestApp, every_database, json};
use calls::{Pair, pairs};
use private::{Private, things};

/// As many operations as one request carries.
const BATCH: usize = 10;
/// What a refusal says.
const DENIALS: [&str; 3] = ["NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED"];
/// And how the message ends where the code is that of a wrong argument.
const REFUSALS: [&str; 2] = [
    "or it is not yours to see.",
    "is not a revision of the same page.",
];
/// Where an id that is not there is no error: a save whose base is gone is a conflict, and stores nothing.
const CONFLICTS: [&str; 1] = ["savePage"];
/// Where an id is a label that nothing looks at, and what of the answer is new each time.
const LABELS: [(&str, [&str; 2]); 1] = [("createLog", ["id", "date"])];

/// Subscriptions whose ids are chosen by who subscribes, and name nothing of others.
const CHOSEN: [&str; 1] = ["aiCompletionStream"];

/// Sends pairs of calls, one with somebody's id and one with an id that nothing has; both must be answered alike.
async fn try_all(client: &Client, pairs: &[Pair], private: &Private) {
    for some in pairs.chunks(BATCH / 2) {
        let bodies = some
            .iter()
            .flat_map(|pair| [&pair.nobodys, &pair.somebodys]);
        let bodies: Vec<_> = bodies.map(Call::body).collect();
        let reply = client.post(&json!(bodies)).await;
        let answers = reply.body.as_array();
        let answers = answers.unwrap_or_else(|| panic!("{:#}", reply.body));
        for (pair, answers) in some.iter().zip(answers.chunks(2)) {
            compare(pair, &answers[0], &answers[1], private);
        }
    }
}

#[track_caller]
fn compare(pair: &Pair, nobodys: &Value, somebodys: &Value, private: &Private) {
    let name = pair.somebodys.name();
    private.tells_nothing(somebodys, &pair.ids, &name);
    if pair.public {
        return;
    }
    let label = LABELS.iter().find(|(field, _)| *field == pair.field);
    let plain = |answer: &Value, ids: &[String]| {
        let mut answer = answer.clone();
        for name in label.map(|(_, news)| news).into_iter().flatten() {
            if let Some(made) = answer.pointer_mut(&format!("/data/{}/log/{name}", pair.field)) {
                *made = json!("new");
            }
        }
        let text = answer.to_string();
        ids.iter().fold(text, |text, id| text.replace(id, "ID"))
    };
    assert_eq!(
        plain(somebodys, &pair.ids),
        plain(nobodys, &pair.no_ids),
        "{name} tells that there is something of this id"
    );
    assert!(
        is_denied(somebodys) || CONFLICTS.contains(&pair.field.as_str()) || label.is_some(),
        "{name} was not refused for its id: {somebodys:#}\nIf an argument is wrong, teach Types::plausible a better one."
    );
}

/// Whether an answer holds nothing but nulls, empty lists and refusals.
fn is_denied(answer: &Value) -> bool {
    let mut errors = answer["errors"].as_array().into_iter().flatten();
    errors.all(|error| {
        let message = error["message"].as_str().unwrap();
        refuses(&error["extensions"]["code"]) || REFUSALS.iter().any(|end| message.ends_with(end))
    }) && is_nothing(&answer["data"])
}

fn refuses(code: &Value) -> bool {
    code.as_str().is_some_and(|code| DENIALS.contains(&code))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(fields) => fields.iter().all(|(name, value)| match name.as_str() {
            "__typename" => true,
            "errors" => {
                let mut errors = value.as_array().into_iter().flatten();
                errors.all(|error| refuses(&error["code"]))
            }
            _ => is_nothing(value),
        }),
        Value::Bool(true) | Value::String(_) => false,
    }
}

/// Every row that is there now must be there later.
async fn rows(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in app.tables().await {
        let rows = app.dump(&table).await;
        all.insert(table, rows);
    }
    all
}

macro_rules! with_ids {
    ($($name:ident: $kind:literal;)*) => {$(
        every_database!(
            with = |config| {
                // Only what is asked for changes anything, and everything may be asked for.
                config.jobs.inline = false;
                config.limits.cost = 10_000_000;
                config.limits.aliases = 10_000;
                config.limits.tokens = 1_000_000;
                config.rates.ai = 1_000_000;
                config.rates.viewer = 0;
                config.rates.stranger = 0;
                config.rates.address = 0;
            },
            async fn $name(app: TestApp) {
                let private = Private::of(&app).await;
                let before = rows(&app).await;
                let ann = app.user("ann").await;
                let own = things(&ann).await;
                let types = Types::of(&ann).await;
                let mut tried = 0;
                for field in types.fields($kind) {
                    let pairs = pairs(&types, $kind, &field, &own, &private);
                    tried += pairs.len();
                    try_all(&ann, &pairs, &private).await;
                    try_all(&app.client(), &pairs, &private).await;
                }
                assert!(tried > 50, "only {tried} calls were made");
                let after = rows(&app).await;
                for (table, rows) in before {
                    for row in rows {
                        assert!(after[&table].contains(&row), "{table} has lost {row}");
                    }
                }
            }
        );
    )*};
}

with_ids! {
    no_query_gives_anything_of_other_people_s_for_its_id: "Query";
    no_mutation_changes_or_tells_anything_of_other_people_s_for_its_id: "Mutation";
}

every_database!(
    with = |config| {
        config.jobs.inline = false;
        config.limits.cost = 10_000_000;
        config.limits.aliases = 10_000;
        config.rates.viewer = 0;
        config.rates.stranger = 0;
        config.rates.address = 0;
    },
    async fn no_field_of_one_s_own_things_gives_other_people_s_for_an_id(app: TestApp) {
        let private = Private::of(&app).await;
        let ann = app.user("ann").await;
        let own = things(&ann).await;
        let types = Types::of(&ann).await;
        let mut tried = 0;
        for of in types.behind("Node") {
            let pairs = calls::inner_pairs(&types, &of, &own, &private);
            tried += pairs.len();
            try_all(&ann, &pairs, &private).await;
        }
        assert!(tried > 0);
    }
);

every_database!(
    with = |config| {
        config.jobs.inline = false;
        config.rates.ai = 1_000_000;
        config.rates.viewer = 0;
        config.rates.stranger = 0;
        config.rates.address = 0;
    },
    async fn no_subscription_tells_anything_of_other_people_s_for_its_id(app: TestApp) {
        let private = Private::of(&app).await;
        let ann = app.user("ann").await;
        let own = things(&ann).await;
        let types = Types::of(&ann).await;
        let mut tried = 0;
        for field in types.fields("Subscription") {
            for pair in pairs(&types, "Subscription", &field, &own, &private) {
                for client in [&ann, &app.client()] {
                    let mut endings = Vec::new();
                    for call in [&pair.nobodys, &pair.somebodys] {
                        let variables = call.variables.clone();
                        let mut stream = app.subscribe(client, &call.query, variables).await;
                        let mut told = Vec::new();
                        let ending = loop {
                            match stream.answer().await {
                                Ok(payload) => told.push(payload["data"].clone()),
                                Err(ending) => break ending,
                            }
                        };
                        endings.push((told, ending));
                    }
                    let name = pair.somebodys.name();
                    let (told, ending) = &endings[1];
                    private.tells_nothing(&json!(told), &pair.ids, &name);
                    match ending {
                        Ending::Failed(errors) => private.tells_nothing(errors, &pair.ids, &name),
                        ending => assert!(
                            CHOSEN.contains(&pair.field.as_str()),
                            "{name} ends with {ending:?}"
                        ),
                    }
                    assert_eq!(endings[0], endings[1], "{name}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 10, "only {tried} subscriptions were tried");
    }
);
