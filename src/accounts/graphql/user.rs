//! The `User` type, its connection, and how other nouns come to their users.

use async_graphql::{Context, Object};

use crate::accounts::{self, loaders::Loaders};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::connection::connection;
use crate::graphql::context::Request;
use crate::graphql::paging::PageArgs;
use crate::id::UserId;
use crate::media::graphql::{Image, load_image};
use crate::notebooks::graphql::{self as notebooks, NotebookConnection, NotebookOrder};
use crate::viewer::{Role, Viewer};

/// Somebody with an account.
#[derive(Clone)]
pub struct User {
    row: accounts::User,
    /// The viewer is the user themself, or an administrator.
    private: bool,
}

impl User {
    /// A user as `viewer` may see them.
    pub fn of(row: accounts::User, viewer: &Viewer) -> Self {
        let private = viewer.id() == Some(row.id) || viewer.is_admin();
        Self { row, private }
    }

    /// A user as they see themself, for those who have just signed in.
    pub fn own(row: accounts::User) -> Self {
        Self { row, private: true }
    }

    /// The row behind it.
    pub fn row(&self) -> &accounts::User {
        &self.row
    }
}

/// Somebody with an account.
#[Object]
impl User {
    /// The global id, `user_…`.
    pub async fn id(&self) -> UserId {
        self.row.id
    }

    /// The name that is unique on the server, as the user writes it; 3–30 characters. Upper and lower case
    /// and Unicode forms do not tell two users apart.
    async fn username(&self) -> &str {
        &self.row.username
    }

    /// The name to show to people; 1–80 characters. Several users can have the same one.
    async fn display_name(&self) -> &str {
        &self.row.display_name
    }

    /// What the user says about themself, in plain text of at most 2000 characters.
    async fn bio(&self) -> Option<&str> {
        self.row.bio.as_deref()
    }

    /// The picture that shows who the user is; everybody may see it.
    async fn avatar(&self, ctx: &Context<'_>) -> Result<Option<Image>> {
        match self.row.avatar_id {
            Some(id) => load_image(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The e-mail address. Only the user themself and administrators; null for others.
    async fn email(&self) -> Option<&str> {
        self.private.then_some(self.row.email.as_str())
    }

    /// Whether the address was shown to be the user's. Only the user themself and administrators; null for others.
    async fn email_verified(&self) -> Option<bool> {
        self.private.then_some(self.row.email_verified_at.is_some())
    }

    /// What the user may do on this server. Only the user themself and administrators; null for others.
    async fn role(&self) -> Option<Role> {
        self.private.then_some(self.row.role)
    }

    /// When the account was made.
    async fn created_at(&self) -> Timestamp {
        self.row.created_at
    }

    /// When the account last changed.
    async fn updated_at(&self) -> Timestamp {
        self.row.updated_at
    }

    /// Published notebooks; for the user themself, drafts too. The newest come first.
    async fn notebooks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "How to sort; by default the newest first.")] order_by: Option<
            NotebookOrder,
        >,
    ) -> Result<NotebookConnection> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        notebooks::of_user(ctx, self.row.id, order_by, args).await
    }
}

connection!(UserConnection, UserEdge, User, "users");

/// The user of that id as the viewer may see them, by the request's DataLoader; `None` once the account is gone.
pub async fn load_user(ctx: &Context<'_>, id: UserId) -> Result<Option<User>> {
    let viewer = ctx.viewer()?;
    let row = ctx.loaders::<Loaders>()?.users.load(id).await?;
    Ok(row.map(|row| User::of(row, viewer)))
}
