"""Segments against the rest: the difference of each with its interval, as a forest plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.segments import Segments

_MOST = 30


def plot(segments: Segments, *, dark: bool = False) -> Figure:
    """At most 30 segments: percentage points from the rest, 95 % interval; filled where it was found to differ."""
    look = theme(dark=dark)
    rows = [row for row in segments.rows if row.change is not None][:_MOST]
    canvas = figure(9.5, 1.8 + 0.3 * max(2, len(rows)), look)
    axes = canvas.subplots()
    dress(axes, look)
    axes.axvline(0, color=look.ink, linewidth=0.8)
    for place, row in enumerate(rows):
        change, low, high = (100 * (value or 0) for value in (row.change, row.low, row.high))
        colour = look.palette[0] if row.found else look.faint
        minimal = segments.minimal is not None and row.segment == segments.minimal.segment
        axes.errorbar(
            [change],
            [place],
            xerr=[[change - low], [high - change]],
            fmt="D" if minimal else "o",
            color=look.palette[1] if minimal else colour,
            markerfacecolor=None if row.found else look.canvas,
            markersize=8 if minimal else 5,
            capsize=3,
            linewidth=1.2,
        )
        q = "not judged" if row.q_value is None else f"q = {row.q_value:.2g}"
        axes.text(
            1.01,
            place,
            f"{100 * (row.rate.rate or 0):.1f} % of {row.rate.n:,} · {q}",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7,
            color=look.ink,
        )
    axes.set_yticks(range(len(rows)), [words(row.segment, 46) for row in rows])
    axes.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    axes.set_xlabel("percentage points from the rest, 95 % interval; filled: found, diamond: explains the others")
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    title(canvas, f"{segments.meta.site}: {segments.aim}", segments.meta, words(segments.verdict, 90), look)
    return canvas
