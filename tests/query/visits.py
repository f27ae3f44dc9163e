"""Visits that come again: made from a seed, around midnights and changes of the clock, with ties, bots and people."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.query.shop import ZONES, order
from tests.query.worlds import DAY, HOUR, ms, number, save_all

if TYPE_CHECKING:
    from collector.store import Store

Event = dict[str, Any]
CHANNELS = ["Email", "Direct", "Paid Search", "Organic Search"]
PATHS = ["/", "/cart", "/pricing", "/thanks"]


def visits(seed: int, zone: str, *, sessions: int = 60) -> list[Event]:
    """Events of a site in `zone`: a dozen visitors who come back over three weeks, some of them on two devices."""
    random_ = random.Random(seed)
    events: list[Event] = []
    midnight = ms(ZONES[zone], zone)
    for index in range(sessions):
        edge = midnight + random_.choice([-9, -8, -2, -1, 0, 0, 1, 2, 7]) * DAY
        start = edge + random_.choice([0, -1, 1, HOUR, -HOUR, -HOUR // 2, 7 * HOUR, random_.randrange(-HOUR, HOUR)])
        who = {
            "visitor_id": random_.randrange(1, 13),
            "session_id": (start << 20) + index,
            "device": random_.choice(["desktop", "mobile"]),
            "channel": random_.choice(CHANNELS),
            "campaign": random_.choice(["", "spring"]),
            "bot_class": random_.choice(["", "", "", "", "crawler"]),
        }
        events += _session(random_, who, start, index)
    return number(random_, events)


def _session(random_: random.Random, who: Event, start: int, index: int) -> list[Event]:
    events, now = [], start
    for view in range(random_.choice([1, 1, 2, 3])):
        page = {**who, "page_id": index * 10 + view + 1, "path": random_.choice(PATHS)}
        events.append({**page, "at": now, "kind": "page_view"})
        now += random_.choice([0, 0, 1, 5000])
        for _ in range(random_.choice([0, 1, 2])):
            spent = random_.choice([0, 4000, 6000, 10_000, 10_001])
            events.append({**page, "at": now, "kind": "engagement", "foreground_ms": spent, "engaged_ms": spent // 2})
        if random_.random() < 0.3:
            events.append({**page, "at": now, "kind": "custom", "custom_name": random_.choice(["signup", "aha"])})
        if random_.random() < 0.25:
            person = random_.randrange(900, 904)
            events.append({**page, "at": now, "kind": "identify", "person_id": person})
        if random_.random() < 0.3:
            events += [_conversion(random_, page, now + late) for late in random_.choice([(0,), (0, 0), (0, 1)])]
        now += random_.choice([0, 1000, HOUR // 3])
    return events


def _conversion(random_: random.Random, page: Event, now: int) -> Event:
    return {
        **page,
        "at": now,
        "kind": "conversion",
        "goal": random_.choice(["purchase", "purchase", "lead"]),
        "value": random_.choice([0, 10, 19.99, 33.3333]),
        "currency": random_.choice(["EUR", "EUR", "EUR", "USD"]),
        "order_id": random_.choice(["", "", f"order-{random_.randrange(12)}"]),
    }


def save_visits(store: Store, first: int, seed: int) -> dict[int, tuple[str, list[Event]]]:
    """Visits in each zone, as sites from `first` on: {site id: (zone, events)}."""
    found = {first + index: (zone, visits(seed + index, zone)) for index, zone in enumerate(ZONES)}
    zones = {site_id: zone for site_id, (zone, _) in found.items()}
    save_all(store, {site_id: events for site_id, (_, events) in found.items()}, zones)
    return found


def sessions_of(events: list[Event], start: int, end: int, *, bots: bool = False) -> dict[int, list[Event]]:
    """Events in order of each session that starts between the instants."""
    found = defaultdict(list)
    for each in sorted(events, key=order):
        if bots or not each["bot_class"]:
            found[each["session_id"]].append(each)
    return {key: series for key, series in found.items() if start <= series[0]["at"] < end}


def units_of(events: list[Event], unit: str, *, bots: bool = False) -> dict[tuple[int, int, int], str]:
    """The visitor or person of each event, as shown, by the words of the definition `person`."""
    known = defaultdict(list)
    for each in sorted(events, key=order):
        if each["kind"] == "identify" and not each["bot_class"]:
            known[each["visitor_id"]].append(each)
    found = {}
    for each in events:
        if each["bot_class"] and not bots:
            continue
        said = known[each["visitor_id"]] if unit == "person" else []
        before = [one for one in said if order(one) <= order(each)]
        person = (before[-1:] or said[:1]) if said else []
        found[order(each)] = f"person:{person[0]['person_id']:016x}" if person else f"{each['visitor_id']:016x}"
    return found
