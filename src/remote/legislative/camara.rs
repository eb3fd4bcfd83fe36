//! The open data of the Brazilian Chamber of Deputies, version 2. What a field lacks is left out, not refused.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use reqwest::header::ACCEPT;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{Answer, Bill, LegislativeSource, Listed, PAGE, Vote, Wanted};
use crate::error::Result;
use crate::remote::http::{Failure, Service};

/// A page of a hundred bills has some ten kilobytes; the votes on one bill may have more.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
/// Times come without a zone: they are Brasília's, three hours behind UTC.
const BRASILIA: i32 = -3 * 3600;
/// More of either are not kept.
const MOST_AUTHORS: usize = 1_000;
const MOST_VOTES: usize = 500;

/// The service.
pub(super) struct Camara {
    url: Url,
    service: Service,
}

impl Camara {
    /// The service at this address.
    pub(super) fn new(url: Url, timeout: Duration) -> Result<Self> {
        let service = Service::new("legislation", timeout, LONGEST_ANSWER)?;
        Ok(Self { url, service })
    }

    async fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        until: Instant,
    ) -> std::result::Result<Value, Failure> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("proposicoes").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request =
            |http: &reqwest::Client| http.get(url.clone()).header(ACCEPT, "application/json");
        let read = |body: &[u8]| {
            let answer = serde_json::from_slice::<Value>(body)
                .map_err(|_| "its answer is no JSON".to_owned())?;
            match answer.get("dados") {
                Some(data) if data.is_array() || data.is_object() => Ok(answer),
                _ => Err("its answer has no `dados`".to_owned()),
            }
        };
        self.service.ask(until, request, read).await
    }

    async fn bill(&self, id: &str, until: Instant) -> std::result::Result<Option<Bill>, Failure> {
        let answer = match self.get(&[id], &[], until).await {
            Err(Failure::Status(400 | 404)) => return Ok(None),
            answer => answer?,
        };
        let Some(mut found) = bill(&answer["dados"]) else {
            return Err(Failure::Final("its answer is no bill".to_owned()));
        };
        let (of_authors, of_votes) = ([id, "autores"], [id, "votacoes"]);
        let (authors, votes) = tokio::try_join!(
            self.get(&of_authors, &[], until),
            self.get(&of_votes, &[], until)
        )?;
        let named = items(&authors).filter_map(|author| text(author, "nome"));
        found.authors = named.take(MOST_AUTHORS).collect();
        found.votes = items(&votes).filter_map(vote).take(MOST_VOTES).collect();
        Ok(Some(found))
    }

    async fn page(
        &self,
        wanted: &Wanted,
        page: u32,
        until: Instant,
    ) -> std::result::Result<Listed, Failure> {
        let mut query = vec![
            ("pagina", page.to_string()),
            ("itens", PAGE.to_string()),
            ("ordem", "DESC".to_owned()),
            ("ordenarPor", "id".to_owned()),
        ];
        let given = [
            ("keywords", wanted.query.clone()),
            ("siglaTipo", wanted.kind.clone()),
            ("numero", wanted.number.map(|number| number.to_string())),
            ("ano", wanted.year.map(|year| year.to_string())),
        ];
        query.extend(
            given
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let answer = self.get(&[], &query, until).await?;
        let mut links = answer["links"].as_array().into_iter().flatten();
        Ok(Listed {
            more: links.any(|link| link["rel"] == "next"),
            bills: items(&answer).filter_map(bill).take(PAGE).collect(),
        })
    }
}

impl LegislativeSource for Camara {
    fn list<'a>(&'a self, wanted: &'a Wanted, page: u32, until: Instant) -> Answer<'a, Listed> {
        Box::pin(self.page(wanted, page, until))
    }

    fn find<'a>(&'a self, external_id: &'a str, until: Instant) -> Answer<'a, Option<Bill>> {
        Box::pin(self.bill(external_id, until))
    }
}

fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["dados"].as_array().into_iter().flatten()
}

/// A text that is not empty, or a number as text, without U+0000.
fn text(of: &Value, name: &str) -> Option<String> {
    let text = match of.get(name)? {
        Value::String(text) => text.trim().replace('\0', ""),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn number(of: &Value, name: &str) -> Option<i32> {
    text(of, name)?.parse().ok()
}

fn bill(data: &Value) -> Option<Bill> {
    Some(Bill {
        external_id: text(data, "id").filter(|id| super::is_external_id(id))?,
        kind: text(data, "siglaTipo").unwrap_or_default(),
        number: number(data, "numero").unwrap_or_default(),
        year: number(data, "ano").unwrap_or_default(),
        summary: text(data, "ementa").unwrap_or_default(),
        authors: Vec::new(),
        status: text(&data["statusProposicao"], "descricaoSituacao"),
        presented_on: text(data, "dataApresentacao").and_then(|text| day(&text)),
        url: text(data, "urlInteiroTeor").filter(|url| url.starts_with("http")),
        votes: Vec::new(),
    })
}

fn vote(data: &Value) -> Option<Vote> {
    let when = ["dataHoraRegistro", "data"];
    let when = when.iter().find_map(|name| time(&text(data, name)?));
    Some(Vote {
        external_id: text(data, "id")?,
        date: when,
        body: text(data, "siglaOrgao"),
        description: text(data, "descricao").unwrap_or_default(),
        approved: match &data["aprovacao"] {
            Value::Number(number) => number.as_i64().map(|number| number == 1),
            Value::Bool(approved) => Some(*approved),
            _ => None,
        },
    })
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let mut forms = forms.iter();
    let local = forms
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| day(text)?.and_hms_opt(0, 0, 0))?;
    let zone = FixedOffset::east_opt(BRASILIA)?;
    Some(local.and_local_timezone(zone).single()?.with_timezone(&Utc))
}
