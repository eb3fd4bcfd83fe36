-- What is found by which words. A notebook and an account have a document each; a page has one for each revision
-- that is read as the page: the draft and the published one. Who may find what is not kept here.

-- `content` holds the words with their places and the stems, `heading` the marks that make a hit better; both come
-- from the program. `title_words` and `brevity` are what a hit's score takes from the document; `analyser` is the
-- version of what made its tokens.
CREATE TABLE search_documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    user_id uuid REFERENCES users ON DELETE CASCADE,
    notebook_id uuid REFERENCES notebooks ON DELETE CASCADE,
    page_id uuid REFERENCES pages ON DELETE CASCADE,
    revision_id uuid,
    title_words integer NOT NULL,
    brevity integer NOT NULL,
    analyser integer NOT NULL,
    heading tsvector NOT NULL,
    content tsvector NOT NULL
);
CREATE INDEX search_documents_by_subject ON search_documents (subject_id, revision_id);
CREATE INDEX search_documents_by_user ON search_documents (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX search_documents_by_notebook ON search_documents (notebook_id) WHERE notebook_id IS NOT NULL;
CREATE INDEX search_documents_by_page ON search_documents (page_id) WHERE page_id IS NOT NULL;
CREATE INDEX search_documents_content ON search_documents USING gin (content);
