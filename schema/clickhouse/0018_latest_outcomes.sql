-- Every outcome once, as it is now. A filter on site_id, source or id reads only those rows of `outcomes`.
CREATE VIEW latest_outcomes AS
SELECT
    site_id,
    source,
    id,
    argMax(o.kind, o.version) AS kind,
    argMax(o.ts, o.version) AS ts,
    argMax(o.value, o.version) AS value,
    argMax(o.currency, o.version) AS currency,
    argMax(o.goal, o.version) AS goal,
    argMax(o.order_id, o.version) AS order_id,
    argMax(o.visitor_id, o.version) AS visitor_id,
    argMax(o.person_id, o.version) AS person_id,
    argMax(o.quality, o.version) AS quality,
    argMax(o.stage, o.version) AS stage,
    argMax(o.props, o.version) AS props,
    max(o.received_at) AS received_at
FROM outcomes AS o
GROUP BY site_id, source, id
