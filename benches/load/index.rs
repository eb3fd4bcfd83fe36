//! The search's index of the seeded rows: one text of each kind is analysed by the program, and SQL puts the
//! numbers of the others into its tokens. Words with digits have no stems, so that these are the tokens that the
//! program itself would have stored.

use pluma::pages::{ContentFormat, content};
use pluma::search::{Body, Document};
use pluma::text::analysis::VERSION;

use crate::seed::{self, Dialect, Kind, NOTEBOOKS, PAGES, PAGES_EACH, PLACES, TOPICS, USERS, made};

/// Stand for what differs from text to text.
const NUMBER: &str = "0x0n";
const TOPIC: &str = "0x0t";
const PLACE: &str = "0x0p";

/// The documents of one kind.
struct Documents {
    name: &'static str,
    count: usize,
    /// Ids of user, notebook, page and revision, where they have them.
    ids: [Option<String>; 4],
    subject: String,
    /// In SQLite, where the numbers of their rows begin.
    first: usize,
    document: Document,
}

/// The statements, in their order.
pub fn statements(dialect: &dyn Dialect) -> Vec<String> {
    let id = |kind, number: &str| dialect.id(kind, &made(kind, number), number);
    let (user, notebook) = (id(Kind::User, "i"), id(Kind::Notebook, "i"));
    let (page, revision) = (id(Kind::Page, "i"), id(Kind::Revision, "i"));
    let of_page = id(Kind::Notebook, &format!("(i / {PAGES_EACH})"));
    let text = format!(
        "# Page {NUMBER}\n\nOf {TOPIC} in {PLACE}.\n\n{}",
        seed::BODY
    );
    let plain = content::plain(ContentFormat::Markdown, &text);
    let document = |title: String, text: &str| Document::new(&title, &Body::of(text));
    let all = [
        Documents {
            name: "PAGE",
            count: PAGES,
            subject: page.clone(),
            ids: [None, Some(of_page), Some(page), Some(revision)],
            first: 1,
            document: document(format!("Page {NUMBER}"), &plain),
        },
        Documents {
            name: "NOTEBOOK",
            count: NOTEBOOKS,
            subject: notebook.clone(),
            ids: [None, Some(notebook), None, None],
            first: 1 + PAGES,
            document: document(format!("Notebook {NUMBER}"), "What a writer thinks."),
        },
        Documents {
            name: "USER",
            count: USERS,
            subject: user.clone(),
            ids: [Some(user), None, None, None],
            first: 1 + PAGES + NOTEBOOKS,
            document: document(format!("Writer {NUMBER} writer{NUMBER}"), ""),
        },
    ];
    all.iter().flat_map(|of| of.statements(dialect)).collect()
}

impl Documents {
    fn statements(&self, dialect: &dyn Dialect) -> Vec<String> {
        let numbers = dialect.numbers(self.count);
        let Self {
            name,
            subject,
            first,
            document,
            ..
        } = self;
        let [user, notebook, page, revision] = self.ids.each_ref().map(|id| {
            let null = || dialect.no_id().to_owned();
            id.clone().unwrap_or_else(null)
        });
        let columns = "kind, subject_id, user_id, notebook_id, page_id, revision_id, title_words, brevity, analyser";
        let values = format!(
            "'{name}', {subject}, {user}, {notebook}, {page}, {revision}, {}, {}, {VERSION}",
            document.title_words, document.brevity
        );
        if dialect.tokens_in_row() {
            let (content, heading) = (tokens(&document.content()), tokens(&document.heading()));
            return vec![format!(
                "INSERT INTO search_documents ({columns}, content, heading)
                 SELECT {values}, {content}::tsvector, {heading}::tsvector FROM {numbers}"
            )];
        }
        let (words, marks) = (tokens(&document.words()), tokens(&document.marks()));
        vec![
            format!(
                "INSERT INTO search_documents (id, {columns}) SELECT i + {first}, {values} FROM {numbers}"
            ),
            format!(
                "INSERT INTO search_index (rowid, words, marks) SELECT i + {first}, {words}, {marks} FROM {numbers}"
            ),
        ]
    }
}

/// A template as an expression of SQL, with the numbers put in.
fn tokens(template: &str) -> String {
    let quoted = template.replace('\'', "''");
    format!(
        "replace(replace(replace('{quoted}', '{NUMBER}', cast(i AS text)), \
         '{TOPIC}', 'topic' || (i % {TOPICS})), '{PLACE}', 'place' || (i % {PLACES}))"
    )
}
