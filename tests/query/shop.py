"""A shop with every kind of visit, made from a seed: around midnights and changes of the clock, with ties."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.query.worlds import DAY, HOUR, at, ms, number, save_all

if TYPE_CHECKING:
    from collector.store import Store

# A zone and a day near which it changes its clocks, in autumn 2026.
ZONES = {
    "Europe/Berlin": "2026-10-25",
    "America/New_York": "2026-11-01",
    "Australia/Lord_Howe": "2026-10-04",
    "UTC": "2026-11-01",
    "Asia/Kolkata": "2026-11-01",
    "Africa/Cairo": "2026-10-30",
}
PATHS = ["/", "/cart", "/product/1", "/product/2"]
BUTTONS = [
    (11, "Add to cart", "button", ""),
    (11, "Add to cart", "button", "2"),
    (12, "Help", "link", ""),
    (13, "next", "button", ""),
    (14, "Menu", "button", ""),
]
FIELDS = ["email", "street", "card"]


def shop(seed: int, zone: str) -> list[dict[str, Any]]:
    """Events of a site in `zone`; some 40 sessions."""
    random_ = random.Random(seed)
    events: list[dict[str, Any]] = []
    midnight = ms(ZONES[zone], zone)
    for index in range(40):
        visitor = random_.randrange(1, 25)
        edge = midnight + random_.choice([0, 0, 1, -1, 2]) * DAY + random_.choice([0, HOUR, -HOUR, 7 * HOUR])
        start = edge + random_.choice([-1, 0, 1, -20_000, random_.randrange(-HOUR, HOUR)])
        who = {
            "visitor_id": visitor,
            "session_id": (start << 20) + index,
            "device": random_.choice(["desktop", "mobile"]),
            "channel": random_.choice(["Email", "Direct", "Paid Search"]),
            "country": random_.choice(["DE", "FR"]),
            "bot_class": random_.choice(["", "", "", "crawler"]),
        }
        events += _session(random_, who, start, index)
    return number(random_, events)


def _session(random_: random.Random, who: dict[str, Any], start: int, index: int) -> list[dict[str, Any]]:
    events, now = [], start
    for view in range(random_.randrange(1, 4)):
        width = random_.choice([360, 1000, 1440])
        page = {
            **who,
            "page_id": index * 10 + view + 1,
            "page_at": now,
            "path": random_.choice(PATHS),
            "document_width": width,
            "viewport_width": width,
        }
        events.append({**page, "at": now, "kind": "page_view"})
        now += random_.choice([0, 1, 5000])
        events += _engaged(random_, page, now)
        for _ in range(random_.randrange(0, 4)):
            now += random_.choice([0, 100, 900, 1000, 1001, 5000])
            events += _clicks(random_, page, now)
        if random_.random() < 0.5:
            events += _form(random_, page, now)
        if random_.random() < 0.3:
            events.append({**page, "at": now, "kind": "conversion", "goal": random_.choice(["purchase", "lead"])})
        if random_.random() < 0.2:
            events.append({**page, "at": now, "kind": "error", "error_type": "js"})
        now += random_.choice([0, 1000, HOUR // 3])
    return events


def _engaged(random_: random.Random, page: dict[str, Any], now: int) -> list[dict[str, Any]]:
    deepest = random_.randrange(0, 20)
    first = random_.randrange(0, deepest + 1)
    reports = [list(range(first + 1)), list(range(first + 1, deepest + 1))]
    return [
        {
            **page,
            "at": now + late,
            "kind": "engagement",
            "engaged_ms": random_.randrange(20_000),
            "reached": reached,
            "band": reached,
            "band_seconds": [random_.randrange(8) / 4 for _ in reached],
        }
        for late, reached in zip((0, 15_000), reports, strict=True)
        if reached or late == 0
    ]


def _clicks(random_: random.Random, page: dict[str, Any], now: int) -> list[dict[str, Any]]:
    key, name, role, item = random_.choice(BUTTONS)
    x, y, fixed = random_.randrange(-2, page["document_width"] + 3), random_.randrange(-5, 3000), key == 14
    return [
        {
            **page,
            "at": now + step * random_.choice([0, 200, 1000, 1001]),
            "kind": "click",
            "element_key": key,
            "element_name": name,
            "element_role": role,
            "element_item": item,
            "element_fixed": fixed,
            "x": x + random_.choice([0, 0, 30, 31]),
            "y": y,
            "vx": x % 400,
            "vy": y % 300,
            "element_x": x - 5,
            "element_y": y - 5,
            "element_width": 100 + step,
            "element_height": 40,
            "response": random_.choice(["", "", "mutation"]),
            "response_ms": random_.choice([100, 2500, 2501]),
            "watched_ms": random_.choice([100, 2499, 2500, 7000]),
            "selection": random_.random() < 0.1,
        }
        for step in range(random_.choice([1, 1, 3, 4]))
    ]


def _form(random_: random.Random, page: dict[str, Any], now: int) -> list[dict[str, Any]]:
    form = {**page, "form": "checkout"}
    events = [{**form, "at": now, "kind": "form", "step": "view"}]
    for place, name in enumerate(FIELDS):
        visits = range(random_.choice([0, 1, 1, 2]))
        events += [_field(random_, form, now + place * 1000, name, visit) for visit in visits]
    steps = random_.choice([(), ("start",), ("attempt", "error"), ("attempt", "ok"), ("ok",)])
    return [*events, *({**form, "at": now + 4000, "kind": "form", "step": step} for step in steps)]


def _field(random_: random.Random, form: dict[str, Any], now: int, name: str, visit: int) -> dict[str, Any]:
    return {
        **form,
        "at": now + visit * random_.choice([0, 500]),
        "kind": "field",
        "field": name,
        "field_index": FIELDS.index(name),
        "visit": visit + 1,
        "hesitation_ms": random_.choice([None, 100, 350, 4000]),
        "dwell_ms": random_.randrange(9000),
        "edits": random_.randrange(5),
        "deletes": random_.randrange(2),
        "refills": random_.randrange(2),
        "pasted": random_.random() < 0.2,
        "autofilled": random_.random() < 0.2,
        "filled": random_.random() < 0.7,
        "invalid": random_.choice(["", "", "typeMismatch", "valueMissing"]),
    }


def save_shops(store: Store, first: int, seed: int) -> dict[int, tuple[str, list[dict[str, Any]]]]:
    """A shop in each zone, as sites from `first` on: {site id: (zone, events)}."""
    shops = {first + index: (zone, shop(seed + index, zone)) for index, zone in enumerate(ZONES)}
    save_all(
        store, {key: events for key, (_, events) in shops.items()}, {key: zone for key, (zone, _) in shops.items()}
    )
    return shops


def days(zone: str, before: int = 1, after: int = 2) -> tuple[str, str, int, int]:
    """A period around the zone's special day: its two days as text, and its instants by another way than ours."""
    from datetime import date, datetime, timedelta

    day = date.fromisoformat(ZONES[zone])
    first, end = day - timedelta(days=before), day + timedelta(days=after)
    place = ZoneInfo(zone)

    def midnight(which: date) -> int:
        # The first quarter of an hour whose local date is `which`.
        probe = round(datetime(which.year, which.month, which.day).replace(tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
        probe -= DAY
        while at(probe).astimezone(place).date() < which:
            probe += HOUR // 4
        return probe

    return first.isoformat(), end.isoformat(), midnight(first), midnight(end)


def order(event: dict[str, Any]) -> tuple[int, int, int]:
    """The order of events."""
    return event["at"], event["page_id"], event["n"]
