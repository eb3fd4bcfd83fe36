//! Changes that the AI proposes, on the wire.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, Subscription};
use futures_util::{Stream, StreamExt};

use super::revision::load_revision;
use super::saving::SavePagePayload;
use super::{Page, Revision, RevisionDiff};
use crate::ai::answer::{Answer, AnswerStatus};
use crate::ai::graphql::{AiOptionsInput, CompletionEvent, TokenUsage};
use crate::ai::loaders::Loaders as Answers;
use crate::db::types::Timestamp;
use crate::error::{Error, Result};
use crate::graphql::context::Request;
use crate::graphql::cost::cost;
use crate::graphql::payload::payload;
use crate::id::{PageId, ProposalId};
use crate::pages::loaders::Loaders;
use crate::pages::{self, Decision, Seen, Text, history, proposals};

/// Where a proposal is.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalStatus {
    /// It is being written.
    Streaming,
    /// It waits for somebody to accept or reject it.
    Open,
    /// It became a revision.
    Accepted,
    /// It was dropped.
    Rejected,
    /// It did not become a whole text: `error` says why.
    Failed,
}

/// A change to a page that the AI proposes. Nothing changes before somebody accepts it.
#[derive(Clone)]
pub struct EditProposal {
    /// Its row.
    pub proposal: pages::EditProposal,
    /// Its page as the viewer sees it.
    pub page: Seen,
}

impl EditProposal {
    async fn answer(&self, ctx: &Context<'_>) -> Result<Answer> {
        let id = self.proposal.answer_id;
        let answer = ctx.loaders::<Answers>()?.answers.load(id).await?;
        answer.ok_or_else(|| Error::internal("a proposal has no answer"))
    }

    async fn base(&self, ctx: &Context<'_>) -> Result<Arc<Text>> {
        let id = self.proposal.base_revision_id;
        let text = ctx.loaders::<Loaders>()?.texts.load(id).await?;
        text.ok_or_else(|| Error::internal("the base of a proposal has no text"))
    }

    async fn text(&self, ctx: &Context<'_>) -> Result<String> {
        let id = self.proposal.answer_id;
        let text = ctx.loaders::<Answers>()?.texts.load(id).await?;
        let text = text.unwrap_or_default();
        if self.answer(ctx).await?.status == AnswerStatus::Streaming {
            return Ok(text);
        }
        let base = self.base(ctx).await?;
        Ok(proposals::proposed(&base.content, &text))
    }
}

/// A change to a page that the AI proposes. Nothing changes before somebody accepts it.
#[Object]
impl EditProposal {
    /// The global id, `proposal_…`.
    pub async fn id(&self) -> ProposalId {
        self.proposal.id
    }

    /// The page.
    async fn page(&self) -> Page {
        Page(self.page.clone())
    }

    /// The text that is to change.
    async fn base_revision(&self, ctx: &Context<'_>) -> Result<Revision> {
        let found = load_revision(ctx, &self.page, self.proposal.base_revision_id).await?;
        found.ok_or_else(|| Error::internal("the base of a proposal is gone"))
    }

    /// What is to be done.
    async fn instruction(&self) -> &str {
        &self.proposal.instruction
    }

    /// Whether it is being written, waits, or what became of it.
    async fn status(&self, ctx: &Context<'_>) -> Result<ProposalStatus> {
        Ok(match self.proposal.decision {
            Some(Decision::Accepted) => ProposalStatus::Accepted,
            Some(Decision::Rejected) => ProposalStatus::Rejected,
            None => {
                let answer = self.answer(ctx).await?;
                match answer.status {
                    AnswerStatus::Streaming => ProposalStatus::Streaming,
                    _ if proposals::is_whole(&answer) => ProposalStatus::Open,
                    _ => ProposalStatus::Failed,
                }
            }
        })
    }

    /// The proposed text; while it is being written, what has arrived.
    async fn content(&self, ctx: &Context<'_>) -> Result<String> {
        self.text(ctx).await
    }

    /// What it changes in the text that it was asked for. `from` and `to` are both that revision, as the proposal itself
    /// is none.
    #[graphql(directive = cost::apply(10))]
    async fn diff(&self, ctx: &Context<'_>) -> Result<RevisionDiff> {
        let base = self.base(ctx).await?;
        let to = Text {
            title: base.title.clone(),
            content: self.text(ctx).await?,
        };
        let diff = history::compare(Some(base), Arc::new(to)).await?;
        let found = load_revision(ctx, &self.page, self.proposal.base_revision_id).await?;
        let base = found.ok_or_else(|| Error::internal("the base of a proposal is gone"))?;
        Ok(RevisionDiff {
            from: Some(base.clone()),
            to: base,
            diff,
        })
    }

