-- The same rows as before. The first and the last event of a session are found by one number made of (ts, page_id, n)
-- instead of by eleven tuples that are compared value by value.
ALTER TABLE sessions_view MODIFY QUERY
WITH
    bitShiftLeft(toUInt256(toUnixTimestamp64Milli(events.ts)), 96)
        + bitShiftLeft(toUInt256(events.page_id), 32) + events.n AS place,
    argMin((events.ts, events.page_id, events.n, events.device, events.browser, events.os, events.country,
        events.channel, events.source, events.medium, events.campaign, events.path), place) AS entry,
    argMax((events.ts, events.page_id, events.n, events.path), place) AS exit
SELECT
    site_id, session_id,
    min(events.visitor_id) AS visitor_id,
    min(events.ts) AS started_at,
    max(events.ts) AS ended_at,
    (entry.1, entry.2, entry.3, toString(entry.4)) AS device,
    (entry.1, entry.2, entry.3, toString(entry.5)) AS browser,
    (entry.1, entry.2, entry.3, toString(entry.6)) AS os,
    (entry.1, entry.2, entry.3, toString(entry.7)) AS country,
    (entry.1, entry.2, entry.3, toString(entry.8)) AS channel,
    (entry.1, entry.2, entry.3, toString(entry.9)) AS source,
    (entry.1, entry.2, entry.3, toString(entry.10)) AS medium,
    (entry.1, entry.2, entry.3, toString(entry.11)) AS campaign,
    (entry.1, entry.2, entry.3, toString(entry.12)) AS entry_path,
    (exit.1, exit.2, exit.3, toString(exit.4)) AS exit_path,
    countIf(events.kind = 'page_view') AS page_views,
    countIf(events.kind = 'click') AS clicks,
    countIf(events.kind = 'error') AS errors,
    countIf(events.kind = 'conversion') AS conversions,
    sum(toUInt64(events.engaged_ms)) AS engaged_ms,
    sum(toUInt64(events.foreground_ms)) AS foreground_ms
FROM events
WHERE bot_class = ''
GROUP BY site_id, session_id
