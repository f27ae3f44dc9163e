"""Which elements and pages are used a lot, and lead to nothing."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.conversions import grouping, units_with_goals
from collector.query.definitions import CONVERSION_RATE, JUDGED_FROM, SESSION, define
from collector.query.errors import BadQuestion, unknown
from collector.query.goal_sql import GOAL
from collector.query.question import begin
from collector.query.rate import Rate, adjusted, difference, p_value
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import SEQUENCE, Binder, hex_id, matches, one_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

MUCH = 0.75
ACTIVITY = define(
    "activity",
    1,
    "proportion of sessions",
    "of the sessions that start in the period, those with the activity: a click on the element (by its key, on any "
    "page; clicks without one are left out), or a view of the page. Rate with it: sessions with a conversion of the "
    "goal at or after their first such click or view, in the order (ts, page_id, n), out of the sessions with it; "
    "those that reached the goal before it and not again are left out, since they had nothing left to reach. Rate "
    "without: sessions with a conversion, out of the sessions without the activity. Difference with Newcombe's "
    "interval; p-value as in `difference`, Benjamini-Hochberg over all rows. Much activity: at least as many sessions "
    "as the upper quartile of the elements or pages of the group (interpolated). No outcome: judged, and the interval "
    "of the difference is not wholly above 0. It says how these sessions fared, not what the activity caused",
    f"upper quartile; judged where both have at least {JUDGED_FROM} sessions",
    "Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10; the rest: own",
)
_MOST = 10_000
_OF = ("element", "page")
Reached = dict[tuple[str, Any], tuple[int, int]]
ONLY = {
    "all": "1",
    "converted": "outcome = 1",
    "before": "outcome = 2",
    "not_converted": "outcome = 0",
}


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An element or page of a group (empty: all).

    Attributes:
        name: what the element is called, of its latest click; or the path of the page.
        role, zone, page: of the element's latest click; empty for pages.
        key: identity of the element, which outlives its name; the path of a page.
        times: clicks or views; `sessions` with at least one.
        with_it: sessions that reached the goal at or after it, out of those with it; `before` of these had reached it
            before and not again, and are in no rate.
        without: sessions that reached the goal, out of those without it.
        low, high: 95 % interval of `difference`, which is `with_it` - `without`.
        no_outcome: much activity, no outcome, see the definition.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    name: str = field(metadata={"names": True})
    role: str = field(metadata={"sparse": True})
    zone: str = field(metadata={"sparse": True, "show": False})
    page: str = field(metadata={"sparse": True})
    key: str = field(metadata={"key": True})
    times: int
    sessions: int
    before: int = field(metadata={"label": "converted before"})
    with_it: Rate = field(metadata={"better": "goal", "label": "goal with it (95 %)"})
    without: Rate = field(metadata={"better": "goal", "label": "goal without it"})
    difference: float | None = field(metadata={"share": True, "interval": ("low", "high")})
    low: float | None = field(metadata={"share": True, "label": "from"})
    high: float | None = field(metadata={"share": True, "label": "to"})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})
    no_outcome: bool = field(default=False, metadata={"label": "no outcome"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about activity without its site, period and filter."""

    goal: str
    of: str
    by: str | None
    path: str | None


