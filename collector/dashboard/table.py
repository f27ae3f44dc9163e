"""An answer as a table: one for every report, made from what its rows say of themselves.

Heads, units, which fields are empty everywhere, which are shares or money: all of it is the metadata of the row's
dataclass, as for the tables of the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from collector.dashboard import cells
from collector.dashboard.cells import Cell
from collector.query import BadQuestion, Rate
from collector.query.compare import changes_of_rows, is_over, key_names, key_of
from collector.query.period import PREVIOUS, parse_earlier, previous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from collector.dashboard.cells import Change
    from collector.query import Result
    from collector.query.compare import Better, ChangeRow, Comparison

    Changes = dict[tuple[tuple[str, ...], str], Change]
    """What changed, by row (its keys) and field."""

_HEADS: Final = {
    "q_value": "q",
    "bounce_ga": "bounce",
    "bounce_single": "one page only",
    "from_first": "of all",
    "from_previous": "of the step before",
    "entry_page": "first page",
    "exit_page": "last page",
    "page_views": "views",
}
"""Where a page has room for a better word than the field's."""
_EXPLAINED: Final = {
    "q": "Benjamini-Hochberg q-value of the difference to the rest; bold where 0.05 or less, – where too few",
}
_RESTS: Final = {"bounce_ga": "engaged"}
"""Rates that comparisons leave out, since they are the rest of another one, which is judged."""
_OPPOSITE: Final[Mapping[Better | None, Better | None]] = {"more": "less", "less": "more", None: None}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its head, and how it is drawn (`text`, `number`, `rate`, `time`)."""

    name: str
    head: str
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows of cells, and how many rows there are beyond those."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a panel wants of its table: which columns, whose size is drawn behind the first one, where cells lead to.

    `heads` names columns otherwise; those stay also where they are empty. `words` names values otherwise, by column.
    """

    columns: tuple[str, ...] = ()
    bar: str = ""
    limit: int = 50
    heads: Mapping[str, str] = field(default_factory=dict)
    hrefs: Callable[[str, Any], str] = lambda name, row: ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def table_of(result: Result[Any], wish: Wish, changes: Changes | None = None) -> Table:
    """The table, with what changed."""
    rows = list(result.shown())
    if not rows:
        return Table((), (), 0)
    columns = _columns(result, rows, wish)
    scales = {each.name: _scale(rows, each.name) for each in columns}
    keys = key_names(type(rows[0]))
    made = tuple(
        tuple(
            _cell(row, each, wish, scales[each.name], (changes or {}).get((key_of(row, keys), each.name)))
            for each in columns
        )
        for row in rows[: wish.limit]
    )
    if wish.bar:
        longest = _scale(rows, wish.bar)
        made = tuple(
            (replace(line[0], share=_size(row, wish.bar, longest)), *line[1:])
            for line, row in zip(made, rows, strict=False)
        )
    return Table(columns, made, max(0, len(rows) - wish.limit))


def compared(result: Result[Any], period: str) -> Comparison | None:
    """The answer beside that of an earlier period; None where its rows have no counterpart.

    Raises:
        QueryError: ClickHouse did not answer, or there is no such period.
    """
    try:
        return result.compare(parse_earlier(period))
    except BadQuestion:
        return None


def changes_of(result: Result[Any], period: str) -> Changes:
    """What changed since an earlier period; empty where rows have no counterpart.

    Raises:
        QueryError: ClickHouse did not answer, or there is no such period.
    """
    found = compared(result, period)
    return {} if found is None else by_row(found.rows)


def changes_of_total(result: Any, period: str) -> dict[str, Change]:
    """What changed of an answer's `total` since an earlier period, by field.

    Raises:
        QueryError: ClickHouse did not answer, or there is no such period.
    """
    if period == PREVIOUS and not is_over(result):
        # Its rows are days, each beside a whole one; in all, no more may count than has passed of the period.
        asked = {"every": "period", "period": previous(result.meta.period, result.call.place.clock())}
        before = result.call.again(**asked, **result.settled())
    else:
        # Nothing is asked that the rows did not ask.
        before = result.compare(parse_earlier(period)).before
    found = changes_of_rows((before.total,), (result.total,), result.asked)
    return {name: change for (_, name), change in by_row(found).items()}


