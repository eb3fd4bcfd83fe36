//! Bills on the wire.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use tokio::sync::OnceCell;

use super::{listing, service, summary};
use crate::ai::graphql::{AiCompletion, AiCompletionPayload, AiOptionsInput};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::PageInfo;
use crate::graphql::context::Request;
use crate::graphql::cost::{cost, list_size};
use crate::graphql::date::Date;
use crate::id::PropositionId;
use crate::legislation;
use crate::remote::legislative::{Vote, Wanted};

/// A bill, as an open-data service of a parliament gives it.
#[derive(Clone)]
pub struct Proposition {
    row: legislation::Proposition,
    /// With what a list does not tell, read once for all fields.
    detailed: Arc<OnceCell<legislation::Proposition>>,
}

impl Proposition {
    /// A bill as it is kept.
    pub fn of(row: legislation::Proposition) -> Self {
        Self {
            row,
            detailed: Arc::default(),
        }
    }

    async fn detailed(&self, ctx: &Context<'_>) -> Result<&legislation::Proposition> {
        let app = ctx.app()?;
        self.detailed
            .get_or_try_init(|| service::detailed(app, self.row.clone()))
            .await
    }
}

/// A bill, as an open-data service of a parliament gives it.
#[Object]
impl Proposition {
    /// The global id, `proposition_…`.
    pub async fn id(&self) -> PropositionId {
        self.row.id
    }

    /// The id at the source.
    async fn external_id(&self) -> &str {
        &self.row.external_id
    }

    /// `PL`, `PEC`, `MPV`, …
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.row.kind
    }

    /// The number within the year.
    async fn number(&self) -> i32 {
        self.row.number
    }

    /// The year.
    async fn year(&self) -> i32 {
        self.row.year
    }

    /// What the bill is about, in the source's own words.
    async fn summary(&self) -> &str {
        &self.row.summary
    }

    /// Who brought it in. Lists of the source do not tell: it is then asked for each bill, so select it in lists
    /// only where it is shown.
    #[graphql(directive = cost::apply(5))]
    async fn authors(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        Ok(self.detailed(ctx).await?.authors())
    }

    /// Where it is in the procedure, in the source's own words.
    #[graphql(directive = cost::apply(5))]
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.detailed(ctx).await?.status.as_deref())
    }

    /// The day on which it was brought in.
    #[graphql(directive = cost::apply(5))]
    async fn presented_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let day = self.detailed(ctx).await?.presented_on.as_deref();
        Ok(day.and_then(|day| day.parse::<NaiveDate>().ok()).map(Date))
    }

    /// The whole text, at the source.
    #[graphql(directive = cost::apply(5))]
    async fn url(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.detailed(ctx).await?.url.as_deref())
    }

    /// The votes on it, as the source orders them.
    #[graphql(directive = cost::apply(5), directive = list_size::apply(Some(20), None))]
    async fn votes(&self, ctx: &Context<'_>) -> Result<Vec<PropositionVote>> {
        let votes = self.detailed(ctx).await?.votes();
        Ok(votes.into_iter().map(PropositionVote::of).collect())
    }

    /// Whether authors, status and votes were read; false while the source is down and only a list told of the bill.
    #[graphql(directive = cost::apply(5))]
    async fn complete(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.detailed(ctx).await?.details_at.is_some())
    }

    /// When the source last told of it; a while ago where the source is down.
    async fn fetched_at(&self) -> Timestamp {
        self.row.fetched_at
    }
}

/// A vote on a bill.
#[derive(SimpleObject)]
pub struct PropositionVote {
    /// The id at the source.
    external_id: String,
    /// When it was taken.
    date: Option<Timestamp>,
    /// Which part of the parliament voted: `PLEN`, `CCJC`, …
    body: Option<String>,
    /// What was decided, in the source's own words.
    description: String,
    /// Whether it was accepted; null where the source does not say.
    approved: Option<bool>,
}

