DROP INDEX sessions_revoked;
DROP INDEX sessions_expiring;
ALTER TABLE signing_keys DROP COLUMN signs_from;
DROP TABLE api_keys;
