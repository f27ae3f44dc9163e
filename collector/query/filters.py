"""Filters: which events or sessions a question is about. They compose with `&`, `|` and `~`.

A column holds for the event itself; `did`, and `rage` and the other signals, hold for the session of the event. Where a
report selects sessions (`sessions`, `conversion_rate`, `form`), a column that a session has one of (device, browser,
os, country, channel, source, medium, campaign, entry_path) holds for its first event, and the other columns of one
`where(...)` hold for at least one of its events, the same one.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.query.columns import column
from collector.query.definitions import SESSION_HOURS
from collector.query.errors import BadQuestion, unknown
from collector.query.funnel_sql import MOST_STEPS, Reading, Shape, units_sql
from collector.query.period import duration_ms
from collector.query.render import span
from collector.query.signals import SIGNALS, Limits, Look
from collector.query.sql import Binder, equals, matches
from collector.query.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from collector.query.sql import Scope

STUMBLES = {
    "rage": "rage clicks",
    "dead": "dead clicks",
    "error_click": "error clicks",
    "broken_link": "broken links",
    "quick_back": "quick backs",
    "page_loop": "page loops",
    "stall": "stalls",
    "scrolling": "excessive scrolling",
    "slow": "slow pages",
}
"""Signals that a session can be filtered by, in words. `form_abandon` is said by `did(form(...))`."""
OF_CLICKS = ("rage", "dead", "error_click")


_LENGTHS = ("duration", "engaged", "foreground")
_AMOUNTS = {
    "duration": "toUnixTimestamp64Milli(max(events.ts)) - toUnixTimestamp64Milli(min(events.ts))",
    "engaged": "sum(toUInt64(events.engaged_ms))",
    "foreground": "sum(toUInt64(events.foreground_ms))",
    "page_views": "countIf(events.kind = 'page_view')",
    "clicks": "countIf(events.kind = 'click')",
    "errors": "countIf(events.kind = 'error')",
    "conversions": "countIf(events.kind = 'conversion')",
}


@dataclass(frozen=True)
class Filter:
    """A condition. Build it with `where`, `did`, `rage` and the other signals; combine it with `&`, `|` and `~`."""

    def __and__(self, other: Filter) -> Filter:
        return Both("and", (self, other))

    def __or__(self, other: Filter) -> Filter:
        return Both("or", (self, other))

    def __invert__(self) -> Filter:
        return Not(self)

    def row(self, scope: Scope) -> str:
        """SQL condition on a row of `events`."""
        raise NotImplementedError

    def session(self, scope: Scope, attributes: Mapping[str, str]) -> str:
        """SQL condition on a session with column `session_id`; `attributes` are those that it has one of."""
        return self.row(scope)

    def parts(self) -> Iterator[Filter]:
        """The filter itself and all that it is made of."""
        yield self

    def resolved(self, resolve: Callable[[Step], Step]) -> Filter:
        """The filter with its steps as `resolve` gives them."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for `from_dict`."""
        raise NotImplementedError

    @staticmethod
    def from_dict(spec: Mapping[str, Any]) -> Filter:
        """From what `to_dict` gave.

        Raises:
            UnknownName: no such filter, column or step.
        """
        name, value = next(iter(spec.items()))
        if name in ("and", "or"):
            return Both(name, tuple(Filter.from_dict(part) for part in value))
        if name == "not":
            return Not(Filter.from_dict(value))
        if name == "where":
            return where(**value)
        if name == "did":
            return did(Step.from_dict(value))
        if name in STUMBLES:
            return Stumbled(name, value.get("element"), value.get("page"))
        if name in ("at_least", "at_most"):
            return _amounts(name, value)
        if name == "dropped":
            return dropped([Step.from_dict(each) for each in value["steps"]], at=value["at"])
        known = ("and", "or", "not", "where", "did", "at_least", "at_most", "dropped", *STUMBLES)
        raise unknown("filter", str(name), known)


