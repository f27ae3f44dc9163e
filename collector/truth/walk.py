"""Visitors of a generated site, who do what was planted; their events in the words of the wire."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any, Final

from collector.demo.visits import Visit
from collector.truth.planted import (
    AGENTS,
    AWAY_AT_LEAST_H,
    BANDS,
    BROKEN,
    CRAWLED,
    CRAWLER,
    FIELDS,
    LCP_SPREAD,
    ORDER_SPREAD,
    SENT_TWICE,
    Planted,
    arrive,
    who,
)
from collector.truth.walked import Besides, Order, PageView, Walked

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH_MS: Final = 1_735_689_600_000
HOUR_MS: Final = 3_600_000
SPREAD_HOURS: Final = 44
"""The collector takes kept batches for 48 h."""
SETTLED_HOURS: Final = 2
"""Questions are about visits that began before so long ago: they have ended, and windows after them, too."""
PAUSE_MS: Final = 600_000
"""Nobody is on the site for so long before the end of what is asked, nor before now."""
FORM: Final = "checkout"
GOAL: Final = "purchase"
SIGN_IN: Final = "sign_in"
"""What those say who come again."""
GUIDE, PRODUCT, CART, CHECKOUT, THANKS = "/guide", "/product/lamp", "/cart", "/checkout", "/thanks"
ADD, PICTURE, NOISE, PROOF = "Add to cart", "Size chart", "Read more", "Proof"
BUY_ZONE, GALLERY, REVIEWS, PROOF_ZONE = "buy", "gallery", "reviews", "proof"
PROOF_BAND: Final = 12
GLANCE_MS, READ_MS = 120, 3000
"""A zone that was visible for less than 150 ms was not seen."""
MISSING: Final = ("resource", "picture.png")
BREAKS: Final = ("js", "cart is not defined")
DRAWN_EVERY: Final = 8
"""Page views of the product among which one tells what the page looks like."""
WRONG: Final[dict[str, Any]] = {"k": "custom", "t": 50}
"""An event without the name that it must have: it is refused, and its neighbours are not."""
REFUSED: Final = "field"
WRONG_EVERY, MOST_WRONG = 40, 40
"""Visits among which one begins with such an event, and how many at most: the collector keeps a hundred a minute."""
HEIGHT: Final = 3000
VIEWPORTS: Final = {"mobile": (390, 844), "desktop": (1440, 900)}
_UNTOLD: Final = ("zone", "engagement", "skeleton")


@dataclass(frozen=True, slots=True)
class _Control:
    """Its role, its zone, and its rectangle before and after the redesign."""

    role: str
    zone: str
    rects: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]


_CONTROLS: Final = {
    ADD: _Control("button", BUY_ZONE, ((900, 500, 160, 44), (60, 720, 200, 52))),
    PICTURE: _Control("img", GALLERY, ((100, 400, 300, 300), (700, 300, 360, 360))),
    NOISE: _Control("button", REVIEWS, ((100, 1200, 120, 40), (100, 1500, 140, 40))),
    PROOF: _Control("section", PROOF_ZONE, ((100, 1850, 800, 100), (100, 1850, 800, 100))),
}


def boxes(*, redesigned: bool) -> list[tuple[str, int, int, int, int, int, str]]:
    """The controls of the product's page, as its skeleton has them: role, level, rectangle, name."""
    return [(each.role, 0, *each.rects[redesigned], name) for name, each in _CONTROLS.items()]


