DROP TRIGGER predictions_follow_jobs;
DROP TABLE model_drifts;
DROP TABLE classifications;
DROP TABLE predictions;
