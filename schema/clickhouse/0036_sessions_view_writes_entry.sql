-- It names what is stored: a view that names an alias could not be made anew, as from a backup.
ALTER TABLE sessions_view MODIFY QUERY
WITH
    bitShiftLeft(toUInt256(toUnixTimestamp64Milli(events.ts)), 96)
        + bitShiftLeft(toUInt256(events.page_id), 32) + events.n AS place,
    argMin((events.ts, events.page_id, events.n, events.device, events.browser, events.os, events.country,
        events.channel, events.source, events.medium, events.campaign, events.path), place) AS first,
    argMax((events.ts, events.page_id, events.n, events.path), place) AS last
SELECT
    site_id, session_id,
    min(events.visitor_id) AS visitor_id,
    min(events.ts) AS started_at,
    max(events.ts) AS ended_at,
    (first.1, first.2, first.3, toString(first.4), toString(first.5), toString(first.6), toString(first.7),
        toString(first.8), toString(first.9), toString(first.10), toString(first.11), toString(first.12)) AS entry,
    (last.1, last.2, last.3, toString(last.4)) AS exit_path,
    countIf(events.kind = 'page_view') AS page_views,
    countIf(events.kind = 'click') AS clicks,
    countIf(events.kind = 'error') AS errors,
    countIf(events.kind = 'conversion') AS conversions,
    sum(toUInt64(events.engaged_ms)) AS engaged_ms,
    sum(toUInt64(events.foreground_ms)) AS foreground_ms
FROM events
WHERE bot_class = ''
GROUP BY site_id, session_id
