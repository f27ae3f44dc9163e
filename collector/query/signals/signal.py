"""What a signal of friction is: a definition, a statement that finds it, and a threshold that can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.definitions import (
    DEAD_MS,
    FORM_EXPIRY_MINUTES,
    RAGE_CLICKS,
    RAGE_GAP_MS,
    RAGE_SPREAD_PX,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query.definitions import Definition
    from collector.query.sql import Binder, Scope

# Page views that show another page; the others are the same page after a pause or at another place of it.
OTHER_PAGE = "events.soft NOT IN ('resume', 'hash')"


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the signals. What is stored is raw, so each holds for all history."""

    rage_clicks: int = RAGE_CLICKS
    rage_gap_ms: int = RAGE_GAP_MS
    rage_spread_px: int = RAGE_SPREAD_PX
    dead_ms: int = DEAD_MS
    error_ms: int = 1000
    backs: int = 1
    page_loop: int = 3
    page_loop_ms: int = 60_000
    stall_ms: int = 30_000
    quick_back_ms: int = 7000
    reversals: int = 6
    reversals_quantile: float = 0.95
    slow: float = 1.0
    form_minutes: int = FORM_EXPIRY_MINUTES


@dataclass(frozen=True, slots=True)
class Look:
    """Where signals are looked for.

    Attributes:
        within: condition on rows of `events` whose page view is one of the period's.
        chosen: condition on them besides: the filter, a page.
        place, group: SQL of the step and of the group that a row belongs to, as text.
        now_ms: what has not ended by then is open.
        source: what has the rows, where it is not table `events`; the statements call it `events`.
        views_in, clicks_in: where page views, and clicks and errors, have been read already.
    """

    scope: Scope
    within: str
    chosen: str = "1"
    place: str = "''"
    group: str = "''"
    now_ms: int = 0
    source: str = "events"
    views_in: Look | None = None
    clicks_in: Look | None = None

    @property
    def views(self) -> Look:
        """Where page views are looked for."""
        return self.views_in or self

    @property
    def clicks(self) -> Look:
        """Where clicks and errors are looked for."""
        return self.clicks_in or self

    @property
    def near(self) -> str:
        """Condition on the rows of all sessions that reach into the period."""
        return self.scope.near() if self.source == "events" else "1"

    @property
    def binder(self) -> Binder:
        """Where values are bound."""
        return self.scope.binder

    @property
    def rows(self) -> str:
        """Condition on the rows of page views that are asked about."""
        return f"{self.within} AND {self.chosen}"

    def hit(self, value: str, what: str = "''") -> str:
        """The columns of a hit, of a row of `events`; `what` says what it was in words."""
        return (
            "events.session_id AS session, toUnixTimestamp64Milli(events.ts) AS ms, events.page_id AS page,"
            f" events.n AS number, {self.place} AS place, {self.group} AS grp, events.element_key AS element,"
            f" toString(events.element_item) AS item, {what} AS what, toFloat64({value}) AS value"
        )


HIT = "session, ms, page, number, place, grp, element, item, what, value"
"""The columns of every signal's statement: one row a hit."""
NO_ELEMENT = "toUInt64(0) AS element, '' AS item"
WHICH_ELEMENT = "if(events.element_name != '', events.element_name, events.element_selector)"
"""What an element is called."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal of friction.

    Attributes:
        hits: the statement with one row a hit (columns `HIT`) at the limits.
        threshold: the limit whose curve `sensitivity` draws; empty: there is none.
        unit: its unit.
        curve: the values of it that are looked at.
        below: hits have a value up to the threshold, not from it on.
    """

    name: str
    definition: Definition
    hits: Callable[[Look, Limits], str]
    threshold: str = ""
    unit: str = ""
    curve: tuple[float, ...] = ()
    below: bool = False


def names(texts: tuple[str, ...]) -> str:
    """A set of texts of ours."""
    return "(" + ", ".join(f"'{text}'" for text in texts) + ")"
