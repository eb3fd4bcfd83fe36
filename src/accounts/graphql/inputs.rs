//! The arguments of the accounts' queries and mutations.

use async_graphql::{ID, InputObject, OneofObject};

use crate::accounts::service::{AccountChanges, Registration};
use crate::id::UserId;
use crate::viewer::Role;

/// What a new account needs.
#[derive(InputObject)]
pub struct RegisterInput {
    /// 3–30 letters and digits of any script, `_`, `-` and `.`, beginning with a letter or digit. TAKEN where
    /// somebody has it, in upper or lower case.
    pub username: String,
    /// An e-mail address of at most 254 characters. TAKEN where there is an account with it.
    pub email: String,
    /// 10–200 characters; spaces count. INVALID where it is the username, the address, or among the commonest.
    pub password: String,
    /// The name to show to people, 1–80 characters; the username where it is missing.
    pub display_name: Option<String>,
}

impl From<RegisterInput> for Registration {
    fn from(input: RegisterInput) -> Self {
        Self {
            username: input.username,
            email: input.email,
            password: input.password,
            display_name: input.display_name,
        }
    }
}

/// Who signs in.
#[derive(InputObject)]
pub struct LoginInput {
    /// Username or e-mail.
    pub login: String,
    /// The password.
    pub password: String,
}

/// What to change about the viewer's account; what is omitted or null stays as it is.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name to show to people, 1–80 characters.
    pub display_name: Option<String>,
    /// Plain text of at most 2000 characters; `""` clears it.
    pub bio: Option<String>,
    /// One of the viewer's own pictures, which everybody may see then; `""` takes the present one away.
    pub avatar_id: Option<ID>,
    /// Another e-mail address, which is unverified then.
    pub email: Option<String>,
    /// Another username; the old one is free for others at once.
    pub username: Option<String>,
}

impl From<UpdateProfileInput> for AccountChanges {
    fn from(input: UpdateProfileInput) -> Self {
        Self {
            username: input.username,
            display_name: input.display_name,
            bio: input.bio,
            avatar: input.avatar_id.map(|id| id.0),
            email: input.email,
            ..Self::default()
        }
    }
}

/// What an administrator changes about an account; what is omitted or null stays as it is.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// Whose account.
    pub user_id: UserId,
    /// Another username.
    pub username: Option<String>,
    /// The name to show to people, 1–80 characters.
    pub display_name: Option<String>,
    /// Another e-mail address, which is unverified then.
    pub email: Option<String>,
    /// Another role; CONFLICT where it would leave no administrator.
    pub role: Option<Role>,
    /// Another password; it ends the account's sessions.
    pub password: Option<String>,
}

impl UpdateUserInput {
    /// Whose account, and what changes.
    pub fn split(self) -> (UserId, AccountChanges) {
        let changes = AccountChanges {
            username: self.username,
            display_name: self.display_name,
            email: self.email,
            role: self.role,
            password: self.password,
            ..AccountChanges::default()
        };
        (self.user_id, changes)
    }
}

/// One way to name a user.
#[derive(OneofObject)]
pub enum UserBy {
    /// The global id, `user_…`.
    Id(UserId),
    /// The username, in upper or lower case.
    Username(String),
}

/// Which users a list holds.
#[derive(InputObject, Default)]
pub struct UserFilter {
    /// The beginning of the username or the display name, in upper or lower case; at most 100 characters.
    pub query: Option<String>,
    /// Users of this role alone. Administrators; FORBIDDEN for others.
    pub role: Option<Role>,
}
