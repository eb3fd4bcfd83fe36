//! Relay's `node`: whatever has a global id, found by its prefix.

use async_graphql::{Context, ID, Interface, Object};

use futures_util::future::BoxFuture;

use crate::accounts::graphql::{ApiKey, Session, User, load_user};
use crate::accounts::service as accounts;
use crate::background;
use crate::background::graphql::Job;
use crate::chat::graphql::{Chat, ChatMessage};
use crate::chat::loaders::Loaders as ChatLoaders;
use crate::datasets::graphql::{Dataset, load_dataset};
use crate::error::{Error, Result};
use crate::graphql::context::Request;
use crate::graphql::cost::list_size;
use crate::graphql::node::AnyNode;
use crate::id::{
    ApiKeyId, ChatId, ClassificationId, CollaboratorId, DatasetId, ImageId, JobId, LogId,
    MessageId, ModelId, ModelVersionId, NotebookId, PageId, PredictionId, ProcessedRecordId,
    ProposalId, PropositionId, RevisionId, SessionId, UserId,
};
use crate::legislation;
use crate::legislation::graphql::Proposition;
use crate::logs;
use crate::logs::graphql::Log;
use crate::media::graphql::{Image, load_image};
use crate::models::graphql::{Model, ModelVersion, load_model, load_version};
use crate::notebooks::graphql::{Collaborator, Notebook};
use crate::notebooks::loaders::Loaders as NotebookLoaders;
use crate::notebooks::sharing;
use crate::pages::graphql::{EditProposal, Page, Revision};
use crate::pages::loaders::Loaders as PageLoaders;
use crate::pages::proposals;
use crate::predictions;
use crate::predictions::graphql::{Classification, Prediction};
use crate::processing;
use crate::processing::graphql::ProcessedRecord;
use crate::viewer::Scope;

/// Something with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The global id; its prefix says what it names."
))]
pub enum Node {
    /// A user.
    User(User),
    /// A session.
    Session(Session),
    /// An entry of the log.
    Log(Log),
    /// Background work.
    Job(Job),
    /// What was found in a text.
    ProcessedRecord(ProcessedRecord),
    /// A bill.
    Proposition(Proposition),
    /// A conversation with the AI.
    Chat(Chat),
    /// What is said in one.
    ChatMessage(ChatMessage),
    /// A dataset.
    Dataset(Dataset),
    /// A model.
    Model(Model),
    /// A version of a model.
    ModelVersion(ModelVersion),
    /// A forecast.
    Prediction(Prediction),
    /// What a model answered.
    Classification(Classification),
    /// An API key.
    ApiKey(ApiKey),
    /// A picture.
    Image(Image),
    /// A notebook.
    Notebook(Notebook),
    /// A share in a notebook.
    Collaborator(Collaborator),
    /// A page.
    Page(Page),
    /// A revision.
    Revision(Revision),
    /// A change that the AI proposes.
    EditProposal(EditProposal),
}

/// The most ids that `nodes` takes.
const MAX_NODES: usize = 100;

/// Objects by their global id.
#[derive(Default)]
pub struct NodeQueries;

/// Objects by their global id.
#[Object]
impl NodeQueries {
    /// The object of this id; null where there is none, or none that the viewer may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any object's id.")] id: ID,
    ) -> Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// The objects of these ids, in their order, with null for what is not there.
    #[graphql(directive = list_size::apply(None, Some(vec!["ids".to_owned()])))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any objects' ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MAX_NODES {
            return Err(Error::bad_input(format!(
                "`ids` has {} ids; at most {MAX_NODES} are allowed.",
                ids.len()
            )));
        }
        futures_util::future::try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}

/// What a field of a slice may give: the same, whichever type it has.
pub(super) fn find_any<'a>(
    ctx: &'a Context<'_>,
    id: &'a str,
) -> BoxFuture<'a, Result<Option<AnyNode>>> {
    Box::pin(async move { Ok(find(ctx, id).await?.map(AnyNode::new)) })
}

