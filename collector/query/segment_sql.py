"""Statements behind `segments`: how many of each value and pair of values won, and how many are left without some."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query import funnel_sql
from collector.query.columns import Column, column
from collector.query.definitions import JUDGED_FROM
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
from collector.query.sql import Binder, one_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.filters import Filter
    from collector.query.funnel_sql import Shape
    from collector.query.question import Question
    from collector.query.segment_scan import Condition, Counts, Segment

_LISTED, _PAIRS = 5000, 40_000
# Of so many values all pairs are told: those furthest on the worse side, as far as p = 0.025. None nearer can be found,
# since each depth has half of the level.
_WORST, _FAR = 12, 2.24


@dataclass(frozen=True, slots=True)
class Aim:
    """What is scanned: a goal, a step of a funnel, or a signal; `columns` are the segments' columns."""

    goal: str | None
    signal: Filter | None
    shape: Shape | None
    at: int
    columns: tuple[str, ...]

    def __str__(self) -> str:
        if self.shape:
            return f"going on after step {self.at}, {self.shape.steps[self.at - 1]}"
        return f"converting, {self.goal}" if self.goal else str(self.signal)


Inside = dict["Condition", "Counts"]
"""(k, n) of a segment's units, by each value that any of them has."""


@dataclass(frozen=True, slots=True)
class Scan:
    """(k, n) of everybody, of single values and of the pairs that have enough to be judged.

    `inside` is that of the values furthest on the worse side; of none where there were too many pairs to list.
    """

    counts: dict[Segment, Counts]
    inside: dict[Condition, Inside]


def _units_sql(question: Question, aim: Aim, binder: Binder) -> str:
    """One row a unit: session, won, name0, name1 … (the values of the columns)."""
    if aim.shape is not None:
        window, now = binder.integer(aim.shape.window_ms), binder.integer(question.now_ms)
        units = funnel_sql.units_sql(funnel_sql.reading_of(question, aim.shape, binder), aim.shape, who=True)
        at = binder.integer(aim.at)
        return f"""
SELECT entered_in AS session, level > {at} AS won, {_apart(aim)}
FROM ({units}
)
WHERE level >= {at} AND last_entry + {window} <= {now}"""
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    if aim.signal is not None:
        won = aim.signal.session(scope, ATTRIBUTES)
    else:
        converted = question.converted(aim.goal or "", binder)
        won = f"session_id IN (SELECT events.session_id FROM events WHERE {scope.near()} AND {converted})"
    rolled = all(name in (*ATTRIBUTES, "visitor_type") for name in aim.columns)
    texts = [_of_session(name) if rolled else column(name).as_text for name in aim.columns]
    named = ", ".join(f"{text} AS name{i}" for i, text in enumerate(texts))
    group = None if rolled else Column("segments", "texts", f"[{', '.join(texts)}]")
    return f"""
SELECT session_id AS session, {won} AS won, {named if rolled else _apart(aim)}
FROM ({sessions_sql(question, scope, group=group, attributes={*aim.columns, *mentioned(chosen)})}
)
WHERE {chosen}"""


def sessions_of(question: Question, aim: Aim, segment: Segment, binder: Binder, *, lost: bool) -> str:
    """A statement of the sessions of a segment's units that won, or that are `lost`."""
    where = f"{_holds(segment, aim, binder)} AND {'NOT won' if lost else 'won'}"
    return f"SELECT session FROM ({_units_sql(question, aim, binder)}\n) WHERE {where}"


def _holds(segment: Segment, aim: Aim, binder: Binder) -> str:
    """Condition that a row of `_units_sql` has the segment's values."""
    return " AND ".join(f"name{aim.columns.index(name)} = {binder.text(value)}" for name, value in segment)


def scan(question: Question, aim: Aim) -> Scan:
    """Counts all segments by one statement.

    Values are counted by numbers that stand for them and for their column. Rows are counted once for each column and
    pair by arrays: grouping sets would take the server longer to plan than to count.
    """
    binder = Binder()
    columns = range(len(aim.columns))
    pairs = list(itertools.combinations(columns, 2))
    numbers = ", ".join(f"number{i}" for i in columns)
    firsts, seconds = (", ".join(f"number{pair[side]}" for pair in pairs) for side in (0, 1))
    of_pairs = f"""
UNION ALL
SELECT * FROM (
    SELECT 2, toUInt64(0), first, second, '', won, size, toUInt64(0), toUInt64(0)
    FROM (
        SELECT first, second, countIf(won) AS won, count() AS size
        FROM units
        ARRAY JOIN [{firsts}] AS first, [{seconds}] AS second
        GROUP BY first, second
    ) AS pairs, (SELECT groupArray(number) AS worst FROM singles WHERE is_worst) AS far
    WHERE size >= {JUDGED_FROM} OR has(worst, first) OR has(worst, second)
    ORDER BY size DESC, first, second
    LIMIT {_PAIRS}
)"""
    # How much worse than the rest, in standard errors of the pooled rate, as the test of two proportions sees it.
    worse = (
        "hits / size - (k - hits) / (n - size)" if aim.signal is not None else "(k - hits) / (n - size) - hits / size"
    )
    far = f"({worse}) / sqrt(k / n * (1 - k / n) * (1 / size + 1 / (n - size)))"
    found = question.asker.rows(
        f"""
WITH units AS MATERIALIZED (
    SELECT won, {", ".join(f"name{i}, {one_key(str(i), f'name{i}')} AS number{i}" for i in columns)}
    FROM ({_units_sql(question, aim, binder)}
    )
),
singles AS MATERIALIZED (
    SELECT place, number, name, hits, size, k, n, if(least(size, n - size) >= {JUDGED_FROM}, {far}, 0) AS far,
        far >= {_FAR} AND row_number() OVER (ORDER BY far DESC, number) <= {_WORST} AS is_worst
    FROM (
        SELECT any(place) AS place, number, any(name) AS name, countIf(won) AS hits, count() AS size,
            sumIf(hits, place = 0) OVER () AS k, sumIf(size, place = 0) OVER () AS n
        FROM units
        ARRAY JOIN [{_names(aim)}] AS name, [{numbers}] AS number, range({len(columns)}) AS place
        GROUP BY number
    )
)
SELECT * FROM (
    SELECT 1 AS depth, toUInt64(place) AS place_, number AS first_, toUInt64(is_worst) AS second_, name AS name_,
        hits, size, k, n
    FROM singles
    ORDER BY size DESC, place, number
    LIMIT {_LISTED}
){of_pairs if pairs else ""}""",
        binder,
    )
    return _read(aim, found)


