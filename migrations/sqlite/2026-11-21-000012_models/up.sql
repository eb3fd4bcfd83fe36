-- Datasets, and the registry of models that are trained on them. Bytes lie in the object store under the rows' ids.

-- owner_id is null for what the program brought; days are ISO 8601, of time series alone.
CREATE TABLE datasets (
    id BLOB PRIMARY KEY,
    owner_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    first_day TEXT,
    last_day TEXT,
    missing_days INTEGER,
    sha256 BLOB NOT NULL,
    byte_size INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX datasets_by_owner ON datasets (owner_id, created_at, id);
CREATE INDEX datasets_by_time ON datasets (created_at, id);

-- A model outlives the account that made it. Versions are numbered from 1; a number is never given twice.
CREATE TABLE models (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    task TEXT NOT NULL,
    owner_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    last_version INTEGER NOT NULL,
    champion_id BLOB,
    challenger_id BLOB,
    challenger_share REAL NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT models_name_key UNIQUE (name_key)
);
CREATE INDEX models_by_owner ON models (owner_id);
CREATE INDEX models_by_time ON models (created_at, id);

-- job_id is the job that trained it: one that is begun again finds what it has done. What it was trained on may go;
-- data_hash stays.
CREATE TABLE model_versions (
    id BLOB PRIMARY KEY,
    model_id BLOB NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    algorithm TEXT NOT NULL,
    params TEXT NOT NULL,
    features TEXT NOT NULL,
    labels TEXT,
    target TEXT,
    dataset_id BLOB REFERENCES datasets (id) ON DELETE SET NULL,
    data_hash TEXT,
    metrics TEXT NOT NULL,
    library TEXT NOT NULL,
    training_seconds REAL NOT NULL,
    byte_size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    job_id BLOB,
    created_at INTEGER NOT NULL,
    CONSTRAINT model_versions_version_key UNIQUE (model_id, version),
    CONSTRAINT model_versions_job_key UNIQUE (job_id)
);
CREATE INDEX model_versions_by_dataset ON model_versions (dataset_id);

-- Append-only. What it names may be gone, so nothing of it refers to rows.
CREATE TABLE alias_changes (
    id BLOB PRIMARY KEY,
    model_id BLOB NOT NULL,
    alias TEXT NOT NULL,
    from_id BLOB,
    to_id BLOB,
    share REAL,
    user_id BLOB,
    reason TEXT,
    at INTEGER NOT NULL
);
CREATE INDEX alias_changes_by_model ON alias_changes (model_id, at, id);
CREATE TRIGGER alias_changes_stay_as_they_are BEFORE UPDATE ON alias_changes BEGIN
    SELECT RAISE(ABORT, 'alias_changes is append-only');
END;
CREATE TRIGGER alias_changes_stay BEFORE DELETE ON alias_changes BEGIN
    SELECT RAISE(ABORT, 'alias_changes is append-only');
END;
