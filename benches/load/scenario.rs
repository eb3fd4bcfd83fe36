//! What the clients ask for.

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::client::Client;
use crate::flowers;
use crate::random::Random;
use crate::seed;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// 20 notebooks, each with its owner and its first five pages; anonymous, at places of the list.
    NestedList,
    /// One page with its text; anonymous.
    Page,
    /// One page as HTML, which is rendered where the cache has it not; anonymous.
    PageHtml,
    /// An autosave of about 2 KB by the page's owner; each client goes through a hundred pages.
    Autosave,
    /// The best 20 hits of words, beginnings, phrases and several words that one page in 500 to one in 20 has; anonymous.
    Search,
    /// The same with their number, for a word that every page has.
    SearchCommon,
    /// One flower classified, and the answer kept; each client is a user.
    Classify,
}

const NESTED_LIST: &str = "query ($after: String) {
  notebooks(first: 20, after: $after) {
    nodes {
      id title publishedAt
      owner { id username displayName }
      pages(first: 5) { nodes { id title wordCount updatedAt } }
    }
    pageInfo { hasNextPage endCursor }
  }
}";
const PAGE: &str = "query ($id: ID!) {
  page(id: $id) {
    id title content wordCount updatedAt
    notebook { id title owner { id username displayName } }
  }
}";
const PAGE_HTML: &str = "query ($id: ID!) { page(id: $id) { id title html updatedAt } }";
const AUTOSAVE: &str = "mutation ($input: SavePageInput!) {
  savePage(input: $input) {
    revision { id number }
    page { id updatedAt }
    merged superseded
    conflict { current { id } }
    errors { code message path }
  }
}";
const CLASSIFY: &str = "mutation ($input: ClassifyInput!) {
  classify(input: $input) {
    classification { id label probabilities { label probability } latencyMs }
    errors { code message path }
  }
}";
const SEARCH: &str = "query ($query: String!) {
  search(query: $query, first: 20) {
    nodes { score snippet subject { __typename ... on Page { id title } } }
    pageInfo { hasNextPage endCursor }
  }
}";
const SEARCH_COMMON: &str = "query ($query: String!) {
  search(query: $query, first: 20) {
    totalCount
    nodes { score snippet subject { __typename ... on Page { id title } } }
  }
}";
/// Words that every page has.
const COMMON: [&str; 4] = [
    "morning ",
    "grandmother ",
    "writes place",
    "\"broken all of them\"",
];
const LOGIN: &str = "mutation ($input: LoginInput!) {
  login(input: $input) { accessToken errors { code message path } }
}";
/// How far into the list of notebooks the clients look.
const CURSORS: usize = 100;

/// A scenario with what its workers share.
pub struct Work {
    scenario: Scenario,
    cursors: Vec<Value>,
}

impl Work {
    /// Finds out what the workers need.
    pub async fn prepare(scenario: Scenario, client: &mut Client) -> Result<Self> {
        let mut cursors = vec![Value::Null];
        while scenario == Scenario::NestedList && cursors.len() < CURSORS {
            let last = cursors.last().cloned().unwrap_or_default();
            let data = client.ask(NESTED_LIST, &json!({ "after": last })).await?;
            cursors.push(data["notebooks"]["pageInfo"]["endCursor"].clone());
        }
        if scenario == Scenario::Classify {
            sign_in(client, 0).await?;
            flowers::train(client).await?;
        }
        Ok(Self { scenario, cursors })
    }
}

/// Signs in as one of the seeded users.
async fn sign_in(client: &mut Client, number: usize) -> Result<()> {
    let input = json!({ "login": seed::username(number), "password": seed::PASSWORD });
    let data = client.ask(LOGIN, &json!({ "input": input })).await?;
    let token = data["login"]["accessToken"].as_str();
    client.authorize(token.with_context(|| data.to_string())?);
    Ok(())
}

/// One client at work.
pub struct Worker {
    client: Client,
    scenario: Scenario,
    random: Random,
    cursors: Vec<Value>,
    name: String,
    pages: Vec<OpenPage>,
    turn: usize,
}

