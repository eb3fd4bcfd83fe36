-- Pictures: who has them, the bytes behind them, which pages use them, and uploads that are under way.

-- What is stored, once however many pictures it is.
CREATE TABLE media_objects (
    -- SHA-256 of the bytes.
    sha256 BLOB PRIMARY KEY,
    -- Where they lie; no place is ever used again, so that a removal can come late and hurt nobody.
    place BLOB NOT NULL UNIQUE,
    content_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    byte_size BIGINT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Since when a sweep has found no picture of it.
    unused_since INTEGER
);
CREATE INDEX media_objects_unused ON media_objects (unused_since) WHERE unused_since IS NOT NULL;

-- Places whose bytes are to go: nothing can refer to them any more.
CREATE TABLE media_removals (
    place BLOB PRIMARY KEY,
    sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE images (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sha256 BLOB NOT NULL REFERENCES media_objects (sha256),
    purpose TEXT NOT NULL,
    alt_text TEXT,
    created_at INTEGER NOT NULL
);
CREATE INDEX images_by_owner ON images (owner_id, created_at, id);
CREATE INDEX images_by_object ON images (sha256);

-- Which pages have which pictures in their texts. A row with neither is of an earlier text, and stays with the page:
-- whoever may see the page's history may see its pictures. There is no reference to images, as an autosave must
-- not fail because a picture goes at the same moment; a sweep removes what is left over.
CREATE TABLE image_uses (
    page_id BLOB NOT NULL REFERENCES pages (id) ON DELETE CASCADE,
    image_id BLOB NOT NULL,
    draft BOOLEAN NOT NULL,
    published BOOLEAN NOT NULL,
    PRIMARY KEY (page_id, image_id)
);
CREATE INDEX image_uses_by_image ON image_uses (image_id, page_id);

-- Permissions to upload a picture straight to the store.
CREATE TABLE image_uploads (
    id BLOB PRIMARY KEY,
    owner_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    alt_text TEXT,
    content_type TEXT NOT NULL,
    byte_size BIGINT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    completed_at INTEGER
);
CREATE INDEX image_uploads_by_owner ON image_uploads (owner_id);
CREATE INDEX image_uploads_by_expiry ON image_uploads (expires_at);

ALTER TABLE users ADD COLUMN avatar_id BLOB REFERENCES images (id) ON DELETE SET NULL;
CREATE INDEX users_by_avatar ON users (avatar_id) WHERE avatar_id IS NOT NULL;
