//! What an API key may be used for.

use std::io::Write;

use async_graphql::Enum;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;

/// What an API key may be used for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Queries and subscriptions, except those of AI and MODELS.
    Read,
    /// Mutations, except those of AI and MODELS, and those that take a person: keys, passwords, e-mail, sessions.
    Write,
    /// Everything that asks the AI, and its chats.
    Ai,
    /// Datasets, models, predictions and classifications.
    Models,
    /// The rights of an administrator, as far as the other scopes go; only administrators' keys have it, and
    /// only while their owner is one.
    Admin,
}

impl Scope {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Ai, Self::Models, Self::Admin];

    /// The scope as clients and the database write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Ai => "AI",
            Self::Models => "MODELS",
            Self::Admin => "ADMIN",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes; kept in the database, and written in tokens, as names with spaces between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Scopes(u8);

impl Scopes {
    /// These scopes.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let bits = scopes.into_iter().map(Scope::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    /// Reads names with white space between them; `None` where one is not known, or none is there.
    pub fn parse(text: &str) -> Option<Self> {
        let named = |name: &str| Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
        let scopes: Option<Vec<_>> = text.split_whitespace().map(named).collect();
        scopes.map(Self::of).filter(|scopes| !scopes.is_empty())
    }

    /// Whether `scope` is one of them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether each of them is one of `others`.
    pub fn are_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// All but `scope`.
    #[must_use]
    pub fn without(self, scope: Scope) -> Self {
        Self(self.0 & !scope.bit())
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

impl ToSql<Text, Pg> for Scopes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.to_string().as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Sqlite> for Scopes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

impl<DB> FromSql<Text, DB> for Scopes
where
    DB: diesel::backend::Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        Self::parse(&text).ok_or_else(|| format!("{text:?} are no scopes").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for bits in 1..1_u8 << Scope::ALL.len() {
            let scopes = Scopes(bits);
            assert_eq!(Scopes::parse(&scopes.to_string()), Some(scopes));
        }
        for text in ["", " ", "read", "READ,WRITE", "READ ROOT"] {
            assert_eq!(Scopes::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_set_is_within_another_where_nothing_is_beyond_it() {
        let few = Scopes::of([Scope::Read, Scope::Ai]);
        let many = Scopes::of([Scope::Ai, Scope::Write, Scope::Read]);
        assert!(few.are_within(many) && !many.are_within(few));
        assert_eq!(
            few.and(Scopes::of([Scope::Ai, Scope::Admin])).to_string(),
            "AI"
        );
        assert!(few.without(Scope::Ai).without(Scope::Read).is_empty());
    }
}
