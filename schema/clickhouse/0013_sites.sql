-- What sites.yml says, for readers who do not have the file. Written by the loader.
CREATE TABLE sites (
    site_id UInt32,
    key String,
    name String,
    time_zone String,
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY site_id
