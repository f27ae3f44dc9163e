-- The first event of a session, once: nine columns repeat its ts, page_id and n, each beside one value, in 3.0 of the
-- 5.3 bytes an event that sessions take. Read by its default where it is not stored yet; the next files store it, and
-- make the nine aliases of its parts.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS entry SimpleAggregateFunction(min, Tuple(
    ts DateTime64(3, 'UTC'), page_id UInt64, n UInt32, device String, browser String, os String, country String,
    channel String, source String, medium String, campaign String, path String
)) DEFAULT (
    device.1, device.2, device.3, device.4, browser.4, os.4, country.4, channel.4, source.4, medium.4, campaign.4,
    entry_path.4
) COMMENT 'the first event: (ts, page_id, n) is its place, the others are its values' AFTER ended_at
