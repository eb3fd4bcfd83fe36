-- Texts that grow while people watch. `text` is that of a closed one; of an open one it is in the pieces, each with the
-- number of characters before it.
CREATE TABLE transcripts (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    closed BOOLEAN NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX transcripts_by_owner ON transcripts (owner_id);
CREATE TABLE transcript_pieces (
    transcript_id BLOB NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (transcript_id, start)
);

-- Answers of the AI that are written while people watch, each with the transcript of the same id. `ask` is what is
-- asked, and goes when the answer ends; `request_key` is the hash by which a client finds its answer again, and
-- `request_digest` that of what it asked.
CREATE TABLE answers (
    id BLOB PRIMARY KEY NOT NULL REFERENCES transcripts (id) ON DELETE CASCADE,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    status TEXT NOT NULL,
    ask TEXT,
    wants_json BOOLEAN NOT NULL,
    model TEXT,
    finish_reason TEXT,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    estimated BOOLEAN NOT NULL,
    error_code TEXT,
    error TEXT,
    request_key BLOB,
    request_digest BLOB,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
);
CREATE UNIQUE INDEX answers_by_request ON answers (owner_id, request_key);
CREATE INDEX answers_streaming ON answers (created_at) WHERE status = 'STREAMING';
CREATE INDEX answers_by_purpose ON answers (purpose, finished_at);

CREATE TABLE chats (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    system_message TEXT,
    model TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX chats_by_owner ON chats (owner_id, updated_at, id);

-- What is said in chats. The text of the AI's messages is that of the answer of the same id.
CREATE TABLE chat_messages (
    id BLOB PRIMARY KEY NOT NULL,
    chat_id BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    -- Not by cascade: SQLite follows one no deeper than a thousand rows, and a chat is a chain.
    parent_id BLOB REFERENCES chat_messages (id) ON DELETE SET NULL,
    answer_id BLOB REFERENCES answers (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX chat_messages_by_chat ON chat_messages (chat_id, created_at, id);
CREATE INDEX chat_messages_by_parent ON chat_messages (parent_id);
CREATE INDEX chat_messages_by_answer ON chat_messages (answer_id);

-- Changes of pages that the AI proposes; the text is that of the answer. While it is open, `decision` is null.
CREATE TABLE edit_proposals (
    id BLOB PRIMARY KEY NOT NULL,
    page_id BLOB NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    base_revision_id BLOB NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    answer_id BLOB NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
    instruction TEXT NOT NULL,
    decision TEXT,
    created_at INTEGER NOT NULL,
    decided_at INTEGER
);
CREATE INDEX edit_proposals_by_page ON edit_proposals (page_id);
CREATE INDEX edit_proposals_by_base ON edit_proposals (base_revision_id);
CREATE INDEX edit_proposals_by_owner ON edit_proposals (owner_id);
CREATE INDEX edit_proposals_by_answer ON edit_proposals (answer_id);
