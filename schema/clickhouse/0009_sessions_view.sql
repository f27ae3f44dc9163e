CREATE MATERIALIZED VIEW sessions_view TO sessions AS
SELECT
    site_id, session_id,
    min(events.visitor_id) AS visitor_id,
    min(events.ts) AS started_at,
    max(events.ts) AS ended_at,
    min((events.ts, events.page_id, events.n, toString(events.device))) AS device,
    min((events.ts, events.page_id, events.n, toString(events.browser))) AS browser,
    min((events.ts, events.page_id, events.n, toString(events.os))) AS os,
    min((events.ts, events.page_id, events.n, toString(events.country))) AS country,
    min((events.ts, events.page_id, events.n, toString(events.channel))) AS channel,
    min((events.ts, events.page_id, events.n, toString(events.source))) AS source,
    min((events.ts, events.page_id, events.n, toString(events.medium))) AS medium,
    min((events.ts, events.page_id, events.n, toString(events.campaign))) AS campaign,
    min((events.ts, events.page_id, events.n, toString(events.path))) AS entry_path,
    max((events.ts, events.page_id, events.n, toString(events.path))) AS exit_path,
    countIf(events.kind = 'page_view') AS page_views,
    countIf(events.kind = 'click') AS clicks,
    countIf(events.kind = 'error') AS errors,
    countIf(events.kind = 'conversion') AS conversions,
    sum(toUInt64(events.engaged_ms)) AS engaged_ms,
    sum(toUInt64(events.foreground_ms)) AS foreground_ms
FROM events
WHERE bot_class = ''
GROUP BY site_id, session_id
