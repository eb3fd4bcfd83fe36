-- What is recognised in texts, the items of batches, and what the owner of a failed job may read.

-- For the owner of the job; `error` is for operators.
ALTER TABLE jobs ADD COLUMN user_error TEXT;
CREATE INDEX jobs_of_owner ON jobs (owner_id, created_at, id);
CREATE INDEX jobs_by_time ON jobs (created_at, id);

CREATE TABLE processed_records (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id BLOB REFERENCES jobs (id) ON DELETE SET NULL,
    source TEXT NOT NULL,
    format TEXT NOT NULL,
    content TEXT NOT NULL,
    extracted TEXT NOT NULL,
    enrichment TEXT,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX processed_records_by_owner ON processed_records (owner_id, created_at, id);
CREATE INDEX processed_records_by_job ON processed_records (job_id);

-- The input of an item goes when its outcome is there.
CREATE TABLE batch_items (
    job_id BLOB NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    input TEXT,
    outcome TEXT,
    PRIMARY KEY (job_id, number)
);
