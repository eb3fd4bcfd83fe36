//! What may be kept of the answers to GET queries, and what is compressed.

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::support::{Client, TestApp, every_database, json};

const LIST: &str = "{ notebooks(first: 5) { nodes { title } } }";

/// Sends a query by GET with these headers, as `client`.
async fn ask(app: &TestApp, client: &Client, query: &str, headers: &[(&str, &str)]) -> Response {
    let mut url = url::Url::parse(&app.url()).unwrap();
    url.set_path("/graphql");
    url.query_pairs_mut().append_pair("query", query);
    let mut request = client.http().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !client.access_token.is_empty() {
        request = request.bearer_auth(&client.access_token);
    }
    request.send().await.unwrap()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).map(|value| value.to_str().unwrap());
    value.unwrap_or_default()
}

async fn published(client: &Client, title: &str) -> String {
    let notebook = client.notebook(title).await;
    let reply = client
        .graphql(
            "mutation ($id: ID!) { publishNotebook(notebookId: $id) { errors { code message } } }",
            json!({ "id": notebook }),
        )
        .await;
    assert_eq!(reply.user_errors("publishNotebook"), &json!([]));
    notebook
}

async fn rename(client: &Client, notebook: &str, title: &str) {
    let reply = client
        .graphql(
            "mutation ($input: UpdateNotebookInput!) {
               updateNotebook(input: $input) { errors { code message } }
             }",
            json!({ "input": { "notebookId": notebook, "title": title } }),
        )
        .await;
    assert_eq!(reply.user_errors("updateNotebook"), &json!([]));
}

every_database!(
    async fn what_everybody_may_see_is_kept_and_asked_for_by_its_tag(app: TestApp) {
        let ann = app.user("ann").await;
        let notebook = published(&ann, "Birds").await;
        let first = ask(&app, &app.client(), LIST, &[]).await;
        assert_eq!(first.status(), 200);
        let headers = first.headers().clone();
        assert_eq!(text(&headers, "cache-control"), "public, max-age=10");
        let vary = text(&headers, "vary").to_lowercase();
        for name in ["accept", "authorization", "cookie", "origin"] {
            assert!(vary.contains(name), "{vary}");
        }
        let body: Value = first.json().await.unwrap();
        assert_eq!(body["data"]["notebooks"]["nodes"][0]["title"], "Birds");

        let tag = text(&headers, "etag");
        assert!(tag.starts_with("W/\""), "{tag}");
        for known in [tag.to_owned(), format!("\"other\", {tag}"), "*".to_owned()] {
            let known = [("if-none-match", known.as_str())];
            let again = ask(&app, &app.client(), LIST, &known).await;
            assert_eq!(again.status(), 304);
            assert_eq!(text(again.headers(), "etag"), tag);
            assert_eq!(text(again.headers(), "cache-control"), "public, max-age=10");
            assert_eq!(again.text().await.unwrap(), "");
        }

        rename(&ann, &notebook, "Gulls").await;
        let changed = ask(&app, &app.client(), LIST, &[("if-none-match", tag)]).await;
        assert_eq!(changed.status(), 200);
        assert_ne!(text(changed.headers(), "etag"), tag);
    }
);

every_database!(
    async fn what_is_somebody_s_or_of_the_moment_is_never_kept(app: TestApp) {
        let ann = app.user("ann").await;
        published(&ann, "Birds").await;
        let nobody = app.client();
        let cookie = format!("pluma_access={}", ann.access_token);
        let answers = [
            ("signed in", ask(&app, &ann, LIST, &[]).await),
            (
                "signed in by cookie",
                ask(&app, &nobody, LIST, &[("cookie", &cookie)]).await,
            ),
            ("viewer", ask(&app, &nobody, "{ viewer { id } }", &[]).await),
            (
                "viewer beside what may be kept",
                ask(
                    &app,
                    &nobody,
                    "{ notebooks { nodes { title } } ...on Query { me: viewer { id } } }",
                    &[],
                )
                .await,
            ),
            (
                "health",
                ask(&app, &nobody, "{ health { version } }", &[]).await,
            ),
            (
                "an invalid query",
                ask(&app, &nobody, "{ nothing }", &[]).await,
            ),
            (
                "an error at a field",
                ask(
                    &app,
                    &nobody,
                    "{ notebooks { nodes { title } } users { nodes { id } } }",
                    &[],
                )
                .await,
            ),
        ];
        for (what, answer) in answers {
            assert_eq!(
                text(answer.headers(), "cache-control"),
                "no-store",
                "{what}"
            );
            assert_eq!(text(answer.headers(), "etag"), "", "{what}");
        }
        let posted = nobody.graphql(LIST, json!({})).await;
        assert_eq!(text(&posted.headers, "cache-control"), "no-store");
    }
);

every_database!(
    async fn who_is_signed_in_by_cookie_sees_their_own(app: TestApp) {
        let ann = app.user("ann").await;
        let cookie = format!("pluma_access={}", ann.access_token);
        let query = "{ viewer { username } }";
        let answer = ask(&app, &app.client(), query, &[("cookie", &cookie)]).await;
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["data"]["viewer"]["username"], "ann");
    }
);

every_database!(
    with = |config| {
        config.server.public_max_age = std::time::Duration::ZERO;
    },
    async fn caches_are_told_to_ask_each_time(app: TestApp) {
        let answer = ask(&app, &app.client(), LIST, &[]).await;
        assert_eq!(text(answer.headers(), "cache-control"), "public, max-age=0");
        assert!(!text(answer.headers(), "etag").is_empty());
    }
);

every_database!(
    async fn json_is_compressed_and_streams_are_not(app: TestApp) {
        let query = "{ __schema { types { name description } } }";
        for coding in ["gzip", "br", "zstd"] {
            let headers = [("accept-encoding", coding)];
            let answer = ask(&app, &app.client(), query, &headers).await;
            assert_eq!(text(answer.headers(), "content-encoding"), coding);
            let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
            let vary = format!("{vary:?}").to_lowercase();
            assert!(vary.contains("accept-encoding") && vary.contains("authorization"));
            let posted = app
                .client()
                .http()
                .post(format!("{}/graphql", app.url()))
                .header("accept-encoding", coding)
                .json(&json!({ "query": query }));
            let posted = posted.send().await.unwrap();
            assert_eq!(text(posted.headers(), "content-encoding"), coding);
            for accept in [
                "text/event-stream",
                "multipart/mixed;boundary=graphql;subscriptionSpec=1.0",
            ] {
                let headers = [("accept-encoding", coding), ("accept", accept)];
                let answer = ask(&app, &app.client(), query, &headers).await;
                assert_eq!(answer.status(), 200);
                assert_eq!(text(answer.headers(), "content-encoding"), "");
                assert!(answer.text().await.unwrap().contains("Notebook"));
            }
        }
    }
);
