"""Numbers with their intervals: as lines over hours, days or weeks, or as one mark a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.plots.style import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from collector.query.plots.style import Theme

_TICKS = 12


@dataclass(frozen=True, slots=True)
class Point:
    """A number and the ends of its interval; None: there is none."""

    name: str
    value: float | None
    low: float | None
    high: float | None


def lines(axes: Axes, look: Theme, series: Sequence[tuple[str, Sequence[Point]]]) -> None:
    """A line with the band of its interval for each series; where a number is missing, the line has a gap."""
    for (label, points), colour in zip(series, look.palette, strict=False):
        places = range(len(points))
        nan = float("nan")
        value, low, high = (
            [nan if each is None else each for each in column]
            for column in (
                [point.value for point in points],
                [point.low for point in points],
                [point.high for point in points],
            )
        )
        axes.fill_between(places, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(places, value, color=colour, linewidth=1.8, marker="o", markersize=3.5, label=words(label, 32))
    names = [point.name for point in series[0][1]] if series else []
    step = max(1, -(-len(names) // _TICKS))
    axes.set_xticks(range(0, len(names), step), [_short(name) for name in names[::step]], rotation=30, ha="right")
    axes.set_xlim(-0.4, max(len(names) - 0.6, 0.4))
    _finish(axes, look, labelled=len(series) > 1)


def marks(axes: Axes, look: Theme, points: Sequence[Point], notes: Sequence[str]) -> None:
    """A dot with whiskers for each row, the first on top; `notes` stand at the right."""
    for place, (point, note) in enumerate(zip(points, notes, strict=True)):
        if point.value is not None:
            low = point.value if point.low is None else point.low
            high = point.value if point.high is None else point.high
            axes.plot([low, high], [place, place], color=look.palette[0], linewidth=2, solid_capstyle="butt")
            for end in (low, high):
                axes.plot([end, end], [place - 0.12, place + 0.12], color=look.palette[0], linewidth=1.2)
            axes.plot([point.value], [place], "o", color=look.palette[0], markersize=6)
        axes.text(
            1.01, place, words(note, 40), transform=axes.get_yaxis_transform(), va="center", fontsize=8, color=look.ink
        )
    axes.set_yticks(range(len(points)), [words(point.name, 36) for point in points])
    axes.set_ylim(max(len(points) - 0.5, 0.5), -0.5)
    _finish(axes, look, labelled=False)


def _short(name: str) -> str:
    """A day without its year, an hour without the rest of its time."""
    return name[5:] if name[:4].isdigit() and name[4:5] == "-" else name


def _finish(axes: Axes, look: Theme, *, labelled: bool) -> None:
    axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    if labelled:
        axes.legend(loc="best", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
