"""What every report begins with: the site, the period in its zone, the filter, and the statements it will run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from collector.query.ask import Asker
from collector.query.catalog import Catalog
from collector.query.definitions import INTERVAL, PEOPLE
from collector.query.errors import BadQuestion, unknown
from collector.query.filters import Where
from collector.query.goal_sql import converted_sql, kinds_sql, worth_sql
from collector.query.goals import Goals
from collector.query.period import earlier, instant, parse
from collector.query.result import Meta, labels
from collector.query.sql import Binder, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query.definitions import Definition
    from collector.query.filters import Filter
    from collector.query.period import Earlier, Period, Range
    from collector.store import Store

UNITS = ("session", "visitor", "person")


@dataclass(frozen=True)
class Place:
    """A site as reports need it; `zone` is the question's, `home_zone` the site's, `clock` gives Unix ms.

    `dry`: statements are written and not run. `goals`: what goals.yml says of the site. `spread`: its rows lie on
    several servers.
    """

    store: Store
    site_id: int
    key: str
    zone: str
    home_zone: str
    clock: Callable[[], int]
    dry: bool = False
    goals: Goals = field(default_factory=Goals)
    spread: bool = False


@dataclass(frozen=True)
class Question:
    """One call of a report."""

    place: Place
    report: str
    asker: Asker
    range: Range
    now_ms: int
    where: Filter | None
    bots: bool

    @property
    def catalog(self) -> Catalog:
        """What exists on the site."""
        return Catalog(self.asker, self.place.site_id, self.place.goals)

    def scope(self, binder: Binder, look_ahead_ms: int = 0) -> Scope:
        """The events that a statement is about."""
        return Scope(self.place.site_id, self.bots, self.range.start_ms, self.range.end_ms + look_ahead_ms, binder)

    def during(self, binder: Binder, column: str = "events.ts", look_ahead_ms: int = 0) -> str:
        """Condition that the instant `column` lies in the period (half-open), or up to a look-ahead after it."""
        return (
            f"{column} >= {binder.instant(self.range.start_ms)}"
            f" AND {column} < {binder.instant(self.range.end_ms + look_ahead_ms)}"
        )

    def row_filter(self, scope: Scope) -> str:
        """The filter as a condition on rows of `events`."""
        return self.where.row(scope) if self.where else "1"

    def converted(self, goal: str, binder: Binder) -> str:
        """Condition that an event of table `events` is a conversion of the goal, by its name, pattern or class."""
        return converted_sql(self, goal, binder)

    def kinds(self, *goals: str) -> str:
        """The kinds of events among which conversions of these goals are, for `events.kind IN (…)`.

        Raises:
            BadQuestion: a goal takes a session to judge, so that it is no single event.
        """
        return kinds_sql(self, *goals)

    def worth(self, goal: str, binder: Binder) -> tuple[str, str]:
        """SQL of amount (Decimal) and currency of a conversion: what goals.yml says, else what the event says."""
        return worth_sql(self, goal, binder)

    def before(self, period: Earlier) -> Question:
        """The same question about an earlier period, or `previous`: as many days or hours, right before.

        Raises:
            BadQuestion: the period cannot be read.
        """
        found = earlier(period, self.range, self.now_ms).resolve(self.place.zone, self.now_ms)
        return replace(self, range=found)

    def can_roll_up(self) -> bool:
        """Whether roll-ups by day hold the answer: whole days of the site's own zone, and people only."""
        return not self.bots and self.has_page_days()

    def has_page_days(self) -> bool:
        """Whether the period is whole days of the site's own zone, as column page_day has them."""
        return self.place.zone == self.place.home_zone and self.range.first_day is not None

    def meta(self, *definitions: Definition, **more: Any) -> Meta:
        """How the question was understood."""
        more.setdefault(
            "incomplete_from",
            instant(self.now_ms, self.place.zone) if self.range.end_ms > self.now_ms else None,
        )
        return Meta(
            self.report,
            self.place.key,
            self.place.zone,
            self.range,
            bots_excluded=not self.bots,
            filter=str(self.where) if self.where else "",
            definitions=labels(*definitions, INTERVAL, PEOPLE),
            goals=self.place.goals.version,
            **more,
        )


def begin(
    place: Place, report: str, period: Period | str, where: Filter | None = None, *, bots: bool = False
) -> Question:
    """Understand a question: resolve its period and check the names in its filter.

    Raises:
        BadQuestion: the period is not one.
        UnknownName: the filter names something that does not exist.
    """
    now_ms = place.clock()
    asker = Asker(place, report)
    question = Question(place, report, asker, parse(period).resolve(place.zone, now_ms), now_ms, where, bots)
    question.catalog.require_filter(where)
    return question


def check_unit(unit: str) -> None:
    """Make sure that `unit` is one.

    Raises:
        UnknownName: it is not.
    """
    if unit not in UNITS:
        raise unknown("unit", unit, UNITS)


def check_page_filter(where: Filter | None, allowed: frozenset[str]) -> set[str]:
    """Names of the columns in a filter about page views; which must be known for a whole page view.

    Raises:
        BadQuestion: a column belongs to single events; says what to write instead.
    """
    used = {name for part in (where.parts() if where else ()) if isinstance(part, Where) for name, _ in part.columns}
    for name in sorted(used - allowed):
        raise BadQuestion(
            f"{name!r} belongs to single events, this report is about page views: filter by sessions with "
            "did(click(...)), rage(...) or dead(...), or by a column of the page view"
        )
    return used