    /// `provider/name` of the model that writes it, once that is known.
    async fn model(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.answer(ctx).await?.model)
    }

    /// What it used; null until it is written.
    async fn usage(&self, ctx: &Context<'_>) -> Result<Option<TokenUsage>> {
        Ok(self.answer(ctx).await?.usage().map(TokenUsage))
    }

    /// Why it failed, in words.
    async fn error(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let answer = self.answer(ctx).await?;
        let cut = "The model stopped before the end of the text: allow it more tokens, or split the page.";
        let whole = answer.status == AnswerStatus::Streaming || proposals::is_whole(&answer);
        Ok(match whole {
            true => None,
            false => answer.error.or_else(|| Some(cut.to_owned())),
        })
    }

    /// When it was asked for.
    async fn created_at(&self) -> Timestamp {
        self.proposal.created_at
    }
}

payload! {
    /// What asking for a change, or rejecting one, gives.
    EditProposalPayload {
        /// The proposal as it is now.
        proposal: EditProposal
    }
}

/// What the AI is to change.
#[derive(InputObject)]
pub struct ProposePageEditInput {
    /// Which page.
    page_id: PageId,
    /// What to do: `shorten`, `fix the spelling`, …; at most 2,000 characters.
    instruction: String,
    /// How the answer is wanted.
    options: Option<AiOptionsInput>,
}

/// What changes proposals.
#[derive(Default)]
pub struct ProposalMutations;

/// What changes proposals.
#[Object]
impl ProposalMutations {
    /// Asks the AI for a change; follow the text with `proposalStream`. Whoever may edit the page sees it, and accepts or
    /// rejects it.
    #[graphql(directive = cost::apply(100))]
    async fn propose_page_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which page, and what to do.")] input: ProposePageEditInput,
    ) -> Result<Option<EditProposalPayload>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let options = input.options.map(AiOptionsInput::read).unwrap_or_default();
        let made = proposals::propose(app, viewer, input.page_id, &input.instruction, options);
        let made = made
            .await
            .map(|(proposal, page)| EditProposal { proposal, page });
        EditProposalPayload::of(made).map(Some)
    }

    /// Saves a proposal as a revision that says which model wrote it. What was written since it was asked for is merged
    /// with it, or a `conflict` says what overlaps; then it stays open.
    async fn accept_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] proposal_id: ProposalId,
    ) -> Result<Option<SavePagePayload>> {
        let saved = proposals::accept(ctx.app()?, ctx.viewer()?, proposal_id).await;
        let (page, saved) = match saved {
            Ok((page, saved)) => (page, Ok(saved)),
            Err(error) => (PageId(uuid::Uuid::nil()), Err(error)),
        };
        SavePagePayload::of(ctx, page, saved).await.map(Some)
    }

    /// Drops a proposal; one that is being written stops.
    async fn reject_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] proposal_id: ProposalId,
    ) -> Result<Option<EditProposalPayload>> {
        let dropped = proposals::reject(ctx.app()?, ctx.viewer()?, proposal_id).await;
        let dropped = dropped.map(|(proposal, page)| EditProposal { proposal, page });
        EditProposalPayload::of(dropped).map(Some)
    }
}

/// What can be watched of proposals.
#[derive(Default)]
pub struct ProposalSubscriptions;

/// What can be watched of proposals.
#[Subscription]
impl ProposalSubscriptions {
    /// Streams the text of a proposal, from its start or after `afterSequence`; any number of clients, also after it is
    /// complete. Closing the stream stops nothing: `rejectProposal` does.
    async fn proposal_stream(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which proposal.")] proposal_id: ProposalId,
        #[graphql(
            desc = "Leaves out so many Unicode code points from the start: the `sequence` last seen."
        )]
        after_sequence: Option<i32>,
    ) -> Result<impl Stream<Item = Result<CompletionEvent>>> {
        let (app, viewer) = (ctx.app()?, ctx.viewer()?);
        let events = proposals::follow(app, viewer, proposal_id, after_sequence).await?;
        Ok(events.map(|event| event.map(CompletionEvent::from)))
    }
}
