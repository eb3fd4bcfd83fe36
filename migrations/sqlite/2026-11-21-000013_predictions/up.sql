-- Forecasts of series, classifications of rows and texts, and how far these are from what models were trained with.

-- job_id is the job of one that is made in the background; what becomes of that job is copied by the trigger below.
-- logged: the log tells of its end.
CREATE TABLE predictions (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    model_key TEXT NOT NULL,
    version_id BLOB REFERENCES model_versions (id) ON DELETE SET NULL,
    dataset_id BLOB NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    days INTEGER NOT NULL,
    status TEXT NOT NULL,
    forecast TEXT,
    error TEXT,
    note TEXT,
    job_id BLOB,
    logged BOOLEAN NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
);
CREATE INDEX predictions_by_owner ON predictions (owner_id, created_at, id);
CREATE INDEX predictions_by_time ON predictions (created_at, id);
CREATE INDEX predictions_by_dataset ON predictions (dataset_id);
CREATE INDEX predictions_by_version ON predictions (version_id);
CREATE INDEX predictions_by_job ON predictions (job_id);
CREATE INDEX predictions_unlogged ON predictions (id) WHERE NOT logged;

-- In the same transaction as the job: a prediction never runs without its job, and never outlives it unfinished. What the
-- job itself has finished stays, unless the job is begun anew.
CREATE TRIGGER predictions_follow_jobs AFTER UPDATE OF status ON jobs
WHEN NEW.kind = 'prediction.run' AND NEW.status <> 'SUCCEEDED'
BEGIN
    UPDATE predictions SET
        status = NEW.status,
        finished_at = NEW.finished_at,
        logged = 0,
        error = CASE NEW.status WHEN 'FAILED' THEN coalesce(NEW.user_error, 'It failed inside of the server.') END
    WHERE job_id = NEW.id AND (finished_at IS NULL OR (OLD.status = 'FAILED' AND status = 'FAILED'));
END;

-- A row for each answer. user_id is null once the account is gone; correct is null until somebody knows the true label.
CREATE TABLE classifications (
    id BLOB PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    model_id BLOB NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version_id BLOB NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    features TEXT NOT NULL,
    label TEXT NOT NULL,
    probabilities TEXT NOT NULL,
    latency_ms REAL NOT NULL,
    actual_label TEXT,
    correct BOOLEAN,
    created_at INTEGER NOT NULL
);
CREATE INDEX classifications_by_user ON classifications (user_id, created_at, id);
CREATE INDEX classifications_by_model ON classifications (model_id, created_at, id);
CREATE INDEX classifications_by_version ON classifications (version_id, created_at, id);
CREATE INDEX classifications_by_time ON classifications (created_at, id);
CREATE INDEX classifications_labelled ON classifications (version_id, correct) WHERE correct IS NOT NULL;

-- What the last look at a model's champion found: the log tells of a threshold when it is passed, and not again.
CREATE TABLE model_drifts (
    model_id BLOB PRIMARY KEY REFERENCES models (id) ON DELETE CASCADE,
    version_id BLOB NOT NULL,
    drifted BOOLEAN NOT NULL,
    looked_at INTEGER NOT NULL
);