@dataclass(frozen=True, repr=False, kw_only=True)
class Activity(Result[ActivityRow]):
    """Answer of `Site.activity`; the most sessions first. `totals` are of all sessions, by group."""

    question: Question = field(compare=False)
    shape: Shape
    totals: dict[str, Rate]
    row_type: ClassVar[type] = ActivityRow

    @property
    def flagged(self) -> tuple[ActivityRow, ...]:
        """The rows with much activity and no outcome, the most sessions first."""
        return tuple(row for row in self.rows if row.no_outcome)

    def about(self) -> list[str]:
        path = [self.shape.path] if self.shape.path else []
        return [f"{self.shape.of}s", *path, f"goal {self.shape.goal}"]

    def hidden(self) -> tuple[str, ...]:
        key = ("key",) if all(row.name for row in self.rows) else ()
        return key if any(row.before for row in self.rows) else (*key, "before")

    def sessions(self, row: ActivityRow, only: str = "all", *, limit: int = 1000) -> sessions.Sessions:
        """The sessions with the activity of a row, the newest first; with `limit` enough, as many as the row says.

        Args:
            row: one of `rows`.
            only: all, converted (at or after it), before (and not again), or not_converted.
            limit: at most so many.

        Raises:
            UnknownName: there is no such choice.
            QueryError: ClickHouse did not answer.
        """
        if only not in ONLY:
            raise unknown("choice of sessions", only, ONLY)
        binder = Binder()
        item = binder.text(row.key) if self.shape.of == "page" else binder.unsigned(int(row.key, 16))
        group = grouping(self.question, self.shape.by).value(row.group)
        chosen = f"{ONLY[only]} AND item = {item} AND grp = {binder.text(group)}"
        since = len(self.question.asker.statements)
        ids = f"SELECT session FROM ({_each_sql(self.question, self.shape, binder)}\n) WHERE {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Bars of activity, those without an outcome marked, beside the rates with it and without it.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.activity import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    goal: str = "purchase",
    of: Literal["element", "page"] = "element",
    *,
    path: str | None = None,
    by: str | None = None,
    limit: int = 50,
    where: Filter | None = None,
    bots: bool = False,
) -> Activity:
    """Which elements and pages are used a lot, and lead to nothing (definition `activity`).

    Args:
        goal: what counts as an outcome; name of the goal, `*` for any characters.
        of: elements by their clicks, or pages by their views.
        path: only clicks and views on this page; `*` stands for any characters.
        limit: how many rows, the most sessions first; at most 10,000.
    """
    if of not in _OF:
        raise unknown("sort of activity", of, _OF)
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}")
    question = begin(place, "activity", period, where, bots=bots)
    question.catalog.require("goal", goal)
    if path is not None:
        question.catalog.require("page", path)
    shape = Shape(goal, of, by, path)
    reached, totals = _reached(question, shape)
    found = _found(question, shape, reached)
    names = _names(question, shape, [item for _, item, *_ in found]) if of == "element" else {}
    rows = _judged([_row(each, totals, names) for each in found])
    meta = question.meta(ACTIVITY, CONVERSION_RATE, SESSION, GOAL, notes=_notes(rows, limit, totals))
    return Activity(
        rows[:limit],
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        shape=shape,
        totals=totals,
    )


def _item(shape: Shape, binder: Binder) -> tuple[str, str]:
    """SQL of what is counted, and the condition on the events that are activity."""
    path = f" AND {matches('events.path', shape.path, binder)}" if shape.path is not None else ""
    if shape.of == "page":
        return "toString(events.path)", f"events.kind = 'page_view'{path}"
    return "events.element_key", f"events.kind = 'click' AND events.element_key != 0{path}"


def _each_sql(question: Question, shape: Shape, binder: Binder) -> str:
    """A row for each session and element or page in it: session, grp, item, times, outcome.

    outcome is 1 where the goal was reached at or after the first time, 2 where only before it, else 0.
    """
    scope = question.scope(binder)
    item, done = _item(shape, binder)
    started = units_with_goals(question, binder, (), "session", grouping(question, shape.by))
    return f"""
SELECT session, grp, item, times, multiIf(won_at = 0, 0, won_at >= first_at, 1, 2) AS outcome
FROM (
    SELECT any(events.session_id) AS session, any({item}) AS item, count() AS times, min({SEQUENCE}) AS first_at
    FROM events
    WHERE {scope.near()} AND {done}
    GROUP BY {one_key("events.session_id", item)}
) AS done
INNER JOIN (
    SELECT unit, grp, won_at
    FROM ({started}
    ) AS units
    LEFT JOIN (
        SELECT events.session_id AS winner, max({SEQUENCE}) AS won_at
        FROM events WHERE {scope.near()} AND {question.converted(shape.goal, binder)}
        GROUP BY winner
    ) AS goals ON goals.winner = units.unit
) AS visits ON visits.unit = done.session"""


def _found(question: Question, shape: Shape, all_reached: Reached) -> list[tuple[Any, ...]]:
    """(group, item, times, sessions, converted at or after it, converted before it alone, whether it is much)."""
    binder = Binder()
    groups = grouping(question, shape.by)
    started = units_with_goals(question, binder, (), "session", groups)
    sessions_ = f"events WHERE events.session_id IN (SELECT unit FROM ({started}\n))"
    if shape.by is not None:
        sessions_ = f"events INNER JOIN ({started}\n) AS units ON units.unit = events.session_id WHERE 1"
    item, done = _item(shape, binder)
    rows = question.asker.rows(
        f"""
SELECT {"grp" if shape.by else "''"} AS grp, {item} AS item, count(), uniqExact(events.session_id) AS n,
    n >= quantileExactInclusive({MUCH})(n) OVER (PARTITION BY grp) AS much
FROM {sessions_} AND {question.scope(binder).near()} AND {done}
GROUP BY grp, item
ORDER BY n DESC, grp, item
LIMIT {binder.integer(2 * _MOST)}""",
        binder,
    )
    found = []
    for grp, key, times, count, much in rows:
        group = groups.name(grp)
        reached, after = all_reached.get((group, key), (0, 0))
        found.append((group, key, times, count, after, reached - after, much))
    return found


