-- The order of the log, and the hash chain over its AUDIT entries.

-- Who acted, as a TypeID: it stays when the account goes and user_id with it.
ALTER TABLE logs ADD COLUMN actor TEXT;
-- The entry's place in the log, given a moment after it was written; entries do not commit in the order of their ids.
ALTER TABLE logs ADD COLUMN seq BIGINT;
-- AUDIT entries: SHA-256 over the hash before it and the entry.
ALTER TABLE logs ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX logs_seq_key ON logs (seq) WHERE seq IS NOT NULL;
CREATE INDEX logs_without_seq ON logs (id) WHERE seq IS NULL;
DROP INDEX logs_by_user;
CREATE INDEX logs_by_user ON logs (user_id, date, id) WHERE user_id IS NOT NULL;
CREATE INDEX logs_by_subject ON logs (subject_id, date, id) WHERE subject_id IS NOT NULL;
CREATE INDEX logs_by_action ON logs (action, date, id);

-- One row: where the chain begins and ends.
CREATE TABLE audit_chain (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    last_seq BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    -- The hash of the last entry that retention removed.
    base BLOB,
    -- The hash of the newest entry.
    head BLOB,
    -- HMAC-SHA-256 over the row under the configured secret.
    mac BLOB
);
INSERT INTO audit_chain (id, last_seq, entries) VALUES (1, 0, 0);
