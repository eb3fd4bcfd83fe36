//! The rows: what the application itself would have written of a thousand writers, by a few large statements.
//!
//! Everything follows from running numbers, so that clients know the ids. Each writer has nine public
//! notebooks and a draft; nine of ten pages are published. The audit log stays empty.

use anyhow::{Result, anyhow};
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use pluma::id::{PageId, RevisionId};
use pluma::pages::{ContentFormat, content as texts};
use uuid::Uuid;

/// How many users there are.
pub const USERS: usize = 1_000;
/// How many notebooks.
pub const NOTEBOOKS: usize = 10_000;
/// How many pages, in equal shares.
pub const PAGES: usize = 100_000;
/// Everybody's password.
pub const PASSWORD: &str = "only for measuring";

/// How many pages a notebook has.
pub const PAGES_EACH: usize = PAGES / NOTEBOOKS;
/// 2026-01-01 in milliseconds since 1970.
const START: u64 = 1_767_225_600_000;

/// What follows a page's heading.
pub const BODY: &str = include_str!("body.md");

/// Where SQL differs.
pub trait Dialect {
    /// The numbers from 0 up to `count`, as `s(i)`.
    fn numbers(&self, count: usize) -> String;
    /// A UUID of version 7 whose time is `millis` and whose random part is `kind` and `number`.
    fn id(&self, kind: Kind, millis: &str, number: &str) -> String;
    /// A time.
    fn time(&self, millis: &str) -> String;
    /// Whether the search's tokens stand in the row of their document.
    fn tokens_in_row(&self) -> bool;
    /// No UUID.
    fn no_id(&self) -> &'static str;
}

/// What an id is of; part of it, so that no two are the same.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A user.
    User = 1,
    /// A notebook.
    Notebook = 2,
    /// A page.
    Page = 3,
    /// A page's first revision.
    Revision = 4,
}

/// PostgreSQL's.
pub struct Postgres;

impl Dialect for Postgres {
    fn numbers(&self, count: usize) -> String {
        format!("generate_series(0::bigint, {count} - 1) AS s(i)")
    }

    fn id(&self, kind: Kind, millis: &str, number: &str) -> String {
        format!(
            "(lpad(to_hex({millis}), 12, '0') || '7{:03x}8' || lpad(to_hex({number}), 15, '0'))::uuid",
            kind as u16
        )
    }

    fn time(&self, millis: &str) -> String {
        format!("(timestamptz 'epoch' + ({millis}) * interval '1 millisecond')")
    }

    fn tokens_in_row(&self) -> bool {
        true
    }

    fn no_id(&self) -> &'static str {
        "NULL::uuid"
    }
}

/// SQLite's.
pub struct Sqlite;

impl Dialect for Sqlite {
    fn numbers(&self, count: usize) -> String {
        format!(
            "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) SELECT i FROM n) AS s"
        )
    }

    fn id(&self, kind: Kind, millis: &str, number: &str) -> String {
        format!(
            "unhex(printf('%012x7{:03x}8%015x', {millis}, {number}))",
            kind as u16
        )
    }

    fn time(&self, millis: &str) -> String {
        format!("(({millis}) * 1000)")
    }

    fn tokens_in_row(&self) -> bool {
        false
    }

    fn no_id(&self) -> &'static str {
        "NULL"
    }
}

/// When something was made, in milliseconds, in terms of its number.
pub fn made(kind: Kind, number: &str) -> String {
    match kind {
        Kind::User => format!("({START} - 200000000 + ({number}) * 100000)"),
        Kind::Notebook => format!("({START} + ({number}) * 10000)"),
        Kind::Page | Kind::Revision => format!("({START} + ({number}) * 1000 + 1)"),
    }
}

fn page_uuid(kind: Kind, number: usize) -> Uuid {
    let number = number as u128;
    let millis = u128::from(START) + number * 1000 + 1;
    Uuid::from_u128((millis << 80) | (7 << 76) | ((kind as u128) << 64) | (8 << 60) | number)
}

/// The id of a page.
pub fn page_id(number: usize) -> PageId {
    PageId(page_uuid(Kind::Page, number))
}

/// The id of a page's first revision.
pub fn revision_id(number: usize) -> RevisionId {
    RevisionId(page_uuid(Kind::Revision, number))
}

/// A user's name.
pub fn username(number: usize) -> String {
    format!("writer{number}")
}

/// A user's pages.
pub fn pages_of(user: usize) -> impl Iterator<Item = usize> {
    let notebooks = (user % USERS..NOTEBOOKS).step_by(USERS);
    notebooks.flat_map(|notebook| notebook * PAGES_EACH..(notebook + 1) * PAGES_EACH)
}

/// Whether anonymous readers see a page.
pub fn is_public(page: usize) -> bool {
    page / PAGES_EACH / USERS != 9 && page % 10 != 7
}

/// So many pages share a word.
pub const TOPICS: usize = 500;
/// So many of a hundred pages share another one.
pub const PLACES: usize = 20;