@dataclass(frozen=True)
class Where(Filter):
    """Columns with their allowed values; all of them must hold."""

    columns: tuple[tuple[str, tuple[object, ...]], ...]

    def row(self, scope: Scope) -> str:
        return _all(_one_of(name, column(name).sql, values, scope.binder) for name, values in self.columns)

    def session(self, scope: Scope, attributes: Mapping[str, str]) -> str:
        own = [(name, values) for name, values in self.columns if name in attributes]
        rest = Where(tuple(pair for pair in self.columns if pair[0] not in attributes))
        parts = [_one_of(name, attributes[name], values, scope.binder) for name, values in own]
        return _all([*parts, _sessions_with(scope, rest.row(scope))] if rest.columns else parts)

    def to_dict(self) -> dict[str, Any]:
        return {"where": {name: list(values) for name, values in self.columns}}

    def __str__(self) -> str:
        return ", ".join(f"{name} = {' or '.join(map(str, values))}" for name, values in self.columns)


@dataclass(frozen=True)
class Did(Filter):
    """Sessions in which a step happened."""

    step: Step

    def row(self, scope: Scope) -> str:
        return _sessions_with(scope, self.step.sql(scope.binder))

    def resolved(self, resolve: Callable[[Step], Step]) -> Filter:
        return Did(resolve(self.step))

    def to_dict(self) -> dict[str, Any]:
        return {"did": self.step.to_dict()}

    def __str__(self) -> str:
        return f"did {self.step}"


@dataclass(frozen=True)
class Stumbled(Filter):
    """Sessions that a signal of friction hit, on any element or on one, on any page or on one."""

    signal: str
    element: str | None = None
    page: str | None = None

    def row(self, scope: Scope) -> str:
        binder = scope.binder
        parts = [matches("events.path", self.page, binder)] if self.page is not None else []
        # Of a signal of clicks the element is known before it is looked for; an error has none of its own.
        named = [matches("events.element_name", self.element, binder)] if self.element is not None else []
        if named and self.signal == "error_click":
            named = [f"(events.kind != 'click' OR {named[0]})"]
        look = Look(scope, scope.near(), " AND ".join([*parts, *named]) or "1")
        return f"session_id IN (SELECT session FROM ({SIGNALS[self.signal].hits(look, Limits())}))"

    def to_dict(self) -> dict[str, Any]:
        said = {"element": self.element, "page": self.page}
        return {self.signal: {name: value for name, value in said.items() if value is not None}}

    def __str__(self) -> str:
        places = [f"{word} {what}" for word, what in (("on", self.element), ("on page", self.page)) if what]
        return " ".join([STUMBLES[self.signal], *places])


@dataclass(frozen=True)
class Amounts(Filter):
    """Sessions with at least, or at most, so much of each: counts, or ms."""

    word: str
    amounts: tuple[tuple[str, int], ...]

    def row(self, scope: Scope) -> str:
        limits = [
            f"{_AMOUNTS[name]} {'>=' if self.word == 'at_least' else '<='} {scope.binder.integer(amount)}"
            for name, amount in self.amounts
        ]
        return (
            f"session_id IN (SELECT events.session_id FROM events WHERE {scope.near()} GROUP BY events.session_id"
            f" HAVING {' AND '.join(limits)})"
        )

    def to_dict(self) -> dict[str, Any]:
        return {self.word: {name: f"{n}ms" if name in _LENGTHS else n for name, n in self.amounts}}

    def __str__(self) -> str:
        said = [f"{name} {span(n) if name in _LENGTHS else n}" for name, n in self.amounts]
        return f"{self.word.replace('_', ' ')} {', '.join(said)}"


