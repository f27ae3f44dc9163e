"""The zones of a page from the top down: how many saw each, and how many of those clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.errors import unknown
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.rate import Rate
    from collector.query.reports.zones import Zones

_MOST = 30


def plot(zones: Zones, group: str | None, *, dark: bool = False) -> Figure:
    """Two bars a zone, seen and clicked, of page views, with 95 % intervals; the time it was seen beside them."""
    chosen = _group(zones, group)
    rows = [row for row in zones.rows if row.group == chosen][:_MOST]
    look = theme(dark=dark)
    canvas = figure(9.0, 1.6 + 0.5 * max(2, len(rows)), look)
    axes = canvas.subplots()
    dress(axes, look)
    for place, row in enumerate(rows):
        _bar(axes, place - 0.19, row.exposure, 0, look)
        _bar(axes, place + 0.19, row.click_rate, 1, look)
        seen = "" if row.visible_ms is None else f" · {row.visible_ms / 1000:.1f} s"
        _label(axes, place - 0.19, row.exposure, f"{100 * (row.exposure.rate or 0):.1f} %{seen}", look)
        clicked = f"{100 * (row.attractiveness.rate or 0):.1f} % of those" if row.clicks else "seen, never clicked"
        _label(axes, place + 0.19, row.click_rate, clicked, look)
    axes.set_yticks(range(len(rows)), [words(row.zone, 30) for row in rows])
    axes.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    axes.set_xlim(0, 130)
    axes.set_xticks(range(0, 101, 20), [f"{percent} %" for percent in range(0, 101, 20)])
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("of page views, 95 % interval; median time seen")
    if rows:
        axes.legend(loc="lower right", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    named = f"Zones of {zones.path}{f', {chosen}' if chosen else ''}"
    title(canvas, named, zones.meta, f"n = {zones.page_views.get(chosen, 0):,} page views", look)
    return canvas


def _bar(axes: Axes, y: float, rate: Rate, series: int, look: Theme) -> None:
    share = 100 * (rate.rate or 0)
    # Only the first zone's bars are named in the legend.
    label = ("seen", "clicked")[series] if y < 0.5 else None
    axes.barh(y, share, 0.34, color=look.palette[series], label=label)
    if rate.low is not None and rate.high is not None:
        reach = [[max(0.0, share - 100 * rate.low)], [max(0.0, 100 * rate.high - share)]]
        axes.errorbar([share], [y], xerr=reach, color=look.ink, capsize=2, linewidth=0.9)


def _label(axes: Axes, y: float, rate: Rate, text: str, look: Theme) -> None:
    axes.text(100 * (rate.high or 0) + 1.2, y, text, va="center", fontsize=7, color=look.ink)


def _group(zones: Zones, group: str | None) -> str:
    if group is None:
        return max(zones.page_views, key=lambda name: zones.page_views[name], default="")
    if group not in zones.page_views:
        raise unknown("group", group, zones.page_views)
    return group