def _rest(row: ChangeRow, name: str) -> ChangeRow:
    """What changed in the rest of a rate."""
    before, after = (None if each is None else 1 - each for each in (row.before, row.after))
    change, low, high = (None if each is None else -each for each in (row.change, row.high, row.low))
    ratio = change / before if change is not None and before else None
    better = _OPPOSITE[row.better]
    return replace(
        row, measure=name, before=before, after=after, change=change, low=low, high=high, ratio=ratio, better=better
    )


def by_row(rows: Sequence[ChangeRow]) -> Changes:
    """What changed, in words."""
    rest = [_rest(row, name) for name, of in _RESTS.items() for row in rows if row.measure == of]
    return {(row.key, row.measure): change for row in (*rows, *rest) if (change := cells.change_of(row)) is not None}


def _columns(result: Result[Any], rows: list[Any], wish: Wish) -> tuple[Column, ...]:
    listed = {each.name: each for each in fields(rows[0])}
    hidden = set(result.hidden())
    names = [name for name in wish.columns if name in listed] or [
        name for name, each in listed.items() if name not in hidden and each.metadata.get("show", True)
    ]
    return tuple(
        _column(name, listed[name].metadata, [getattr(row, name) for row in rows], wish.heads)
        for name in names
        if name in wish.heads
        or not (listed[name].metadata.get("sparse") and all(getattr(row, name) in (None, "", {}) for row in rows))
    )


def _column(name: str, metadata: Any, values: list[Any], heads: Mapping[str, str]) -> Column:
    head = heads.get(name) or _HEADS.get(name) or str(metadata.get("label", name.replace("_", " ")))
    head = head.removesuffix(" (95 %)")
    unit = metadata.get("unit", "")
    if unit and unit not in ("ms", "s"):
        head = f"{head} ({unit})"
    said = [value for value in values if value is not None]
    if said and all(isinstance(value, Rate) for value in said):
        return Column(name, head, "rate", "the line is the 95 % interval; k of n stands beside it")
    if said and all(isinstance(value, datetime) for value in said):
        return Column(name, head, "time")
    kind = "number" if said and all(cells.is_number(value) for value in said) else "text"
    return Column(name, head, kind, _EXPLAINED.get(head.split()[0], ""))


def _scale(rows: list[Any], name: str) -> float:
    """What the longest bar or whisker stands for."""
    values = [getattr(row, name) for row in rows]
    rates = [value.high for value in values if isinstance(value, Rate) and value.high is not None]
    if rates:
        return max(rates)
    return max((abs(each) for value in values if (each := cells.number_of(value)) is not None), default=0.0)


def _size(row: Any, name: str, longest: float) -> float | None:
    number = cells.number_of(getattr(row, name))
    return abs(number) / longest if number is not None and longest else None


def _cell(row: Any, column: Column, wish: Wish, scale: float, change: Change | None) -> Cell:
    value = getattr(row, column.name)
    metadata = next(each.metadata for each in fields(row) if each.name == column.name)
    href = wish.hrefs(column.name, row)
    if isinstance(value, Rate):
        if value.rate is None or value.low is None or value.high is None or not scale:
            return Cell(cells.text_of(value, metadata), cells.interval(value), href=href)
        return Cell(
            cells.percent(value.rate), cells.interval(value), None, value.rate / scale, value.low / scale,
            value.high / scale, href, change=change,
        )  # fmt: skip
    text = cells.text_of(value, metadata)
    text = wish.words.get(column.name, {}).get(text, text)
    strong = column.head.split()[0] == "q" and isinstance(value, float) and value <= 0.05
    if column.kind == "text" and value == "":
        text = "(none)" if href or column.name in wish.heads or column.name == "page" else ""
    return Cell(text, href=href, strong=strong, change=change)
