"""Which changes of rates since the week before are the largest, of those that are more than chance?

A change is a rate of this week against the same rate of the week before: conversion by device, channel, country and
landing page, sessions that met friction, page views that were slow. All are judged together: q-values by Benjamini
and Hochberg over every rate that was looked at, 100 units in both weeks at least (definition `change`). Of those with
q at most 0.05 the largest are named: by how many sessions or page views more or fewer than at the rate before. A
change that is another one seen from further away is left out: of the same rate and direction, smaller, and three
quarters of its units or more are those of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.query import BadQuestion, UnknownName
from collector.query.compare import key_names
from collector.query.rate import Rate, adjusted, difference, p_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.query import Result, Site

LEVEL = 0.05
_EXPLAINED = 0.75
_SIGNALS = {
    "rage": "Rage clicks",
    "dead": "Dead clicks",
    "error_click": "Clicks that ended in an error",
    "broken_link": "Broken links",
    "slow": "Slow pages",
    "form_abandon": "Forms abandoned",
}
_GROUPS = ("device", "channel", "country")


@dataclass(frozen=True, slots=True)
class Change:
    """A rate that changed.

    Attributes:
        rate: what is counted, such as Converted; `of` whom, such as device = mobile.
        unit: sessions or page views.
        change, low, high: after - before, proportions, with the 95 % interval.
        more: units more (or fewer, below 0) than at the rate before.
        better: whether more of it is good.
        python: the call that gives it.
    """

    rate: str
    of: str
    unit: str
    before: Rate
    after: Rate
    change: float
    low: float
    high: float
    q_value: float
    better: bool
    python: str

    @property
    def what(self) -> str:
        """Rate and whose, in words."""
        return f"{self.rate}: {self.of}"

    @property
    def more(self) -> float:
        """Units more than at the rate before."""
        return self.change * self.after.n

    @property
    def is_good(self) -> bool:
        """Whether the change is welcome."""
        return (self.change > 0) == self.better

    def explains(self, other: Change) -> bool:
        """Whether the other one is this one, seen from further away."""
        alike = (self.rate, self.is_good) == (other.rate, other.is_good) and abs(self.change) > abs(other.change)
        return alike and abs(self.more) >= _EXPLAINED * abs(other.more)


@dataclass(frozen=True, slots=True)
class _Question:
    """A report whose rates are looked at: `words` says of a row what its rate `measure` is, and whose."""

    ask: Callable[[Site, str], Result[Any]]
    python: str
    measure: str
    unit: str
    better: bool
    words: Callable[[Any], tuple[str, str]]


def _questions(goal: str) -> Iterator[_Question]:
    for name in _GROUPS:
        yield _Question(
            lambda site, period, name=name: site.traffic(period, by=name, goal=goal),  # type: ignore[misc]
            f"traffic({{period!r}}, by={name!r}, goal={goal!r})",
            "conversion",
            "sessions",
            True,
            lambda row, name=name: ("Converted", f"{name} = {row.group or '(empty)'}"),  # type: ignore[misc]
        )
    yield _Question(
        lambda site, period: site.landing_pages(period, goal=goal),
        f"landing_pages({{period!r}}, goal={goal!r})",
        "conversion",
        "sessions",
        True,
        lambda row: ("Converted", f"visits that begin on {row.page}"),
    )
    yield _Question(
        lambda site, period: site.friction(period),
        "friction({period!r})",
        "rate",
        "sessions",
        False,
        lambda row: (_SIGNALS.get(row.signal, row.signal.replace("_", " ").capitalize()), row.step or "the site"),
    )
    yield _Question(
        lambda site, period: site.vitals(period, of="page"),
        "vitals({period!r}, of='page')",
        "poor",
        "page views",
        False,
        lambda row: (f"Poor {row.vital}", f"{row.page} ({row.navigation})"),
    )


def changes(site: Site, before: str, after: str, goal: str) -> tuple[int, tuple[Change, ...]]:
    """How many rates were judged, and those that changed, the largest first.

    Args:
        before: the earlier period, as text.
        after: the later one.
        goal: what converting means.

    Raises:
        QueryError: ClickHouse did not answer.
    """
    pairs = [pair for question in _questions(goal) for pair in _pairs(site, question, before, after)]
    p_values = [p_value(now.k, now.n, was.k, was.n) for _, _, was, now in pairs]
    found = []
    for (question, row, was, now), q in zip(pairs, adjusted(p_values), strict=True):
        if q is not None and q <= LEVEL and (bounds := difference(was, now)) is not None:
            python = f"site.{question.python.format(period=after)}.compare({before!r})"
            found.append(Change(*question.words(row), question.unit, was, now, *bounds, q, question.better, python))
    found = [each for each in found if not any(other.explains(each) for other in found)]
    found.sort(key=lambda each: (-abs(each.more), each.what))
    return sum(p is not None for p in p_values), tuple(found)


def _pairs(site: Site, question: _Question, before: str, after: str) -> Iterator[tuple[_Question, Any, Rate, Rate]]:
    """Each row of the later answer that the earlier one has too, with both rates."""
    try:
        old, new = question.ask(site, before), question.ask(site, after)
    except (BadQuestion, UnknownName):  # nothing of the kind was ever measured on this site
        return
    names = key_names(new.row_type)
    known = {tuple(getattr(row, name) for name in names): row for row in old.rows}
    for row in new.rows:
        earlier = known.get(tuple(getattr(row, name) for name in names))
        was, now = getattr(earlier, question.measure, None), getattr(row, question.measure)
        if isinstance(was, Rate) and isinstance(now, Rate):
            yield question, row, was, now
