"""Cart abandonment: a line over time, else a mark for each group or for what came last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title
from collector.query.plots.trend import Point, lines, marks
from collector.query.trend import SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.cart_abandonment import CartAbandonment, CartRow

_MOST_MARKS = 30


def plot(answer: CartAbandonment, *, dark: bool = False) -> Figure:
    """Rates in % with their 95 % intervals."""
    look = theme(dark=dark)
    shape = answer.shape
    timed = shape.by in SIZES and shape.last is None
    rows = answer.rows if timed else answer.rows[:_MOST_MARKS]
    canvas = figure(9, 4.5 if timed else 1.6 + 0.34 * max(len(rows), 3), look)
    axes = canvas.subplots()
    dress(axes, look)
    if timed:
        lines(axes, look, [("abandoned", [_point(row) for row in rows])])
        axes.yaxis.set_major_formatter("{x:.0f} %")
        axes.set_ylabel("carts abandoned, 95 % interval")
        axes.set_xlabel(f"{shape.by} ({answer.meta.zone})")
        axes.set_ylim(0, 100)
    else:
        notes = [f"{row.abandoned.k:,} of {row.abandoned.n:,}" for row in rows]
        marks(axes, look, [_point(row, shape.last) for row in rows], notes)
        axes.xaxis.set_major_formatter("{x:.0f} %")
        what = f"abandoned carts, by the last {shape.last}" if shape.last else "carts abandoned"
        axes.set_xlabel(f"{what}, 95 % interval")
        axes.set_xlim(left=0)
    totals = {row.group: row.abandoned.n for row in answer.rows} if shape.last else {}
    carts = sum(totals.values()) if shape.last else sum(row.abandoned.n for row in answer.rows)
    counted = "abandoned carts" if shape.last else "carts"
    title(canvas, f"{shape.cart} without {shape.order}", answer.meta, f"n = {carts:,} {counted}", look)
    return canvas


def _point(row: CartRow, last: str | None = None) -> Point:
    came = [row.last or f"no {last}"] if last else []
    name = " · ".join([*([row.group] if row.group else []), *came]) or "all"
    rate = row.abandoned
    value, low, high = (None if each is None else 100 * each for each in (rate.rate, rate.low, rate.high))
    return Point(name, value, low, high)
