"""Time to value as Kaplan and Meier's curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title, words
from collector.query.survival import thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.reports.time_to_value import TimeToValue, ValueRow
    from collector.query.survival import Point

_MOST_GROUPS = 6
_UNITS = ((2 * 86_400, 86_400, "days"), (2 * 3600, 3600, "hours"), (120, 60, "minutes"))


def plot(answer: TimeToValue, *, dark: bool = False) -> Figure:
    """The share that has come to the value step, over time, with its 95 % band; a curve a group (at most six).

    The upright line is T.
    """
    look = theme(dark=dark)
    canvas = figure(9, 5, look)
    axes = canvas.subplots()
    dress(axes, look)
    rows = answer.rows[:_MOST_GROUPS]
    within = answer.shape.within_ms / 1000
    last = max([within, *(points[-1].seconds for points in answer.curves.values() if points)])
    size, name = next(((size, name) for least, size, name in _UNITS if last >= least), (1, "seconds"))
    for index, row in enumerate(rows):
        _curve(axes, row, answer.curves[row.group], (size, last), look.palette[index])
    axes.axvline(within / size, color=look.ink, linestyle="--", linewidth=0.9, alpha=0.7)
    axes.set_xlim(0, last / size)
    axes.set_ylim(0, None)
    axes.set_xlabel(f"{name} after {words(str(answer.shape.start_step))}; dashed: T")
    axes.set_ylabel(f"came to {words(str(answer.shape.value_step), 40)}, %; 95 % band")
    axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    started = sum(row.started for row in answer.rows)
    title(canvas, f"Time to value on {answer.meta.site}", answer.meta, f"n = {started:,} {answer.shape.unit}s", look)
    return canvas


def _curve(axes: Axes, row: ValueRow, points: tuple[Point, ...], scale: tuple[int, float], colour: str) -> None:
    size, last = scale
    shown = thinned(points)
    seconds = [0.0, *(point.seconds / size for point in shown), last / size]
    shares = [0.0, *(100 * point.share for point in shown)]
    low = [0.0, *(100 * (point.share if point.low is None else point.low) for point in shown)]
    high = [0.0, *(100 * (point.share if point.high is None else point.high) for point in shown)]
    for values in (shares, low, high):
        values.append(values[-1])
    name = f"{words(row.group or 'all', 24)}, n = {row.started:,}"
    axes.step(seconds, shares, where="post", color=colour, linewidth=1.8, label=name)
    axes.fill_between(seconds, low, high, step="post", color=colour, alpha=0.2, linewidth=0)
