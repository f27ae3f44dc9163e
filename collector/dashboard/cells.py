"""A row's field as people read it: units, intervals, shares, and what changed since the period before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from collector.query import Rate, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.query.compare import ChangeRow

_JUDGED: Final = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """What changed: in words, `up`, `down` or `same`, `better`, `worse` or neither, and whether it was judged so."""

    text: str
    way: str
    tone: str
    sure: bool
    title: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. `share` (0-1) is what its bar fills; `at`, `low` and `high` (0-1) a whisker on the column's scale."""

    text: str
    more: str = ""
    share: float | None = None
    at: float | None = None
    low: float | None = None
    high: float | None = None
    href: str = ""
    strong: bool = False
    change: Change | None = None


def text_of(value: Any, metadata: Mapping[str, Any]) -> str:
    """A value in words; controls and direction marks are written out."""
    if value is None or value == "":
        return "–" if value is None else ""
    if isinstance(value, Rate):
        return percent(value.rate)
    if metadata.get("points"):
        return f"{100 * value:+.1f} pp".replace("-", "−")
    if metadata.get("share"):
        return percent(value)
    if metadata.get("money") or isinstance(value, Decimal):
        return f"{value:,.2f}"
    if metadata.get("unit") == "ms":
        return render.span(round(value))
    if metadata.get("unit") == "s":
        return render.span(round(value * 1000))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}" if metadata.get("seconds") else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float) and 0 < abs(value) < 100:
        return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.1 else f"{value:.2g}"
    return render.printable(render.cell(value))


def percent(value: float | None) -> str:
    """A proportion: 12.3 %, with more digits below one percent."""
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if 0 < abs(value) < 0.01 else f"{100 * value:.1f} %"


def interval(rate: Rate) -> str:
    """The interval and the counts of a rate: 10.1–14.9 · 12/97."""
    if rate.low is None or rate.high is None:
        return f"{rate.k:,}/{rate.n:,}"
    digits = 2 if rate.high < 0.02 else 1
    return f"{100 * rate.low:.{digits}f}–{100 * rate.high:.{digits}f} · {rate.k:,}/{rate.n:,}"


def number_of(value: Any) -> float | None:
    """How large a value is, for bars; None: it has no size."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Rate):
        return value.rate
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    if isinstance(value, int | float | Decimal):
        return None if isinstance(value, float) and not math.isfinite(value) else float(value)
    return None


def is_number(value: Any) -> bool:
    """Whether a column of such values stands right-aligned."""
    return isinstance(value, int | float | Decimal | timedelta | Rate) and not isinstance(value, bool)


def sort_key(value: Any) -> str:
    """What a browser sorts the column by."""
    number = number_of(value)
    if number is not None:
        return f"{number:.9g}"
    return value.isoformat() if isinstance(value, date) else ""


def change_of(found: ChangeRow) -> Change | None:
    """What changed in a number: of a rate in percentage points, else relative; with its interval where it has one."""
    if found.change is None or found.before is None:
        return None
    was = found.before
    ends = None if found.low is None or found.high is None else (found.low, found.high)
    if found.proportion and ends:
        text = f"{100 * found.change:+.1f} pp"
        title = f"before {percent(was)}; change {100 * ends[0]:+.1f} to {100 * ends[1]:+.1f} points (95 %)"
    else:
        text = f"{100 * found.ratio:+.0f} %" if found.ratio is not None else f"{found.change:+.4g}"
        title = f"before {was:,.4g}" + (f"; change {ends[0]:+,.4g} to {ends[1]:+,.4g} (95 %)" if ends else "")
    if ends:
        title += f", q = {found.q_value:.2g}" if found.q_value is not None else ", not judged"
    sure = found.q_value is not None and found.q_value <= _JUDGED
    size = abs(found.change if found.proportion and ends else found.ratio or found.change)
    way = "same" if size < 0.0005 else "up" if found.change > 0 else "down"
    better = {"more": "up", "less": "down", None: ""}[found.better]
    tone = "" if way == "same" or not better else "better" if way == better else "worse"
    return Change(text.replace("-", "−"), way, tone, sure, title)
