-- Accounts, sessions, notebooks, pages, revisions, events, the log and jobs.
-- *_key columns hold the folded form (NFKC, case-folded) that uniqueness and order go by.

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_verified_at INTEGER,
    bio TEXT,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT users_username_key UNIQUE (username_key),
    CONSTRAINT users_email_key UNIQUE (email_key)
);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip TEXT,
    user_agent TEXT,
    revoked_at INTEGER
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

-- Each refresh token works once; `hash` is the SHA-256 of it.
CREATE TABLE refresh_tokens (
    hash BLOB PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Ed25519 keys that sign access tokens, encrypted under the configured secret.
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    sealed BLOB NOT NULL,
    public BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
);

-- `event_seq` numbers the events; its update at the start of a write is also the lock on the notebook.
-- `published_order` is `published_at`, or 1970 for drafts, so that orders hold no nulls.
CREATE TABLE notebooks (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    description TEXT NOT NULL,
    metadata TEXT NOT NULL,
    published_at INTEGER,
    published_order INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    event_seq BIGINT NOT NULL
);
CREATE INDEX notebooks_by_owner ON notebooks (owner_id, created_at, id);
CREATE INDEX notebooks_public_by_published ON notebooks (published_order, id)
    WHERE published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX notebooks_public_by_created ON notebooks (created_at, id)
    WHERE published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX notebooks_public_by_updated ON notebooks (updated_at, id)
    WHERE published_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX notebooks_public_by_title ON notebooks (title_key, id)
    WHERE published_at IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE collaborators (
    id BLOB PRIMARY KEY,
    notebook_id BLOB NOT NULL REFERENCES notebooks (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT collaborators_person_key UNIQUE (notebook_id, user_id)
);
CREATE INDEX collaborators_by_user ON collaborators (user_id);

-- The draft's title and count, and the published ones, stand on the page, so that a list reads no text.
CREATE TABLE pages (
    id BLOB PRIMARY KEY,
    notebook_id BLOB NOT NULL REFERENCES notebooks (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    format TEXT NOT NULL,
    position INTEGER NOT NULL,
    word_count INTEGER NOT NULL,
    current_revision_id BLOB NOT NULL,
    revision_count INTEGER NOT NULL,
    published_revision_id BLOB,
    published_title TEXT,
    published_word_count INTEGER,
    published_at INTEGER,
    publish_at INTEGER,
    publish_revision_id BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
);
CREATE INDEX pages_by_notebook ON pages (notebook_id, position) WHERE deleted_at IS NULL;
CREATE INDEX pages_of_notebook ON pages (notebook_id);

-- `hidden_at`: when a later autosave of the same sitting took its place; one of each `minute` (since 1970)
-- then stays for a day.
CREATE TABLE revisions (
    id BLOB PRIMARY KEY,
    page_id BLOB NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT,
    kind TEXT NOT NULL,
    author_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    ai_model TEXT,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    format TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    message TEXT,
    client_id TEXT,
    created_at INTEGER NOT NULL,
    minute BIGINT NOT NULL,
    hidden_at INTEGER,
    CONSTRAINT revisions_number_key UNIQUE (page_id, number)
);
CREATE INDEX revisions_by_author ON revisions (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX revisions_hidden ON revisions (hidden_at) WHERE hidden_at IS NOT NULL;

-- The last numbered save of each editor, for dropping late ones and answering repeated ones.
CREATE TABLE client_sequences (
    page_id BLOB NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    digest BLOB NOT NULL,
    revision_id BLOB NOT NULL,
    merged BOOLEAN NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (page_id, user_id, client_id)
);
CREATE INDEX client_sequences_by_user ON client_sequences (user_id);
CREATE INDEX client_sequences_by_age ON client_sequences (updated_at);

-- `public`: readers may know of it, because the page was public before or after.
CREATE TABLE events (
    notebook_id BLOB NOT NULL REFERENCES notebooks (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    page_id BLOB NOT NULL,
    revision_id BLOB,
    revision_number INTEGER NOT NULL,
    actor_id BLOB,
    kind TEXT NOT NULL,
    client_id TEXT,
    public BOOLEAN NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (notebook_id, seq)
);
CREATE INDEX events_by_page ON events (page_id, seq);

CREATE TABLE logs (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    date INTEGER NOT NULL,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    username TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_id TEXT,
    details TEXT,
    ip TEXT,
    request_id TEXT
);
CREATE INDEX logs_by_date ON logs (date, id);
CREATE INDEX logs_by_user ON logs (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE jobs (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    unique_key TEXT,
    status TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    lease_until INTEGER,
    progress DOUBLE NOT NULL,
    message TEXT,
    result TEXT,
    error TEXT,
    owner_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    subject_id TEXT,
    cancel_requested_at INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    CONSTRAINT jobs_unique_key UNIQUE (unique_key)
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE finished_at IS NULL;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'FAILED';
CREATE INDEX jobs_by_owner ON jobs (owner_id) WHERE owner_id IS NOT NULL;