impl PropositionVote {
    fn of(vote: Vote) -> Self {
        Self {
            external_id: vote.external_id,
            date: vote.date.map(Timestamp),
            body: vote.body,
            description: vote.description,
            approved: vote.approved,
        }
    }
}

/// One of the bills, with its place in the list.
#[derive(SimpleObject)]
pub struct PropositionEdge {
    /// The place in the list: pass it as `after`.
    cursor: String,
    /// The bill itself.
    node: Proposition,
}

/// A page of a list of bills; how many there are in all, the source does not say.
pub struct PropositionConnection(listing::Listing);

/// A page of a list of bills; how many there are in all, the source does not say.
#[Object]
impl PropositionConnection {
    /// The bills with their cursors.
    async fn edges(&self) -> Vec<PropositionEdge> {
        let rows = self.0.rows.iter();
        rows.map(|(cursor, row)| PropositionEdge {
            cursor: cursor.clone(),
            node: Proposition::of(row.clone()),
        })
        .collect()
    }

    /// The bills alone.
    async fn nodes(&self) -> Vec<Proposition> {
        let rows = self.0.rows.iter();
        rows.map(|(_, row)| Proposition::of(row.clone())).collect()
    }

    /// What lies around this page.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.0.more,
            has_previous_page: self.0.previous,
            start_cursor: self.0.rows.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: self.0.rows.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// Which bills; each field narrows it.
#[derive(InputObject, Default)]
pub struct PropositionFilter {
    /// Words of the summary or the keywords; at most 200 characters.
    query: Option<String>,
    /// `PL`, `PEC`, `MPV`, …
    #[graphql(name = "type")]
    kind: Option<String>,
    /// The number within the year.
    number: Option<i32>,
    /// The year.
    year: Option<i32>,
}

/// What can be asked about bills.
#[derive(Default)]
pub struct PropositionQueries;

/// What can be asked about bills.
#[Object]
impl PropositionQueries {
    /// Bills from the source, cached; while it is down, those that were read before. For signed-in viewers.
    #[graphql(directive = cost::apply(20))]
    async fn propositions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many; 20 where it is omitted, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only what stands behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Which bills; all of them where it is omitted.")] filter: Option<
            PropositionFilter,
        >,
    ) -> Result<Option<PropositionConnection>> {
        let filter = filter.unwrap_or_default();
        let wanted = Wanted {
            query: filter.query,
            kind: filter.kind,
            number: filter.number,
            year: filter.year,
        };
        let found = listing::list(ctx.app()?, ctx.viewer()?, first, after, wanted).await?;
        Ok(Some(PropositionConnection(found)))
    }

    /// A bill with its votes, from the source, cached; what was read before stays readable while the source is down.
    /// Null where there is none. For signed-in viewers.
    #[graphql(directive = cost::apply(20))]
    async fn proposition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The bill's id at the source.")] external_id: String,
    ) -> Result<Option<Proposition>> {
        let found = service::find_external(ctx.app()?, ctx.viewer()?, &external_id).await?;
        Ok(found.map(Proposition::of))
    }
}

/// What can be asked of the AI about bills.
#[derive(Default)]
pub struct PropositionMutations;

/// What can be asked of the AI about bills.
#[Object]
impl PropositionMutations {
    /// Summarises a bill with the AI, in plain words and in the language of its text.
    #[graphql(directive = cost::apply(100))]
    async fn summarize_proposition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The bill's id at the source.")] external_id: String,
        #[graphql(desc = "How the answer is wanted.")] options: Option<AiOptionsInput>,
    ) -> Result<Option<AiCompletionPayload>> {
        let options = options.map(AiOptionsInput::read).unwrap_or_default();
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let result = summary::summarize(app, viewer, &external_id, options).await;
        AiCompletionPayload::of(result.map(AiCompletion)).map(Some)
    }
}
