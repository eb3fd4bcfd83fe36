-- Bills as an open-data service gave them, kept so that they stay readable while it is down.

-- `details_at` is null while only a list told of the bill; search_key is folded, for looking in what is kept.
CREATE TABLE propositions (
    id BLOB PRIMARY KEY,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    year INTEGER NOT NULL,
    summary TEXT NOT NULL,
    search_key TEXT NOT NULL,
    authors TEXT NOT NULL,
    status TEXT,
    presented_on TEXT,
    url TEXT,
    votes TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    details_at INTEGER,
    CONSTRAINT propositions_external_id_key UNIQUE (external_id)
);
CREATE INDEX propositions_by_year ON propositions (year, number, id);
