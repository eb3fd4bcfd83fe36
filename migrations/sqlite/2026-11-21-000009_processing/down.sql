DROP TABLE batch_items;
DROP TABLE processed_records;
DROP INDEX jobs_by_time;
DROP INDEX jobs_of_owner;
ALTER TABLE jobs DROP COLUMN user_error;
