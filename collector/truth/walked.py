"""What really happened on a generated site, visit by visit: what reports that count must say exactly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from collector.truth.planted import Arrival


@dataclass(slots=True)
class PageView:
    """A page view: when it began and was left (Unix ms), and what was done on it.

    `clicks` are names of elements; `pressed` where they were (px of the page) and what was wrong with them (dead, error
    or an empty text), by when they happened; `zones` ms for which a zone was visible, by its name; `errors` are (type,
    message) with the name of the element whose click one followed, or an empty text; `told` are kinds of events with
    when they happened (Unix ms), in order, without those of zones and engagement; `kinds` counts all events; `drawn` is
    the layout of which a skeleton was told, or an empty text.
    """

    path: str
    began_ms: int
    left_ms: int = 0
    engaged_ms: int = 0
    clicks: list[str] = field(default_factory=list)
    pressed: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    drawn: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order: its number, its value, when it was reported first (Unix ms), and how often."""

    number: str
    value: Decimal
    at_ms: int
    reported: int


@dataclass(slots=True)
class Walked:
    """A visit: who (device and browser), where from, and its page views, of which there is one at least."""

    visitor: str
    session: str
    who: tuple[str, str]
    arrival: Arrival
    views: list[PageView] = field(default_factory=list)
    order: Order | None = None

    @property
    def click_id(self) -> str:
        """The click id with which advertisements lead to the site, or an empty text."""
        return f"click-{self.session}" if self.arrival.medium == "cpc" else ""

    @property
    def device(self) -> str:
        """Its device, as reports call it."""
        return self.who[0]

    @property
    def begin_ms(self) -> int:
        """When it began, Unix ms."""
        return self.views[0].began_ms

    @property
    def end_ms(self) -> int:
        """When it ended, Unix ms."""
        return self.views[-1].left_ms

    @property
    def pages(self) -> list[str]:
        """The paths of its page views, in order."""
        return [view.path for view in self.views]

    @property
    def engaged(self) -> bool:
        """Whether it is an engaged session: GA4's 10 s in the foreground, a conversion, or two page views."""
        foreground = sum(view.left_ms - view.began_ms for view in self.views)
        return foreground > 10_000 or len(self.views) > 1 or self.order is not None

    def clicks(self) -> Counter[str]:
        """Clicks by the name of the element."""
        return Counter(name for view in self.views for name in view.clicks)

    def errors(self) -> list[tuple[str, str, str]]:
        """The errors of all its page views."""
        return [error for view in self.views for error in view.errors]

    def kinds(self) -> Counter[str]:
        """Events by kind."""
        return sum((view.kinds for view in self.views), Counter())


@dataclass(slots=True)
class Besides:
    """What was sent with the visits and is none: crawlers' visits, and how many events had to be refused."""

    crawled: list[Walked] = field(default_factory=list)
    refused: int = 0
