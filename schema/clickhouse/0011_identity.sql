-- Which person used which browser from when on; joined at question time.
CREATE TABLE identity (
    site_id UInt32,
    visitor_id UInt64,
    person_id UInt64,
    ts DateTime64(3, 'UTC'),
    page_id UInt64,
    n UInt32,
    undone Bool
)
ENGINE = ReplacingMergeTree(undone)
ORDER BY (site_id, visitor_id, ts, page_id, n)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
