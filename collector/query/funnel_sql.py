"""The statement behind a funnel: one row a unit, with how far it got. The numbers and the people come from it alike.

The events of a unit that are a step or an exclusion are put into one array in the order (ts, page_id, n), each
with a mask: bit i for step i, and the bits below. A unit has several such series where all steps must lie in one
session, or share the values of columns that are held; the best of them counts. Ordered funnels then run
`windowFunnel` over the array; the other forms fold it.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.steps import kinds_sql
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder, Scope
    from collector.query.steps import Step

MOST_STEPS = 12
_ENTERING, _EXCLUDED = 13, 14
_ENTRY = f"bitTest(e.4, {_ENTERING})"
# Positions in a series: times as `at << 20 | position` are distinct and in order, for a million events a unit.
_POSITIONS = 1 << 20


@dataclass(frozen=True, slots=True)
class Shape:
    """A funnel without its site and period.

    Attributes:
        in_session: all steps lie in one session.
        hold: columns whose value is the same at all steps.
        reentry: `longest`: the attempt that gets furthest; `first`: the first one.
        grace_ms: how long before the step before it a step may be, of ordered funnels without exclusions.
        attribute: which value of `group` counts: at the first entry, at the last step of the attempt, or at a step.
    """

    steps: tuple[Step, ...]
    exclude: tuple[Step, ...]
    order: str
    window_ms: int
    in_session: bool
    unit: str
    group: Column | None
    hold: tuple[Column, ...] = ()
    reentry: str = "longest"
    grace_ms: int = 0
    attribute: int | str = "first"

    @property
    def divided(self) -> bool:
        """Whether a unit has several series."""
        return bool(self.hold) or (self.in_session and self.unit != "session")


@dataclass(frozen=True, slots=True)
class Reading:
    """Which events a funnel reads (`read`), and at which of them it may be entered (`enters`): SQL conditions."""

    scope: Scope
    read: str
    enters: str


def reading_of(question: Question, shape: Shape, binder: Binder) -> Reading:
    """Entered in the period where the filter holds; read up to a window past its end."""
    scope = question.scope(binder, shape.window_ms)
    period = question.range
    read = (
        f"{scope.base()} AND events.ts >= {binder.instant(period.start_ms - shape.grace_ms)}"
        f" AND events.ts < {binder.instant(period.end_ms + shape.window_ms)}"
    )
    return Reading(scope, read, f"{question.during(binder)} AND {question.row_filter(scope)}")


def not_reached(step: int) -> str:
    """The group of units that did not reach the step whose value is the group's."""
    return f"(step {step} not reached)"


def units_sql(reading: Reading, shape: Shape, *, chains: bool = False, who: bool = False) -> str:
    """A statement with one row for each unit that entered.

    Its columns: unit, grp, last_entry (Unix ms), level (how many steps); with `chains` times, the times of the
    steps of the earliest attempt that got furthest (Unix ms); with `who` entered_in (session of the first entry)
    and first_entry (Unix ms).
    """
    follow = chains or shape.attribute != "first"
    fields = _fields(shape, who=who)
    level = "toInt64(length(chain))" if follow or shape.grace_ms else _level(shape, reading.scope.binder)
    chain = f"{_chain(shape, reading.scope.binder)} AS chain, " if follow or shape.grace_ms else ""
    per_series = f"""
    SELECT unit, arrayFirst(e -> {_ENTRY}, series) AS entry, arrayLast(e -> {_ENTRY}, series).1 AS last_entry,
        {chain}{level} AS level
    FROM ({_series(reading, shape, fields)}
    )"""
    columns = ["unit", f"{_group(shape, fields)} AS grp", "last_entry", "level"]
    columns += [f"entry.{fields['session']} AS entered_in", "entry.1 AS first_entry"] if who else []
    columns += ["arrayMap(e -> e.1, chain) AS times"] if chains else []
    return f"""
SELECT {", ".join(columns)}
FROM ({_merged(per_series, shape, follow=follow) if shape.divided else per_series}
)"""


def _merged(per_series: str, shape: Shape, *, follow: bool) -> str:
    """One row a unit from one row a series: the first entry of all, and the attempt that counts."""
    # The aggregates' names differ from the columns', which ClickHouse would otherwise nest into each other.
    if shape.reentry == "first":
        kept = {"last_entry": "argMin(last_entry, entry)", "level": "argMin(level, entry)"}
        kept |= {"chain": "argMin(chain, entry)"} if follow else {}
    else:
        kept = {"last_entry": "max(last_entry)", "level": "max(level)"}
        kept |= {"chain": "argMin(chain, (-toInt64(length(chain)), chain[1]))"} if follow else {}
    kept |= {"entry": "min(entry)"}
    return f"""
    SELECT unit, {", ".join(f"{name}_ AS {name}" for name in kept)}
    FROM (
        SELECT unit, {", ".join(f"{sql} AS {name}_" for name, sql in kept.items())}
        FROM ({per_series}
        )
        GROUP BY unit
    )"""


def _fields(shape: Shape, *, who: bool) -> dict[str, int]:
    """Places of the values in an element of a series."""
    names = ["at", "page", "number", "mask", *(["session"] if who else []), *(["value"] if shape.group else [])]
    return {name: place for place, name in enumerate(names, 1)}