/// A page in an editor.
struct OpenPage {
    number: usize,
    base: String,
    sequence: u32,
}

impl Worker {
    /// Signs in where the scenario needs it.
    pub async fn start(number: u32, mut client: Client, work: &Work) -> Result<Self> {
        let number = number as usize;
        if matches!(work.scenario, Scenario::Autosave | Scenario::Classify) {
            sign_in(&mut client, number).await?;
        }
        let pages = if work.scenario == Scenario::Autosave {
            let open = |number| OpenPage {
                number,
                base: seed::revision_id(number).to_string(),
                sequence: 0,
            };
            seed::pages_of(number).map(open).collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            client,
            scenario: work.scenario,
            random: Random::new(number as u64),
            cursors: work.cursors.clone(),
            name: format!("editor-{number}"),
            pages,
            turn: 0,
        })
    }

    /// Sends one request and checks its answer.
    pub async fn step(&mut self) -> Result<()> {
        match self.scenario {
            Scenario::NestedList => {
                let after = &self.cursors[self.random.below(self.cursors.len())];
                let variables = json!({ "after": after });
                self.client.send(NESTED_LIST, &variables).await.map(drop)
            }
            Scenario::Page => self.read(PAGE).await,
            Scenario::PageHtml => self.read(PAGE_HTML).await,
            Scenario::Autosave => self.save().await,
            Scenario::Search => {
                // Pages whose number ends with 7 are drafts, and so are all of a topic or place that does.
                let public = |number: usize| if number % 10 == 7 { number + 1 } else { number };
                let topic = public(self.random.below(seed::TOPICS));
                let place = public(self.random.below(seed::PLACES));
                let query = match self.random.below(4) {
                    0 => format!("topic{topic} "),
                    1 => format!("morning topic{topic} diary "),
                    2 => format!("\"topic{topic} in place{}\"", topic % seed::PLACES),
                    // One page in twenty.
                    _ => format!("place{place} "),
                };
                self.search(SEARCH, &query).await
            }
            Scenario::SearchCommon => {
                let query = COMMON[self.random.below(COMMON.len())];
                self.search(SEARCH_COMMON, query).await
            }
            Scenario::Classify => {
                let features = flowers::flower(self.random.below(1_000));
                let input = json!({ "model": flowers::MODEL, "features": features });
                let variables = json!({ "input": input });
                self.client.send(CLASSIFY, &variables).await.map(drop)
            }
        }
    }

    async fn read(&mut self, query: &str) -> Result<()> {
        let number = loop {
            let number = self.random.below(seed::PAGES);
            if seed::is_public(number) {
                break number;
            }
        };
        let variables = json!({ "id": seed::page_id(number).to_string() });
        let body = self.client.send(query, &variables).await?;
        if body.starts_with(b"{\"data\":{\"page\":null") {
            bail!("page {number} is not there");
        }
        Ok(())
    }

    async fn search(&mut self, search: &str, query: &str) -> Result<()> {
        let variables = json!({ "query": query });
        let data = self.client.ask(search, &variables).await?;
        let found = data["search"]["nodes"].as_array().map_or(0, Vec::len);
        if found != 20 {
            bail!("{query} finds {found}: {data}");
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<()> {
        self.turn += 1;
        let index = self.turn % self.pages.len();
        let page = &mut self.pages[index];
        page.sequence += 1;
        let variables = json!({ "input": {
            "pageId": seed::page_id(page.number).to_string(),
            "baseRevisionId": page.base,
            "content": format!("{}\nSave {}.\n", seed::content(page.number), page.sequence),
            "autosave": true,
            "clientId": self.name,
            "clientSequence": page.sequence,
        } });
        let data = self.client.ask(AUTOSAVE, &variables).await?;
        let revision = data["savePage"]["revision"]["id"].as_str();
        page.base = revision.with_context(|| data.to_string())?.to_owned();
        Ok(())
    }
}
