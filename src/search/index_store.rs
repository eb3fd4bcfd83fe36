//! SQL that keeps the index; called inside the transactions that change what is indexed.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, full_text};
use crate::accounts::User;
use crate::db::schema::search_documents as documents;
use crate::db::types::Guid;
use crate::error::Result;
use crate::id::{NotebookId, PageId, RevisionId, UserId};
use crate::notebooks::Notebook;
use crate::pages::Page;
use crate::search::{Body, Document, SearchKind, Subject, SubjectId};
use crate::text::analysis;

/// Stores an account's document in the place of the one before. Names are short: they are analysed here, as they
/// are stored.
pub async fn put_user(conn: &mut Conn, user: &User) -> Result<()> {
    let title = format!("{} {}", user.display_name, user.username);
    let body = Body::of(user.bio.as_deref().unwrap_or_default());
    put(conn, Subject::User(user.id), &Document::new(&title, &body)).await
}

/// The same for a notebook.
pub async fn put_notebook(conn: &mut Conn, notebook: &Notebook) -> Result<()> {
    let body = Body::of(&notebook.description);
    let document = Document::new(&notebook.title, &body);
    put(conn, Subject::Notebook(notebook.id), &document).await
}

/// Stores the document of a page's draft; that of an earlier draft goes, unless it is what is published.
pub async fn put_draft(conn: &mut Conn, page: &Page, body: &Body) -> Result<()> {
    prune(conn, page).await?;
    let subject = Subject::Page(page.notebook_id, page.id, page.current_revision_id);
    insert(conn, subject, &Document::new(&page.title, body)).await
}

/// Stores the document of a revision of a page in the place of the one before.
pub async fn put_revision(
    conn: &mut Conn,
    page: &Page,
    revision: RevisionId,
    document: &Document,
) -> Result<()> {
    let subject = Subject::Page(page.notebook_id, page.id, revision);
    put(conn, subject, document).await
}

/// Removes a page's documents that nobody reads any more: those of neither its draft nor what is published.
pub async fn prune(conn: &mut Conn, page: &Page) -> Result<()> {
    let mut read = vec![page.current_revision_id];
    read.extend(page.published_revision_id);
    diesel::delete(
        documents::table
            .filter(documents::page_id.eq(page.id))
            .filter(documents::revision_id.ne_all(read)),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a revision has a document.
pub async fn has(conn: &mut Conn, page: PageId, revision: RevisionId) -> Result<bool> {
    let found = documents::table
        .filter(documents::subject_id.eq(SubjectId(page.0)))
        .filter(documents::revision_id.eq(revision));
    let found = diesel::select(diesel::dsl::exists(found))
        .get_result(conn)
        .await?;
    Ok(found)
}

async fn put(conn: &mut Conn, subject: Subject, document: &Document) -> Result<()> {
    let row = Row::of(subject);
    let old = documents::table.filter(documents::subject_id.eq(row.subject_id));
    match row.revision {
        Some(revision) => {
            diesel::delete(old.filter(documents::revision_id.eq(revision)))
                .execute(conn)
                .await?
        }
        None => diesel::delete(old).execute(conn).await?,
    };
    insert(conn, subject, document).await
}

async fn insert(conn: &mut Conn, subject: Subject, document: &Document) -> Result<()> {
    let row = Row::of(subject);
    let tokens = full_text::tokens!(document);
    let insert = Insert {
        row: &row,
        document,
        tokens: &tokens,
    };
    insert.execute(conn).await?;
    if let Some(into) = full_text::BESIDE {
        let beside = Beside {
            into,
            tokens: &tokens,
        };
        beside.execute(conn).await?;
    }
    Ok(())
}

/// What a document's row says of its subject.
struct Row {
    kind: SearchKind,
    subject_id: SubjectId,
    user: Option<UserId>,
    notebook: Option<NotebookId>,
    page: Option<PageId>,
    revision: Option<RevisionId>,
}

impl Row {
    fn of(subject: Subject) -> Self {
        let (kind, id) = match subject {
            Subject::Notebook(id) => (SearchKind::Notebook, id.0),
            Subject::Page(_, id, _) => (SearchKind::Page, id.0),
            Subject::User(id) => (SearchKind::User, id.0),
        };
        let mut row = Self {
            kind,
            subject_id: SubjectId(id),
            user: None,
            notebook: None,
            page: None,
            revision: None,
        };
        match subject {
            Subject::Notebook(id) => row.notebook = Some(id),
            Subject::Page(notebook, page, revision) => {
                (row.notebook, row.page, row.revision) =
                    (Some(notebook), Some(page), Some(revision));
            }
            Subject::User(id) => row.user = Some(id),
        }
        row
    }
}

/// One statement, as diesel has no `tsvector`.
struct Insert<'a> {
    row: &'a Row,
    document: &'a Document,
    tokens: &'a [String; 2],
}

impl QueryFragment<Backend> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO search_documents (kind, subject_id, user_id, notebook_id, page_id, \
             revision_id, title_words, brevity, analyser",
        );
        out.push_sql(full_text::COLUMNS);
        out.push_sql(") VALUES (");
        out.push_bind_param::<Text, _>(&self.row.kind)?;
        out.push_sql(", ");
        out.push_bind_param::<Guid, _>(&self.row.subject_id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Guid>, _>(&self.row.user)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Guid>, _>(&self.row.notebook)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Guid>, _>(&self.row.page)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Guid>, _>(&self.row.revision)?;
        out.push_sql(", ");
        out.push_bind_param::<Integer, _>(&self.document.title_words)?;
        out.push_sql(", ");
        out.push_bind_param::<Integer, _>(&self.document.brevity)?;
        out.push_sql(", ");
        out.push_bind_param::<Integer, _>(&analysis::VERSION)?;
        if full_text::BESIDE.is_none() {
            out.push_sql(", ");
            full_text::push_tokens(&mut out, self.tokens)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// The tokens of the document before, where they have a table of their own.
struct Beside<'a> {
    into: &'static str,
    tokens: &'a [String; 2],
}

impl QueryFragment<Backend> for Beside<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(self.into);
        full_text::push_tokens(&mut out, self.tokens)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Beside<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
