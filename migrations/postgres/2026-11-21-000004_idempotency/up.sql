-- Mutations that were sent with an idempotency key, for a day. `id` and `digest` are keyed hashes of the key
-- and of the request; `answer` is encrypted under a key that only the client's own bring back.
-- `holder` names the try that may write; `lease_until` is null once it has ended; `commits` counts its
-- transactions, each in that transaction, and `done` says what they did.
CREATE TABLE idempotency_keys (
    id bytea PRIMARY KEY,
    digest bytea NOT NULL,
    holder bigint NOT NULL,
    lease_until timestamptz,
    commits integer NOT NULL,
    done jsonb NOT NULL,
    answer bytea,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
