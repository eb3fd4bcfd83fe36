-- Links that were mailed, and accounts elsewhere that sign in here.

-- Each works once; `hash` is the SHA-256 of the token, `email_key` the address that it was sent to.
CREATE TABLE email_tokens (
    hash BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    email_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE INDEX email_tokens_by_user ON email_tokens (user_id);
CREATE INDEX email_tokens_by_end ON email_tokens (expires_at);

-- An account at an OpenID Connect provider; issuer and subject together never change hands.
CREATE TABLE identities (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    CONSTRAINT identities_subject_key UNIQUE (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id, created_at);

-- Sign-ins that came back from a provider, by the SHA-256 of their state: none comes back twice.
CREATE TABLE spent_sign_ins (
    hash BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
);
CREATE INDEX spent_sign_ins_by_end ON spent_sign_ins (expires_at);
