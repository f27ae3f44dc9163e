CREATE MATERIALIZED VIEW page_totals_view TO page_totals AS
SELECT site_id, page_day, path, device, count() AS page_views
FROM events
WHERE kind = 'page_view' AND bot_class = ''
GROUP BY site_id, page_day, path, device
