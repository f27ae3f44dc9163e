"""Which ways people take from a start on, or to a goal, and where they turn back."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.definitions import SESSION, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion, UnknownName, unknown
from collector.query.paths_sql import Walk, names_of, walks_sql
from collector.query.question import begin, check_unit
from collector.query.rate import Rate
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.steps import Step

PATH = define(
    "path",
    1,
    "proportion of sessions, visitors or people",
    "units that took the path out of units with the start (or the end): what they viewed in (ts, page_id, n) order, "
    "from their first start on or up to their first end, repeats in a row counted once, cut at the depth. Sessions "
    "that start in the period; a filter selects sessions; (entry) and (exit) are the unit's first and last view of "
    "the period",
    "depth 6",
    "own",
)
TRANSITION = define(
    "transition",
    1,
    "proportion of views",
    "how often a station was followed by another, out of how often it was followed by any, within the paths and their "
    "depth; back: those that return to a station where the same unit was before on its path",
    "none",
    "own; a return to an earlier step is what practitioners call a loop",
)
_OF = ("page", "page_type", "click")
_DEEPEST, _MOST, _LISTED = 20, 1000, 1000
OTHER = "(other paths)"


@dataclass(frozen=True, slots=True)
class PathRow:
    """A path, or all others together (`stations` is empty there). `numbers` are its stations inside statements.

    Attributes:
        path: its stations, joined by arrows.
        share: units that took it, out of all units with the start or end.
        loops: those of them that returned to a station of the path.
    """

    path: str = field(metadata={"key": True, "wide": True})
    share: Rate = field(metadata={"label": "share (95 %)"})
    loops: int
    stations: tuple[str, ...] = field(metadata={"show": False})
    numbers: tuple[int, ...] = field(metadata={"show": False}, repr=False)


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """From a station to the next: how often, which share of all that followed, and how often it led back."""

    station: str = field(metadata={"key": True, "label": "from"})
    to: str = field(metadata={"key": True})
    count: int
    share: Rate = field(metadata={"label": "share (95 %)"})
    back: int


@dataclass(frozen=True, repr=False, kw_only=True)
class Transitions(Result[TransitionRow]):
    """Answer of `Paths.transitions`; the most frequent first."""

    row_type: ClassVar[type] = TransitionRow


@dataclass(frozen=True, repr=False, kw_only=True)
class Paths(Result[PathRow]):
    """Answer of `Site.paths`: the most common first, all others together in the last row.

    `loops` is the rate of units that returned to a station of their path.
    """

    question: Question = field(compare=False)
    walk: Walk
    loops: Rate
    row_type: ClassVar[type] = PathRow

    def about(self) -> list[str]:
        if self.walk.anchor is None:
            where = "to the exit" if self.walk.backward else "from the entry"
        else:
            where = f"{'to' if self.walk.backward else 'from'} {self.walk.anchor}"
        return [f"{where} per {self.walk.unit}, {self.walk.depth} deep"]

    def transitions(self) -> Transitions:
        """How often each station is followed by which, at most the 1,000 most frequent (definition `transition`).

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder, since = Binder(), len(self.question.asker.statements)
        found = self.question.asker.rows(
            f"""
SELECT station, following, count, sum(count) OVER (PARTITION BY station) AS every, back
FROM (
    SELECT step.1 AS station, step.2 AS following, count() AS count, countIf(step.3) AS back
    FROM ({_steps(self.question, self.walk, binder)}
    )
    GROUP BY station, following
)
ORDER BY count DESC, station, following
LIMIT {_LISTED}""",
            binder,
        )
        names = names_of(self.question, self.walk, [number for row in found for number in row[:2]])
        rows = tuple(
            TransitionRow(names[station], names[to], count, Rate.of(count, every, TRANSITION), back)
            for station, to, count, every, back in found
        )
        notes = ("Only the 1,000 most frequent transitions are shown.",) if len(found) == _LISTED else ()
        return Transitions(
            rows,
            self.question.meta(TRANSITION, notes=notes),
            tuple(self.question.asker.statements[since:]),
            self.question.place.store,
        )

    def flows(self) -> tuple[tuple[int, str, str, int], ...]:
        """How many units go from station to station at each place of their path: (place from 1, from, to, units).

        Of a path to an end, places are counted from the end (the last step is place 1). At most 5,000, the most
        frequent.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        found = self.question.asker.rows(
            f"""
