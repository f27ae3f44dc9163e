CREATE MATERIALIZED VIEW identity_view TO identity AS
SELECT site_id, visitor_id, person_id, ts, page_id, n, false AS undone
FROM events
WHERE kind = 'identify' AND bot_class = ''
