-- How many page views of people reached each 5 % band, and how long it was in use. Rows add up.
CREATE TABLE scroll_bands (
    site_id UInt32,
    page_day Date COMMENT 'day on which the page view began, in the site''s own zone',
    path LowCardinality(String),
    device Enum8('other' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'tv' = 4, 'console' = 5, 'bot' = 6),
    band UInt8 COMMENT '5 % bands of the document''s height, 0-19',
    reached UInt64 COMMENT 'page views that reached the band',
    seconds Float64 COMMENT 'engaged seconds in the band'
)
ENGINE = SummingMergeTree((reached, seconds))
PARTITION BY toYYYYMM(page_day)
ORDER BY (site_id, path, page_day, device, band)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
