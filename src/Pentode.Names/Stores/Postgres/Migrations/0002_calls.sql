-- How far a call came: the number of its last change.
ALTER TABLE request ADD COLUMN step BIGINT NOT NULL DEFAULT 1;