def _reached(question: Question, shape: Shape) -> tuple[Reached, dict[str, Rate]]:
    """How many sessions with an item reached the goal at all, and at or after it; and the rate of all sessions.

    Few sessions convert, so only theirs are put in order. All sessions of a group have the item 0 or empty besides.
    """
    binder = Binder()
    scope = question.scope(binder)
    converted = question.converted(shape.goal, binder)
    item, done = _item(shape, binder)
    groups = grouping(question, shape.by)
    started = units_with_goals(question, binder, (), "session", groups)
    nothing = "''" if shape.of == "page" else "toUInt64(0)"
    found = question.asker.rows(
        f"""
SELECT together, grp, item, uniqExact(unit) AS n, uniqExactIf(unit, won_at != 0 AND at <= won_at)
FROM (
    SELECT grp, unit, won_at, each.1 AS together, each.2 AS item, each.3 AS at,
        arrayJoin(arrayPushFront(steps, (1, {nothing}, toUInt256(0)))) AS each
    FROM ({started}
    ) AS units
    LEFT JOIN (
        SELECT events.session_id AS winner, maxIf({SEQUENCE}, {converted}) AS won_at,
            groupArrayIf((0, {item}, {SEQUENCE}), {done}) AS steps
        FROM events
        WHERE {scope.near()} AND (({done}) OR {converted}) AND events.session_id IN (
            SELECT events.session_id FROM events WHERE {scope.near()} AND {converted})
        GROUP BY winner
    ) AS winners ON winners.winner = units.unit
)
GROUP BY together, grp, item
ORDER BY together, n DESC, grp""",
        binder,
    )
    reached = {(groups.name(grp), key): (n, after) for together, grp, key, n, after in found if not together}
    totals = {groups.name(grp): Rate.of(won, n, CONVERSION_RATE) for together, grp, _, n, won in found if together}
    return reached, totals


def _names(question: Question, shape: Shape, keys: Sequence[int]) -> dict[int, tuple[str, str, str, str]]:
    """(name, role, zone, path) of the latest click on each element."""
    binder = Binder()
    parts = ", ".join(f"toString(events.{part})" for part in ("element_name", "element_role", "element_zone", "path"))
    _, done = _item(shape, binder)
    clicks = f"FROM events WHERE {question.scope(binder).near()} AND {done}"
    found = question.asker.rows(
        f"""
SELECT events.element_key AS item, argMax(({parts}), {SEQUENCE})
{clicks} AND (events.element_key, events.ts) IN (
    SELECT events.element_key AS latest, max(events.ts) {clicks} GROUP BY latest)
GROUP BY item""",
        binder,
    )
    wanted = set(keys)
    return {key: latest for key, latest in found if key in wanted}


def _row(found: tuple[Any, ...], totals: dict[str, Rate], names: dict[int, tuple[str, str, str, str]]) -> ActivityRow:
    grp, item, times, count, won, before, much = found
    name, role, zone, page = names[item] if isinstance(item, int) else (str(item), "", "", "")
    whole = totals[grp]
    with_it = Rate.of(won, count - before, ACTIVITY)
    without = Rate.of(whole.k - won - before, whole.n - count, ACTIVITY)
    change, low, high = difference(without, with_it) or (None, None, None)
    judged = min(with_it.n, without.n) >= JUDGED_FROM
    return ActivityRow(
        grp,
        name,
        role,
        zone,
        page,
        hex_id(item) if isinstance(item, int) else str(item),
        int(times),
        count,
        before,
        with_it,
        without,
        change,
        low,
        high,
        no_outcome=bool(much) and judged and low is not None and low <= 0,
    )


def _judged(rows: list[ActivityRow]) -> tuple[ActivityRow, ...]:
    pairs = [(row.with_it, row.without) for row in rows]
    q_values = adjusted([p_value(own.k, own.n, others.k, others.n) for own, others in pairs])
    return tuple(replace(row, q_value=q) for row, q in zip(rows, q_values, strict=True))


def _notes(rows: tuple[ActivityRow, ...], limit: int, totals: dict[str, Rate]) -> tuple[str, ...]:
    notes = [f"All sessions{f' of {group}' if group else ''}: {rate}." for group, rate in list(totals.items())[:6]]
    flagged = [row for row in rows if row.no_outcome]
    if flagged:
        named = ", ".join((row.name or row.key) + (f" ({row.group})" if row.group else "") for row in flagged[:5])
        notes.append(
            f"Much activity, no outcome: {named}{', …' if len(flagged) > 5 else ''} ({len(flagged):,} in all)."
        )
    if len(rows) > limit:
        more = "at least " if len(rows) >= 2 * _MOST else ""
        notes.append(f"{more}{len(rows) - limit:,} more rows: ask with a larger limit.".capitalize())
    return tuple(notes)
