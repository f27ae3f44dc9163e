-- Events as business intelligence tools like them: the site's key, ids as the reports show them, enumerations as text.
-- Filter by `time` and `site_id`; a filter by an id as text reads all events of the time.
CREATE VIEW v_events AS
SELECT
    (
        SELECT mapFromArrays(groupArray(s.site_id), groupArray(s.name))
        FROM (SELECT sites.site_id AS site_id, argMax(sites.key, sites.updated_at) AS name FROM sites GROUP BY sites.site_id) AS s
    )[events.site_id] AS site,
    events.site_id AS site_id,
    events.ts AS time,
    toString(events.kind) AS kind,
    lower(leftPad(hex(events.visitor_id), 16, '0')) AS visitor_id,
    lower(leftPad(hex(events.session_id), 16, '0')) AS session_id,
    lower(leftPad(hex(events.page_id), 16, '0')) AS page_id,
    CAST(events.bot_class != '' AS Bool) AS is_bot,
    toString(events.device) AS device,
    if(events.element_key = 0, '', lower(leftPad(hex(events.element_key), 16, '0'))) AS element_key,
    if(events.person_id = 0, '', lower(leftPad(hex(events.person_id), 16, '0'))) AS person_id,
    toFloat64(events.value) AS value,
    toString(events.props) AS props,
    toString(events.clock) AS clock,
    events.* EXCEPT (site_id, ts, kind, visitor_id, session_id, page_id, device, element_key, person_id, value, props, clock)
FROM events
