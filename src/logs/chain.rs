//! The hash chain over AUDIT entries: what is hashed, how the chain grows, and how it is followed again.
//!
//! The hash of an entry is the SHA-256 of the hash before it in hexadecimal digits, a line feed, and the
//! entry's canonical JSON, so that an export can be checked with any language's standard library. The newest
//! hash is kept under a MAC of the configured secret: whoever can write the database alone cannot make up
//! another chain.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use diesel::{AsChangeset, Queryable, Selectable};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use super::Log;
use crate::error::Result;
use crate::seal::Key;

/// What stands before the first entry.
const GENESIS: [u8; 32] = [0; 32];

/// What a break of the chain is noted as.
pub const BROKEN: &str = "audit.chain_broken";

/// Makes and checks the MAC over the chain's ends.
#[derive(Clone)]
pub struct ChainKey(Key);

impl ChainKey {
    /// The key that belongs to the configured secret.
    pub fn of(secret: &SecretString) -> Result<Self> {
        Key::derive(secret, &[b"audit chain"]).map(Self)
    }
}

/// Where the chain begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = crate::db::schema::audit_chain)]
#[diesel(treat_none_as_null = true)]
pub struct Chain {
    /// The place of the newest entry of the log, of either kind.
    pub last_seq: i64,
    /// How many entries the chain holds.
    pub entries: i64,
    /// The hash of the last entry that retention removed.
    pub base: Option<Vec<u8>>,
    /// The hash of the newest entry.
    pub head: Option<Vec<u8>>,
    /// The MAC over the other fields.
    pub mac: Option<Vec<u8>>,
}

/// An AUDIT entry with its place.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The entry.
    pub log: Log,
    /// Its place in the log.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// An entry as it is hashed and exported: the order of the fields counts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canonical<'a> {
    seq: i64,
    id: String,
    date: String,
    actor: Option<&'a str>,
    username: &'a str,
    action: &'a str,
    subject_id: Option<&'a str>,
    details: Option<Value>,
    ip: Option<&'a str>,
    request_id: Option<&'a str>,
}

/// The canonical JSON of the entry at place `seq`.
pub fn canonical(log: &Log, seq: i64) -> Result<String> {
    let entry = Canonical {
        seq,
        id: log.id.to_string(),
        date: log
            .date
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        actor: log.actor.as_deref(),
        username: &log.username,
        action: &log.action,
        subject_id: log.subject_id.as_deref(),
        details: log.details.as_ref().map(|details| sorted(&details.0)),
        ip: log.ip.as_deref(),
        request_id: log.request_id.as_deref(),
    };
    serde_json::to_string(&entry).map_err(crate::error::Error::caused_by)
}

/// The same value with the fields of every object in order, whatever order a database keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), sorted(value)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// The hash of an entry behind the one whose hash is `previous`.
pub fn hash(previous: &[u8], log: &Log, seq: i64) -> Result<Vec<u8>> {
    let text = format!("{}\n{}", hex::encode(previous), canonical(log, seq)?);
    Ok(digest(&SHA256, text.as_bytes()).as_ref().to_vec())
}

impl Chain {
    /// The hash that the first entry follows.
    pub fn beginning(&self) -> &[u8] {
        self.base.as_deref().unwrap_or(&GENESIS)
    }

    /// The hash that the next entry will follow.
    pub fn end(&self) -> &[u8] {
        self.head.as_deref().unwrap_or_else(|| self.beginning())
    }

    /// Gives the log's next place away, to an entry that is not hashed.
    pub fn place(&mut self) -> i64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// Puts an entry at the end; gives its place and its hash.
    pub fn append(&mut self, log: &Log) -> Result<(i64, Vec<u8>)> {
        let seq = self.place();
        let hash = hash(self.end(), log, seq)?;
        self.head = Some(hash.clone());
        self.entries += 1;
        Ok((seq, hash))
    }

    /// Forgets the `count` oldest entries, the last of which has the hash `last`.
    pub fn trim(&mut self, count: i64, last: Vec<u8>) {
        self.entries -= count;
        self.base = Some(last);
    }

    /// Renews the MAC.
    pub fn sign(&mut self, key: &ChainKey) {
        self.mac = Some(self.named(key));
    }

    /// Whether the MAC holds; a chain that never had an entry has none.
    pub fn holds(&self, key: &ChainKey) -> bool {
        match &self.mac {
            Some(mac) => verify_slices_are_equal(mac, &self.named(key)).is_ok(),
            None => self.entries == 0 && self.last_seq == 0 && self.head.is_none(),
        }
    }

