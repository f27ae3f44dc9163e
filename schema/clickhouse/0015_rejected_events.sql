-- What the validator refused, masked, for seven days.
CREATE TABLE rejected_events (
    site String,
    received_at DateTime64(3, 'UTC'),
    reason LowCardinality(String),
    errors String COMMENT 'what was wrong, as answered to the browser',
    event String COMMENT 'names and types of its fields; values are left out'
)
ENGINE = MergeTree
ORDER BY (site, received_at)
TTL toDateTime(received_at) + INTERVAL 7 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
