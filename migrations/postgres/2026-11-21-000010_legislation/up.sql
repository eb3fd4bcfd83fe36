-- Bills as an open-data service gave them, kept so that they stay readable while it is down.

-- `details_at` is null while only a list told of the bill; search_key is folded, for looking in what is kept.
CREATE TABLE propositions (
    id uuid PRIMARY KEY,
    external_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    year integer NOT NULL,
    summary text NOT NULL,
    search_key text NOT NULL,
    authors jsonb NOT NULL,
    status text,
    presented_on text,
    url text,
    votes jsonb NOT NULL,
    fetched_at timestamptz NOT NULL,
    details_at timestamptz,
    CONSTRAINT propositions_external_id_key UNIQUE (external_id)
);
CREATE INDEX propositions_by_year ON propositions (year, number, id);
