-- What goals.yml says, for readers who do not have the file. Written by the loader.
CREATE TABLE goals (
    site_id UInt32,
    goals String COMMENT 'the site''s goals as JSON: {name: {class, match, value, stage}}; {} where there are none',
    version String COMMENT 'hash of goals; answers name it',
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY site_id
