DROP TABLE alias_changes;
DROP TABLE model_versions;
DROP TABLE models;
DROP TABLE datasets;
