"""Conversion rates: lines over time, else a mark for each goal and group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title
from collector.query.plots.trend import Point, lines, marks
from collector.query.trend import SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.conversion_rate import ConversionRate, ConversionRow

_MOST_MARKS = 40


def plot(answer: ConversionRate, *, dark: bool = False) -> Figure:
    """Rates in % with their 95 % intervals. Over time at most six goals; else at most 40 rows."""
    look = theme(dark=dark)
    timed = answer.by in SIZES
    rows = answer.rows if timed else answer.rows[:_MOST_MARKS]
    canvas = figure(9, 4.5 if timed else 1.6 + 0.34 * max(len(rows), 3), look)
    axes = canvas.subplots()
    dress(axes, look)
    if timed:
        series = [(goal, [_point(row, row.group) for row in rows if row.goal == goal]) for goal in answer.goals]
        lines(axes, look, series)
        axes.yaxis.set_major_formatter("{x:.1f} %")
        axes.set_ylabel("converted, 95 % interval")
        axes.set_xlabel(f"{answer.by} ({answer.meta.zone})")
        axes.set_ylim(bottom=0)
    else:
        names = [" · ".join(_said(answer, row)) or row.goal for row in rows]
        notes = [f"{row.rate.k:,} of {row.rate.n:,}" for row in rows]
        marks(axes, look, [_point(row, name) for row, name in zip(rows, names, strict=True)], notes)
        axes.xaxis.set_major_formatter("{x:.1f} %")
        axes.set_xlabel("converted, 95 % interval")
        axes.set_xlim(left=0)
    units = sum(row.rate.n for row in answer.rows if row.goal == answer.goals[0])
    counted = "counted in each" if timed and answer.unit != "session" else "in all"
    title(canvas, f"{answer.goal} per {answer.unit}", answer.meta, f"n = {units:,} {answer.unit}s {counted}", look)
    return canvas


def _said(answer: ConversionRate, row: ConversionRow) -> list[str]:
    goal = [row.goal] if len(answer.goals) > 1 or not answer.by else []
    return [*goal, *([row.group or "(empty)"] if answer.by else [])]


def _point(row: ConversionRow, name: str) -> Point:
    rate, low, high = (None if each is None else 100 * each for each in (row.rate.rate, row.rate.low, row.rate.high))
    return Point(name, rate, low, high)
