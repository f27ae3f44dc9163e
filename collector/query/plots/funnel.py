"""A funnel as bars with interval whiskers, and what is lost between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.rate import Rate
    from collector.query.reports.funnel import Funnel, FunnelRow

_MOST_GROUPS = 6


def plot(funnel: Funnel, *, dark: bool = False) -> Figure:
    """One horizontal bar a step and group: percent of the first step, with its 95 % interval; at most six groups.

    Rates are those of units whose window has ended; where there is none, of all so far.
    """
    look = theme(dark=dark)
    groups = list(dict.fromkeys(row.group for row in funnel.rows))[:_MOST_GROUPS]
    steps = max((row.step for row in funnel.rows), default=0)
    canvas = figure(9.5, 1.3 + steps * (0.5 + 0.28 * len(groups)), look)
    axes = canvas.subplots()
    dress(axes, look)
    for index, group in enumerate(groups):
        rows = [row for row in funnel.rows if row.group == group]
        _bars(axes, rows, index, len(groups), look)
    names = [row.name for row in funnel.rows if row.group == groups[0]] if groups else []
    axes.set_yticks(range(steps), [f"{step}. {words(name, 34)}" for step, name in enumerate(names, 1)])
    axes.set_ylim(steps - 0.4, -0.6)
    axes.set_xlim(0, 150)
    axes.set_xticks(range(0, 101, 20), [f"{percent} %" for percent in range(0, 101, 20)])
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"{funnel.shape.unit}s of the first step, 95 % interval")
    if len(groups) > 1:
        axes.legend(loc="lower right", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    entered = sum(row.count for row in funnel.rows if row.step == 1)
    first = f"Funnel of {funnel.meta.site}, {funnel.shape.order}"
    title(canvas, first, funnel.meta, f"n = {entered:,} {funnel.shape.unit}s", look)
    return canvas


def _bars(axes: Axes, rows: list[FunnelRow], index: int, groups: int, look: Theme) -> None:
    thick = 0.8 / groups
    for place, row in enumerate(rows):
        rate = _shown(row)
        y = place - 0.4 + thick * (index + 0.5)
        share = 100 * (rate.rate or 0)
        axes.barh(
            y,
            share,
            thick * 0.88,
            color=look.palette[index],
            label=words(row.group or "all", 24) if place == 0 else None,
        )
        if rate.low is not None and rate.high is not None:
            axes.errorbar(
                [share],
                [y],
                xerr=[[share - 100 * rate.low], [100 * rate.high - share]],
                color=look.ink,
                capsize=3,
                linewidth=1,
            )
        lost = f", {row.dropped:,} lost after it" if row.dropped else ""
        still = f", {row.open:,} still open" if row.open else ""
        axes.text(
            max(share, 100 * (rate.high or 0)) + 1.5,
            y,
            f"{share:.1f} % · {row.count:,}{lost}{still}",
            va="center",
            fontsize=8 if groups < 4 else 7,
            color=look.ink,
        )


def _shown(row: FunnelRow) -> Rate:
    return row.from_first if row.from_first.n else row.so_far
