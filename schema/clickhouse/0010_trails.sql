-- Pointer and scroll between clicks, where the site asked for it.
CREATE TABLE trails (
    site_id UInt32,
    ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when the first sample was taken',
    visitor_id UInt64,
    session_id UInt64,
    page_id UInt64,
    n UInt32,
    bot_class LowCardinality(String),
    sample_t Array(UInt32) COMMENT 'ms since ts',
    sample_type Array(UInt8) COMMENT '0 pointer, 1 scroll',
    sample_x Array(Int32) COMMENT 'CSS px',
    sample_y Array(Int32) COMMENT 'CSS px'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ts)
ORDER BY (site_id, session_id, ts, page_id, n)
TTL toDateTime(ts) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
