-- Attempts to have something answered by an AI: what each was for, what became of it, and what it used.
-- While `outcome` is RUNNING, `reserved` tokens are counted against the user's day, until `settle_by`: whoever has
-- not said by then what was used, never will.
CREATE TABLE ai_usage (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    settle_by INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reserved INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    estimated BOOLEAN NOT NULL
);
CREATE INDEX ai_usage_by_user ON ai_usage (user_id, at);
