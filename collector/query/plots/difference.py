"""Which elements one audience clicks more than another, or more than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.errors import unknown
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.elements import ElementMap

_MOST = 25
_SURE = 0.05


def plot(elements: ElementMap, group: str | None, *, dark: bool = False) -> Figure:
    """A bar an element: difference of the click rates in percentage points with its interval; pale where not sure."""
    look = theme(dark=dark)
    groups = dict.fromkeys(row.group for row in elements.rows)
    if group is not None and group not in groups:
        raise unknown("group", group, groups)
    chosen = group if group is not None else next(iter(groups), "")
    rows = [row for row in elements.rows if row.group == chosen and row.difference is not None][:_MOST]
    rows.sort(key=lambda row: -(row.difference or 0))
    canvas = figure(9.0, 1.9 + 0.34 * max(2, len(rows)), look)
    axes = canvas.subplots()
    dress(axes, look)
    for y, row in enumerate(rows):
        change, low, high = (100 * (value or 0) for value in (row.difference, row.low, row.high))
        colour = look.palette[0] if change >= 0 else look.palette[1]
        sure = row.q_value is not None and row.q_value <= _SURE
        axes.barh(y, change, 0.7, color=colour, alpha=1.0 if sure else 0.35)
        reach = [[max(0.0, change - low)], [max(0.0, high - change)]]
        axes.errorbar([change], [y], xerr=reach, color=look.ink, capsize=2, linewidth=0.9)
    names = [words(row.name or row.selector or row.role or row.key, 34) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    widest = max([0.5, *(100 * max(abs(row.low or 0), abs(row.high or 0)) for row in rows)]) * 1.1
    axes.set_xlim(-widest, widest)
    axes.axvline(0, color=look.ink, linewidth=0.8)
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    meta, earlier = elements.meta, elements.earlier
    own = ", ".join(filter(None, (meta.filter, str(meta.period) if earlier else ""))) or "all"
    axes.set_xlabel(
        f"click rate, percentage points, 95 % interval; pale: q above {_SURE}\n"
        f"left: more by {words(elements.versus, 40)}  ·  right: more by {words(own, 40)}"
    )
    first = f"{'Before and now' if earlier else 'Two audiences'} on {elements.path}{f', {chosen}' if chosen else ''}"
    title(canvas, first, meta, f"{len(rows)} elements", look)
    return canvas
