"""Fifty million events, made inside ClickHouse: thirty sites, ninety days, the largest with a fifth of all events.

Sessions come in batches; each is a row of hashes of its number, so that the same events are made everywhere. A session
walks one to six pages from its entry to the shop's checkout, and a page view has about a dozen events.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

FIRST_DAY: Final = date(2026, 6, 1)
DAYS: Final = 90
SITES: Final = 30
LARGEST: Final = 1
SHARE: Final = 203
"""Thousandths of all events that are the largest site's."""
EVENTS_A_SESSION: Final = 25.7
"""Roughly; the number of events asked for is met within some percent."""
BATCH: Final = 40_000
_START_MS: Final = 1_780_272_000_000  # FIRST_DAY, 00:00 UTC

SESSIONS: Final = """
SELECT number AS s, cityHash64(s, 1) AS a, cityHash64(s, 2) AS b, cityHash64(s, 3) AS c,
    if(a % 1000 < {share:UInt16}, 1, 2 + b % 29)::UInt32 AS site,
    cityHash64(toUInt64(pow(c % 1000003 / 1000003, 1.5) * {visitors:UInt64} * if(site = 1, {share:UInt16}, (1000 - {share:UInt16}) / 29) / 1000), site) AS visitor,
    {start:Int64} + (intDiv(a, 1000) % {days:Int64}) * 86400000
        + toInt64((0.5 + 0.32 * sin(6.2832 * ((b % 86400) / 86400 - 0.3))) * (c % 86400) * 1000) AS began,
    bitOr(bitShiftLeft(toUInt64(began - 1735689600000), 24), a % 16777216) AS session,
    (b % 100) AS luck,
    multiIf(luck < 40, 1, luck < 60, 2, luck < 75, 3, luck < 85, 4, luck < 93, 5, 6) AS pages,
    ['mobile', 'mobile', 'mobile', 'desktop', 'desktop', 'tablet'][1 + c % 6] AS device,
    ['Chrome', 'Chrome', 'Chrome', 'Safari', 'Safari', 'Firefox', 'Edge', 'Samsung Internet'][1 + intDiv(c, 7) % 8] AS browser,
    ['Android', 'iOS', 'Windows', 'Mac OS X', 'Linux'][1 + intDiv(c, 11) % 5] AS os,
    ['DE', 'AT', 'CH', 'FR', 'NL', 'PL', 'US', 'GB', 'IT', 'ES'][1 + intDiv(b, 13) % 10] AS country,
    1 + intDiv(a, 17) % 6 AS way,
    ['Direct', 'Organic Search', 'Paid Search', 'Email', 'Organic Social', 'Referral'][way] AS channel,
    ['', 'Google', 'Google', 'newsletter', 'Instagram', 'blog.example'][way] AS source,
    ['', 'organic', 'cpc', 'email', 'social', 'referral'][way] AS medium,
    if(way IN (3, 4), concat('campaign ', toString(intDiv(b, 19) % 25)), '') AS campaign,
    if(c % 100 < 3, 'crawler', '') AS bot,
    multiIf(a % 10 < 4, '/', a % 10 < 7, concat('/product/', toString(1 + b % 200)), concat('/blog/', toString(1 + b % 300))) AS entry
FROM numbers({first:UInt64}, {count:UInt64})"""

PAGE_VIEWS: Final = f"""
SELECT *, arrayJoin(range(pages)) AS pv, cityHash64(s, pv, 4) AS p,
    began + pv * 50000 + p % 15000 AS page_began,
    bitOr(bitShiftLeft(toUInt64(page_began - 1735689600000), 24), p % 16777216) AS page,
    [entry, '/products', concat('/product/', toString(1 + p % 200)), '/cart', '/checkout', '/thanks'][pv + 1] AS path,
    multiIf(path = '/', 'home', path LIKE '/product/%', 'product', path LIKE '/blog/%', 'article',
        path = '/products', 'list', substring(path, 2)) AS page_type,
    if(pv > 0, 0, 1) AS is_entry,
    pv + 1 < pages AS goes_on,
    device = 'desktop' ? 1440 : 390 AS width, 2400 + cityHash64(path) % 7 * 300 AS height
FROM ({SESSIONS})"""

