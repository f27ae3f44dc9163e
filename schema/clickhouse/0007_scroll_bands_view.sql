CREATE MATERIALIZED VIEW scroll_bands_view TO scroll_bands AS
SELECT site_id, page_day, path, device, entry.1 AS band, sum(entry.2) AS reached, sum(entry.3) AS seconds
FROM
(
    SELECT site_id, page_day, path, device,
        arrayJoin(arrayConcat(
            arrayMap(b -> (b, toUInt64(1), toFloat64(0)), reached),
            arrayMap((b, s) -> (b, toUInt64(0), toFloat64(s)), band, band_seconds))) AS entry
    FROM events
    WHERE kind = 'engagement' AND bot_class = ''
)
GROUP BY site_id, page_day, path, device, band
