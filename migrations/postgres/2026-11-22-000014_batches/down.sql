DROP TRIGGER batches_keep_results ON jobs;
DROP FUNCTION batches_keep();
