-- What a page looks like: where its headings, controls and pictures stand. Once per layout version of a page, the
-- newest sighting wins; those of bots beside, so that none hides a person's. Not by months: an insert brings whichever
-- were seen last.
CREATE TABLE skeletons (
    site_id UInt32 COMMENT 'permanent number of the site in sites.yml',
    path LowCardinality(String) COMMENT 'path of the page, no query string',
    device Enum8('other' = 0, 'desktop' = 1, 'mobile' = 2, 'tablet' = 3, 'tv' = 4, 'console' = 5, 'bot' = 6) COMMENT 'device type',
    layout String COMMENT 'hash of the structure and of the width class of the viewport, 16 hex digits',
    bot_class LowCardinality(String) COMMENT 'empty for people',
    ts DateTime64(3, 'UTC') COMMENT 'when it was seen last',
    visitor_id UInt64 COMMENT 'who saw it last',
    host LowCardinality(String) COMMENT 'host of the page',
    viewport_width UInt16 COMMENT 'CSS px',
    width UInt32 COMMENT 'of the document, CSS px',
    height UInt32 COMMENT 'of the document, CSS px',
    box_role Array(LowCardinality(String)) COMMENT 'ARIA role of a landmark or control, heading, image, video, frame or text',
    box_level Array(UInt8) COMMENT '1 to 6 of headings, else 0',
    box_x Array(Int32) COMMENT 'CSS px from the left edge of the document',
    box_y Array(Int32) COMMENT 'CSS px from its top',
    box_width Array(UInt32) COMMENT 'CSS px',
    box_height Array(UInt32) COMMENT 'CSS px',
    box_name Array(String) COMMENT 'what headings and controls are called; empty of others'
)
ENGINE = ReplacingMergeTree(ts)
ORDER BY (site_id, path, device, layout, bot_class)
TTL toDateTime(ts) + INTERVAL 180 DAY
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
