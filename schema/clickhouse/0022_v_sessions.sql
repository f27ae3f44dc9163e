-- Sessions of people, one row each, for business intelligence tools. What a session has one of is that of its first event.
CREATE VIEW v_sessions AS
SELECT
    (
        SELECT mapFromArrays(groupArray(s.site_id), groupArray(s.name))
        FROM (SELECT sites.site_id AS site_id, argMax(sites.key, sites.updated_at) AS name FROM sites GROUP BY sites.site_id) AS s
    )[r.site_id] AS site,
    r.site_id AS site_id,
    toDateTime64(min(r.started_at), 3, 'UTC') AS start,
    toDateTime64(max(r.ended_at), 3, 'UTC') AS end,
    dateDiff('millisecond', start, end) / 1000 AS duration_s,
    lower(leftPad(hex(r.session_id), 16, '0')) AS session_id,
    lower(leftPad(hex(min(r.visitor_id)), 16, '0')) AS visitor_id,
    min(r.device).4 AS device,
    min(r.browser).4 AS browser,
    min(r.os).4 AS os,
    min(r.country).4 AS country,
    min(r.channel).4 AS channel,
    min(r.source).4 AS source,
    min(r.medium).4 AS medium,
    min(r.campaign).4 AS campaign,
    min(r.entry_path).4 AS entry_path,
    max(r.exit_path).4 AS exit_path,
    sum(r.page_views) AS page_views,
    sum(r.clicks) AS clicks,
    sum(r.errors) AS errors,
    sum(r.conversions) AS conversions,
    sum(r.engaged_ms) / 1000 AS engaged_s,
    sum(r.foreground_ms) / 1000 AS foreground_s
FROM sessions AS r
GROUP BY r.site_id, r.session_id
