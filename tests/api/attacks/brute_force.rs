//! Passwords guessed one by one, by alias, by fragment, in batches and from many addresses.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp, every_database};

const LOGIN: &str = "mutation ($input: LoginInput!) {
  login(input: $input) { user { username } errors { code } }
}";
const WRONG: &str = "not her password";

/// Behind one proxy, so that a test can come from any address.
fn proxied(config: &mut pluma::config::Config) {
    config.server.trusted_proxies = 1;
}

async fn send(request: RequestBuilder, address: &str) -> Reply {
    let request = request.header("x-forwarded-for", address);
    Reply::read(request.send().await.unwrap()).await
}

/// The code that an attempt to sign in is answered with; `OK` where it succeeds.
async fn attempt(client: &Client, app: &TestApp, who: (&str, &str), address: &str) -> String {
    let (login, password) = who;
    let input = json!({ "input": { "login": login, "password": password } });
    let request = client.http().post(format!("{}/graphql", app.url()));
    let request = request.json(&json!({ "query": LOGIN, "variables": input }));
    let reply = send(request, address).await;
    if reply.body.get("errors").is_some() {
        let extensions = &reply.body["errors"][0]["extensions"];
        assert!(extensions["retryAfter"].as_u64() > Some(0), "{extensions}");
        assert!(reply.headers.contains_key("retry-after"));
        return reply.code().to_owned();
    }
    match reply.user_errors("login") {
        Value::Array(errors) if errors.is_empty() => "OK".to_owned(),
        errors => errors[0]["code"].as_str().unwrap().to_owned(),
    }
}

/// Registers from an address.
async fn register(app: &TestApp, name: &str, address: &str) -> Client {
    let client = app.client();
    let input = json!({ "username": name, "email": format!("{name}@example.org"), "password": client.password() });
    let query = "mutation ($input: RegisterInput!) { register(input: $input) { errors { code } } }";
    let request = client.http().post(format!("{}/graphql", app.url()));
    let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
    let reply = send(request, address).await;
    assert_eq!(reply.user_errors("register"), &json!([]));
    client
}

async fn refusals(app: &TestApp) -> usize {
    let sql = "UPDATE logs SET username = username WHERE action = 'session.refused'";
    app.execute(sql).await
}

fn aliased(times: usize) -> String {
    let login =
        format!(r#"login(input: {{ login: "ann", password: "{WRONG}" }}) {{ errors {{ code }} }}"#);
    (0..times).map(|at| format!("a{at}: {login} ")).collect()
}

every_database!(
    async fn a_hundred_guesses_in_one_request_are_refused_before_the_first(app: TestApp) {
        app.user("ann").await;
        let client = app.client();
        let many = aliased(100);
        let spread: String = (0..61).map(|at| format!("...f{at} ")).collect();
        let fragments: String = (0..61)
            .map(|at| {
                let login = aliased(1).replace("a0:", &format!("b{at}:"));
                format!("fragment f{at} on Mutation {{ {login} }} ")
            })
            .collect();
        for query in [
            format!("mutation {{ {many} }}"),
            format!("mutation {{ {spread} }} {fragments}"),
            format!("mutation {{ ... {{ ... on Mutation {{ {many} }} }} }}"),
        ] {
            let reply = client.graphql(&query, json!({})).await;
            assert_eq!(reply.code(), "RATE_LIMITED");
            assert!(reply.body["data"].is_null());
        }
        assert_eq!(refusals(&app).await, 0, "no password was looked at");
    }
);

every_database!(
    async fn a_batch_is_counted_operation_by_operation(app: TestApp) {
        app.user("ann").await;
        let one = json!({ "query": format!("mutation {{ {} }}", aliased(9)) });
        let reply = app.client().post(&json!(vec![one; 10])).await;
        let answers = reply.body.as_array().unwrap();
        let refused = answers
            .iter()
            .filter(|answer| answer["data"].is_null())
            .count();
        // 60 attempts a minute, one of them Ann's registration: six operations of nine fit, and what a slow
        // machine lets refill meanwhile.
        assert!((1..=4).contains(&refused), "{refused} are refused");
        assert!(reply.headers.contains_key("retry-after"));
        // Beyond its first ten wrong passwords, none was looked at in these either, but for one in 90 seconds.
        let wrong =
            |answer: &serde_json::Value| answer.to_string().matches("WRONG_CREDENTIALS").count();
        let looked_at: usize = answers.iter().map(wrong).sum();
        assert!((10..=12).contains(&looked_at), "{looked_at} were looked at");
    }
);

every_database!(
    with = proxied,
    async fn guesses_at_an_account_are_slowed_and_its_owner_still_gets_in(app: TestApp) {
        let owner = register(&app, "ann", "192.0.2.1").await;
        let stranger = app.client();
        let right = ("ann", owner.password());
        for at in 0..10 {
            let from = format!("198.51.100.{at}");
            let code = attempt(&stranger, &app, ("ann", WRONG), &from).await;
            assert_eq!(code, "WRONG_CREDENTIALS");
        }
        // Who knows nothing about the account has to wait, with the right password too.
        let code = attempt(&stranger, &app, ("ann", WRONG), "198.51.100.99").await;
        assert_eq!(code, "RATE_LIMITED");
        let code = attempt(&app.client(), &app, right, "203.0.113.1").await;
        assert_eq!(code, "RATE_LIMITED");
        // Her own browser gets in from anywhere, and any browser from where she has been before.
        assert_eq!(attempt(&owner, &app, right, "203.0.113.2").await, "OK");
        assert_eq!(attempt(&app.client(), &app, right, "192.0.2.1").await, "OK");
        // What she does gives nobody else more guesses.
        let code = attempt(&stranger, &app, ("ann", WRONG), "198.51.100.99").await;
        assert_eq!(code, "RATE_LIMITED");
    }
);

every_database!(
    with = proxied,
    async fn a_known_device_has_as_many_guesses_and_no_more(app: TestApp) {
        let thief = register(&app, "ann", "192.0.2.1").await;
        for at in 0..10 {
            let from = format!("198.51.100.{at}");
            let code = attempt(&thief, &app, ("ann", WRONG), &from).await;
            assert_eq!(code, "WRONG_CREDENTIALS");
        }
        let code = attempt(&thief, &app, ("ann", WRONG), "198.51.100.99").await;
        assert_eq!(code, "RATE_LIMITED");
        // The cookie is good for the account that it was given to alone.
        register(&app, "bob", "192.0.2.2").await;
        for at in 0..10 {
            let from = format!("198.51.101.{at}");
            attempt(&app.client(), &app, ("bob", WRONG), &from).await;
        }
        let code = attempt(&thief, &app, ("bob", WRONG), "198.51.101.99").await;
        assert_eq!(code, "RATE_LIMITED");
    }
);

every_database!(
    with = proxied,
    async fn an_account_that_does_not_exist_is_slowed_alike(app: TestApp) {
        register(&app, "ann", "192.0.2.1").await;
        let mut answers = Vec::new();
        for name in ["ann", "nobody"] {
            let mut codes = Vec::new();
            for at in 0..12 {
                let from = format!("198.51.100.{at}");
                codes.push(attempt(&app.client(), &app, (name, WRONG), &from).await);
            }
            answers.push(codes);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0][9], "WRONG_CREDENTIALS");
        assert_eq!(answers[0][10..], ["RATE_LIMITED", "RATE_LIMITED"]);
    }
);

