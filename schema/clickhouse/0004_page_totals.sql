-- Page views of people by page and day. Rows add up.
CREATE TABLE page_totals (
    site_id UInt32,
    page_day Date COMMENT 'day on which the page view began, in the site''s own zone',
    path LowCardinality(String),
    device Enum8('other' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'tv' = 4, 'console' = 5, 'bot' = 6),
    page_views UInt64
)
ENGINE = SummingMergeTree(page_views)
PARTITION BY toYYYYMM(page_day)
ORDER BY (site_id, path, page_day, device)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
