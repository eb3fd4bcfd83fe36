DROP TRIGGER batches_keep_results;
