-- One row a session of people once merged. Partitioned by the month inside the session's id, so that midnight
-- does not split it; found by its corrected start.
CREATE TABLE sessions (
    site_id UInt32,
    session_id UInt64,
    visitor_id SimpleAggregateFunction(min, UInt64),
    started_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'ts of the first event',
    ended_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'ts of the last event',
    device SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)) COMMENT '(ts, page_id, n, value) of the first event; so the next ones',
    browser SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    os SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    country SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    channel SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    source SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    medium SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    campaign SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)),
    entry_path SimpleAggregateFunction(min, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)) COMMENT 'path of the first event',
    exit_path SimpleAggregateFunction(max, Tuple(DateTime64(3, 'UTC'), UInt64, UInt32, String)) COMMENT 'path of the last event',
    page_views SimpleAggregateFunction(sum, UInt64),
    clicks SimpleAggregateFunction(sum, UInt64),
    errors SimpleAggregateFunction(sum, UInt64),
    conversions SimpleAggregateFunction(sum, UInt64),
    engaged_ms SimpleAggregateFunction(sum, UInt64),
    foreground_ms SimpleAggregateFunction(sum, UInt64),
    INDEX start started_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(toInt64(bitShiftRight(session_id, 24)) + 1735689600000, 'UTC'))
ORDER BY (site_id, session_id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
