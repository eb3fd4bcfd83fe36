DROP INDEX users_by_avatar;
ALTER TABLE users DROP COLUMN avatar_id;
DROP TABLE image_uploads;
DROP TABLE image_uses;
DROP TABLE images;
DROP TABLE media_removals;
DROP TABLE media_objects;