async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    let prefix = id.split_once('_').map_or("", |(prefix, _)| prefix);
    Ok(match prefix {
        UserId::PREFIX => match UserId::parse(id) {
            Some(id) => load_user(ctx, id).await?.map(Node::User),
            None => None,
        },
        SessionId::PREFIX => match SessionId::parse(id) {
            Some(id) => accounts::find_own(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|(session, current)| Node::Session(Session::of(session, current))),
            None => None,
        },
        LogId::PREFIX => match LogId::parse(id) {
            Some(id) => logs::service::find(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|entry| Node::Log(Log(entry))),
            None => None,
        },
        JobId::PREFIX => match JobId::parse(id) {
            Some(id) => background::service::find(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|job| Node::Job(Job(job))),
            None => None,
        },
        ProcessedRecordId::PREFIX => match ProcessedRecordId::parse(id) {
            Some(id) => processing::service::find(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|record| Node::ProcessedRecord(ProcessedRecord(record))),
            None => None,
        },
        PropositionId::PREFIX => match PropositionId::parse(id) {
            Some(id) => legislation::service::find(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|bill| Node::Proposition(Proposition::of(bill))),
            None => None,
        },
        // As `dataset` and `model` do: READ alone does not reach them.
        DatasetId::PREFIX | ModelId::PREFIX | ModelVersionId::PREFIX => learned(ctx, id).await?,
        PredictionId::PREFIX | ClassificationId::PREFIX => said(ctx, id).await?,
        ApiKeyId::PREFIX => match ApiKeyId::parse(id) {
            Some(id) => accounts::find_key(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|key| Node::ApiKey(ApiKey(key))),
            None => None,
        },
        ImageId::PREFIX => match ImageId::parse(id) {
            Some(id) => load_image(ctx, id).await?.map(Node::Image),
            None => None,
        },
        NotebookId::PREFIX => match NotebookId::parse(id) {
            Some(id) => {
                let loaders = ctx.loaders::<NotebookLoaders>()?;
                let seen = loaders.notebooks.load(id).await?;
                seen.map(|seen| Node::Notebook(Notebook(seen)))
            }
            None => None,
        },
        CollaboratorId::PREFIX => match CollaboratorId::parse(id) {
            Some(id) => {
                let share = sharing::find(ctx.app()?, ctx.viewer()?, id).await?;
                share.map(|share| Node::Collaborator(Collaborator(share)))
            }
            None => None,
        },
        PageId::PREFIX => match PageId::parse(id) {
            Some(id) => {
                let seen = ctx.loaders::<PageLoaders>()?.pages.load(id).await?;
                seen.map(|seen| Node::Page(Page(seen)))
            }
            None => None,
        },
        RevisionId::PREFIX => match RevisionId::parse(id) {
            Some(id) => revision(ctx, id).await?.map(Node::Revision),
            None => None,
        },
        ProposalId::PREFIX => match ProposalId::parse(id) {
            Some(id) if asks_ai(ctx)? => proposals::find(ctx.app()?, ctx.viewer()?, id)
                .await?
                .map(|(proposal, page)| Node::EditProposal(EditProposal { proposal, page })),
            _ => None,
        },
        ChatId::PREFIX => match ChatId::parse(id) {
            Some(id) if asks_ai(ctx)? => {
                let chat = ctx.loaders::<ChatLoaders>()?.chats.load(id).await?;
                chat.map(|chat| Node::Chat(Chat(chat)))
            }
            _ => None,
        },
        MessageId::PREFIX => match MessageId::parse(id) {
            Some(id) if asks_ai(ctx)? => message(ctx, id).await?.map(Node::ChatMessage),
            _ => None,
        },
        _ => None,
    })
}

/// `node` needs READ alone; what the root fields of the AI give needs AI here too.
fn asks_ai(ctx: &Context<'_>) -> Result<bool> {
    Ok(ctx.viewer()?.scopes().has(Scope::Ai))
}

async fn message(ctx: &Context<'_>, id: MessageId) -> Result<Option<ChatMessage>> {
    let loaders = ctx.loaders::<ChatLoaders>()?;
    let Some(message) = loaders.messages.load(id).await? else {
        return Ok(None);
    };
    let chat = loaders.chats.load(message.chat_id).await?;
    Ok(chat.map(|_| ChatMessage(message)))
}

async fn learned(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    if !ctx.viewer()?.scopes().has(Scope::Models) {
        return Ok(None);
    }
    if let Some(id) = DatasetId::parse(id) {
        return Ok(load_dataset(ctx, id).await?.map(Node::Dataset));
    }
    if let Some(id) = ModelId::parse(id) {
        return Ok(load_model(ctx, id).await?.map(Node::Model));
    }
    Ok(match ModelVersionId::parse(id) {
        Some(id) => load_version(ctx, id).await?.map(Node::ModelVersion),
        None => None,
    })
}

async fn said(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    let (app, viewer) = (ctx.app()?, ctx.viewer()?);
    if !viewer.scopes().has(Scope::Models) {
        return Ok(None);
    }
    if let Some(id) = PredictionId::parse(id) {
        let found = predictions::service::find(app, viewer, id).await?;
        return Ok(found.map(|found| Node::Prediction(Prediction(found))));
    }
    Ok(match ClassificationId::parse(id) {
        Some(id) => {
            let found = predictions::history::find(app, viewer, id).await?;
            found.map(|found| Node::Classification(Classification(found)))
        }
        None => None,
    })
}

async fn revision(ctx: &Context<'_>, id: RevisionId) -> Result<Option<Revision>> {
    let loaders = ctx.loaders::<PageLoaders>()?;
    let Some(revision) = loaders.revisions.load(id).await? else {
        return Ok(None);
    };
    let page = loaders.pages.load(revision.page_id).await?;
    Ok(page
        .filter(|page| page.shows(id))
        .map(|page| Revision { revision, page }))
}
