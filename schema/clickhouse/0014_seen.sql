-- Ids of stored events, for the loader's search for copies. Not for reports.
CREATE TABLE seen (
    site_id UInt32,
    visitor_id UInt64,
    page_id UInt64,
    n UInt32,
    seen_at DateTime('UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(seen_at)
ORDER BY (site_id, visitor_id, page_id, n)
TTL seen_at + INTERVAL 3 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1
