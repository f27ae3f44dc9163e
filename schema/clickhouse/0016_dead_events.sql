-- Accepted events that the engine refused because of a value in them.
CREATE TABLE dead_events (
    site_id UInt32,
    visitor_id UInt64,
    page_id UInt64,
    n UInt32,
    received_at DateTime64(3, 'UTC'),
    error String COMMENT 'message of the engine',
    event String COMMENT 'the row as JSON'
)
ENGINE = MergeTree
ORDER BY (site_id, received_at)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