/// A page's text.
pub fn content(page: usize) -> String {
    let (topic, place) = (page % TOPICS, page % PLACES);
    format!("# Page {page}\n\nOf topic{topic} in place{place}.\n\n{BODY}")
}

/// The statements, in their order.
pub fn statements(dialect: &dyn Dialect) -> Result<Vec<String>> {
    let id = |kind, number: &str| dialect.id(kind, &made(kind, number), number);
    let time = |kind, number: &str| dialect.time(&made(kind, number));
    let hash: PasswordHash = argon2::Argon2::default()
        .hash_password(PASSWORD.as_bytes())
        .map_err(|error| anyhow!("{error}"))?;

    let users = format!(
        "INSERT INTO users (id, username, username_key, display_name, display_name_key, email, email_key, role,
                            password_hash, created_at, updated_at)
         SELECT {id}, 'writer' || i, 'writer' || i, 'Writer ' || i, 'writer ' || i, 'writer' || i || '@example.org',
                'writer' || i || '@example.org', 'USER', '{hash}', {at}, {at}
         FROM {numbers}",
        id = id(Kind::User, "i"),
        at = time(Kind::User, "i"),
        numbers = dialect.numbers(USERS),
    );
    let public_notebook = format!("i / {USERS} <> 9");
    let notebooks = format!(
        "INSERT INTO notebooks (id, owner_id, title, title_key, description, metadata, published_at, published_order,
                                created_at, updated_at, event_seq)
         SELECT {id}, {owner}, 'Notebook ' || i, 'notebook ' || i, 'What writer ' || i % {USERS} || ' thinks.', '{{}}',
                CASE WHEN {public_notebook} THEN {at} END, CASE WHEN {public_notebook} THEN {at} ELSE {never} END,
                {at}, {at}, {events}
         FROM {numbers}",
        id = id(Kind::Notebook, "i"),
        owner = id(Kind::User, &format!("(i % {USERS})")),
        at = time(Kind::Notebook, "i"),
        never = dialect.time("0"),
        events = 2 * PAGES_EACH - 1,
        numbers = dialect.numbers(NOTEBOOKS),
    );

    let notebook = id(Kind::Notebook, &format!("(i / {PAGES_EACH})"));
    let author = id(Kind::User, &format!("(i / {PAGES_EACH} % {USERS})"));
    let (page, revision) = (id(Kind::Page, "i"), id(Kind::Revision, "i"));
    let at = time(Kind::Page, "i");
    let numbers = dialect.numbers(PAGES);
    let words = texts::count_words(ContentFormat::Markdown, &content(0));
    let published = "i % 10 <> 7";
    let pages = format!(
        "INSERT INTO pages (id, notebook_id, title, format, position, word_count, current_revision_id, revision_count,
                            published_revision_id, published_title, published_word_count, published_at,
                            created_at, updated_at)
         SELECT {page}, {notebook}, 'Page ' || i, 'MARKDOWN', i % {PAGES_EACH}, {words}, {revision}, 1,
                CASE WHEN {published} THEN {revision} END, CASE WHEN {published} THEN 'Page ' || i END,
                CASE WHEN {published} THEN {words} END, CASE WHEN {published} THEN {at} END, {at}, {at}
         FROM {numbers}"
    );
    let revisions = format!(
        "INSERT INTO revisions (id, page_id, number, kind, author_id, title, content, format, word_count, created_at,
                                minute)
         SELECT {revision}, {page}, 1, CASE WHEN {published} THEN 'PUBLISHED' ELSE 'CREATED' END, {author},
                'Page ' || i, '# Page ' || i || '{blank}Of topic' || (i % {TOPICS}) || ' in place' || (i % {PLACES})
                || '.{blank}' || '{body}', 'MARKDOWN', {words}, {at}, {millis} / 60000
         FROM {numbers}",
        blank = "\n\n",
        body = BODY.replace('\'', "''"),
        millis = made(Kind::Page, "i"),
    );
    let event = |seq: String, kind: &str, public: String, filter: &str| {
        format!(
            "INSERT INTO events (notebook_id, seq, page_id, revision_id, revision_number, actor_id, kind, public, at)
             SELECT {notebook}, {seq}, {page}, {revision}, 1, {author}, '{kind}', {public}, {at}
             FROM {numbers} WHERE {filter}"
        )
    };
    let created = event(
        format!("i % {PAGES_EACH} + 1"),
        "CREATED",
        "FALSE".to_owned(),
        "TRUE",
    );
    // The page that stays a draft leaves no gap in the numbers.
    let publications = event(
        format!(
            "{PAGES_EACH} + i % {PAGES_EACH} + CASE WHEN i % {PAGES_EACH} < 7 THEN 1 ELSE 0 END"
        ),
        "PUBLISHED",
        format!("i / {PAGES_EACH} / {USERS} <> 9"),
        published,
    );
    Ok(vec![
        users,
        notebooks,
        pages,
        revisions,
        created,
        publications,
    ])
}
