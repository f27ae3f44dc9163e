"""Sample visits for the demo: generated from a seed, sent over HTTP as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from collector.demo import people
from collector.demo.habits import habits
from collector.demo.journey import Journey
from collector.demo.layout import measured
from collector.demo.sending import SendError, Sent, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.demo.journey import Seen
    from collector.demo.layout import Device, Page
    from collector.demo.pageview import Part

__all__ = ["SITE", "SendError", "Sent", "Visit", "send", "visits"]

SITE: Final = "demo-shop"
Batch = dict[str, Any]

# The collector takes kept batches for 48 h; the rest is time for sending.
_SPREAD_MS: Final = 46 * 3_600_000
_EPOCH_MS: Final = 1_735_689_600_000  # 2025-01-01T00:00Z, where the time in ids begins
_FRESH_MS: Final = 600_000
_PAUSE_MS: Final = 45 * 60_000
_HOUR_MS: Final = 3_600_000
_EACH_LAYOUT_MS: Final = 12 * _HOUR_MS
_RETURNS: Final = 0.18
_CRAWLERS: Final = 0.035
# How busy the shop is, by hour of the day in UTC.
_HOURS: Final = (2, 1, 1, 1, 1, 2, 4, 6, 7, 8, 8, 9, 9, 8, 8, 8, 9, 10, 12, 13, 12, 9, 6, 4)


@dataclass(frozen=True)
class Visit:
    """One session of one visitor.

    `batches` are bodies for `POST /v1/events`, in order; `begin_ms` and `end_ms` are Unix ms; `order` is the
    number of the order placed, or empty.
    """

    visitor: str
    session: str
    user_agent: str
    begin_ms: int
    end_ms: int
    order: str
    page_url: str
    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class _Earlier:
    """Somebody who was here before."""

    person: people.Person
    left_ms: int


def visits(count: int, seed: int, now_ms: int, shop_url: str) -> Iterator[Visit]:
    """`count` visits over the 46 hours before `now_ms` (Unix ms), in the order in which they began.

    The same arguments give the same visits. About one in six is by somebody who was here before.
    `shop_url` has no slash at its end.
    """
    rng = Random(seed)  # noqa: S311 - samples, not secrets
    earlier: list[_Earlier] = []
    told_layouts: dict[tuple[str, str, str], int] = {}
    for number, begin in enumerate(_beginnings(rng, count, now_ms)):
        # A source of chance for each visit: what happens in it does not depend on the hour of the run.
        own = Random(f"{seed}.{number}")  # noqa: S311
        told = _Told(own, now_ms, shop_url, told_layouts)
        if own.random() < _CRAWLERS:
            yield _crawl(told, begin)
            continue
        known = _somebody(own, earlier, begin)
        person = known or people.person(own)
        visit = _walk(told, person, begin, returning=known is not None)
        earlier.append(_Earlier(person, visit.end_ms))
        yield visit


@dataclass(frozen=True)
class _Told:
    """What a visit is made with."""

    rng: Random
    now_ms: int
    shop_url: str
    layouts: dict[tuple[str, str, str], int]
    """(path, device, layout) that visitors have told, with when the last of them came, Unix ms."""

    def tells_layout(self, device: Device, begin_ms: int, page: Page) -> bool:
        """Whether somebody who came at `begin_ms` says what a page looks like: not everybody has to."""
        key = page.path, device, str(page.skeletons[device]["layout"])
        if begin_ms - self.layouts.get(key, -_EACH_LAYOUT_MS) < _EACH_LAYOUT_MS:
            return False
        self.layouts[key] = begin_ms
        return True


def _beginnings(rng: Random, count: int, now_ms: int) -> list[int]:
    """Unix ms, ascending, more of them in the evening than at night."""
    hours = range(_SPREAD_MS // _HOUR_MS)
    weights = [_HOURS[datetime.fromtimestamp(now_ms / 1000 - (hour + 0.5) * 3600, UTC).hour] for hour in hours]
    ago = rng.choices(hours, weights, k=count)
    return sorted(now_ms - hour * _HOUR_MS - rng.randrange(_HOUR_MS) for hour in ago)


def _somebody(rng: Random, earlier: list[_Earlier], begin_ms: int) -> people.Person | None:
    """Somebody who was here before and has been away long enough for a new session, or nobody."""
    if rng.random() >= _RETURNS:
        return None
    last = {each.person.visitor: each for each in earlier}
    away = [each.person for each in last.values() if each.left_ms + _PAUSE_MS < begin_ms]
    return rng.choice(away) if away else None


def _walk(told: _Told, person: people.Person, begin: int, *, returning: bool) -> Visit:
    source = people.source(told.rng, returning=returning)
    path, query = people.landing(told.rng, source)
    drive = source.drive * (1.35 if returning else 1.0)
    tells_layout = partial(told.tells_layout, person.machine.device, begin)
    journey = Journey(habits(told.rng, person, drive), measured(), tells_layout)
    journey.walk(path, query)
    return _visit(told, person, journey, begin, source.referrer)


def _crawl(told: _Told, begin: int) -> Visit:
    person = people.crawler(told.rng)
    journey = Journey(habits(told.rng, person, 0.0), measured(), lambda _: False)
    journey.crawl(told.rng.choice(("/", "/products", "/product/true-compass")))
    return _visit(told, person, journey, begin, "")


def _visit(told: _Told, person: people.Person, journey: Journey, begin: int, referrer: str) -> Visit:
    """Place a journey in time: it has ended by now."""
    rng, shop = told.rng, told.shop_url
    begin = min(begin, told.now_ms - journey.clock - 1000)
    session = _id(rng, begin)
    entry = {"url": shop + _address(journey.seen[0]), "referrer": referrer}
    batches: list[Batch] = []
    before = referrer
    for seen in journey.seen:
        page = _page_block(told, seen, person, begin) | {"referrer": before}
        before = shop + seen.path
        for part in seen.view.parts:
            envelope = {"visitor": person.visitor, "session": session, "entry": entry, "page": page}
            batches.append(_batch(f"{session}-{len(batches)}", part, envelope, person, told.now_ms))
    end = begin + journey.clock
    agent = person.machine.user_agent
    return Visit(person.visitor, session, agent, begin, end, journey.order, shop + "/", tuple(batches))


def _batch(name: str, part: Part, envelope: Batch, person: people.Person, now_ms: int) -> Batch:
    """A body. A fresh one tells its clock, an older one was kept: `send` stamps both anew."""
    began: int = envelope["page"]["started_at"]
    fresh = now_ms - began < _FRESH_MS
    flags = ([] if fresh else ["stored"]) + (["bot"] if "Headless" in person.machine.user_agent else [])
    clock = {"sent_t": now_ms - began} if fresh else {}
    return {
        "v": 1,
        "site": SITE,
        "batch": name,
        "attempt": 0,
        "sent_at": now_ms,
        **clock,
        **envelope,
        "flags": flags,
        "elements": dict(part.elements),
        "events": list(part.events),
    }


def _page_block(told: _Told, seen: Seen, person: people.Person, visit_began: int) -> Batch:
    view = seen.view
    began = visit_began + seen.begin
    return {
        "id": _id(told.rng, began),
        "started_at": began,
        "url": told.shop_url + _address(seen),
        "title": view.page.title,
        "type": view.page.type,
        "viewport": list(view.viewport),
        "document": list(view.document),
        "screen": list(person.machine.screen),
        "lang": person.language,
        "tz": person.time_zone,
    }


def _address(seen: Seen) -> str:
    return f"{seen.path}?{seen.query}" if seen.query else seen.path


def _id(rng: Random, at_ms: int) -> str:
    """40 bits of ms since 2025-01-01 and 24 random ones, as 16 hex digits."""
    return f"{(at_ms - _EPOCH_MS) << 24 | rng.getrandbits(24):016x}"
