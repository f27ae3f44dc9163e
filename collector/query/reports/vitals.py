"""How fast and how steady pages feel, and how visits fare with slow ones."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.columns import PAGE_COLUMNS, column
from collector.query.definitions import DIFFERENCE, define
from collector.query.errors import BadQuestion, unknown
from collector.query.page_views import check_page_group, page_condition
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate, against_the_rest
from collector.query.result import Result
from collector.query.signals.slow import GOOD_POOR, VITALS_SOURCE
from collector.query.sql import Binder, one_key

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

VITAL = define(
    "vital",
    1,
    "ms (CLS without unit), proportion of page views",
    "per page view that began in the period the value that it told last; p75 is the third quartile over page views "
    "(interpolated); good: up to the first limit, poor: above the second. Kinds of navigation are kept apart",
    "; ".join(f"{name} {good:g}/{poor:g}" for name, (good, poor) in GOOD_POOR.items()),
    VITALS_SOURCE,
)
VITAL_DECILE = define(
    "vital_decile",
    1,
    "proportion of sessions",
    "sessions by the slowest value of the vital over their page views of the page, in ten parts of equal size (equal "
    "values in the order of the session's id); those that contain a conversion of the goal, out of the part. It says "
    "how they fared, not what the wait caused; q-value: each part against the others",
    "ten parts",
    "own",
)


@dataclass(frozen=True, slots=True)
class VitalRow:
    """A vital of a page and a kind of navigation, in a group (empty: all).

    Attributes:
        page: empty where all pages are one.
        p75: ms, CLS without unit; `median` alike.
        good, fair, poor: page views out of all that told it; `fair` needs improvement.
        q_value: of `poor` against the other groups; None where not judged.
    """

    page: str = field(metadata={"sparse": True, "key": True})
    group: str = field(metadata={"sparse": True, "key": True})
    vital: str = field(metadata={"key": True})
    navigation: str = field(metadata={"key": True})
    median: float = field(metadata={"better": "less"})
    p75: float = field(metadata={"better": "less"})
    good: Rate = field(metadata={"better": "more"})
    fair: Rate = field(metadata={"better": "less", "label": "needs improvement"})
    poor: Rate = field(metadata={"better": "less"})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class DecileRow:
    """A tenth of the sessions, the fastest first: its values from `low` to `high`, and how many converted."""

    decile: int = field(metadata={"key": True})
    low: float
    high: float
    rate: Rate = field(metadata={"better": "goal", "label": "converted (95 %)"})
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Deciles(Result[DecileRow]):
    """Answer of `Vitals.deciles`."""

    vital: str
    goal: str
    row_type: ClassVar[type] = DecileRow

    def about(self) -> list[str]:
        return [f"{self.goal} by {self.vital}"]

    def plot(self, *, dark: bool = False) -> Figure:
        """The conversion rate over the deciles, with its interval.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.vitals import plot_deciles  # noqa: PLC0415 - matplotlib is optional

        return plot_deciles(self, dark=dark)


@dataclass(frozen=True, repr=False, kw_only=True)
class Vitals(Result[VitalRow]):
    """Answer of `Site.vitals`; the page with most page views first."""

    path: str
    question: Question = field(compare=False)
    row_type: ClassVar[type] = VitalRow

    def about(self) -> list[str]:
        return [self.path]

    def deciles(self, vital: str, goal: str) -> Deciles:
        """How sessions convert by how slow they had it: ten parts of equal size, the fastest first.

        Raises:
            UnknownName: no such vital or goal.
            QueryError: ClickHouse did not answer.
        """
        if vital not in GOOD_POOR:
            raise unknown("vital", vital, GOOD_POOR)
        since = len(self.question.asker.statements)
        self.question.catalog.require("goal", goal)
        return _deciles(self.question, self.path, vital, goal, since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Shares of good, needs improvement and poor as bars, with the third quartile.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.vitals import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    *,
    path: str = "*",
    of: Literal["site", "page"] = "site",
    by: str | None = None,
    where: Filter | None = None,
    limit: int = 20,
    bots: bool = False,
) -> Vitals:
    """How fast and how steady pages feel: web vitals at the third quartile, good and poor shares (definition `vital`).

    Args:
        path: path of the page; `*` stands for any characters.
        of: page: one row each; site: all of `path` together.
        limit: how many pages, those with most page views.
    """
    group = column(by) if by else None
    check_page_filter(where, PAGE_COLUMNS)
    check_page_group(by)
    if not 1 <= limit <= 1000:
        raise BadQuestion(f"limit is 1 to 1,000, not {limit:,}")
    question = begin(place, "vitals", period, where, bots=bots)
    if path != "*":
        question.catalog.require("page", path)
    binder = Binder()
    page = "events.path" if of == "page" else "''"
    good, poor = (", ".join(f"vital = '{name}', {pair[side]}" for name, pair in GOOD_POOR.items()) for side in (0, 1))
    found = question.asker.rows(
        f"""
SELECT page, grp, vital, navigation, count() AS n, quantilesExactInclusive(0.5, 0.75)(value),
    countIf(value <= multiIf({good}, 0)), countIf(value > multiIf({poor}, 0)),
    sum(n) OVER (PARTITION BY page) AS weight
FROM ({_latest(question, path, page, group.as_text if group else "''", binder)}
)
GROUP BY page, grp, vital, navigation
ORDER BY weight DESC, page, grp, vital, navigation""",
        binder,
    )
    pages = list(dict.fromkeys(row[0] for row in found))[:limit]
    rows = _judged([_row(each) for each in found if each[0] in set(pages)], by=by)
    meta = question.meta(VITAL, *([DIFFERENCE] if by else []))
    return Vitals(rows, meta, tuple(question.asker.statements), place.store, path=path, question=question)


