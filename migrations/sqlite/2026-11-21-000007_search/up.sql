-- What is found by which words. A notebook and an account have a document each; a page has one for each revision
-- that is read as the page: the draft and the published one. Who may find what is not kept here.

-- `title_words` and `brevity` are what a hit's score takes from the document; `analyser` is the version of what
-- made its tokens.
CREATE TABLE search_documents (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    notebook_id BLOB REFERENCES notebooks (id) ON DELETE CASCADE,
    page_id BLOB REFERENCES pages (id) ON DELETE CASCADE,
    revision_id BLOB,
    title_words INTEGER NOT NULL,
    brevity INTEGER NOT NULL,
    analyser INTEGER NOT NULL
);
CREATE INDEX search_documents_by_subject ON search_documents (subject_id, revision_id);
CREATE INDEX search_documents_by_user ON search_documents (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX search_documents_by_notebook ON search_documents (notebook_id) WHERE notebook_id IS NOT NULL;
CREATE INDEX search_documents_by_page ON search_documents (page_id) WHERE page_id IS NOT NULL;

-- The tokens of a document under its id: words in their order, and marks. They come from the program, with
-- blanks between them, and are not kept as text.
CREATE VIRTUAL TABLE search_index USING fts5 (
    words,
    marks,
    content = '',
    contentless_delete = 1,
    tokenize = "ascii tokenchars '_~^=%+#'"
);

-- Also where a page goes with its notebook, and a notebook with its owner.
CREATE TRIGGER search_documents_gone AFTER DELETE ON search_documents BEGIN
    DELETE FROM search_index WHERE rowid = old.id;
END;
