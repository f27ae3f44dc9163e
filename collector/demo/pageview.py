"""One page view of a sample visitor: what the browser script would have noticed, in the words of the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from collector.demo.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from collector.demo.layout import Device, Layout, Page, Place, Rect
    from collector.demo.people import Person

Event = dict[str, Any]

BANDS: Final = 20
_WATCHED_MS: Final = 7000
_INPUT_COUNTS_MS: Final = 15_000
_REPORT_MS: Final = 15_000
_EXPOSED_MS: Final = 100
_SCROLL_PX_PER_MS: Final = 1.6
_SETTLED_MS: Final = 2500
_CONTROLS: Final = ("link", "button", "textbox", "combobox", "checkbox")


@dataclass(frozen=True)
class Part:
    """The events of one batch with the elements that they name; `sent_t` is ms since the page view began."""

    sent_t: int
    events: tuple[Event, ...]
    elements: Mapping[str, Mapping[str, Any]]


@dataclass
class _Sums:
    """What has been counted since the last report."""

    engaged: int = 0
    foreground: int = 0
    reversals: int = 0
    bands: dict[int, int] = field(default_factory=dict)
    reached: list[int] = field(default_factory=list)
    zones: dict[str, int] = field(default_factory=dict)


class PageView:
    """A page that somebody looks at.

    Times are ms since it began; `parts` are its batches once it was left.
    """

    def __init__(
        self, page: Page, layout: Layout, person: Person, rng: Random, tells_layout: Callable[[Page], bool]
    ) -> None:
        """`tells_layout` is asked once the page has settled: whether this browser is to say what it looks like."""
        self.page = page
        self.t = 0
        self.parts: list[Part] = []
        self._layout, self._person, self._rng = layout, person, rng
        self._tells_layout: Callable[[Page], bool] | None = tells_layout
        self._trail = Trail(self._note, f"{person.visitor} {page.path}", layout.viewports[person.machine.device])
        self._scroll = 0
        self._direction = 0
        self._n = 0
        self._events: list[Event] = []
        self._elements: dict[str, dict[str, Any]] = {}
        self._held: list[Event] = []
        self._sums = _Sums()
        self._reached: set[int] = set()
        self._bottom = 0
        self._seen_zones: dict[str, int] = {}
        self._reported_zones: set[str] = set()
        self._last_report = 0
        self._note("page_view", status=200)
        self._look()

    @property
    def device(self) -> Device:
        """Which of the measured layouts is shown."""
        return self._person.machine.device

    @property
    def viewport(self) -> tuple[int, int]:
        """Width and height in CSS px."""
        return self._layout.viewports[self.device]

    @property
    def document(self) -> tuple[int, int]:
        """Width and height in CSS px."""
        return self.page.documents[self.device]

    # What a visitor does.

    def stay(self, ms: float) -> None:
        """Look at what is in view."""
        duration = max(1, int(ms))
        top, bottom = self._scroll, self._scroll + self.viewport[1]
        height = self.document[1]
        counted = min(duration, _INPUT_COUNTS_MS)
        for band in range(BANDS):
            if top <= (band + 0.5) * height / BANDS < bottom:
                self._sums.bands[band] = self._sums.bands.get(band, 0) + counted
        for handle in self.page.places:
            if handle.startswith("zone:") and duration >= _EXPOSED_MS and self._shows(handle):
                self._seen_zones.setdefault(handle, self.t)
                self._sums.zones[handle] = self._sums.zones.get(handle, 0) + duration
        self._sums.engaged += counted
        self._sums.foreground += duration
        if not self._person.touches:
            self._trail.rest(self.t, duration, self._scroll)
        self.t += duration
        self._settle()
        if self.t - self._last_report >= _REPORT_MS:
            self._report()

    def scroll(self, to: float) -> None:
        """Move the page so that `to` px stand above the viewport."""
        target = int(min(max(0, to), max(0, self.document[1] - self.viewport[1])))
        if target == self._scroll:
            return
        direction = 1 if target > self._scroll else -1
        self._answer_held("scroll")
        self._sums.reversals += int(self._direction * direction < 0)
        duration = int(abs(target - self._scroll) / _SCROLL_PX_PER_MS) + 120
        self._trail.scroll(self.t, duration, self._scroll, target)
        self._direction, self._scroll = direction, target
        self.t += duration
        self._sums.engaged += duration
        self._sums.foreground += duration
        self._look()

    def read(self, screens: int, ms_each: float) -> None:
        """Go down by up to `screens` viewports and look at each."""
        for _ in range(screens):
            self.stay(ms_each * self._rng.uniform(0.5, 1.6))
            self.scroll(self._scroll + self.viewport[1] * self._rng.uniform(0.55, 0.9))
        self.stay(ms_each * self._rng.uniform(0.4, 1.2))

    def bring(self, handle: str, which: int = 0) -> None:
        """Scroll until an element is well in view."""
        place = self.page.places[handle][which]
        if place.element.get("fixed"):
            return
        _, y, _, height = place.rects[self.device]
        top, bottom = self._scroll + 80, self._scroll + self.viewport[1] - 40
        if not top <= y + height / 2 <= bottom:
            self.scroll(y + height / 2 - self.viewport[1] * self._rng.uniform(0.35, 0.65))

    def click(
        self,
        handle: str,
        response: str = "",
        ms: int = 0,
        *,
        which: int = 0,
        item: str = "",
        within: float = 0.17,
    ) -> None:
        """Click an element.

        `response` is the first effect after `ms`; without one the click is held until something else happens.
        `within` is the spread around the middle in parts of the element's size; `item` replaces the one
        that was measured.
        """
        self.bring(handle, which)
        since = self.t
        if not self._person.touches:
            self._trail.begin(since)
        self.stay(self._rng.uniform(250, 900))
        self._press(self.page.places[handle][which], response, ms, item, within, since)

    def click_again(self, handle: str, gap_ms: float) -> None:
        """Click the same thing once more, without an effect, `gap_ms` after the last time."""
        self.stay(gap_ms)
        self._press(self.page.places[handle][0], "", 0, "", 0.06, self.t)

    def note(self, kind: str, *, element: str = "", **fields: Any) -> None:
        """An event of any other kind, happening now; `element` is the handle of what it is about."""
        if element:
            fields["el"] = self._describe(self.page.places[element][0], "")
        self._note(kind, **fields)

    def part(self) -> None:
        """Send what there is; the page stays open."""
        self._answer_held("")
        self._report()
        self._trail.end()
        if self._events:
            self.parts.append(Part(self.t, tuple(self._events), self._elements))
            self._events, self._elements = [], {}

    # What the script makes of it.

    def _press(self, place: Place, response: str, ms: int, item: str, within: float, since: int) -> None:  # noqa: PLR0917 - those of `click`
        """The pointer has been on its way `since`."""
        rect = self._rect(place)
        x, y = (self._aim(rect[axis], rect[axis + 2], within) for axis in (0, 1))
        fixed = bool(place.element.get("fixed"))
        vx, vy = (x, y) if fixed else (x, y - self._scroll)
        if not self._person.touches:
            self._trail.reach(since, self.t, (vx, vy), self._scroll)
        event = self._note(
            "click",
            el=self._describe(place, item),
            x=vx,
            y=vy + self._scroll,
            vx=vx,
            vy=vy,
            ex=_share(x, rect[0], rect[2]),
            ey=_share(y, rect[1], rect[3]),
            interactive=int(place.element["role"] in _CONTROLS),
            pointer="touch" if self._person.touches else "mouse",
        )
        if response:
            self._answer_held("")
            event.update(response=response, response_ms=ms, watched_ms=ms)
            self.stay(ms)
        else:
            self._held.append(event)

    def _aim(self, start: int, size: int, within: float) -> int:
        offset = min(max(self._rng.gauss(0.5, within), 0.06), 0.94)
        return start + int(size * offset)

    def _rect(self, place: Place) -> Rect:
        x, y, width, height = place.rects[self.device]
        if place.element.get("fixed"):
            y -= min(self._scroll, self._layout.sticky[self.device])
        return x, y, width, height

    def _describe(self, place: Place, item: str) -> int:
        described = {**place.element, "rect": list(self._rect(place))}
        if item:
            described["selector"] = str(described["selector"]).replace(str(described["item"]), item)
            described["item"] = item
        for index, known in self._elements.items():
            if known == described:
                return int(index)
        self._elements[str(len(self._elements))] = described
        return len(self._elements) - 1

    def _answer_held(self, effect: str) -> None:
        """An effect answers the newest held click; older ones close with the time they were watched."""
        for event in self._held:
            event["watched_ms"] = min(self.t - event["t"], _WATCHED_MS)
        if effect and self._held and self.t - self._held[-1]["t"] < _WATCHED_MS:
            self._held[-1].update(response=effect, response_ms=self._held[-1]["watched_ms"])
        self._held.clear()

    def _settle(self) -> None:
        """A page says what it looks like when nothing more comes into it by itself."""
        if self._tells_layout and self.t >= _SETTLED_MS:
            if self._tells_layout(self.page):
                self._note("skeleton", **self.page.skeletons[self.device])
            self._tells_layout = None

    def _look(self) -> None:
        self._bottom = max(self._bottom, min(self._scroll + self.viewport[1], self.document[1]))
        for band in range(BANDS):
            if band not in self._reached and self._bottom > band * self.document[1] / BANDS:
                self._reached.add(band)
                self._sums.reached.append(band)

    def _shows(self, handle: str) -> bool:
        _, y, _, height = self.page.places[handle][0].rects[self.device]
        return self._scroll <= y + height / 2 < self._scroll + self.viewport[1]

    def _report(self) -> None:
        sums, self._sums, self._last_report = self._sums, _Sums(), self.t
        for handle, visible in sums.zones.items():
            first = {} if handle in self._reported_zones else {"first_ms": self._seen_zones[handle]}
            self._reported_zones.add(handle)
            self.note("zone", element=handle, visible_ms=visible, **first)
        if not sums.foreground and not sums.reached:
            return
        self._note(
            "engagement",
            engaged_ms=sums.engaged,
            foreground_ms=sums.foreground,
            bands={str(band): round(ms / 1000, 2) for band, ms in sums.bands.items()},
            reached=sums.reached,
            max_scroll_pct=min(100, round(100 * self._bottom / self.document[1])),
            max_scroll_px=self._bottom,
            reversals=sums.reversals,
            script_ms=round(self._rng.uniform(0.8, 4.5), 1),
        )

    def _note(self, kind: str, **fields: Any) -> Event:
        event: Event = {"n": self._n, "t": self.t, "k": kind, **fields}
        self._n += 1
        self._events.append(event)
        return event


def _share(at: int, start: int, size: int) -> int:
    """Thousandths of the element that lie before a point."""
    return min(1000, max(0, round(1000 * (at - start) / max(1, size))))