@dataclass(frozen=True)
class Dropped(Filter):
    """Sessions that reached a step of a funnel and not the next one."""

    steps: tuple[Step, ...]
    at: int

    def row(self, scope: Scope) -> str:
        shape = Shape(self.steps, (), "ordered", SESSION_HOURS * 3_600_000, True, "session", None)
        units = units_sql(Reading(scope, scope.near(), "1"), shape)
        return f"session_id IN (SELECT unit FROM ({units}\n) WHERE level = {scope.binder.integer(self.at)})"

    def resolved(self, resolve: Callable[[Step], Step]) -> Filter:
        return Dropped(tuple(resolve(step) for step in self.steps), self.at)

    def to_dict(self) -> dict[str, Any]:
        return {"dropped": {"steps": [step.to_dict() for step in self.steps], "at": self.at}}

    def __str__(self) -> str:
        return f"dropped after step {self.at} of {', '.join(map(str, self.steps))}"


@dataclass(frozen=True)
class Both(Filter):
    """Several filters, of which all (`and`) or at least one (`or`) hold."""

    word: str
    filters: tuple[Filter, ...]

    def row(self, scope: Scope) -> str:
        return self._joined(part.row(scope) for part in self.filters)

    def session(self, scope: Scope, attributes: Mapping[str, str]) -> str:
        return self._joined(part.session(scope, attributes) for part in self.filters)

    def parts(self) -> Iterator[Filter]:
        yield self
        for part in self.filters:
            yield from part.parts()

    def resolved(self, resolve: Callable[[Step], Step]) -> Filter:
        return Both(self.word, tuple(part.resolved(resolve) for part in self.filters))

    def to_dict(self) -> dict[str, Any]:
        return {self.word: [part.to_dict() for part in self.filters]}

    def _joined(self, conditions: Iterator[str]) -> str:
        return "(" + f" {self.word.upper()} ".join(conditions) + ")"

    def __str__(self) -> str:
        return "(" + f" {self.word} ".join(map(str, self.filters)) + ")"


@dataclass(frozen=True)
class Not(Filter):
    """The opposite of a filter."""

    filter: Filter

    def row(self, scope: Scope) -> str:
        return f"(NOT {self.filter.row(scope)})"

    def session(self, scope: Scope, attributes: Mapping[str, str]) -> str:
        return f"(NOT {self.filter.session(scope, attributes)})"

    def parts(self) -> Iterator[Filter]:
        yield self
        yield from self.filter.parts()

    def resolved(self, resolve: Callable[[Step], Step]) -> Filter:
        return Not(self.filter.resolved(resolve))

    def to_dict(self) -> dict[str, Any]:
        return {"not": self.filter.to_dict()}

    def __str__(self) -> str:
        return f"not ({self.filter})"


def where(**columns: object) -> Filter:
    """Events whose columns have these values: `where(device="mobile", channel=["Email", "Direct"])`.

    A list means any of its values; in text `*` stands for any characters. Every documented column of table
    `events` may be named, and custom properties as `**{"props.plan": "pro"}`.

    Raises:
        UnknownName: no such column, or no such value of device or kind; names the nearest.
        BadQuestion: no column, or a value that the column cannot have.
    """
    pairs = []
    for name, value in columns.items():
        values = tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
        found = column(name)
        for each in values:
            equals(found, each, Binder())
        pairs.append((name, values))
    return Where(tuple(pairs))


def did(step: Step) -> Filter:
    """Sessions in which the step happened: `did(page("/cart"))`."""
    return Did(step)


def rage(element: str | None = None, *, page: str | None = None) -> Filter:
    """Sessions with rage clicks, on an element by its name, on a page by its path. See the definition `rage`."""
    return Stumbled("rage", element, page)


def dead(element: str | None = None, *, page: str | None = None) -> Filter:
    """Sessions with dead clicks, on an element by its name, on a page by its path. See the definition `dead`."""
    return Stumbled("dead", element, page)


def error_click(element: str | None = None, *, page: str | None = None) -> Filter:
    """Sessions with a click that an error followed, on an element, on a page. See the definition `error_click`."""
    return Stumbled("error_click", element, page)


