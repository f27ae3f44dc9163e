"""Small pictures made on the server: SVG without inline style, which the policy of the pages forbids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from collector.dashboard.cells import interval, percent
from collector.query import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

__all__ = ["bar", "curves", "day", "interval", "percent", "span", "steps", "strip", "whisker"]


def span(value: timedelta | float | None) -> str:
    """A length of time in words; numbers are ms."""
    if value is None:
        return "–"
    return render.span(round(value) if isinstance(value, int | float) else round(value.total_seconds() * 1000))


def day(seconds: int) -> str:
    """A day and time, UTC, from Unix seconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def bar(share: float) -> Markup:
    """A bar that fills `share` (0-1) of its place."""
    return Markup(
        '<svg class="bar" aria-hidden="true" focusable="false"><rect width="{}%" height="100%" rx="3"/></svg>'
    ).format(_number(100 * max(0.0, min(1.0, share))))


def whisker(at: float, low: float, high: float) -> Markup:
    """A rate (0-1 of the scale) with its interval."""
    return Markup(
        '<svg class="whisker" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<line class="ground" x1="0" x2="100" y1="5" y2="5"/><line class="interval" x1="{}" x2="{}" y1="5" y2="5"/>'
        '<line class="at" x1="{}" x2="{}" y1="0" y2="10"/></svg>'
    ).format(*map(_number, (100 * low, 100 * high, 100 * at, 100 * at)))


def steps(share: float, low: float, high: float, before: float) -> Markup:
    """A funnel's bar: who came this far, with the interval, over who was there a step before."""
    return Markup(
        '<svg class="step" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="ground" width="100" height="24"/><rect class="lost" width="{}" height="24"/>'
        '<rect class="kept" width="{}" height="24"/><rect class="interval" x="{}" width="{}" y="10" height="4"/></svg>'
    ).format(*map(_number, (100 * before, 100 * share, 100 * low, max(0.4, 100 * (high - low)))))


def curves(sides: Sequence[Sequence[Any]]) -> Markup:
    """How far down people get, a line each: reach from the left, depth downwards, with the band of its interval.

    `sides` are rows of `scroll` for one audience or two: `from_pct`, `reach`.
    """
    lines = Markup("").join(_curve(rows, place, len(sides)) for place, rows in enumerate(sides, 1))
    return Markup(
        '<svg class="curve" viewBox="0 0 100 200" preserveAspectRatio="none" role="img" aria-label="scroll reach">'
        "{}</svg>"
    ).format(lines)


def _curve(rows: Sequence[Any], place: int, of: int) -> Markup:
    found = [(each.from_pct, each.reach) for each in rows if each.reach.rate is not None]
    if not found:
        return Markup("")
    line = " ".join(f"{_number(100 * rate.rate)},{2 * pct}" for pct, rate in found)
    left = " ".join(f"{_number(100 * rate.low)},{2 * pct}" for pct, rate in found)
    right = " ".join(f"{_number(100 * rate.high)},{2 * pct}" for pct, rate in reversed(found))
    # Two areas, one over the other, would be a third colour.
    area = Markup('<polygon class="area" points="0,0 {} 0,200"/>').format(line) if of == 1 else Markup("")
    return area + Markup(
        '<polygon class="band side{}" points="{} {}"/><polyline class="line side{}" points="{}"/>'
    ).format(place, left, right, place, line)


def attention(sides: Sequence[Sequence[tuple[int, float]]]) -> Markup:
    """How long people look at each band of 5 %, from the top down: (from %, seconds), of one audience or two."""
    longest = max((seconds for bands in sides for _, seconds in bands), default=0.0) or 1.0
    height = 10 / max(1, len(sides))
    bars = [
        Markup('<rect class="side{}" x="0" y="{}" width="{}" height="{}"><title>{} s</title></rect>').format(
            place,
            *map(_number, (2 * pct + (place - 1) * height, 100 * seconds / longest, height - 1)),
            f"{seconds:.1f}",
        )
        for place, bands in enumerate(sides, 1)
        for pct, seconds in bands
    ]
    return Markup(
        '<svg class="attention" viewBox="0 0 100 200" preserveAspectRatio="none" role="img" '
        'aria-label="time in use by depth">{}</svg>'
    ).format(Markup("").join(bars))


def strip(rows: Sequence[Any], stumbles: Mapping[tuple[str, int], str] | None = None, duration: int = 0) -> Markup:
    """A session from left to right: its pages as blocks, what happened as marks, what went wrong as marks below.

    `stumbles`: what was wrong with a click, by page view and ms since the session's first event; `duration` in ms.
    """
    last = max((row.offset.total_seconds() for row in rows), default=0.0)
    total = max(last, duration / 1000) or 1.0
    begins: list[tuple[float, str]] = []
    for row in rows:
        if row.kind == "page_view" or not begins:
            begins.append((1000 * row.offset.total_seconds() / total, row.page))
    ends = [start for start, _ in begins[1:]] + [1000.0]
    blocks = [
        Markup('<rect class="page{}" x="{}" width="{}" y="22" height="16"><title>{}</title></rect>').format(
            place % 2, _number(start), _number(max(1.0, end - start - 1.5)), page
        )
        for place, ((start, page), end) in enumerate(zip(begins, ends, strict=True))
    ]
    marks = [
        Markup('<rect class="mark {}" x="{}" y="{}" width="4" height="14"><title>{}</title></rect>').format(
            row.kind, _number(min(996.0, 1000 * row.offset.total_seconds() / total)), 4, row.what
        )
        for row in rows
        if row.kind in ("click", "field", "form", "error", "conversion")
    ]
    marks += [
        Markup('<rect class="mark error" x="{}" y="40" width="5" height="10"><title>{}</title></rect>').format(
            _number(min(995.0, at / total)), wrong
        )
        for (_, at), wrong in (stumbles or {}).items()
    ]
    return Markup(
        '<svg class="strip" viewBox="0 0 1000 52" preserveAspectRatio="none" role="img" '
        'aria-label="what happened when">{}</svg>'
    ).format(Markup("").join([*blocks, *marks]))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
