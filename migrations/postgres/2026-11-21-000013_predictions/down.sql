DROP TRIGGER predictions_follow_jobs ON jobs;
DROP FUNCTION predictions_follow();
DROP TABLE model_drifts;
DROP TABLE classifications;
DROP TABLE predictions;
