-- What servers know: orders, refunds, trials, cancellations, leads. Identity: (site_id, source, id).
-- Sent again with other content, an outcome gets a row with a higher version; read `latest_outcomes`, or argMax by version.
CREATE TABLE outcomes (
    site_id UInt32 COMMENT 'permanent number of the site in sites.yml',
    source LowCardinality(String) COMMENT 'system that knows it, such as shop or crm',
    id String COMMENT 'id in that system',
    kind Enum8('order' = 1, 'refund' = 2, 'trial' = 3, 'cancellation' = 4, 'lead' = 5) COMMENT 'what it is',
    ts DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when it happened; where the sender did not say, when it was received',
    value Decimal(18, 4) COMMENT 'money, in currency; never negative, also of a refund',
    currency LowCardinality(String) COMMENT 'ISO 4217; empty: no value was sent',
    goal LowCardinality(String) COMMENT 'name of the goal that it confirms or undoes',
    order_id String COMMENT 'order_id of the conversion; empty: not linked by it',
    visitor_id UInt64 COMMENT 'browser; 0: not linked by it',
    person_id UInt64 COMMENT 'keyed hash of the user''s id, as in identity; 0: not linked by it',
    quality LowCardinality(String) COMMENT 'how good a lead is, in the words of the source',
    stage LowCardinality(String) COMMENT 'how far it has come, in the words of the source',
    props JSON(max_dynamic_paths = 128) COMMENT 'properties; read as props.name.:String',
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when the collector took it',
    version UInt64 COMMENT 'received_at in ms x 1000 and the place in its body; the highest is what holds',
    digest UInt64 COMMENT 'hash of what was said; equal to that of the version before: a copy, not stored'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, source, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
