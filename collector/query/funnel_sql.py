"""The statement behind a funnel: one row a unit, with how far it got. The numbers and the people come from it alike.

The events of a unit that are a step or an exclusion are put into one array in the order (ts, page_id, n), each
with a mask: bit i for step i, and the bits below. Ordered funnels then run `windowFunnel` over the array; the
other forms fold it.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder
    from collector.query.steps import Step

MOST_STEPS = 12
_ENTERING, _EXCLUDED = 13, 14


@dataclass(frozen=True, slots=True)
class Shape:
    """A funnel without its site and period. `in_session`: all steps in one session."""

    steps: tuple[Step, ...]
    exclude: tuple[Step, ...]
    order: str
    window_ms: int
    in_session: bool
    unit: str
    group: Column | None


def units_sql(question: Question, shape: Shape, binder: Binder, *, chains: bool = False) -> str:
    """A statement with one row for each unit that entered.

    Its columns: unit, grp, entered_in (session of the first entry), first_entry, last_entry (Unix ms), level (how
    many steps), and with `chains` the times of the steps of the earliest attempt that got furthest (Unix ms).
    """
    chain = f", {_chain(shape, binder)} AS chain" if chains else ""
    level = f"{_level(shape, binder)} AS level" if not chains else "length(chain) AS level"
    per_series = f"""
SELECT unit, grp, entered_in, first_entry, last_entry{chain}, {level}
FROM ({_series(question, shape, binder)}
)"""
    if not (shape.in_session and shape.unit != "session"):
        return per_series
    best = ", argMax(chain, (length(chain), -first_entry)) AS chain" if chains else ""
    # The aggregates' names differ from the columns', which ClickHouse would otherwise nest into each other.
    return f"""
SELECT unit, grp_ AS grp, entered_ AS entered_in, first_ AS first_entry, last_ AS last_entry,
    level_ AS level{", chain_ AS chain" if chains else ""}
