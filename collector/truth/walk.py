"""Visitors of a generated site, who do what was planted; their events in the words of the wire."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from collector.demo.visits import Visit
from collector.truth.planted import AGENTS, BANDS, BROKEN, CAMPAIGNS, FIELDS, LCP_SPREAD, REFERRERS, Planted, who

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH_MS: Final = 1_735_689_600_000
HOUR_MS: Final = 3_600_000
SPREAD_HOURS: Final = 44
"""The collector takes kept batches for 48 h."""
FORM: Final = "checkout"
GOAL: Final = "purchase"
ADD, PICTURE, NOISE = "Add to cart", "Size chart", "Read more"
HEIGHT: Final = 3000


@dataclass(frozen=True, slots=True)
class _Control:
    """Its role, and its rectangle before and after the redesign."""

    role: str
    rects: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]


_CONTROLS: Final = {
    ADD: _Control("button", ((900, 500, 160, 44), (60, 720, 200, 52))),
    PICTURE: _Control("img", ((100, 400, 300, 300), (700, 300, 360, 360))),
    NOISE: _Control("button", ((100, 1200, 120, 40), (100, 1500, 140, 40))),
}


@dataclass
class Counted:
    """What really happened on a site: for reports that must count exactly."""

    visits: int = 0
    dead: int = 0
    clicks: dict[str, int] = field(default_factory=dict)
    redesigned: dict[str, int] = field(default_factory=dict)


def walk(site: str, planted: Planted, count: int, *, seed: str, now_ms: int, counted: Counted) -> Iterator[Visit]:
    """`count` visits before `now_ms`, each by a visitor of its own; the redesign comes in the middle of the time.

    `counted` knows what happened once all were taken.
    """
    for number in range(count):
        rng = Random(f"{seed}.{number}")  # noqa: S311 - samples, not secrets
        begin = now_ms - rng.randrange(2 * HOUR_MS, SPREAD_HOURS * HOUR_MS)
        redesigned = begin > now_ms - (SPREAD_HOURS // 2 + 1) * HOUR_MS
        visitor = _Visitor(rng, site, planted, begin, redesigned=redesigned)
        visitor.walk()
        counted.visits += 1
        counted.dead += visitor.clicks.get(PICTURE, 0)
        for name, clicks in visitor.clicks.items():
            counted.clicks[name] = counted.clicks.get(name, 0) + clicks
            if redesigned:
                counted.redesigned[name] = counted.redesigned.get(name, 0) + clicks
        yield visitor.visit()


class _Visitor:
    """One visit from its first page to its last."""

    def __init__(self, rng: Random, site: str, planted: Planted, begin: int, *, redesigned: bool) -> None:
        self.clicks: dict[str, int] = {}
        self._rng, self._site, self._planted, self._redesigned = rng, site, planted, redesigned
        self._who = who(rng, planted)
        self._begin = self._clock = begin
        self._id, self._session = f"{rng.getrandbits(64):016x}", _id(rng, begin)
        campaign, referrer = rng.choice(("", *CAMPAIGNS)), rng.choice(REFERRERS)
        query = f"?utm_source=letter&utm_medium=email&utm_campaign={campaign}" if campaign else ""
        self._entry = {"url": f"https://{site}.example/product/lamp{query}", "referrer": referrer}
        self._batches: list[dict[str, Any]] = []

    def walk(self) -> None:
        """Product, cart, checkout, thanks: as far as chance and the planted rates let."""
        rates, device = self._planted, self._who[0]
        adds = self._chance(rates.add[device])
        self._page("/product/lamp", [*self._misled(), *self._noise(), *([self._click(ADD, 9000)] if adds else [])])
        if not adds:
            return
        goes_on = self._chance(rates.checkout[device])
        self._page("/cart", [])
        if not goes_on:
            return
        events, sent = self._form()
        self._page("/checkout", events)
        if sent:
            self._page("/thanks", [{"k": "conversion", "t": 200, "goal": GOAL, "value": 20, "currency": "EUR",
                                    "order_id": self._session}])  # fmt: skip

    def visit(self) -> Visit:
        """As the sender takes it."""
        url = f"https://{self._site}.example/"
        agent = AGENTS[self._who]
        return Visit(self._id, self._session, agent, self._begin, self._clock, "", url, tuple(self._batches))

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _misled(self) -> list[dict[str, Any]]:
        if not self._chance(self._planted.misled):
            return []
        return [self._click(PICTURE, 3000, response="", watched_ms=7000)]

    def _noise(self) -> list[dict[str, Any]]:
        return [self._click(NOISE, 6000 + 700 * number) for number in range(self._rng.randrange(3))]

    def _click(self, name: str, t: int, **fields: Any) -> dict[str, Any]:
        self.clicks[name] = self.clicks.get(name, 0) + 1
        x, y, width, height = _CONTROLS[name].rects[self._redesigned]
        ex, ey = self._rng.randrange(1000), self._rng.randrange(1000)
        at = {"x": x + width * ex // 1000, "y": y + height * ey // 1000, "ex": ex, "ey": ey}
        answered = {"response": "mutation", "response_ms": 80, "watched_ms": 80} | fields
        answered = {key: value for key, value in answered.items() if value != ""}
        if "response" not in answered:
            answered.pop("response_ms", None)
        return {"k": "click", "t": t, "el": name, **at, "vx": at["x"], "vy": at["y"] % 800, **answered}

    def _form(self) -> tuple[list[dict[str, Any]], bool]:
        events: list[dict[str, Any]] = [{"k": "form", "t": 800, "form": FORM, "step": "view"}]
        events.append({"k": "form", "t": 2000, "form": FORM, "step": "start", "last_field": FIELDS[0]})
        for index, name in enumerate(FIELDS):
            leaves = self._chance(self._planted.leave(self._who[1], name))
            invalid = {"invalid": "patternMismatch"} if leaves and name == BROKEN else {}
            events.append(
                {"k": "field", "t": 3000 + 4000 * index, "form": FORM, "field": name, "index": index, "visit": 1,
                 "hesitation_ms": self._rng.randrange(300, 2500), "dwell_ms": 3500, "edits": 8, "deletes": 1,
                 "refills": 0, "filled": 1, **invalid}
            )  # fmt: skip
            if leaves:
                return events, False
        last = {"form": FORM, "last_field": FIELDS[-1]}
        end = 3000 + 4000 * len(FIELDS)
        events += [
            {"k": "form", "t": end, "step": "attempt", **last},
            {"k": "form", "t": end + 300, "step": "ok", **last},
        ]
        return events, True

    def _page(self, path: str, events: list[dict[str, Any]]) -> None:
        """One page view as one batch; its last moment is when it is left."""
        slow = self._planted.slow_ms if path == self._planted.slow_page else self._planted.fast_ms
        lcp = slow * math.exp(self._rng.gauss(0, LCP_SPREAD))
        depth = self._rng.random()
        reached = [band for band in range(BANDS) if depth < self._planted.reach[band]]
        left = max([12_000, *(event["t"] + 1000 for event in events)])
        events = [
            {"k": "page_view", "t": 0, "status": 200},
            {"k": "vital", "t": 900, "name": "LCP", "value": round(lcp, 1), "navigation": "navigate"},
            *events,
            {"k": "engagement", "t": left, "engaged_ms": left // 2, "foreground_ms": left, "reached": reached,
             "bands": {}, "max_scroll_pct": 5 * len(reached), "max_scroll_px": HEIGHT * len(reached) // BANDS,
             "reversals": 0},
        ]  # fmt: skip
        numbered = [{"n": n, **event} for n, event in enumerate(events)]
        names = sorted({event["el"] for event in numbered if "el" in event})
        for event in numbered:
            if "el" in event:
                event["el"] = names.index(event["el"])
        self._batches.append({
            "v": 1, "site": self._site, "batch": f"{self._session}-{len(self._batches)}", "attempt": 0,
            "flags": ["stored"], "visitor": self._id, "session": self._session, "entry": self._entry,
            "page": self._block(path), "events": numbered,
            "elements": {str(index): self._element(name) for index, name in enumerate(names)},
        })  # fmt: skip
        self._clock += left + self._rng.randrange(100, 900)

    def _block(self, path: str) -> dict[str, Any]:
        size = [390, 844] if self._who[0] == "mobile" else [1440, 900]
        return {
            "id": _id(self._rng, self._clock), "started_at": self._clock, "url": f"https://{self._site}.example{path}",
            "referrer": "", "title": path, "type": path.split("/")[1], "layout": f"{1 + self._redesigned:016x}",
            "viewport": size, "document": [size[0], HEIGHT], "screen": [*size, 2], "lang": "en", "tz": "UTC",
        }  # fmt: skip

    def _element(self, name: str) -> dict[str, Any]:
        role, rects = _CONTROLS[name].role, _CONTROLS[name].rects
        key = f"{1 + list(_CONTROLS).index(name):016x}"
        selector = f"div.x{self._redesigned + 1}f > {role}"
        return {"key": key, "item": "", "selector": selector, "role": role, "name": name,
                "rect": list(rects[self._redesigned])}  # fmt: skip


def _id(rng: Random, at_ms: int) -> str:
    return f"{(at_ms - EPOCH_MS) << 24 | rng.getrandbits(24):016x}"
