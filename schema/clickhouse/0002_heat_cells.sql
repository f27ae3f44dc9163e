-- Clicks of people by cell: 1 % of the width, 16 px of the height. Rows add up.
CREATE TABLE heat_cells (
    site_id UInt32,
    page_day Date COMMENT 'day on which the page view began, in the site''s own zone',
    path LowCardinality(String),
    device Enum8('other' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'tv' = 4, 'console' = 5, 'bot' = 6),
    fixed Bool COMMENT 'true: cell of the viewport, not of the page',
    cell_x UInt8 COMMENT '1 % steps of the document''s width (viewport''s where fixed), 0-99',
    cell_y UInt32 COMMENT '16 px steps from the top',
    clicks UInt64
)
ENGINE = SummingMergeTree(clicks)
PARTITION BY toYYYYMM(page_day)
ORDER BY (site_id, path, page_day, device, fixed, cell_x, cell_y)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