def _latest(question: Question, path: str, page: str, group: str, binder: Binder) -> str:
    """One row a page view, vital and kind of navigation: the value that was told last."""
    condition = page_condition(question, path, binder, rolled_up=False)
    return f"""
    SELECT {_one(page)} AS page, {_one(group)} AS grp, toString(any(events.vital)) AS vital,
        toString(any(events.navigation)) AS navigation, any(events.session_id) AS session,
        argMax(events.vital_value, events.n) AS value
    FROM events
    WHERE {condition} AND events.kind = 'vital'
    GROUP BY {one_key("events.visitor_id", "events.page_id", "events.vital", "events.navigation")}"""


def _one(sql: str) -> str:
    """What all rows of a page view have; constants need no state for each of them."""
    return sql if sql == "''" else f"toString(any({sql}))"


def _row(found: tuple[Any, ...]) -> VitalRow:
    page, group, vital, navigation, n, quartiles, good, poor, _ = found
    good, fair, poor = (Rate.of(k, n, VITAL) for k in (good, n - good - poor, poor))
    median, p75 = map(float, quartiles)
    return VitalRow(page, str(group), vital, navigation, median, p75, good, fair, poor)


def _judged(rows: list[VitalRow], *, by: str | None) -> tuple[VitalRow, ...]:
    if by is None:
        return tuple(rows)
    places: dict[tuple[str, str, str], list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault((row.page, row.vital, row.navigation), []).append(place)
    for alike in places.values():
        q_values = against_the_rest([(rows[place].poor.k, rows[place].poor.n) for place in alike])
        for place, q in zip(alike, q_values, strict=True):
            rows[place] = replace(rows[place], q_value=q)
    return tuple(rows)


def _deciles(question: Question, path: str, vital: str, goal: str, since: int) -> Deciles:
    binder = Binder()
    scope = question.scope(binder)
    won = f"SELECT events.session_id FROM events WHERE {scope.near()} AND {question.converted(goal, binder)}"
    found = question.asker.rows(
        f"""
SELECT i + 1, part[1].1, part[-1].1, countEqual(arrayMap(s -> s.3, part), 1), length(part)
FROM (
    SELECT arrayJoin(range(10)) AS i, arraySlice(series, 1 + intDiv(i * length(series), 10),
        intDiv((i + 1) * length(series), 10) - intDiv(i * length(series), 10)) AS part
    FROM (
        SELECT arraySort(groupArray((slowest, session, toUInt8(session IN ({won}))))) AS series
        FROM (
            SELECT session, max(value) AS slowest
            FROM ({_latest(question, path, "''", "''", binder)}
            )
            WHERE vital = {binder.text(vital)}
            GROUP BY session
        )
    )
)
WHERE notEmpty(part)
ORDER BY i""",
        binder,
    )
    q_values = against_the_rest([(k, n) for *_, k, n in found])
    rows = tuple(
        DecileRow(number, low, high, Rate.of(k, n, VITAL_DECILE), q)
        for (number, low, high, k, n), q in zip(found, q_values, strict=True)
    )
    meta = question.meta(VITAL_DECILE, VITAL, DIFFERENCE)
    statements = tuple(question.asker.statements[since:])
    return Deciles(rows, meta, statements, question.place.store, vital=vital, goal=goal)
