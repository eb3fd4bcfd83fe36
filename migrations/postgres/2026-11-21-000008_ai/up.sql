-- Attempts to have something answered by an AI: what each was for, what became of it, and what it used.
-- While `outcome` is RUNNING, `reserved` tokens are counted against the user's day, until `settle_by`: whoever has
-- not said by then what was used, never will.
CREATE TABLE ai_usage (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    settle_by timestamptz NOT NULL,
    purpose text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    outcome text NOT NULL,
    reserved integer NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    estimated boolean NOT NULL
);
CREATE INDEX ai_usage_by_user ON ai_usage (user_id, at);
