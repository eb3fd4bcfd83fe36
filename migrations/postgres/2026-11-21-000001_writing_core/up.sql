-- Accounts, sessions, notebooks, pages, revisions, events, the log and jobs.
-- *_key columns hold the folded form (NFKC, case-folded) that uniqueness and order go by.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL,
    username_key text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    display_name_key text COLLATE "C" NOT NULL,
    email text NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    email_verified_at timestamptz,
    bio text,
    role text NOT NULL,
    password_hash text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_username_key UNIQUE (username_key),
    CONSTRAINT users_email_key UNIQUE (email_key)
);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ip text,
    user_agent text,
    revoked_at timestamptz
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

-- Each refresh token works once; `hash` is the SHA-256 of it.
CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Ed25519 keys that sign access tokens, encrypted under the configured secret.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    sealed bytea NOT NULL,
    public bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);

-- `event_seq` numbers the events; its update at the start of a write is also the lock on the notebook.
-- `published_order` is `published_at`, or 1970 for drafts, so that orders hold no nulls.
CREATE TABLE notebooks (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    title_key text COLLATE "C" NOT NULL,
    description text NOT NULL,
    metadata jsonb NOT NULL,
    published_at timestamptz,
    published_order timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    event_seq bigint NOT NULL
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
    id uuid PRIMARY KEY,
    notebook_id uuid NOT NULL REFERENCES notebooks ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT collaborators_person_key UNIQUE (notebook_id, user_id)
);
CREATE INDEX collaborators_by_user ON collaborators (user_id);

-- The draft's title and count, and the published ones, stand on the page, so that a list reads no text.
CREATE TABLE pages (
    id uuid PRIMARY KEY,
    notebook_id uuid NOT NULL REFERENCES notebooks ON DELETE CASCADE,
    title text NOT NULL,
    format text NOT NULL,
    position integer NOT NULL,
    word_count integer NOT NULL,
    current_revision_id uuid NOT NULL,
    revision_count integer NOT NULL,
    published_revision_id uuid,
    published_title text,
    published_word_count integer,
    published_at timestamptz,
    publish_at timestamptz,
    publish_revision_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX pages_by_notebook ON pages (notebook_id, position) WHERE deleted_at IS NULL;
CREATE INDEX pages_of_notebook ON pages (notebook_id);

-- `hidden_at`: when a later autosave of the same sitting took its place; one of each `minute` (since 1970)
-- then stays for a day.
CREATE TABLE revisions (
    id uuid PRIMARY KEY,
    page_id uuid NOT NULL REFERENCES pages ON DELETE CASCADE,
    number integer NOT NULL,
    name text,
    kind text NOT NULL,
    author_id uuid REFERENCES users ON DELETE SET NULL,
    ai_model text,
    title text NOT NULL,
    content text NOT NULL,
    format text NOT NULL,
    word_count integer NOT NULL,
    message text,
    client_id text,
    created_at timestamptz NOT NULL,
    minute bigint NOT NULL,
    hidden_at timestamptz,
    CONSTRAINT revisions_number_key UNIQUE (page_id, number)
);
CREATE INDEX revisions_by_author ON revisions (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX revisions_hidden ON revisions (hidden_at) WHERE hidden_at IS NOT NULL;

-- The last numbered save of each editor, for dropping late ones and answering repeated ones.
CREATE TABLE client_sequences (
    page_id uuid NOT NULL REFERENCES pages ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    client_id text NOT NULL,
    sequence integer NOT NULL,
    digest bytea NOT NULL,
    revision_id uuid NOT NULL,
    merged boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (page_id, user_id, client_id)
);
CREATE INDEX client_sequences_by_user ON client_sequences (user_id);
CREATE INDEX client_sequences_by_age ON client_sequences (updated_at);

-- `public`: readers may know of it, because the page was public before or after.
CREATE TABLE events (
    notebook_id uuid NOT NULL REFERENCES notebooks ON DELETE CASCADE,
    seq bigint NOT NULL,
    page_id uuid NOT NULL,
    revision_id uuid,
    revision_number integer NOT NULL,
    actor_id uuid,
    kind text NOT NULL,
    client_id text,
    public boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (notebook_id, seq)
);
CREATE INDEX events_by_page ON events (page_id, seq);

CREATE TABLE logs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    date timestamptz NOT NULL,
    user_id uuid REFERENCES users ON DELETE SET NULL,
    username text NOT NULL,
    action text NOT NULL,
    subject_id text,
    details jsonb,
    ip text,
    request_id text
);
CREATE INDEX logs_by_date ON logs (date, id);
CREATE INDEX logs_by_user ON logs (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    unique_key text COLLATE "C",
    status text NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    lease_until timestamptz,
    progress double precision NOT NULL,
    message text,
    result jsonb,
    error text,
    owner_id uuid REFERENCES users ON DELETE CASCADE,
    subject_id text,
    cancel_requested_at timestamptz,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT jobs_unique_key UNIQUE (unique_key)
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE finished_at IS NULL;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'FAILED';
CREATE INDEX jobs_by_owner ON jobs (owner_id) WHERE owner_id IS NOT NULL;