# (kind, ms since the page view began, number)
_TEMPLATE: Final = """arrayConcat(
        [('page_view', 0, 0), ('vital', 800, 0), ('vital', 1500, 1), ('zone', 400, 0), ('zone', 5000, 1), ('zone', 9000, 2),
         ('engagement', 15000, 0), ('click', 6000, 0), ('click', if(p % 100 = 7, 6250, 12000), 1)],
        if(p % 100 = 7, [('click', 6500, 2)], if(p % 3 = 0, [('click', 20000, 2)], [])),
        if(p % 2 = 0, [('engagement', 30000, 1)], []),
        if(p % 40 = 3, [('error', 6300, 0)], []),
        if(path = '/checkout', arrayConcat([('form', 500, 0), ('form', 3000, 1)],
            arrayMap(f -> ('field', 3000 + f * 4000, f), range(if(goes_on, 6, 1 + p % 6))),
            if(goes_on, [('form', 32000, 2), ('form', 33000, 4)], [])), []),
        if(path = '/thanks', [('conversion', 300, 0)], []))"""

EVENTS: Final = f"""
SELECT site AS site_id, kind_ AS kind, fromUnixTimestamp64Milli(page_began + t, 'UTC') AS ts, visitor AS visitor_id,
    session AS session_id, page AS page_id, toUInt32(number_) AS n, toUInt32(t) AS t_ms, ts AS received_at,
    'offset' AS clock, fromUnixTimestamp64Milli(page_began, 'UTC') AS page_start, toDate(page_start) AS page_day,
    'shop.example' AS host, path, page_type, concat('Page ', page_type) AS title,
    width AS viewport_width, if(device = 'desktop', 900, 760) AS viewport_height, width AS document_width,
    height AS document_height, width AS screen_width, viewport_height AS screen_height, 2 AS pixel_ratio, 'de-DE' AS lang,
    'Europe/Berlin' AS time_zone, device, browser, toUInt16(120 + a % 20) AS browser_version, os,
    bot AS bot_class, country, channel, source, medium, campaign, 'shop.example' AS entry_host, entry AS entry_path,
    20261101 AS lists_version,
    kind IN ('click', 'zone', 'field') AS has_element, e % 30 AS control,
    if(kind = 'click', cityHash64(page_type, if(i = 0, 0, control)), if(kind = 'zone', cityHash64('zone', page_type, i), 0))
        AS element_key,
    if(kind = 'click', if(i = 0, 'button', ['button', 'link', 'img', 'textbox'][1 + control % 4]), '') AS element_role,
    if(kind = 'click', if(i = 0, if(page_type = 'product', 'Add to cart', 'Continue'), concat('Control ', toString(control))), '')
        AS element_name,
    if(kind = 'click', concat('main > div:nth-child(', toString(control), ') > button'), '') AS element_selector,
    if(kind IN ('click', 'zone'), ['hero', 'content', 'footer'][1 + i % 3], '') AS element_zone,
    if(kind = 'click', toInt32(control * 37 % width), 0) AS element_x,
    if(kind = 'click', toInt32(control * 83 % height), 0) AS element_y,
    if(kind = 'click', 120, 0) AS element_width, if(kind = 'click', 40, 0) AS element_height,
    if(kind = 'click', element_x + e % 100, 0) AS x, if(kind = 'click', element_y + e % 40, 0) AS y,
    x AS vx, y % 700 AS vy, if(kind = 'click', toUInt16(e % 1000), 0) AS ex, if(kind = 'click', toUInt16(intDiv(e, 7) % 1000), 0) AS ey,
    if(kind = 'click' AND e % 20 != 0, 'mutation', '') AS response,
    if(kind = 'click', toUInt16(if(e % 20 = 0, 0, 40 + e % 400)), 0) AS response_ms,
    if(kind = 'click', toUInt16(if(e % 20 = 0, 7000, 40 + e % 400)), 0) AS watched_ms,
    kind = 'click' AS interactive, if(kind = 'click', if(device = 'desktop', 'mouse', 'touch'), '') AS pointer,
    if(kind = 'engagement', toUInt32(4000 + e % 9000), 0) AS engaged_ms,
    if(kind = 'engagement', toUInt32(15000), 0) AS foreground_ms,
    if(kind = 'engagement', arrayMap(x -> toUInt8(x + i * 5), range(if(i = 0, 5 + p % 5, 3))), []) AS reached,
    if(kind = 'engagement', arrayMap(x -> toUInt8(x), range(6)), []) AS band,
    if(kind = 'engagement', arrayMap(x -> toFloat32(1 + x * 0.5), range(6)), []) AS band_seconds,
    if(kind = 'engagement', toUInt8(20 + e % 80), 0) AS max_scroll_pct,
    if(kind = 'engagement', toUInt16(e % 9), 0) AS reversals,
    if(kind = 'zone', toUInt32(t), 0) AS first_ms, if(kind = 'zone', toUInt32(e % 8000), 0) AS visible_ms,
    if(kind IN ('form', 'field'), 'checkout', '') AS form,
    if(kind = 'field', ['email', 'name', 'street', 'city', 'phone', 'card'][i + 1], '') AS field,
    if(kind = 'field', toUInt16(i), 0) AS field_index, if(kind = 'field', 1, 0) AS visit,
    if(kind = 'field', toNullable(toUInt32(300 + e % 4000)), NULL) AS hesitation_ms,
    if(kind = 'field', toUInt32(1500 + e % 9000), 0) AS dwell_ms, if(kind = 'field', toUInt16(e % 20), 0) AS edits,
    if(kind = 'field', toUInt16(e % 4), 0) AS deletes, kind = 'field' AS filled,
    if(kind = 'field' AND e % 15 = 0, 'patternMismatch', '') AS invalid,
    if(kind = 'form', ['view', 'start', 'attempt', 'error', 'ok'][i + 1], '') AS step,
    if(kind = 'error', if(e % 2 = 0, 'js', 'http'), '') AS error_type,
    if(kind = 'error', concat('Cannot read properties of undefined, case ', toString(e % 40)), '') AS error_message,
    if(kind = 'vital', ['LCP', 'INP'][i + 1], '') AS vital,
    if(kind = 'vital', if(i = 0, 1200 + e % 3000, 60 + e % 400), 0) AS vital_value, if(kind = 'vital', 'navigate', '') AS navigation,
    if(kind = 'conversion', 'purchase', '') AS goal, toDecimal64(if(kind = 'conversion', 20 + e % 18000 / 100, 0), 4) AS value,
    if(kind = 'conversion', 'EUR', '') AS currency, if(kind = 'conversion', hex(session), '') AS order_id
FROM (
    SELECT *, event.1.1 AS kind_, toInt64(event.1.2) AS t, toInt64(event.1.3) AS i, event.2 AS number_,
        cityHash64(s, pv, number_) AS e
    FROM (SELECT *, arrayJoin(arrayZip(template, arrayEnumerate(template))) AS event
        FROM (SELECT *, {_TEMPLATE} AS template FROM ({PAGE_VIEWS})))
)"""
_HELPERS: Final = ("has_element", "control")


