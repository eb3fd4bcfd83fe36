-- Forecasts of series, classifications of rows and texts, and how far these are from what models were trained with.

-- job_id is the job of one that is made in the background; what becomes of that job is copied by the trigger below.
-- logged: the log tells of its end.
CREATE TABLE predictions (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    model text NOT NULL,
    model_key text COLLATE "C" NOT NULL,
    version_id uuid REFERENCES model_versions (id) ON DELETE SET NULL,
    dataset_id uuid NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    target text NOT NULL,
    days integer NOT NULL,
    status text COLLATE "C" NOT NULL,
    forecast jsonb,
    error text,
    note text,
    job_id uuid,
    logged boolean NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX predictions_by_owner ON predictions (owner_id, created_at, id);
CREATE INDEX predictions_by_time ON predictions (created_at, id);
CREATE INDEX predictions_by_dataset ON predictions (dataset_id);
CREATE INDEX predictions_by_version ON predictions (version_id);
CREATE INDEX predictions_by_job ON predictions (job_id);
CREATE INDEX predictions_unlogged ON predictions (id) WHERE NOT logged;

-- In the same transaction as the job: a prediction never runs without its job, and never outlives it unfinished. What the
-- job itself has finished stays, unless the job is begun anew.
CREATE FUNCTION predictions_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE predictions SET
        status = NEW.status,
        finished_at = NEW.finished_at,
        logged = false,
        error = CASE NEW.status WHEN 'FAILED' THEN coalesce(NEW.user_error, 'It failed inside of the server.') END
    WHERE job_id = NEW.id AND (finished_at IS NULL OR (OLD.status = 'FAILED' AND status = 'FAILED'));
    RETURN NULL;
END
$$;
CREATE TRIGGER predictions_follow_jobs AFTER UPDATE OF status ON jobs
    FOR EACH ROW WHEN (NEW.kind = 'prediction.run' AND NEW.status <> 'SUCCEEDED')
    EXECUTE FUNCTION predictions_follow();

-- A row for each answer. user_id is null once the account is gone; correct is null until somebody knows the true label.
CREATE TABLE classifications (
    id uuid PRIMARY KEY,
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    model_id uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version_id uuid NOT NULL REFERENCES model_versions (id) ON DELETE CASCADE,
    features jsonb NOT NULL,
    label text NOT NULL,
    probabilities jsonb NOT NULL,
    latency_ms double precision NOT NULL,
    actual_label text,
    correct boolean,
    created_at timestamptz NOT NULL
);
CREATE INDEX classifications_by_user ON classifications (user_id, created_at, id);
CREATE INDEX classifications_by_model ON classifications (model_id, created_at, id);
CREATE INDEX classifications_by_version ON classifications (version_id, created_at, id);
CREATE INDEX classifications_by_time ON classifications (created_at, id);
CREATE INDEX classifications_labelled ON classifications (version_id, correct) WHERE correct IS NOT NULL;

-- What the last look at a model's champion found: the log tells of a threshold when it is passed, and not again.
CREATE TABLE model_drifts (
    model_id uuid PRIMARY KEY REFERENCES models (id) ON DELETE CASCADE,
    version_id uuid NOT NULL,
    drifted boolean NOT NULL,
    looked_at timestamptz NOT NULL
);
