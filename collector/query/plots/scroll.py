"""Scroll reach as a curve with its interval, beside the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.query.plots.style import dress, figure, image, theme, title, words

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.reports.scroll import Scroll, ScrollRow

_MOST_GROUPS = 6


def plot(scroll: Scroll, background: str | Path | bytes | Any = None, *, dark: bool = False) -> Figure:
    """Percent of page views that reached each height, one curve a group (at most six), top of the page on top."""
    look = theme(dark=dark)
    canvas = figure(9.5 if background is not None else 7.5, 6.5, look)
    if background is None:
        axes = canvas.subplots()
    else:
        page, axes = canvas.subplots(1, 2, width_ratios=(2, 3), sharey=True)
        page.imshow(image(background, dark=dark), extent=(0, 1, 100, 0), aspect="auto")
        page.set_xticks([])
        page.set_ylabel("height of the page")
        dress(page, look)
    dress(axes, look)
    groups = list(dict.fromkeys(row.group for row in scroll.rows))[:_MOST_GROUPS]
    for index, group in enumerate(groups):
        rows = [row for row in scroll.rows if row.group == group]
        name = f"{words(group or 'all', 24)}, n = {rows[0].reach.n:,}"
        _curve(axes, rows, look.palette[index], name)
    axes.set_ylim(100, 0)
    axes.set_yticks(range(0, 101, 10), [f"{percent} %" for percent in range(0, 101, 10)])
    axes.set_xlim(0, 100)
    axes.set_xticks(range(0, 101, 20), [f"{percent} %" for percent in range(0, 101, 20)])
    axes.set_xlabel("page views that reached it, 95 % interval")
    if background is None:
        axes.set_ylabel("height of the page")
    axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
    if groups:
        axes.legend(loc="lower right", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    title(
        canvas,
        f"Scroll reach of {scroll.path}",
        scroll.meta,
        f"n = {sum(scroll.page_views.values()):,} page views",
        look,
    )
    return canvas


def _curve(axes: Axes, rows: list[ScrollRow], colour: str, name: str) -> None:
    heights = [(row.from_pct + row.to_pct) / 2 for row in rows]
    percent = [
        [100 * (value or 0) for value in values]
        for values in (
            [row.reach.rate for row in rows],
            [row.reach.low for row in rows],
            [row.reach.high for row in rows],
        )
    ]
    axes.fill_betweenx(heights, percent[1], percent[2], color=colour, alpha=0.22, linewidth=0)
    axes.plot(percent[0], heights, color=colour, linewidth=1.8, label=name)
