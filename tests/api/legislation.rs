//! Bills, from a stand-in of the open-data service of the Chamber of Deputies.

mod down;
mod lists;
mod reading;
mod summary;

use std::time::Duration;

use pluma::config::Config;
use serde_json::Value;

use crate::support::*;

const BILL: &str = "query ($id: String!) { proposition(externalId: $id) {
    id externalId type number year summary authors status presentedOn url complete fetchedAt
    votes { externalId date body description approved } } }";
const LIST: &str = "query ($first: Int, $after: String, $filter: PropositionFilter) {
    propositions(first: $first, after: $after, filter: $filter) {
      edges { cursor node { externalId } }
      nodes { id externalId type number year summary }
      pageInfo { hasNextPage hasPreviousPage endCursor } } }";

/// How many bills the stand-in has.
const BILLS: usize = 230;

/// What the service answers, in the documented shapes.
fn chamber(asked: &Asked) -> Answer {
    let (path, query) = asked.line["GET ".len()..]
        .split_once('?')
        .unwrap_or((&asked.line["GET ".len()..], ""));
    let query: std::collections::HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", "v2", "proposicoes"] => {
            let wanted =
                |name: &str, of: String| query.get(name).is_none_or(|wanted| *wanted == of);
            let found: Vec<usize> = (1..=BILLS)
                .filter(|number| {
                    wanted("numero", number.to_string()) && wanted("ano", "2020".into())
                })
                .filter(|_| wanted("siglaTipo", "PL".into()))
                .filter(|number| {
                    query
                        .get("keywords")
                        .is_none_or(|words| summary(*number).contains(words))
                })
                .collect();
            let (page, size): (usize, usize) = (
                query["pagina"].parse().unwrap(),
                query["itens"].parse().unwrap(),
            );
            let page_of = found.chunks(size).nth(page - 1).unwrap_or_default();
            let mut links = vec![json!({ "rel": "self", "href": "https://example.org" })];
            if page * size < found.len() {
                links.push(json!({ "rel": "next", "href": "https://example.org" }));
            }
            let data: Vec<Value> = page_of.iter().map(|number| short(*number)).collect();
            Answer::Json(json!({ "dados": data, "links": links }))
        }
        ["api", "v2", "proposicoes", id, rest @ ..] => {
            let Some(number) = id
                .parse::<usize>()
                .ok()
                .filter(|id| (1001..=1000 + BILLS).contains(id))
            else {
                return Answer::Text(404, "{\"title\": \"Not Found\"}".into());
            };
            let data = match rest {
                [] => detailed(number - 1000),
                ["autores"] => {
                    json!([{ "uri": "x", "nome": "Ana Souza", "codTipo": 10000 }, { "nome": "Rui Lima" }, { "nome": null }])
                }
                ["votacoes"] => json!([
                    { "id": "2190585-10", "data": "2020-04-01", "dataHoraRegistro": "2020-04-01T20:25:10",
                      "siglaOrgao": "PLEN", "descricao": "Aprovado.", "aprovacao": 1, "uriEvento": null },
                    { "id": "2190585-11", "data": "2020-04-02", "dataHoraRegistro": null, "siglaOrgao": null,
                      "descricao": "Rejeitado.", "aprovacao": 0 },
                    { "id": "2190585-12", "data": null, "descricao": "Adiado.", "aprovacao": null },
                ]),
                _ => return Answer::Text(404, String::new()),
            };
            Answer::Json(
                json!({ "dados": data, "links": [{ "rel": "self", "href": "https://example.org" }] }),
            )
        }
        _ => Answer::Text(404, "<html>".into()),
    }
}

fn summary(number: usize) -> String {
    format!(
        "Dispõe sobre o item {number}{}",
        if number.is_multiple_of(2) {
            " da educação"
        } else {
            ""
        }
    )
}

fn short(number: usize) -> Value {
    json!({
        "id": 1000 + number, "uri": "https://example.org", "siglaTipo": "PL", "codTipo": 139,
        "numero": number, "ano": 2020, "ementa": summary(number),
    })
}

fn detailed(number: usize) -> Value {
    let mut bill = short(number);
    bill["dataApresentacao"] = json!("2020-03-30T14:30");
    bill["statusProposicao"] =
        json!({ "descricaoSituacao": "Aguardando Parecer", "siglaOrgao": "CCJC" });
    bill["urlInteiroTeor"] = json!("https://www.camara.leg.br/teor.pdf");
    bill
}

/// An application whose source is `service`.
async fn with(engine: Engine, service: &StandIn, tweak: fn(&mut Config)) -> TestApp {
    let url = service.url().join("/api/v2").unwrap();
    TestApp::on(engine, |config| {
        config.legislation.url = Some(url);
        config.legislation.timeout = Duration::from_secs(1);
        tweak(config);
    })
    .await
}

async fn bill(client: &Client, id: &str) -> Reply {
    client.graphql(BILL, json!({ "id": id })).await
}

/// Runs a test on every database with a source, and perhaps with a changed configuration.
macro_rules! with_source {
    (async fn $name:ident($app:ident: TestApp, $service:ident: StandIn $(,)?) $body:block) => {
        with_source!(with = |_config| {}, async fn $name($app: TestApp, $service: StandIn) $body);
    };
    (with = $tweak:expr, async fn $name:ident($app:ident: TestApp, $service:ident: StandIn $(,)?) $body:block) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for engine in [Engine::Sqlite, Engine::Postgres] {
                let $service = StandIn::start(chamber).await;
                let $app = with(engine, &$service, $tweak).await;
                $body
            }
        }
    };
}
pub(crate) use with_source;