    fn named(&self, key: &ChainKey) -> Vec<u8> {
        let (last_seq, entries) = (self.last_seq.to_be_bytes(), self.entries.to_be_bytes());
        key.0
            .name(&[&last_seq, &entries, self.beginning(), self.end()])
    }
}

/// Follows a chain from its beginning.
pub struct Follow {
    previous: Vec<u8>,
    /// How many entries held.
    pub entries: i64,
}

impl Follow {
    /// Begins where `chain` does.
    pub fn new(chain: &Chain) -> Self {
        Self {
            previous: chain.beginning().to_vec(),
            entries: 0,
        }
    }

    /// Whether `entry` is what follows.
    pub fn next(&mut self, entry: &Sealed) -> Result<bool> {
        let expected = hash(&self.previous, &entry.log, entry.seq)?;
        let holds = expected == entry.hash && entry.log.action != BROKEN;
        if holds {
            self.entries += 1;
            self.previous = expected;
        }
        Ok(holds)
    }

    /// The hash that was reached.
    pub fn reached(&self) -> &[u8] {
        &self.previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::types::{JsonValue, Timestamp};
    use crate::viewer::Viewer;
    use serde_json::json;

    fn entry(action: &str) -> Log {
        Log::audit(&Viewer::default(), Timestamp::EPOCH, action, "page_1")
            .with(json!({ "b": [1, { "d": 2, "c": 3 }], "a": null }))
    }

    fn empty() -> Chain {
        Chain {
            last_seq: 0,
            entries: 0,
            base: None,
            head: None,
            mac: None,
        }
    }

    fn key(secret: &str) -> ChainKey {
        ChainKey::of(&SecretString::from(secret)).unwrap()
    }

    fn grown(count: usize) -> (Chain, Vec<Sealed>) {
        let mut chain = empty();
        let mut entries = Vec::new();
        for number in 0..count {
            let log = entry(&format!("test.{number}"));
            let (seq, hash) = chain.append(&log).unwrap();
            entries.push(Sealed { log, seq, hash });
        }
        chain.sign(&key("secret"));
        (chain, entries)
    }

    fn first_broken(chain: &Chain, entries: &[Sealed]) -> Option<usize> {
        let mut follow = Follow::new(chain);
        entries
            .iter()
            .position(|entry| !follow.next(entry).unwrap())
    }

    #[test]
    fn the_canonical_form_does_not_depend_on_the_order_of_keys() {
        let log = entry("test");
        let text = canonical(&log, 7).unwrap();
        assert!(
            text.contains(r#""details":{"a":null,"b":[1,{"c":3,"d":2}]}"#),
            "{text}"
        );
        assert!(text.starts_with(r#"{"seq":7,"id":"log_"#), "{text}");
        assert!(
            text.contains(r#""date":"1970-01-01T00:00:00.000000Z""#),
            "{text}"
        );
    }

    #[test]
    fn the_first_entry_that_was_changed_removed_or_moved_is_found() {
        let (chain, entries) = grown(5);
        assert_eq!(first_broken(&chain, &entries), None);
        let mut changed = entries.clone();
        changed[2].log.details = Some(JsonValue(json!({})));
        assert_eq!(first_broken(&chain, &changed), Some(2));
        let mut rehashed = changed;
        rehashed[2].hash = hash(&rehashed[1].hash, &rehashed[2].log, 3).unwrap();
        assert_eq!(first_broken(&chain, &rehashed), Some(3));
        let mut removed = entries.clone();
        removed.remove(1);
        assert_eq!(first_broken(&chain, &removed), Some(1));
        let mut moved = entries;
        moved.swap(3, 4);
        assert_eq!(first_broken(&chain, &moved), Some(3));
    }

    #[test]
    fn a_trimmed_chain_holds_from_where_it_begins() {
        let (mut chain, entries) = grown(5);
        chain.trim(2, entries[1].hash.clone());
        chain.sign(&key("secret"));
        assert!(chain.holds(&key("secret")));
        assert_eq!(chain.entries, 3);
        assert_eq!(first_broken(&chain, &entries[2..]), None);
        assert_eq!(first_broken(&chain, &entries), Some(0));
    }

    #[test]
    fn another_end_is_not_believed_without_the_secret() {
        let (mut chain, entries) = grown(3);
        assert!(chain.holds(&key("secret")));
        assert!(!chain.holds(&key("another")));
        chain.head = Some(entries[1].hash.clone());
        assert!(!chain.holds(&key("secret")));
        let mut emptied = empty();
        emptied.last_seq = 3;
        assert!(!emptied.holds(&key("secret")));
        assert!(empty().holds(&key("secret")));
    }
}
