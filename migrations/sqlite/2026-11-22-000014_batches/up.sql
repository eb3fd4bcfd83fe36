-- What was done of a batch stays to be read where the rest of it was cancelled or failed, however that came about.
CREATE TRIGGER batches_keep_results AFTER UPDATE OF status ON jobs
WHEN NEW.kind = 'processing.batch' AND NEW.status IN ('FAILED', 'CANCELLED')
BEGIN
    UPDATE jobs SET result = (
        SELECT json_object(
            'succeeded', count(*) FILTER (WHERE json_extract(outcome, '$.ok')),
            'failed', count(*) FILTER (WHERE NOT json_extract(outcome, '$.ok')),
            'items', json_group_array(json(outcome) ORDER BY number)
        ) FROM batch_items WHERE job_id = NEW.id AND outcome IS NOT NULL
    ) WHERE id = NEW.id;
END;