def _read(aim: Aim, found: Sequence[tuple[int, int, int, int, str, int, int, int, int]]) -> Scan:
    """The rows of the scan's statement, which are of single values (depth 1) or of pairs; the largest first."""
    known: dict[int, Condition] = {}
    counts: dict[Segment, Counts] = {(): (0, 0)}
    inside: dict[Condition, Inside] = {}
    for _, place, number, is_worst, name, k, n, k_all, n_all in (row for row in found if row[0] == 1):
        value = known[number] = (aim.columns[place], name)
        counts[()] = (k_all, n_all)
        counts[(value,)] = (k, n)
        if is_worst:
            inside[value] = {value: (k, n)}
    pairs = [row for row in found if row[0] == 2]
    judged: dict[Segment, Counts] = {}
    for _, _, one, another, _, k, n, _, _ in pairs:
        if one not in known or another not in known:  # one of more values than are listed
            continue
        first, second = known[one], known[another]
        if n >= JUDGED_FROM and len(judged) < _LISTED:
            judged[first, second] = (k, n)
        for value, other in ((first, second), (second, first)):
            if value in inside:
                inside[value][other] = (k, n)
    return Scan(counts | judged, inside if len(pairs) < _PAIRS else {})


def counts_without(question: Question, aim: Aim, left: Sequence[Segment], found: Scan) -> list[dict[Segment, Counts]]:
    """(k, n) of everybody and of single values, once for each segment of `left`, without its units.

    Where the scan has not told who is inside all of the segments, the units are read again.
    """
    if all(len(segment) == 1 and segment[0] in found.inside for segment in left):
        inside = [found.inside[segment[0]] for segment in left]
    else:
        inside = _inside(question, aim, left)
    worlds = []
    for segment, taken in zip(left, inside, strict=True):
        world: dict[Segment, Counts] = {(): _less(found.counts[()], found.counts[segment])}
        for each, of in found.counts.items():
            if len(each) == 1:
                world[each] = _less(of, taken.get(each[0], (0, 0)))
        worlds.append({each: (k, n) for each, (k, n) in world.items() if n > 0})
    return worlds


def _less(counts: Counts, taken: Counts) -> Counts:
    return counts[0] - taken[0], counts[1] - taken[1]


def _inside(question: Question, aim: Aim, left: Sequence[Segment]) -> list[Inside]:
    """(k, n) of the units of each segment by value."""
    binder = Binder()
    inside = " + ".join(f"bitShiftLeft(toUInt64({_holds(each, aim, binder)}), {bit})" for bit, each in enumerate(left))
    found = question.asker.rows(
        f"""
SELECT inside, place, value, countIf(won), count() AS size
FROM (
    SELECT won, {inside} AS inside, [{_names(aim)}] AS names
    FROM ({_units_sql(question, aim, binder)}
    )
    WHERE inside != 0
)
ARRAY JOIN names AS value, range({len(aim.columns)}) AS place
GROUP BY inside, place, value
ORDER BY size DESC, inside, place, value
LIMIT {_PAIRS}""",
        binder,
    )
    taken: list[Inside] = [{} for _ in left]
    for bits, place, name, k, n in found:
        value = aim.columns[place], name
        for bit, of in enumerate(taken):
            if bits >> bit & 1:
                k_before, n_before = of.get(value, (0, 0))
                of[value] = (k_before + k, n_before + n)
    return taken


def _names(aim: Aim) -> str:
    return ", ".join(f"name{i}" for i in range(len(aim.columns)))


def _apart(aim: Aim) -> str:
    """The values of the columns, from the array grp."""
    return ", ".join(f"grp[{i + 1}] AS name{i}" for i in range(len(aim.columns)))


def _of_session(name: str) -> str:
    return column(name).as_text.replace("events.session_id", "session_id") if name not in ATTRIBUTES else name