FROM (
    SELECT unit, argMin(grp, (first_entry, entered_in)) AS grp_,
        argMin(entered_in, (first_entry, entered_in)) AS entered_,
        min(first_entry) AS first_, max(last_entry) AS last_,
        max(level) AS level_{best.replace(" AS chain", " AS chain_")}
    FROM ({per_series}
    )
    GROUP BY unit
)"""


def _series(question: Question, shape: Shape, binder: Binder) -> str:
    scope = question.scope(binder, shape.window_ms)
    unit = unit_sql(shape.unit, scope)
    group = shape.group.as_text if shape.group else "''"
    kinds = ", ".join(sorted({f"'{kind}'" for step in (*shape.steps, *shape.exclude) for kind in step.kinds}))
    divided = ", session" if shape.in_session else ""
    return f"""
    SELECT unit{divided}, argMinIf(value, (at, page, number), bitTest(mask, {_ENTERING})) AS grp,
        argMinIf(session, (at, page, number), bitTest(mask, {_ENTERING})) AS entered_in,
        minIf(at, bitTest(mask, {_ENTERING})) AS first_entry,
        maxIf(at, bitTest(mask, {_ENTERING})) AS last_entry,
        arraySort(groupArray((at, page, number, mask))) AS series
    FROM (
        SELECT {unit.id} AS unit, events.session_id AS session, {group} AS value,
            toUnixTimestamp64Milli(events.ts) AS at, events.page_id AS page, events.n AS number,
            {_mask(question, shape, binder)} AS mask
        FROM {unit.source}
        WHERE {scope.base()} AND {question.during(binder, look_ahead_ms=shape.window_ms)}
            AND events.kind IN ({kinds}) AND {_relevant(shape, binder)}
    )
    GROUP BY unit{divided}
    HAVING countIf(bitTest(mask, {_ENTERING})) > 0"""


def _mask(question: Question, shape: Shape, binder: Binder) -> str:
    scope = question.scope(binder, shape.window_ms)
    allowed = f"{question.during(binder)} AND {question.row_filter(scope)}"
    entering = _any(shape.steps if shape.order == "any" else shape.steps[:1], binder)
    parts = [f"bitShiftLeft(toUInt16({step.sql(binder)}), {bit})" for bit, step in enumerate(shape.steps)]
    parts.append(f"bitShiftLeft(toUInt16({entering} AND {allowed}), {_ENTERING})")
    if shape.exclude:
        parts.append(f"bitShiftLeft(toUInt16({_any(shape.exclude, binder)}), {_EXCLUDED})")
    return "toUInt16(" + " + ".join(parts) + ")"


def _relevant(shape: Shape, binder: Binder) -> str:
    return _any((*shape.steps, *shape.exclude), binder)


def _any(steps: tuple[Step, ...], binder: Binder) -> str:
    return "(" + " OR ".join(dict.fromkeys(step.sql(binder) for step in steps)) + ")"


def _level(shape: Shape, binder: Binder) -> str:
    if shape.order == "any":
        return _level_any(shape, binder)
    if shape.order == "ordered" and not shape.exclude:
        return _level_ordered(shape, binder)
    return _level_folded(shape, binder)


def _level_ordered(shape: Shape, binder: Binder) -> str:
    """`windowFunnel` over distinct events: events of the same ms get distinct times, in their order.

    The time is ms * 1000 + tie % 500 and the window W * 1000 + 499, so that no event later than W ms after
    step 1 counts. Without `strict_once` one event could be two steps.
    """
    window = binder.text(f"windowFunnel({shape.window_ms * 1000 + 499}, 'strict_once')")
    times = (
        "arrayMap((e, tie) -> toUInt64(e.1 * 1000 + (tie - 1) % 500), series,"
        " arrayEnumerateUniq(arrayMap(e -> e.1, series)))"
    )
    bits = [_ENTERING, *range(1, len(shape.steps))]
    conditions = ", ".join(f"arrayMap(e -> bitTest(e.4, {bit}), series)" for bit in bits)
    return f"arrayReduce({window}, {times}, {conditions})"


def _level_folded(shape: Shape, binder: Binder) -> str:
    """Keeps, for each number of steps, the latest entry from which so many were reached; a single pass.

    Strict: only chains that end with the event before count. Exclusions: they end all attempts.
    """
    count = len(shape.steps)
    window, none = binder.integer(shape.window_ms), f"arrayWithConstant({count}, toInt64(-1))"
    excluded, entering = f"bitTest(e.4, {_EXCLUDED})", f"bitTest(e.4, {_ENTERING})"
    goes_on = f"bitTest(e.4, j) AND NOT {excluded} AND acc.1[j] >= 0 AND e.1 - acc.1[j] <= {window}"
    if shape.order == "strict":
        later, first = f"if({goes_on}, acc.1[j], toInt64(-1))", f"if({entering}, e.1, toInt64(-1))"
    else:
        kept = f"if({excluded}, toInt64(-1), acc.1[j + 1])"
        later = f"if({goes_on}, greatest(acc.1[j], acc.1[j + 1]), {kept})"
        first = f"if({entering}, e.1, if({excluded}, toInt64(-1), acc.1[1]))"
    best = f"arrayMap(j -> if(j = 0, {first}, {later}), range({count}))"
    return f"""arrayFold((acc, e) -> ({best},
        toInt64(greatest(acc.2, arrayLastIndex(x -> x >= 0, {best})))),
        series, ({none}, toInt64(0))).2"""


def _level_any(shape: Shape, binder: Binder) -> str:
    steps = 2 ** len(shape.steps) - 1
    window = binder.integer(shape.window_ms)
    return f"""arrayMax(arrayMap((s, i) -> if(bitTest(s.4, {_ENTERING}), bitCount(bitAnd({steps},
        arrayReduce('groupBitOr', arrayMap(e -> e.4,
            arrayFilter(e -> e.1 - s.1 <= {window}, arraySlice(series, i)))))), 0),
        series, arrayEnumerate(series)))"""


def _chain(shape: Shape, binder: Binder) -> str:
    """Times of the steps of the earliest attempt that got furthest: each entry is followed to its end."""
    count = len(shape.steps)
    fits = (
        f"acc.2 AND length(acc.1) < {count} AND bitTest(e.4, length(acc.1)) AND NOT bitTest(e.4, {_EXCLUDED})"
        f" AND e.1 - s.1 <= {binder.integer(shape.window_ms)}"
    )
    ends = "1" if shape.order == "strict" else f"bitTest(e.4, {_EXCLUDED})"
    attempts = f"""arrayMap((s, i) -> arrayFold(
            (acc, e) -> (if({fits}, arrayPushBack(acc.1, e.1), acc.1), toUInt8(acc.2 AND ({fits} OR NOT {ends}))),
            arraySlice(series, i + 1), ([s.1], toUInt8(1))).1,
        arrayFilter(s -> bitTest(s.4, {_ENTERING}), series),
        arrayFilter((i, s) -> bitTest(s.4, {_ENTERING}), arrayEnumerate(series), series))"""
    return f"arraySort(a -> -length(a), {attempts})[1]"