def fill(store: Store, events: int, progress: Callable[[int], None], *, only_largest: bool = False) -> None:
    """Insert about `events` events; `progress` hears of each batch's sessions.

    `only_largest`: only those of the largest site, since no question reads the others.
    """
    share = 1000 if only_largest else SHARE
    sessions = round(events * (SHARE / 1000 if only_largest else 1) / EVENTS_A_SESSION)
    columns = ", ".join(name for name, _ in _described(store) if name not in _HELPERS)
    for first in range(0, sessions, BATCH):
        store.execute(
            f"INSERT INTO events ({columns}) SELECT {columns} FROM ({EVENTS})",
            _params(sessions, first, min(BATCH, sessions - first), share),
            {"optimize_on_insert": 0, "max_partitions_per_insert_block": 0, "max_insert_threads": 2},
        )
        progress(min(BATCH, sessions - first))
    store.insert(
        "sites",
        {
            "site_id": list(range(1, SITES + 1)),
            "key": [f"site-{number}" for number in range(1, SITES + 1)],
            "name": [f"Site {number}" for number in range(1, SITES + 1)],
            "time_zone": ["UTC"] * SITES,
            "updated_at": [datetime(2026, 6, 1, tzinfo=UTC)] * SITES,
        },
    )


def _params(sessions: int, first: int, count: int, share: int) -> dict[str, object]:
    visitors = max(1, round(sessions * 0.35))
    return {"visitors": visitors, "start": _START_MS, "days": DAYS, "first": first, "count": count, "share": share}


def _described(store: Store) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in store.execute(f"DESCRIBE ({EVENTS})", _params(100, 0, 1, SHARE))]
