DROP TABLE alias_changes;
DROP FUNCTION alias_changes_refuse();
DROP TABLE model_versions;
DROP TABLE models;
DROP TABLE datasets;