def broken_link(page: str | None = None) -> Filter:
    """Sessions that met a broken link on a page. See the definition `broken_link`."""
    return Stumbled("broken_link", None, page)


def quick_back(page: str | None = None) -> Filter:
    """Sessions that left a page at once for the one before. See the definition `quick_back`."""
    return Stumbled("quick_back", None, page)


def page_loop(page: str | None = None) -> Filter:
    """Sessions that viewed a page again and again within a minute. See the definition `page_loop`."""
    return Stumbled("page_loop", None, page)


def stall(page: str | None = None) -> Filter:
    """Sessions that sat before a page and did nothing. See the definition `stall`."""
    return Stumbled("stall", None, page)


def scrolling(page: str | None = None) -> Filter:
    """Sessions that scrolled a page up and down more than is usual there. See the definition `scrolling`."""
    return Stumbled("scrolling", None, page)


def slow(page: str | None = None) -> Filter:
    """Sessions that a page kept waiting. See the definition `slow`."""
    return Stumbled("slow", None, page)


def signal_filter(signal: str, where: str | None) -> Filter:
    """The filter of a signal by its name: on an element where it is about clicks, else on a page.

    Raises:
        UnknownName: no such signal.
    """
    if signal not in STUMBLES:
        raise unknown("signal", signal, STUMBLES)
    return Stumbled(signal, where) if signal in OF_CLICKS else Stumbled(signal, None, where)


def at_least(**amounts: str | timedelta | int) -> Filter:
    """Sessions with at least so much of each: `at_least(engaged="10s", page_views=3)`.

    Lengths of time: duration, engaged, foreground. Counts: page_views, clicks, errors, conversions.

    Raises:
        UnknownName: nothing of that name; names the nearest.
        BadQuestion: not a length of time, or not a whole number.
    """
    return _amounts("at_least", amounts)


def at_most(**amounts: str | timedelta | int) -> Filter:
    """Sessions with at most so much of each: see `at_least`."""
    return _amounts("at_most", amounts)


def dropped(steps: Sequence[Step], *, at: int) -> Filter:
    """Sessions that reached step `at` of a funnel and, in the same session, not the one after it.

    Raises:
        BadQuestion: the funnel has no such step, or no step after it.
    """
    if not 2 <= len(steps) <= MOST_STEPS or not 1 <= at < len(steps):
        raise BadQuestion(f"a funnel has 2 to {MOST_STEPS} steps, and `at` is one of them but the last")
    return Dropped(tuple(steps), at)


def _amounts(word: str, amounts: Mapping[str, str | timedelta | int]) -> Filter:
    if not amounts:
        raise BadQuestion(f"{word}() needs one of: {', '.join(_AMOUNTS)}")
    found = []
    for name, value in amounts.items():
        if name not in _AMOUNTS:
            raise unknown("amount of a session", name, _AMOUNTS)
        if name in _LENGTHS and not isinstance(value, int):
            found.append((name, duration_ms(value)))
        elif name in _LENGTHS or not str(value).isdigit():
            raise BadQuestion(
                f"{value!r} is no {'length of time, such as 10s' if name in _LENGTHS else 'whole number'}"
            )
        else:
            found.append((name, int(str(value))))
    return Amounts(word, tuple(found))


def _sessions_with(scope: Scope, condition: str) -> str:
    return f"session_id IN (SELECT events.session_id FROM events WHERE {scope.near()} AND {condition})"


def _one_of(name: str, sql: str, values: tuple[object, ...], binder: Binder) -> str:
    found = column(name)
    conditions = [equals(type(found)(name, found.type, sql), value, binder) for value in values]
    return "(" + (" OR ".join(conditions) or "0") + ")"


def _all(conditions: Any) -> str:
    return "(" + (" AND ".join(conditions) or "1") + ")"
