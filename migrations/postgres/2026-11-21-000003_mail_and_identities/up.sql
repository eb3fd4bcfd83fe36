-- Links that were mailed, and accounts elsewhere that sign in here.

-- Each works once; `hash` is the SHA-256 of the token, `email_key` the address that it was sent to.
CREATE TABLE email_tokens (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose text NOT NULL,
    email_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX email_tokens_by_user ON email_tokens (user_id);
CREATE INDEX email_tokens_by_end ON email_tokens (expires_at);

-- An account at an OpenID Connect provider; issuer and subject together never change hands.
CREATE TABLE identities (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    email text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    CONSTRAINT identities_subject_key UNIQUE (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id, created_at);

-- Sign-ins that came back from a provider, by the SHA-256 of their state: none comes back twice.
CREATE TABLE spent_sign_ins (
    hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_sign_ins_by_end ON spent_sign_ins (expires_at);
