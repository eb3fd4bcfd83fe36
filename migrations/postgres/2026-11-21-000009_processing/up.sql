-- What is recognised in texts, the items of batches, and what the owner of a failed job may read.

-- For the owner of the job; `error` is for operators.
ALTER TABLE jobs ADD COLUMN user_error text;
CREATE INDEX jobs_of_owner ON jobs (owner_id, created_at, id);
CREATE INDEX jobs_by_time ON jobs (created_at, id);

CREATE TABLE processed_records (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    job_id uuid REFERENCES jobs ON DELETE SET NULL,
    source text NOT NULL,
    format text NOT NULL,
    content text NOT NULL,
    extracted jsonb NOT NULL,
    enrichment jsonb,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX processed_records_by_owner ON processed_records (owner_id, created_at, id);
CREATE INDEX processed_records_by_job ON processed_records (job_id);

-- The input of an item goes when its outcome is there.
CREATE TABLE batch_items (
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    number integer NOT NULL,
    input jsonb,
    outcome jsonb,
    PRIMARY KEY (job_id, number)
);