SELECT step.4 AS place, step.1 AS station, step.2 AS following, count() AS count
FROM ({_steps(self.question, self.walk, binder)}
)
GROUP BY place, station, following
ORDER BY count DESC, place, station, following
LIMIT 5000""",
            binder,
        )
        names = names_of(self.question, self.walk, [number for row in found for number in row[1:3]])
        return tuple((place, names[station], names[to], count) for place, station, to, count in found)

    def sessions(self, row: PathRow, *, limit: int = 1000) -> sessions.Sessions:
        """The sessions of the start (or end) of the units that took the path of `row`, the newest first.

        They are as many as `row.share.k`.

        Raises:
            UnknownName: the row is not of this answer.
            QueryError: ClickHouse did not answer.
        """
        if row not in self.rows:
            raise UnknownName(f"this answer has no row {row.path!r}")
        binder, since = Binder(), len(self.question.asker.statements)
        named = [row.numbers] if row.numbers else [each.numbers for each in self.rows if each.numbers]
        ways = ", ".join(f"[{', '.join(binder.unsigned(each) for each in way)}]" for way in named)
        chosen = f"way {'IN' if row.numbers else 'NOT IN'} ({ways})"
        walks = walks_sql(self.question, self.walk, binder, who=True)
        return sessions.of_ids(
            self.question, f"SELECT session FROM ({walks}\n) WHERE {chosen}", binder, limit=limit, since=since
        )

    def plot(self, *, dark: bool = False) -> Figure:
        """The flow from station to station, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.paths import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    *,
    start: Step | None = None,
    end: Step | None = None,
    of: Literal["page", "page_type", "click"] = "page",
    unit: Literal["session", "visitor", "person"] = "session",
    depth: int = 6,
    limit: int = 10,
    repeats: bool = False,
    where: Filter | None = None,
    bots: bool = False,
) -> Paths:
    """Most common paths from a start on, or to an end (definition `path`); without either from the entry on.

    Args:
        start: where paths begin, such as page:/pricing.
        end: where paths end, such as conversion:purchase; instead of a start.
        of: what a station is: a page, a type of page, or pages and the clicks on them.
        unit: whose path it is.
        depth: how many steps, at most 20.
        limit: how many paths, at most 1,000; all others are one row.
        repeats: several views of the same station in a row count each, not once.
    """
    check_unit(unit)
    if of not in _OF:
        raise unknown("kind of station", of, _OF)
    if start is not None and end is not None:
        raise BadQuestion("paths have a start or an end, not both; a funnel goes from one to the other")
    if not 1 <= depth <= _DEEPEST:
        raise BadQuestion(f"depth is 1 to {_DEEPEST}, not {depth}")
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}")
    question = begin(place, "paths", period, where, bots=bots)
    question.catalog.require_steps([each for each in (start, end) if each])
    walk = Walk(start or end, end is not None, of, unit, depth, not repeats)
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT way, count, loops, sum(count) OVER () AS units, sum(loops) OVER () AS looping, count() OVER () AS ways
FROM (
    SELECT way, count() AS count, if(length(arrayDistinct(way)) < length(way), count(), 0) AS loops
    FROM ({walks_sql(question, walk, binder)}
    )
    GROUP BY way
)
ORDER BY count DESC, way
LIMIT {binder.integer(limit)}""",
        binder,
    )
    units, looping, ways = found[0][3:] if found else (0, 0, 0)
    meta = question.meta(
        PATH,
        UNIT_DEFINITIONS[unit],
        *([] if unit == "session" else [SESSION]),
        notes=_notes(ways, units, looping, unit),
    )
    return Paths(
        _rows(found, names_of(question, walk, [number for row in found for number in row[0]]), units, looping),
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        walk=walk,
        loops=Rate.of(looping, units, PATH),
    )


def _rows(found: list[tuple[Any, ...]], names: Mapping[int, str], units: int, looping: int) -> tuple[PathRow, ...]:
    named = [(tuple(names[each] for each in way), tuple(way), count, loops) for way, count, loops, *_ in found]
    rows = [
        PathRow(" → ".join(stations), Rate.of(count, units, PATH), loops, stations, way)
        for stations, way, count, loops in sorted(named, key=lambda each: (-each[2], each[0]))
    ]
    rest = units - sum(row.share.k for row in rows)
    if rest:
        rows.append(PathRow(OTHER, Rate.of(rest, units, PATH), looping - sum(row.loops for row in rows), (), ()))
    return tuple(rows)


def _notes(ways: int, units: int, looping: int, unit: str) -> tuple[str, ...]:
    if not units:
        return ()
    return (
        f"{ways:,} different paths of {units:,} {unit}s; {looping:,} ({100 * looping / units:.1f} %) return to a "
        "station of their path.",
    )


def _steps(question: Question, walk: Walk, binder: Binder) -> str:
    """One row a step of a path: step = (from, to, whether the unit was there before, place)."""
    place = "length(way) - i" if walk.backward else "i"
    return f"""
    SELECT arrayJoin(arrayMap(i -> (way[i], way[i + 1], has(arraySlice(way, 1, i), way[i + 1]), toUInt32({place})),
        range(1, length(way)))) AS step
    FROM ({walks_sql(question, walk, binder)}
    )"""
