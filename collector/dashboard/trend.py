"""A trend as data for the chart in the page: a line, its interval, what is not over yet, and the period before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collector.query import Rate
from collector.query.period import parse_earlier
from collector.query.reports.traffic import MEASURES

if TYPE_CHECKING:
    from collector.query import Result


def trend(traffic: Result[Any], name: str, compared: str, revenue: Result[Any] | None = None) -> dict[str, Any]:
    """`x` in Unix s, `y`, `low` and `high` in `unit` (count, %, s, money), `before` of the period before, `open`: from
    which place on it can still change, None: nothing does."""
    rows = [row for row in traffic.rows if row.start is not None]
    x = [int(row.start.timestamp()) for row in rows]
    if name == "revenue" and revenue is not None and revenue.rows:
        currency = revenue.rows[0].currency
        amounts = [float(row.revenue) for row in revenue.rows if row.currency == currency]
        values: list[Any] = [*amounts, *([None] * len(x))][: len(x)]
        unit = currency
    else:
        name = name if name != "revenue" else "visitors"
        values = [getattr(row, name) for row in rows]
        unit = "%" if _is_rate(values) else "s" if name == "in_use" else ""
    before: list[float | None] = []
    if compared and name != "revenue":
        period = traffic.compare(parse_earlier(compared)).before
        before = [_number(getattr(row, name)) for row in period.rows]
        # What is still to come has a place too, since the period before had all of it.
        starts = [int(row.start.timestamp()) for row in period.rows]
        x += [x[0] + start - starts[0] for start in starts[len(x) :]] if x else []
        before += [None] * (len(x) - len(before))
    incomplete = [place for place, row in enumerate(rows) if row.incomplete]
    return {
        "name": MEASURES[name],
        "unit": unit,
        "zone": traffic.meta.zone,
        "x": x,
        "y": _padded([_number(value) for value in values], len(x)),
        "low": _padded([_bound(value, "low") for value in values], len(x)) if unit == "%" else [],
        "high": _padded([_bound(value, "high") for value in values], len(x)) if unit == "%" else [],
        "before": before,
        "open": incomplete[-1] if incomplete and incomplete[-1] == len(rows) - 1 else None,
    }


def _padded(values: list[float | None], length: int) -> list[float | None]:
    return [*values, *([None] * length)][:length]


def _is_rate(values: list[Any]) -> bool:
    return any(isinstance(value, Rate) for value in values)


def _number(value: Any) -> float | None:
    if isinstance(value, Rate):
        return None if value.rate is None else round(100 * value.rate, 4)
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    return None if value is None else float(value)


def _bound(value: Any, end: str) -> float | None:
    bound = getattr(value, end, None)
    return None if bound is None else round(100 * bound, 4)