def redesigned_ms(now_ms: int) -> int:
    """Visits that begin later see the new layout: Unix ms, in the middle of the time."""
    return now_ms - (SPREAD_HOURS // 2 + 1) * HOUR_MS


def walk(
    site: str, planted: Planted, count: int, *, seed: str, now_ms: int, walked: list[Walked], besides: Besides
) -> Iterator[Visit]:
    """At least `count` visits before `now_ms`, visitor by visitor.

    `walked` knows what happened once all were taken, and `besides` what came with it.
    """
    number = made = 0
    while made < count:
        rng = Random(f"{seed}.{number}")  # noqa: S311 - samples, not secrets
        number += 1
        visitor, agent = f"{rng.getrandbits(64):016x}", who(rng, planted)
        for again, begin in enumerate(_beginnings(rng, planted, now_ms)):
            redesigned = begin > redesigned_ms(now_ms)
            did = Walked(visitor, _id(rng, begin), agent, arrive(rng))
            visit = _Visit(rng, site, planted, did, begin, redesigned=redesigned)
            visit.walk(signs_in=again > 0)
            walked.append(did)
            made += 1
            if made % WRONG_EVERY == 0 and besides.refused < MOST_WRONG:
                besides.refused += 1
                yield visit.told_wrong(AGENTS[agent])
            else:
                yield visit.told(AGENTS[agent])
            if rng.random() < CRAWLED:
                yield _crawled(rng, site, planted, begin, besides.crawled, redesigned=redesigned)


def _beginnings(rng: Random, planted: Planted, now_ms: int) -> list[int]:
    """When a visitor comes, Unix ms: once before the end of what is asked, and again as planted."""
    end = now_ms - SETTLED_HOURS * HOUR_MS
    begins = [now_ms - rng.randrange(SETTLED_HOURS * HOUR_MS + PAUSE_MS, SPREAD_HOURS * HOUR_MS)]
    while rng.random() < planted.returns:
        away_h = AWAY_AT_LEAST_H + rng.expovariate(1 / planted.away_h)
        begin = begins[-1] + round(away_h * HOUR_MS)
        begin = end if end - PAUSE_MS < begin < end else begin
        if begin > now_ms - PAUSE_MS:
            break
        begins.append(begin)
    return begins


def _crawled(rng: Random, site: str, planted: Planted, begin: int, crawled: list[Walked], *, redesigned: bool) -> Visit:
    """A visit that nobody may count."""
    crawler = Walked(f"{rng.getrandbits(64):016x}", _id(rng, begin), who(rng, planted), arrive(rng))
    visit = _Visit(rng, site, planted, crawler, begin, redesigned=redesigned)
    visit.walk(signs_in=False)
    crawled.append(crawler)
    return visit.told(CRAWLER)


class _Visit:
    """One visit from its first page to its last."""

    def __init__(
        self, rng: Random, site: str, planted: Planted, walked: Walked, begin: int, *, redesigned: bool
    ) -> None:
        self._rng, self._site, self._planted, self._redesigned = rng, site, planted, redesigned
        self._walked, self._begin, self._clock = walked, begin, begin
        self._batches: list[dict[str, Any]] = []
        self._entry: dict[str, str] = {}

    def walk(self, *, signs_in: bool) -> None:
        """Guide or product, cart, checkout, thanks: as far as chance and the planted rates let."""
        rates, device = self._planted, self._walked.device
        first: list[dict[str, Any]] = [{"k": "custom", "t": 100, "name": SIGN_IN}] if signs_in else []
        if self._chance(rates.guide):
            self._page(GUIDE, first)
            first = []
            if not self._chance(rates.reads_on):
                return
        adds = self._chance(rates.add[device])
        self._page(PRODUCT, [*first, *self._misled(), *self._noise(), *(self._add() if adds else [])])
        if not adds:
            return
        goes_on = self._chance(rates.checkout[device])
        self._page(CART, [])
        if not goes_on:
            return
        events, sent = self._form()
        self._page(CHECKOUT, events)
        if sent:
            self._buy()

    def told(self, agent: str) -> Visit:
        """As the sender takes it, some of its batches twice."""
        batches = [again for each in self._batches for again in [each] * (2 if self._chance(SENT_TWICE) else 1)]
        return self._visit(agent, batches)

    def told_wrong(self, agent: str) -> Visit:
        """With an event that is refused, and each batch once: what is refused twice counts twice."""
        first, *others = self._batches
        events = [*first["events"], {"n": len(first["events"]), **WRONG}]
        return self._visit(agent, [{**first, "events": events}, *others])

    def _visit(self, agent: str, batches: list[dict[str, Any]]) -> Visit:
        walked, url = self._walked, f"https://{self._site}.example/"
        return Visit(walked.visitor, walked.session, agent, self._begin, self._clock, "", url, tuple(batches))

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    def _misled(self) -> list[dict[str, Any]]:
        if not self._chance(self._planted.misled):
            return []
        return [self._click(PICTURE, 3000, response="", watched_ms=7000)]

    def _noise(self) -> list[dict[str, Any]]:
        return [self._click(NOISE, 6000 + 700 * number) for number in range(self._rng.randrange(3))]

    def _add(self) -> list[dict[str, Any]]:
        click = self._click(ADD, 9000)
        if not self._chance(self._planted.add_breaks):
            return [click]
        return [click, {"k": "error", "t": 9300, "type": BREAKS[0], "message": BREAKS[1]}]

    def _buy(self) -> None:
        """The page that reports the order, and sometimes the same page again."""
        reported = 2 if self._chance(self._planted.reloads) else 1
        spread = math.exp(self._rng.gauss(-(ORDER_SPREAD**2) / 2, ORDER_SPREAD))
        value = Decimal(max(1, round(100 * self._planted.order_mean * spread))) / 100
        told = {"k": "conversion", "t": 200, "goal": GOAL, "value": float(value), "currency": "EUR"}
        self._walked.order = Order(self._walked.session, value, self._clock + 200, reported)
        for _ in range(reported):
            self._page(THANKS, [told | {"order_id": self._walked.session}])

    def _click(self, name: str, t: int, **fields: Any) -> dict[str, Any]:
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
            leaves = self._chance(self._planted.leave(self._walked.who[1], name))
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

    def _zones(self, reached: int) -> list[dict[str, Any]]:
        """What came into view of the product's page: the proof only as far down as it stands."""
        seen = {PICTURE: READ_MS, ADD: GLANCE_MS}
        if reached > PROOF_BAND:
            seen[PROOF] = self._rng.choice((GLANCE_MS, READ_MS))
        return [{"k": "zone", "t": 4000, "el": name, "first_ms": 500, "visible_ms": ms} for name, ms in seen.items()]

    def _page(self, path: str, events: list[dict[str, Any]]) -> None:
        """One page view as one batch; its last moment is when it is left."""
        slow = self._planted.slow_ms if path == self._planted.slow_page else self._planted.fast_ms
        lcp = slow * math.exp(self._rng.gauss(0, LCP_SPREAD))
        depth = self._rng.random()
        reached = [band for band in range(BANDS) if depth < self._planted.reach[band]]
        if path == PRODUCT:
            events = [*events, *self._zones(len(reached))]
        if self._chance(self._planted.flaky):
            events = [{"k": "error", "t": 500, "type": MISSING[0], "message": MISSING[1]}, *events]
        left = max([self._rng.randrange(2000, 20_000), *(event["t"] + 1000 for event in events)])
        view = self._keep(path, events, left)
        events = [
            {"k": "page_view", "t": 0, "status": 200},
            {"k": "vital", "t": 900, "name": "LCP", "value": round(lcp, 1), "navigation": "navigate"},
            *events,
            {"k": "engagement", "t": left, "engaged_ms": left // 2, "foreground_ms": left, "reached": reached,
             "bands": {}, "max_scroll_pct": 5 * len(reached), "max_scroll_px": HEIGHT * len(reached) // BANDS,
             "reversals": 0},
        ]  # fmt: skip
        page = self._block(path)
        view.kinds.update(event["k"] for event in events)
        if path == PRODUCT and int(page["id"], 16) % DRAWN_EVERY == 0:
            view.drawn = page["layout"]
            events.append(self._drawn(page))
        self._entry = self._entry or self._came(page["url"])
        kinds = [(self._clock + event["t"], event["k"]) for event in events if event["k"] not in _UNTOLD]
        view.told.extend(sorted(kinds, key=lambda each: each[0]))
        numbered = [{"n": n, **event} for n, event in enumerate(events)]
        names = sorted({event["el"] for event in numbered if "el" in event})
        for event in numbered:
            if "el" in event:
                event["el"] = names.index(event["el"])
        self._batches.append({
            "v": 1, "site": self._site, "batch": f"{self._walked.session}-{len(self._batches)}", "attempt": 0,
            "flags": ["stored"], "visitor": self._walked.visitor, "session": self._walked.session,
            "entry": self._entry, "page": page, "events": numbered,
            "elements": {str(index): self._element(name) for index, name in enumerate(names)},
        })  # fmt: skip
        self._clock += left + self._rng.randrange(100, 900)

    def _came(self, url: str) -> dict[str, str]:
        """The first page's address, with what led to it."""
        arrival, clicked = self._walked.arrival, self._walked.click_id
        query = arrival.query + (f"&gclid={clicked}" if clicked else "")
        return {"url": url + query, "referrer": arrival.referrer}

    def _keep(self, path: str, events: list[dict[str, Any]], left: int) -> PageView:
        """What reports will have to say of the page view."""
        view = PageView(path, self._clock, self._clock + left, left // 2)
        breaks = any(event.get("message") == BREAKS[1] for event in events)
        for event in events:
            if event["k"] == "click":
                wrong = "dead" if "response" not in event else "error" if breaks and event["el"] == ADD else ""
                view.clicks.append(event["el"])
                view.pressed[self._clock + event["t"]] = event["x"], event["y"], wrong
            elif event["k"] == "zone":
                view.zones[_CONTROLS[event["el"]].zone] = event["visible_ms"]
            elif event["k"] == "error":
                named = (event["type"], event["message"])
                view.errors.append((*named, ADD if named == BREAKS else ""))
        self._walked.views.append(view)
        return view

    def _drawn(self, page: dict[str, Any]) -> dict[str, Any]:
        """What the page looks like, with the same name for the same layout on the same device."""
        width, height = page["document"]
        return {"k": "skeleton", "t": 700, "layout": page["layout"], "width": width, "height": height,
                "boxes": [list(box) for box in boxes(redesigned=self._redesigned)]}  # fmt: skip

    def _block(self, path: str) -> dict[str, Any]:
        size = list(VIEWPORTS[self._walked.device])
        return {
            "id": _id(self._rng, self._clock), "started_at": self._clock, "url": f"https://{self._site}.example{path}",
            "referrer": "", "title": path, "type": path.split("/")[1], "layout": f"{1 + self._redesigned:016x}",
            "viewport": size, "document": [size[0], HEIGHT], "screen": [*size, 2], "lang": "en", "tz": "UTC",
        }  # fmt: skip

    def _element(self, name: str) -> dict[str, Any]:
        control = _CONTROLS[name]
        key = f"{1 + list(_CONTROLS).index(name):016x}"
        selector = f"div.x{self._redesigned + 1}f > {control.role}"
        return {"key": key, "item": "", "selector": selector, "role": control.role, "name": name,
                "zone": control.zone, "rect": list(control.rects[self._redesigned])}  # fmt: skip


def _id(rng: Random, at_ms: int) -> str:
    return f"{(at_ms - EPOCH_MS) << 24 | rng.getrandbits(24):016x}"
