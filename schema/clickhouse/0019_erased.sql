-- Visitors who were erased: what still comes from them is dropped. The hash says whether a known id was erased, and
-- gives no id away.
CREATE TABLE erased (
    site_id UInt32,
    visitor_hash String COMMENT '128 bits of BLAKE2b over site and visitor id, as hex',
    asked_at DateTime64(3, 'UTC') COMMENT 'when the collector took the command',
    finished_at DateTime64(3, 'UTC') COMMENT 'when every table had been counted again and held nothing; 1970: not yet',
    deleted Map(String, UInt64) COMMENT 'rows that were deleted, by table',
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (site_id, visitor_hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
