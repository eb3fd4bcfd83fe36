-- Datasets, and the registry of models that are trained on them. Bytes lie in the object store under the rows' ids.

-- owner_id is null for what the program brought; days are ISO 8601, of time series alone.
CREATE TABLE datasets (
    id uuid PRIMARY KEY,
    owner_id uuid REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    fields jsonb NOT NULL,
    row_count bigint NOT NULL,
    first_day text COLLATE "C",
    last_day text COLLATE "C",
    missing_days bigint,
    sha256 bytea NOT NULL,
    byte_size bigint NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX datasets_by_owner ON datasets (owner_id, created_at, id);
CREATE INDEX datasets_by_time ON datasets (created_at, id);

-- A model outlives the account that made it. Versions are numbered from 1; a number is never given twice.
CREATE TABLE models (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    task text COLLATE "C" NOT NULL,
    owner_id uuid REFERENCES users (id) ON DELETE SET NULL,
    last_version integer NOT NULL,
    champion_id uuid,
    challenger_id uuid,
    challenger_share double precision NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT models_name_key UNIQUE (name_key)
);
CREATE INDEX models_by_owner ON models (owner_id);
CREATE INDEX models_by_time ON models (created_at, id);

-- job_id is the job that trained it: one that is begun again finds what it has done. What it was trained on may go;
-- data_hash stays.
CREATE TABLE model_versions (
    id uuid PRIMARY KEY,
    model_id uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version integer NOT NULL,
    algorithm text COLLATE "C" NOT NULL,
    params jsonb NOT NULL,
    features jsonb NOT NULL,
    labels jsonb,
    target text,
    dataset_id uuid REFERENCES datasets (id) ON DELETE SET NULL,
    data_hash text COLLATE "C",
    metrics jsonb NOT NULL,
    library text NOT NULL,
    training_seconds double precision NOT NULL,
    byte_size bigint NOT NULL,
    sha256 bytea NOT NULL,
    job_id uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT model_versions_version_key UNIQUE (model_id, version),
    CONSTRAINT model_versions_job_key UNIQUE (job_id)
);
CREATE INDEX model_versions_by_dataset ON model_versions (dataset_id);

-- Append-only. What it names may be gone, so nothing of it refers to rows.
CREATE TABLE alias_changes (
    id uuid PRIMARY KEY,
    model_id uuid NOT NULL,
    alias text COLLATE "C" NOT NULL,
    from_id uuid,
    to_id uuid,
    share double precision,
    user_id uuid,
    reason text,
    at timestamptz NOT NULL
);
CREATE INDEX alias_changes_by_model ON alias_changes (model_id, at, id);
CREATE FUNCTION alias_changes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'alias_changes is append-only';
END
$$;
CREATE TRIGGER alias_changes_stay BEFORE UPDATE OR DELETE ON alias_changes
    FOR EACH ROW EXECUTE FUNCTION alias_changes_refuse();
