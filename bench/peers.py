"""The same events as others would store them, and the same questions as they would ask them.

After the public schemas: PostHog keeps properties as JSON text, sorted by day and event; Plausible keeps typed columns
sorted by day and name, and properties in two arrays. Only the largest site is copied: other sites come after it in
both sorting keys and are not read.
"""

from __future__ import annotations

from typing import Final

from bench.world import LARGEST

POSTHOG: Final = (
    "CREATE DATABASE posthog",
    """CREATE TABLE posthog.events (
    uuid UUID, event LowCardinality(String), properties String CODEC(ZSTD(3)), timestamp DateTime64(6, 'UTC'), team_id Int64,
    distinct_id String, elements_chain String, created_at DateTime64(6, 'UTC'), person_id UUID,
    `$session_id` String MATERIALIZED replaceRegexpAll(JSONExtractRaw(properties, '$session_id'), '^"|"$', '')
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid))""",
    f"""INSERT INTO posthog.events
SELECT generateUUIDv4(n), multiIf(kind = 'page_view', '$pageview', kind = 'click', '$autocapture', kind = 'vital', '$web_vitals',
        kind = 'conversion', goal, kind = 'error', '$exception', toString(kind)),
    toJSONString(map('$session_id', hex(session_id), '$current_url', concat('https://', host, path), '$pathname', toString(path),
        '$browser', toString(browser), '$os', toString(os), '$device_type', toString(device), '$geoip_country_code', toString(country),
        'utm_source', toString(source), 'utm_campaign', toString(campaign), '$channel_type', toString(channel),
        '$viewport_width', toString(viewport_width), '$viewport_height', toString(viewport_height),
        '$screen_width', toString(screen_width), '$lib', 'web', '$lib_version', '1.200.0', '$el_text', toString(element_name),
        '$scroll', toString(max_scroll_pct), 'x', toString(x), 'y', toString(y), 'value', toString(value))),
    ts, site_id, hex(visitor_id), if(kind = 'click', concat(toString(element_role), ':text="', toString(element_name), '"'), ''),
    ts, reinterpretAsUUID(toUInt128(visitor_id))
FROM footpath.events WHERE site_id = {LARGEST} AND bot_class = '' SETTINGS max_partitions_per_insert_block = 0""",
    """CREATE TABLE posthog.heatmaps (
    session_id String, team_id Int64, distinct_id String, timestamp DateTime64(6, 'UTC'), x Int16, y Int16, scale_factor Int16,
    viewport_width Int16, viewport_height Int16, pointer_target_fixed Bool, current_url String, type LowCardinality(String)
) ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp)
ORDER BY (type, team_id, toDate(timestamp), current_url, viewport_width)""",
    f"""INSERT INTO posthog.heatmaps
SELECT hex(session_id), site_id, hex(visitor_id), ts, intDiv(x, 16), intDiv(y, 16), 16, intDiv(viewport_width, 16),
    intDiv(viewport_height, 16), element_fixed, concat('https://', host, path), 'click'
FROM footpath.events WHERE site_id = {LARGEST} AND bot_class = '' AND kind = 'click'
UNION ALL
SELECT hex(session_id), site_id, hex(visitor_id), ts, 0, intDiv(max_scroll_pct * document_height, 1600), 16, intDiv(viewport_width, 16),
    intDiv(viewport_height, 16), false, concat('https://', host, path), 'scrolldepth'
FROM footpath.events WHERE site_id = {LARGEST} AND bot_class = '' AND kind = 'engagement'""",
)
PLAUSIBLE: Final = (
    "CREATE DATABASE plausible",
    """CREATE TABLE plausible.events_v2 (
    timestamp DateTime CODEC(Delta(4), LZ4), name LowCardinality(String), site_id UInt64, user_id UInt64, session_id UInt64,
    hostname String CODEC(ZSTD(3)), pathname String CODEC(ZSTD(3)), country_code FixedString(2), screen_size LowCardinality(String),
    operating_system LowCardinality(String), browser LowCardinality(String), acquisition_channel LowCardinality(String),
    `meta.key` Array(String) CODEC(ZSTD(3)), `meta.value` Array(String) CODEC(ZSTD(3)), scroll_depth UInt8, engagement_time UInt32
) ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp) PRIMARY KEY (site_id, toDate(timestamp), name, user_id)
ORDER BY (site_id, toDate(timestamp), name, user_id, timestamp)""",
    f"""INSERT INTO plausible.events_v2
SELECT ts, multiIf(kind = 'page_view', 'pageview', kind = 'conversion', goal, toString(kind)), site_id, visitor_id, session_id, host,
    path, country, device, os, browser, channel,
    if(kind = 'click', ['element', 'x', 'y', 'width'], []),
    if(kind = 'click', [toString(element_name), toString(x), toString(y), toString(document_width)], []),
    max_scroll_pct, engaged_ms
FROM footpath.events WHERE site_id = {LARGEST} AND bot_class = ''""",
)
_SEEN: Final = f"timestamp >= {{start:String}} AND timestamp < {{end:String}} AND {{column}} = {LARGEST}"
_POSTHOG: Final = _SEEN.replace("{column}", "team_id")
_PLAUSIBLE: Final = _SEEN.replace("{column}", "site_id")
_PATH: Final = "replaceRegexpAll(JSONExtractRaw(properties, '$pathname'), '^\"|\"$', '')"
_TEXT: Final = "replaceRegexpAll(JSONExtractRaw(properties, '$el_text'), '^\"|\"$', '')"
# Name of the question: what each of the others asks.
QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "funnel": {
        "PostHog-like": f"""SELECT level, count() FROM (
    SELECT person_id, windowFunnel(604800)(toDateTime(timestamp), event = '$pageview' AND {_PATH} LIKE '/product/%',
        event = '$autocapture' AND {_TEXT} = 'Add to cart', event = 'purchase') AS level
    FROM posthog.events WHERE {_POSTHOG} AND event IN ('$pageview', '$autocapture', 'purchase') GROUP BY person_id
) GROUP BY level""",
        "Plausible-like": f"""SELECT level, count() FROM (
    SELECT user_id, windowFunnel(604800)(timestamp, name = 'pageview' AND pathname LIKE '/product/%',
        name = 'click' AND meta.value[indexOf(meta.key, 'element')] = 'Add to cart', name = 'purchase') AS level
    FROM plausible.events_v2 WHERE {_PLAUSIBLE} AND name IN ('pageview', 'click', 'purchase') GROUP BY user_id
) GROUP BY level""",
    },
    "heatmap": {
        "PostHog-like": f"""SELECT round((x / viewport_width), 2) AS rx, pointer_target_fixed, y * scale_factor AS py, count()
FROM posthog.heatmaps WHERE {_POSTHOG} AND type = 'click' AND current_url = 'https://shop.example/' GROUP BY rx, pointer_target_fixed, py""",
        "Plausible-like": f"""SELECT intDiv(toInt32(meta.value[2]) * 100, toInt32(meta.value[4])) AS cx, intDiv(toInt32(meta.value[3]), 16) AS cy, count()
FROM plausible.events_v2 WHERE {_PLAUSIBLE} AND name = 'click' AND pathname = '/' GROUP BY cx, cy""",
    },
    "scroll": {
        "PostHog-like": f"""SELECT intDiv(y * scale_factor, 100) AS bucket, count(DISTINCT session_id)
FROM posthog.heatmaps WHERE {_POSTHOG} AND type = 'scrolldepth' AND current_url = 'https://shop.example/' GROUP BY bucket""",
        "Plausible-like": f"""SELECT intDiv(depth, 5) AS bucket, count() FROM (
    SELECT session_id, max(scroll_depth) AS depth FROM plausible.events_v2
    WHERE {_PLAUSIBLE} AND name = 'engagement' AND pathname = '/' GROUP BY session_id) GROUP BY bucket""",
    },
    "conversion_rate": {
        "PostHog-like": f"""SELECT uniqIf(person_id, event = 'purchase'), uniq(person_id) FROM posthog.events WHERE {_POSTHOG}""",
        "Plausible-like": f"""SELECT uniqIf(user_id, name = 'purchase'), uniq(user_id) FROM plausible.events_v2 WHERE {_PLAUSIBLE}""",
    },
}