def _group(shape: Shape, fields: dict[str, int]) -> str:
    if shape.group is None:
        return "''"
    if shape.attribute == "first":
        return f"entry.{fields['value']}"
    if shape.attribute == "last":
        return f"chain[-1].{fields['value']}"
    step = int(shape.attribute)
    return f"if(level >= {step}, chain[{step}].{fields['value']}, '{not_reached(step)}')"


def _series(reading: Reading, shape: Shape, fields: dict[str, int]) -> str:
    unit = unit_sql(shape.unit, reading.scope)
    kinds = kinds_sql((*shape.steps, *shape.exclude))
    divided = ["session"] if shape.in_session and shape.unit != "session" else []
    divided += [f"held_{index}" for index in range(len(shape.hold))]
    held = "".join(f"{each.as_text} AS held_{index}, " for index, each in enumerate(shape.hold))
    group = f"{shape.group.as_text} AS value, " if shape.group else ""
    together = f"arraySort(groupArray(({', '.join(fields)})))"
    series = _first_alone(together, fields) if shape.reentry == "first" else together
    return f"""
        SELECT {", ".join(["unit", *divided])}, {series} AS series
        FROM (
            SELECT {unit.id} AS unit, events.session_id AS session, {held}{group}
                toUnixTimestamp64Milli(events.ts) AS at, events.page_id AS page, events.n AS number,
                {_mask(reading, shape)} AS mask
            FROM {unit.source}
            WHERE {reading.read} AND events.kind IN ({kinds}) AND {_relevant(shape, reading.scope.binder)}
        )
        GROUP BY {", ".join(["unit", *divided])}
        HAVING max(bitTest(mask, {_ENTERING}))"""


def _first_alone(series: str, fields: dict[str, int]) -> str:
    """The series in which the first entry is the only one."""
    others = f"bitAnd(e.4, {65535 - (1 << _ENTERING)})"
    mask = f"if(i = arrayFirstIndex(f -> bitTest(f.4, {_ENTERING}), all_entries), e.4, {others})"
    places = ", ".join(f"toUInt16({mask})" if name == "mask" else f"e.{place}" for name, place in fields.items())
    return f"arrayMap((e, i) -> ({places}), {series} AS all_entries, arrayEnumerate(all_entries))"


def _mask(reading: Reading, shape: Shape) -> str:
    binder = reading.scope.binder
    entering = _any(shape.steps if shape.order == "any" else shape.steps[:1], binder)
    parts = [f"bitShiftLeft(toUInt16({step.sql(binder)}), {bit})" for bit, step in enumerate(shape.steps)]
    parts.append(f"bitShiftLeft(toUInt16({entering} AND {reading.enters}), {_ENTERING})")
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
    """`windowFunnel` over distinct events: their times are `ms << 20 | position`, so that no two are equal.

    The window is as many, and the largest position: an event W ms after step 1 counts, one later does not.
    Without `strict_once` one event could be two steps.
    """
    window = binder.text(f"windowFunnel({shape.window_ms * _POSITIONS + _POSITIONS - 1}, 'strict_once')")
    times = f"arrayMap((at, i) -> toUInt64(at * {_POSITIONS} + i), series.1, arrayEnumerate(series))"
    bits = [_ENTERING, *range(1, len(shape.steps))]
    conditions = ", ".join(f"arrayMap(mask -> bitTest(mask, {bit}), series.4)" for bit in bits)
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
    """The steps of the earliest attempt that got furthest: each entry is followed to its end."""
    attempts = _attempts_with_grace(shape, binder) if shape.grace_ms else _attempts(shape, binder)
    return f"arraySort(a -> -length(a), {attempts})[1]"


def _attempts(shape: Shape, binder: Binder) -> str:
    fits = (
        f"acc.2 AND length(acc.1) < {len(shape.steps)} AND bitTest(e.4, length(acc.1))"
        f" AND NOT bitTest(e.4, {_EXCLUDED}) AND e.1 - s.1 <= {binder.integer(shape.window_ms)}"
    )
    ends = "1" if shape.order == "strict" else f"bitTest(e.4, {_EXCLUDED})"
    return f"""arrayMap((s, i) -> arrayFold(
            (acc, e) -> (if({fits}, arrayPushBack(acc.1, e), acc.1), toUInt8(acc.2 AND ({fits} OR NOT {ends}))),
            arraySlice(series, i + 1), ([s], toUInt8(1))).1,
        arrayFilter(e -> {_ENTRY}, series),
        arrayFilter((i, e) -> {_ENTRY}, arrayEnumerate(series), series))"""


def _attempts_with_grace(shape: Shape, binder: Binder) -> str:
    """Each step takes the first event, not taken yet, from the grace before the step before it on."""
    grace, window = binder.integer(shape.grace_ms), binder.integer(shape.window_ms)
    following = f"""arrayFirstIndex((e, x) -> bitTest(e.4, step) AND NOT has(taken, x) AND e.1 <= s.1 + {window}
                AND e.1 >= greatest(s.1, series[taken[-1]].1) - {grace}, series, arrayEnumerate(series))"""
    return f"""arrayMap((s, i) -> arrayMap(x -> series[x], arrayFold(
            (taken, step) -> if(length(taken) = step AND {following} > 0, arrayPushBack(taken, toUInt32({following})),
                taken),
            range(1, {len(shape.steps)}), [toUInt32(i)])),
        arrayFilter(e -> {_ENTRY}, series),
        arrayFilter((i, e) -> {_ENTRY}, arrayEnumerate(series), series))"""
