//! Typed identifiers: each noun's id is its own type, written as a TypeID (prefix, `_`, UUIDv7 in Crockford base32).
//!
//! The encoding follows the TypeID specification 0.3. The newtypes are ours because diesel and
//! async-graphql want their traits implemented on a local type.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX: usize = 26;

/// Writes `uuid` as the 26 characters of a TypeID's suffix.
pub fn encode(uuid: Uuid) -> String {
    let mut rest = uuid.as_u128();
    let mut out = [0_u8; SUFFIX];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    out.iter().map(|&byte| char::from(byte)).collect()
}

/// Reads a TypeID's suffix; `None` where it is not one.
pub fn decode(suffix: &str) -> Option<Uuid> {
    let bytes = suffix.as_bytes();
    // 26 × 5 = 130 bits: the first character carries only the upper three.
    if bytes.len() != SUFFIX || bytes[0] > b'7' {
        return None;
    }
    let mut value = 0_u128;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|symbol| symbol == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = crate::db::types::Guid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id.
            pub fn new() -> Self {
                Self(crate::clock::new_uuid())
            }

            /// Reads a TypeID of this type.
            pub fn parse(text: &str) -> Option<Self> {
                let suffix = text.strip_prefix($prefix)?.strip_prefix('_')?;
                decode(suffix).map(Self)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text)
                    .ok_or_else(|| serde::de::Error::custom(concat!("not an id of the form ", $prefix, "_…")))
            }
        }

        crate::db::types::guid_newtype!($name);
        crate::graphql::ids::graphql_id!($name);
    )*};
}

ids! {
    /// Names a user.
    UserId = "user";
    /// Names a session, which is one refresh-token family.
    SessionId = "session";
    /// Names an API key; it is no secret.
    ApiKeyId = "apikey";
    /// Names an account at an OpenID Connect provider that signs in here.
    IdentityId = "identity";
    /// Names a notebook.
    NotebookId = "notebook";
    /// Names one person's share in a notebook.
    CollaboratorId = "collaborator";
    /// Names a page.
    PageId = "page";
    /// Names a revision of a page.
    RevisionId = "revision";
    /// Names a log entry.
    LogId = "log";
    /// Names an attempt to have something answered by an AI.
    AttemptId = "attempt";
    /// Names a text that grows while people watch.
    TranscriptId = "transcript";
    /// Names an answer that is written while people watch.
    AnswerId = "answer";
    /// Names a conversation with the AI.
    ChatId = "chat";
    /// Names what is said in one.
    MessageId = "message";
    /// Names a change of a page that the AI proposes.
    ProposalId = "proposal";
    /// Names a picture.
    ImageId = "image";
    /// Names where the bytes of a picture lie.
    PlaceId = "place";
    /// Names the permission to upload a picture.
    UploadId = "upload";
    /// Names a job.
    JobId = "job";
    /// Names what was recognised in a text.
    ProcessedRecordId = "record";
    /// Names a bill.
    PropositionId = "proposition";
    /// Names a dataset.
    DatasetId = "dataset";
    /// Names a model.
    ModelId = "model";
    /// Names a version of a model.
    ModelVersionId = "version";
    /// Names a change of what an alias of a model stands for.
    AliasChangeId = "alias";
    /// Names a forecast of a series.
    PredictionId = "prediction";
    /// Names what a model answered about a row or a text.
    ClassificationId = "classification";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_specification_s_examples_are_read_and_written() {
        let cases = [
            ("00000000000000000000000000", 0),
            ("0000000000000000000000000z", 31),
            ("7zzzzzzzzzzzzzzzzzzzzzzzzz", u128::MAX),
        ];
        for (text, value) in cases {
            assert_eq!(encode(Uuid::from_u128(value)), text);
            assert_eq!(decode(text), Some(Uuid::from_u128(value)));
        }
    }

    #[test]
    fn what_is_not_a_typeid_is_refused() {
        for text in [
            "",
            "page_",
            "page_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "page_0000000000000000000000000",
            "user_00000000000000000000000000",
            "page_0000000000000000000000000I",
            "page00000000000000000000000000",
            "page_é0000000000000000000000000",
        ] {
            assert_eq!(PageId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_id_survives_being_written_and_read(value: u128) {
            let id = PageId(Uuid::from_u128(value));
            prop_assert_eq!(PageId::parse(&id.to_string()), Some(id));
        }
    }
}