every_database!(
    with = proxied,
    async fn one_address_guesses_at_few_accounts(app: TestApp) {
        let mut codes = Vec::new();
        for at in 0..31 {
            let name = format!("user{at}");
            codes.push(attempt(&app.client(), &app, (&name, WRONG), "198.51.100.1").await);
        }
        assert!(codes[..30].iter().all(|code| code == "WRONG_CREDENTIALS"));
        assert_eq!(codes[30], "RATE_LIMITED");
        // An address of IPv6 is a network of them.
        for at in 0..30 {
            let name = format!("user{at}");
            let from = format!("2001:db8:1:2::{at:x}");
            attempt(&app.client(), &app, (&name, WRONG), &from).await;
        }
        let code = attempt(&app.client(), &app, ("more", WRONG), "2001:db8:1:2:3::1").await;
        assert_eq!(code, "RATE_LIMITED");
        let code = attempt(&app.client(), &app, ("more", WRONG), "2001:db8:1:3::1").await;
        assert_eq!(code, "WRONG_CREDENTIALS");
    }
);

every_database!(
    with = |config| {
        proxied(config);
        config.accounts.login_attempts = 2;
        config.accounts.login_address_attempts = 2;
    },
    async fn the_right_password_costs_nothing(app: TestApp) {
        let owner = register(&app, "ann", "192.0.2.1").await;
        for _ in 0..5 {
            let right = ("ann", owner.password());
            assert_eq!(
                attempt(&app.client(), &app, right, "198.51.100.1").await,
                "OK"
            );
        }
    }
);

every_database!(
    with = |config| config.accounts.login_attempts = 3,
    async fn a_stolen_session_cannot_be_used_to_guess_the_password(app: TestApp) {
        let thief = app.user("ann").await;
        let change = "mutation ($current: String!) {
            changePassword(currentPassword: $current, newPassword: \"a password of the thief's\") { errors { code } }
        }";
        let delete = "mutation ($current: String!) { deleteAccount(password: $current) { errors { code } } }";
        for (query, field) in [
            (change, "changePassword"),
            (delete, "deleteAccount"),
            (change, "changePassword"),
        ] {
            let reply = thief.graphql(query, json!({ "current": WRONG })).await;
            assert_eq!(reply.user_errors(field)[0]["code"], "WRONG_CREDENTIALS");
        }
        for query in [change, delete] {
            let reply = thief
                .graphql(query, json!({ "current": thief.password() }))
                .await;
            assert_eq!(reply.code(), "RATE_LIMITED");
        }
        // The owner signs in, and her new session has guesses of its own.
        let input = json!({ "input": { "login": "ann", "password": thief.password() } });
        let query = LOGIN.replace("user {", "accessToken user {");
        let reply = app.client().graphql(&query, input).await;
        let mut owner = app.client();
        owner.access_token = reply.text("/login/accessToken").to_owned();
        let reply = owner
            .graphql(change, json!({ "current": thief.password() }))
            .await;
        assert_eq!(reply.user_errors("changePassword"), &json!([]));
    }
);

every_database!(
    async fn a_failure_is_written_down_without_what_was_typed(app: TestApp) {
        app.user("ann").await;
        for login in ["ann", "nobody"] {
            let input = json!({ "input": { "login": login, "password": WRONG } });
            app.client().graphql(LOGIN, input).await;
        }
        let known = "UPDATE logs SET username = username WHERE action = 'session.refused'
            AND subject_id LIKE 'user_%' AND request_id IS NOT NULL AND ip IS NOT NULL";
        assert_eq!((refusals(&app).await, app.execute(known).await), (2, 1));
        let typed = format!(
            "UPDATE logs SET username = username WHERE username = 'nobody'
            OR CAST(details AS TEXT) LIKE '%{WRONG}%' OR subject_id LIKE '%nobody%'"
        );
        assert_eq!(app.execute(&typed).await, 0);
    }
);
