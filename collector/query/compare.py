"""What changed since an earlier period: the same question twice, row by row and number by number."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.definitions import CHANGE
from collector.query.errors import BadQuestion
from collector.query.period import earlier
from collector.query.rate import Rate, adjusted, apart, p_value
from collector.query.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.query.period import Earlier
    from collector.query.rate import Span
    from collector.query.report import Asked

Better = Literal["more", "less"]
"""Which way of a number is better, as its field's metadata `better` says; a field without it is neither. `goal` there:
as the goal is, less of a negative one."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A number of one row, before and after.

    `before`, `after`, `change`, `low` and `high` are in the number's own unit (proportions for rates, seconds for
    lengths of time); None: it did not exist. `low` to `high` is the 95 % interval of the change, of rates and of other
    numbers that have an interval before and after; `proportion`: the number is a rate, or a share. `better`: whether
    more of it is better, or less; None: neither. `key` are the row's keys, as texts.
    """

    row: str = field(metadata={"sparse": True})
    measure: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    ratio: float | None = field(metadata={"share": True})
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})
    proportion: bool = field(default=False, metadata={"show": False})
    better: Better | None = field(default=None, metadata={"show": False})
    key: tuple[str, ...] = field(default=(), metadata={"show": False}, repr=False)


@dataclass(frozen=True, repr=False, kw_only=True)
class Comparison(Result[ChangeRow]):
    """Answer of `Result.compare`: `before` and `after` are the two answers."""

    before: Result[Any]
    after: Result[Any]
    row_type: ClassVar[type] = ChangeRow

    def about(self) -> list[str]:
        return [f"since {self.before.meta.period}", *self.after.about()]


def compare(after: Result[Any], asked: Asked, period: Earlier) -> Comparison:
    """See `Result.compare`."""
    if after.meta.period is None or not key_names(after.row_type):
        raise BadQuestion(f"answers of {after.meta.report} cannot be compared: their rows have no counterpart")
    now_ms = None if after.in_parts() else asked.place.clock()
    before = asked.again(period=earlier(period, after.meta.period, now_ms), **after.settled())
    rows = changes(before, after)
    meta = replace(after.meta, definitions=(*after.meta.definitions, CHANGE.label))
    statements = (*before.statements, *after.statements)
    return Comparison(rows, meta, statements, asked.place.store, before=before, after=after, asked=asked)


def is_over(answer: Result[Any]) -> bool:
    """Whether the period of the answer has ended."""
    return answer.meta.period is None or answer.meta.period.end_ms <= answer.call.place.clock()


def key_names(row_type: type) -> list[str]:
    """The fields that say which row it is: those with the metadata `key`."""
    return [each.name for each in fields(row_type) if each.metadata.get("key")]


def changes(before: Result[Any], after: Result[Any]) -> tuple[ChangeRow, ...]:
    """What changed from one answer to another of the same report, by row and number; all are judged together."""
    return changes_of_rows(before.rows, after.rows, after.asked)


def changes_of_rows(before: Sequence[Any], after: Sequence[Any], asked: Asked | None = None) -> tuple[ChangeRow, ...]:
    """As `changes`, of rows of one kind that an answer has besides; `asked` says which goal they are about."""
    if not before and not after:
        return ()
    row_type = type((after or before)[0])
    names = key_names(row_type)
    old, new = ({key_of(row, names): row for row in each} for each in (before, after))
    measures = _measures([*after, *before], names)
    about = {each.name: each.metadata for each in fields(row_type)}
    pairs = [
        (key, name, _measured(old.get(key), name, about[name]), _measured(new.get(key), name, about[name]))
        for key in (*new, *(key for key in old if key not in new))
        for name in measures
    ]
    called = {key: _called(row) for key, row in (*old.items(), *new.items())}
    q_values = adjusted([_p_value(was.value, now.value) for _, _, was, now in pairs])
    aim = _aim(asked)
    ways = {(key, name): _better(about[name], new.get(key, old.get(key)), aim) for key, name, _, _ in pairs}
    return tuple(
        replace(_change(called[key], name, was, now, q), better=ways[key, name], key=key)
        for (key, name, was, now), q in zip(pairs, q_values, strict=True)
    )


def key_of(row: Any, names: Sequence[str]) -> tuple[str, ...]:
    """Which row it is: its keys, as texts."""
    return tuple(str(getattr(row, name)) for name in names)


def _aim(asked: Asked | None) -> Better:
    """Which way of what is about the goal is better."""
    goal = asked.arguments.get("goal") if asked is not None else None
    return "less" if asked and isinstance(goal, str) and asked.place.goals.kind(goal) == "negative" else "more"


def _better(metadata: Mapping[str, Any], row: Any, aim: Better) -> Better | None:
    said: Better | Literal["goal"] | None = metadata.get("better")
    if said != "goal":
        return said
    return "less" if getattr(row, "kind", "") == "negative" else aim


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a field holds, as a number, with its interval where it has one."""

    value: Any = None
    number: float | None = None
    span: Span | None = None
    proportion: bool = False


def _measured(row: Any, name: str, metadata: Mapping[str, Any]) -> _Measured:
    if row is None:
        return _Measured()
    value = getattr(row, name)
    number, low, high = _number(value), None, None
    if isinstance(value, Rate):
        low, high = value.low, value.high
    elif "interval" in metadata:
        low, high = (_number(getattr(row, end)) for end in metadata["interval"])
    span = None if number is None or low is None or high is None else (number, low, high)
    return _Measured(value, number, span, isinstance(value, Rate) or bool(metadata.get("share")))


def _called(row: Any) -> str:
    """The row in words: its keys, and fields with the metadata `names`, which may change while the keys stay."""
    said = [
        str(getattr(row, each.name)) for each in fields(row) if each.metadata.get("key") or each.metadata.get("names")
    ]
    return " · ".join(dict.fromkeys(each for each in said if each))


def _measures(rows: Sequence[Any], keys: Sequence[str]) -> list[str]:
    """Fields that are numbers, no ends of intervals, and do not compare the row with something else already."""
    if not rows:
        return []
    ends = {end for each in fields(rows[0]) for end in each.metadata.get("interval", ())}
    return [
        each.name
        for each in fields(rows[0])
        if each.name not in keys
        and each.name not in ends
        and each.metadata.get("show", True)
        and not each.name.startswith("q_")
        and any(_is_number(getattr(row, each.name)) for row in rows)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal | timedelta | Rate) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    if isinstance(value, Rate):
        return value.rate
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    return None if value is None else float(value)


def _p_value(was: Any, now: Any) -> float | None:
    if isinstance(was, Rate) and isinstance(now, Rate):
        return p_value(now.k, now.n, was.k, was.n)
    return None


def _change(row: str, name: str, was: _Measured, now: _Measured, q: float | None) -> ChangeRow:
    before, after = was.number, now.number
    change = None if before is None or after is None else after - before
    low = high = None
    if was.span and now.span:
        _, low, high = apart(was.span, now.span)
    ratio = change / before if change is not None and before else None
    return ChangeRow(row, name, before, after, change, low, high, ratio, q, was.proportion or now.proportion)
