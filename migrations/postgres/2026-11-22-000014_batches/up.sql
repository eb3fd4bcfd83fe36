-- What was done of a batch stays to be read where the rest of it was cancelled or failed, however that came about. The row is
-- still written once: of one that is written twice the foreign keys are checked anew.
CREATE FUNCTION batches_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT jsonb_build_object(
        'succeeded', count(*) FILTER (WHERE (outcome -> 'ok')::boolean),
        'failed', count(*) FILTER (WHERE NOT (outcome -> 'ok')::boolean),
        'items', coalesce(jsonb_agg(outcome ORDER BY number), '[]')
    ) INTO NEW.result FROM batch_items WHERE job_id = NEW.id AND outcome IS NOT NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER batches_keep_results BEFORE UPDATE OF status ON jobs
    FOR EACH ROW WHEN (NEW.kind = 'processing.batch' AND NEW.status IN ('FAILED', 'CANCELLED'))
    EXECUTE FUNCTION batches_keep();
