//! Somebody who sends requests.

use std::time::Duration;

use reqwest::Body;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::Reply;

/// A user of the server, or nobody in particular.
#[derive(Clone, Default)]
pub struct Client {
    url: String,
    http: reqwest::Client,
    /// The account's id; empty for nobody.
    pub id: String,
    /// Its name.
    pub username: String,
    /// What it shows; empty for nobody.
    pub access_token: String,
    /// What it gets a new one with.
    pub refresh_token: String,
}

/// A page and the revision that holds its text.
#[derive(Debug, Clone)]
pub struct Page {
    /// The page.
    pub id: String,
    /// Its current revision.
    pub revision_id: String,
}

impl Client {
    /// Nobody in particular, at the server of this address.
    pub fn anonymous(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .timeout(Duration::from_secs(60));
        Self {
            url: url.to_owned(),
            http: http.build().unwrap(),
            ..Self::default()
        }
    }

    /// The same somebody at another server, with the same tokens.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The password of every user.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Registers, and signs in with that.
    pub async fn register(&self, name: &str) -> Self {
        let input = json!({
            "username": name,
            "email": format!("{name}@example.org"),
            "password": PASSWORD,
        });
        let reply = self
            .graphql(
                "mutation ($input: RegisterInput!) {
                   register(input: $input) {
                     user { id username }
                     accessToken
                     refreshToken
                     errors { code message path }
                   }
                 }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(reply.user_errors("register"), &json!([]));
        Self {
            id: reply.text("/register/user/id").to_owned(),
            username: name.to_owned(),
            access_token: reply.text("/register/accessToken").to_owned(),
            refresh_token: reply.text("/register/refreshToken").to_owned(),
            ..Self::anonymous(&self.url)
        }
    }

    /// Signs in as a user whom [`Self::register`] made.
    pub async fn sign_in(&self, name: &str) -> Self {
        let login = "mutation ($input: LoginInput!) {
            login(input: $input) { user { id } accessToken refreshToken errors { code } } }";
        let input = json!({ "login": name, "password": PASSWORD });
        let reply = self.graphql(login, json!({ "input": input })).await;
        Self {
            id: reply.text("/login/user/id").to_owned(),
            username: name.to_owned(),
            access_token: reply.text("/login/accessToken").to_owned(),
            refresh_token: reply.text("/login/refreshToken").to_owned(),
            ..Self::anonymous(&self.url)
        }
    }

    /// The same user on a further device, signed in by password.
    pub async fn another_device(&self) -> Self {
        Self::anonymous(&self.url).sign_in(&self.username).await
    }

    /// Sends one operation.
    pub async fn graphql(&self, query: &str, variables: Value) -> Reply {
        self.post(&json!({ "query": query, "variables": variables }))
            .await
    }

    /// Sends a whole body to `/graphql`.
    pub async fn post(&self, body: &Value) -> Reply {
        Reply::read(self.request(body).send().await.unwrap()).await
    }

    /// Sends one operation with an idempotency key.
    pub async fn once(&self, key: &str, query: &str, variables: Value) -> Reply {
        let body = json!({ "query": query, "variables": variables });
        self.post_once(key, &body).await
    }

    /// Sends a whole body to `/graphql` with an idempotency key.
    pub async fn post_once(&self, key: &str, body: &Value) -> Reply {
        let request = self.request(body).header("idempotency-key", key);
        Reply::read(request.send().await.unwrap()).await
    }

    fn request(&self, body: &Value) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}/graphql", self.url)).json(body);
        match self.access_token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        }
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}{path}", self.url));
        request.send().await.unwrap()
    }

    /// A new notebook; gives its id.
    pub async fn notebook(&self, title: &str) -> String {
        let reply = self
            .graphql(
                "mutation ($input: CreateNotebookInput!) {
                   createNotebook(input: $input) {
                     notebook { id }
                     errors { code message path }
                   }
                 }",
                json!({ "input": { "title": title } }),
            )
            .await;
        assert_eq!(reply.user_errors("createNotebook"), &json!([]));
        reply.text("/createNotebook/notebook/id").to_owned()
    }

    /// A new page at the end of a notebook.
    pub async fn page(&self, notebook_id: &str, title: &str, content: &str) -> Page {
        let input = json!({ "notebookId": notebook_id, "title": title, "content": content });
        let reply = self
            .graphql(
                "mutation ($input: CreatePageInput!) {
                   createPage(input: $input) {
                     page { id currentRevision { id } }
                     errors { code message path }
                   }
                 }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(reply.user_errors("createPage"), &json!([]));
        Page {
            id: reply.text("/createPage/page/id").to_owned(),
            revision_id: reply.text("/createPage/page/currentRevision/id").to_owned(),
        }
    }

    /// Has texts processed in the background; gives the job's id.
    pub async fn batch(&self, contents: &[&str]) -> String {
        let inputs: Vec<_> = contents
            .iter()
            .map(|content| json!({ "content": content }))
            .collect();
        let query = "mutation ($inputs: [ProcessInput!]!) {
            processBatch(inputs: $inputs) { job { id } errors { code path } } }";
        let reply = self.graphql(query, json!({ "inputs": inputs })).await;
        assert_eq!(reply.user_errors("processBatch"), &json!([]));
        reply.text("/processBatch/job/id").to_owned()
    }

    /// Sends one operation with a file, which is the `file` of its variable `input`.
    pub async fn upload(&self, query: &str, input: Value, file: impl Into<Body>) -> Reply {
        self.upload_named(query, input, "file", file).await
    }

    /// The same with a name for the file.
    pub async fn upload_named(
        &self,
        query: &str,
        mut input: Value,
        name: &str,
        file: impl Into<Body>,
    ) -> Reply {
        input["file"] = Value::Null;
        let operations = json!({ "query": query, "variables": { "input": input } });
        let form = Form::new()
            .text("operations", operations.to_string())
            .text("map", r#"{"0":["variables.input.file"]}"#)
            .part("0", Part::stream(file).file_name(name.to_owned()));
        let request = self
            .http
            .post(format!("{}/graphql", self.url))
            .timeout(Duration::from_secs(300))
            .header("apollo-require-preflight", "1")
            .multipart(form);
        let request = match self.access_token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        };
        Reply::read(request.send().await.unwrap()).await
    }

    /// Imports a table; gives the dataset's id.
    pub async fn dataset(&self, name: &str, kind: &str, csv: impl Into<Body>) -> String {
        let query = "mutation ($input: ImportDatasetInput!) { importDataset(input: $input) {
            dataset { id } errors { code message path } } }";
        let input = json!({ "name": name, "kind": kind });
        let reply = self.upload(query, input, csv).await;
        assert_eq!(reply.user_errors("importDataset"), &json!([]));
        reply.text("/importDataset/dataset/id").to_owned()
    }

    /// The client underneath, for requests that are not GraphQL.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

/// Everybody's.
const PASSWORD: &str = "correct horse battery";
