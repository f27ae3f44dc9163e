"""Small worlds of events: made in Python, stored in ClickHouse, and asked both ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings

from collector.query import Connection, Site

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

    from collector.store import Store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW_MS = 1_796_000_000_000  # 2026-11-29 or so: after every world
HOUR = 3_600_000
DAY = 24 * HOUR
DEFAULTS: dict[str, Any] = {
    "kind": "page_view",
    "visitor_id": 1,
    "session_id": 1,
    "page_id": 1,
    "n": 0,
    "t_ms": 0,
    "clock": "offset",
    "path": "/",
    "device": "desktop",
    "browser": "Firefox",
    "os": "Linux",
    "bot_class": "",
    "stored": False,
    "country": "DE",
    "channel": "Direct",
    "source": "",
    "medium": "",
    "campaign": "",
    "host": "shop.example",
    "entry_path": "/",
    "viewport_width": 1000,
    "viewport_height": 800,
    "document_width": 1000,
    "document_height": 3000,
    "element_key": 0,
    "element_item": "",
    "element_role": "",
    "element_name": "",
    "element_selector": "",
    "element_zone": "",
    "element_fixed": False,
    "element_x": 0,
    "element_y": 0,
    "element_width": 0,
    "element_height": 0,
    "engaged_ms": 0,
    "foreground_ms": 0,
    "reversals": 0,
    "soft": "",
    "status": 0,
    "vital": "",
    "vital_value": 0.0,
    "navigation": "",
    "first_ms": 0,
    "visible_ms": 0,
    "error_source": "",
    "band": [],
    "band_seconds": [],
    "reached": [],
    "x": 0,
    "y": 0,
    "vx": 0,
    "vy": 0,
    "response": "",
    "response_ms": 0,
    "watched_ms": 0,
    "selection": False,
    "form": "",
    "field": "",
    "field_index": 0,
    "visit": 1,
    "hesitation_ms": None,
    "dwell_ms": 0,
    "edits": 0,
    "deletes": 0,
    "refills": 0,
    "pasted": False,
    "autofilled": False,
    "filled": True,
    "invalid": "",
    "step": "",
    "last_field": "",
    "error_type": "",
    "error_message": "",
    "goal": "",
    "value": 0,
    "currency": "",
    "order_id": "",
    "custom_name": "",
    "person_id": 0,
    "click_id_type": "",
    "click_id": "",
    "props": "{}",
    "title": "",
    "page_type": "",
    "page_channel": "",
}


# The sorting key of `events`: rows that share it are one event, as soon as they are merged.
_IDENTITY = ("site_id", "kind", "ts", "visitor_id", "page_id", "n")


def examples(count: int) -> settings:
    """`count` examples, the same ones each time, however long one takes: each holds many small worlds."""
    calm = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=count, deadline=None, derandomize=True, suppress_health_check=calm)


def at(ms: int) -> datetime:
    """Unix ms as a datetime in UTC."""
    return EPOCH + timedelta(milliseconds=ms)


def ms(text: str, zone: str = "UTC") -> int:
    """Local ISO time in `zone` as Unix ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def save(store: Store, site_id: int, events: Iterable[Mapping[str, Any]], zone: str = "UTC") -> None:
    """Store the events of a site.

    Their `at` is Unix ms; the page view began at `page_at`, and the event came at `received` (default: `at`).
    """
    save_all(store, {site_id: list(events)}, {site_id: zone})


def save_all(store: Store, worlds: Mapping[int, Sequence[Mapping[str, Any]]], zones: Mapping[int, str]) -> None:
    """Store the events of many sites with one insert, and describe the sites."""
    rows = [_row(site_id, event, zones[site_id]) for site_id, events in worlds.items() for event in events]
    identities = [tuple(row[name] for name in _IDENTITY) for row in rows]
    twice = {each for each in identities if identities.count(each) > 1} if len(set(identities)) < len(rows) else ()
    assert not twice, f"events that a merge would take for one: {twice}"
    if rows:
        store.insert("events", {name: [row[name] for row in rows] for name in rows[0]})
    sites = sorted(worlds)
    store.insert(
        "sites",
        {
            "site_id": sites,
            "key": [f"site-{each}" for each in sites],
            "name": [f"Site {each}" for each in sites],
            "time_zone": [zones[each] for each in sites],
            "updated_at": [at(1_790_000_000_000)] * len(sites),
        },
    )


def site(store: Store, site_id: int, tz: str | None = None, now_ms: int = NOW_MS) -> Site:
    """The site as analysts get it, at a fixed time."""
    return Connection(store, clock=lambda: now_ms).site(f"site-{site_id}", tz)


def _row(site_id: int, event: Mapping[str, Any], zone: str) -> dict[str, Any]:
    given = dict(event)
    when = given.pop("at")
    began = given.pop("page_at", when)
    received = given.pop("received", when)
    props = given.pop("props", None)
    unknown = set(given) - set(DEFAULTS)
    assert not unknown, unknown
    return {
        **DEFAULTS,
        **given,
        "props": json.dumps(props or {}),
        "site_id": site_id,
        "ts": at(when),
        "received_at": at(received),
        "page_start": at(began),
        "page_day": at(began).astimezone(ZoneInfo(zone)).date(),
    }


def number(random_: random.Random, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each event of a page view its own n, in a random order; then shuffle the rows."""
    taken: dict[tuple[int, int], list[int]] = {}
    for event in events:
        page = (event.get("visitor_id", 1), event.get("page_id", 1))
        free = taken.setdefault(page, random_.sample(range(len(events)), len(events)))
        event["n"] = free.pop()
    random_.shuffle(events)
    return events
