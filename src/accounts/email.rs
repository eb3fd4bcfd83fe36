//! What proves that an address is somebody's: tokens that were mailed to it, each good for one use.

use diesel::{Insertable, Queryable, Selectable};

use super::{RefreshToken, Session, User};
use crate::db::types::Timestamp;
use crate::id::UserId;
use crate::jobs::NewJob;
use crate::logs::Log;

/// What a mailed token is for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub enum Purpose {
    /// Shows that the address is the account's.
    VerifyEmail,
    /// Sets another password.
    ResetPassword,
}
crate::db::types::text_enum!(Purpose {
    VerifyEmail = "VERIFY_EMAIL",
    ResetPassword = "RESET_PASSWORD",
});

/// A mailed token as the database keeps it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = crate::db::schema::email_tokens)]
pub struct EmailToken {
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// Whose account.
    pub user_id: UserId,
    /// What for.
    pub purpose: Purpose,
    /// The key of the address that it was sent to; the token dies when the account has another one.
    pub email_key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, or was ended.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// How the use of a token went.
#[derive(Debug, Clone)]
pub enum Spent {
    /// It was good; the account as it is now.
    Now(Box<User>),
    /// It had been used before.
    Before,
    /// Its time was up, or something made it void.
    TooLate,
}

/// A new password by a mailed token, with all that follows from it.
#[derive(Debug, Clone)]
pub struct PasswordReset {
    /// The token's hash.
    pub token: Vec<u8>,
    /// Whose account.
    pub user_id: UserId,
    /// The hash of the new password.
    pub password_hash: String,
    /// The session that begins.
    pub device: (Session, RefreshToken),
    /// What the log says about it.
    pub entries: Vec<Log>,
    /// What is mailed about it.
    pub letters: Vec<NewJob>,
    /// When.
    pub now: Timestamp,
}
