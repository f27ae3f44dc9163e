"""Revenue and revenue per unit of one currency: over time, or by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.errors import unknown
from collector.query.plots.style import dress, figure, theme, title
from collector.query.plots.trend import Point, lines, marks
from collector.query.trend import SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.revenue import Revenue, RevenueRow

_MOST_MARKS = 30


def plot(answer: Revenue, currency: str | None = None, *, dark: bool = False) -> Figure:
    """Over time: bars of revenue above a line of RPV with its 95 % interval. Else AOV and RPV as marks, by group."""
    look = theme(dark=dark)
    known = list(dict.fromkeys(row.currency for row in answer.rows))
    if currency is not None and currency not in known:
        raise unknown("currency", currency, known)
    chosen = currency if currency is not None else (known[0] if known else "")
    rows = [row for row in answer.rows if row.currency == chosen]
    money = chosen or "no currency"
    if answer.by in SIZES:
        canvas = figure(9, 6, look)
        above, below = canvas.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        above.bar(range(len(rows)), [float(row.revenue) for row in rows], color=look.palette[0], width=0.75)
        above.set_ylabel(f"revenue ({money})")
        above.yaxis.set_major_formatter("{x:,.0f}")
        above.grid(axis="y", color=look.faint, linewidth=0.5, alpha=0.6)
        above.set_axisbelow(True)
        lines(below, look, [("RPV", [_rpv(row) for row in rows])])
        below.set_ylabel(f"per {answer.unit} ({money}), 95 %")
        below.set_xlabel(f"{answer.by} ({answer.meta.zone})")
        below.set_ylim(bottom=0)
        for axes in (above, below):
            dress(axes, look)
    else:
        rows = rows[:_MOST_MARKS]
        canvas = figure(10, 1.7 + 0.34 * max(len(rows), 3), look)
        left, right = canvas.subplots(1, 2, sharey=True)
        for axes in (left, right):
            dress(axes, look)
        each_order = [Point(row.group or "all", row.aov, row.aov_low, row.aov_high) for row in rows]
        notes = [f"{row.orders:,} orders, {row.units:,} {answer.unit}s" for row in rows]
        marks(left, look, each_order, [""] * len(rows))
        marks(right, look, [_rpv(row) for row in rows], notes)
        right.tick_params(labelleft=False)
        left.set_xlabel(f"per order ({money}), 95 % interval")
        right.set_xlabel(f"per {answer.unit} ({money}), 95 % interval")
        for axes in (left, right):
            axes.set_xlim(left=min(0, axes.get_xlim()[0]) if any((row.aov_low or 0) < 0 for row in rows) else 0)
    orders, revenue = sum(row.orders for row in rows), sum(float(row.revenue) for row in rows)
    title(canvas, f"Revenue of {answer.goal}", answer.meta, f"n = {orders:,} orders, {revenue:,.2f} {money}", look)
    return canvas


def _rpv(row: RevenueRow) -> Point:
    return Point(row.group or "all", row.rpv, row.rpv_low, row.rpv_high)
