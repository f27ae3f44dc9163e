"""A session as a timeline: pages as bands, what happened as marks above them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.reports.session import EventRow, Session

# Kind: mark and place of its colour in the palette; other kinds are not drawn.
_MARKS = {"click": ("o", 0), "field": ("s", 2), "form": ("D", 4), "error": ("X", 1), "conversion": ("*", 3)}
_NAMED = ("error", "conversion")
_LONGEST = 40


def plot(session: Session, *, dark: bool = False) -> Figure:
    """One row a page view in the order of visiting, over minutes since the session began; at most 40 page views."""
    look = theme(dark=dark)
    bands = [list(rows) for _, rows in groupby(session.rows, key=lambda row: row.page_id)][:_LONGEST]
    canvas = figure(10, 1.9 + 0.38 * max(2, len(bands)), look)
    axes = canvas.subplots()
    dress(axes, look)
    ends = [_minutes(rows[0]) for rows in bands[1:]] + [_minutes(bands[-1][-1])] if bands else []
    for place, (rows, end) in enumerate(zip(bands, ends, strict=True)):
        start = _minutes(rows[0])
        axes.barh(place, max(end, _minutes(rows[-1])) - start, 0.5, left=start, color=look.faint, alpha=0.7)
        for row in rows:
            _mark(axes, row, place, look)
    axes.set_yticks(range(len(bands)), [words(rows[0].page, 34) for rows in bands])
    axes.set_ylim(max(len(bands), 1) - 0.4, -0.7)
    axes.set_xlabel("minutes since the session began")
    axes.margins(x=0.05)
    seen = {row.kind for rows in bands for row in rows}
    for kind in (each for each in _MARKS if each in seen):
        mark, colour = _MARKS[kind]
        axes.plot([], [], mark, color=look.palette[colour], label=kind, markersize=7, linestyle="none")
    if seen & set(_MARKS):
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
            fontsize=8,
            facecolor=look.ground,
            edgecolor=look.faint,
            labelcolor=look.ink,
        )
    began = f"{session.rows[0].time:%Y-%m-%d %H:%M}" if session.rows else ""
    about = words(" · ".join(session.about()), 110)
    canvas.suptitle(f"{about}\n{began} ({session.meta.zone})", color=look.ink, fontsize=9)
    return canvas


def _minutes(row: EventRow) -> float:
    return row.offset.total_seconds() / 60


def _mark(axes: Axes, row: EventRow, place: int, look: Theme) -> None:
    if row.kind not in _MARKS:
        return
    mark, colour = _MARKS[row.kind]
    size = 13 if row.kind == "conversion" else 7
    axes.plot([_minutes(row)], [place], mark, color=look.palette[colour], markersize=size, markeredgecolor=look.ink)
    if row.kind in _NAMED:
        axes.annotate(
            words(row.what, 44),
            (_minutes(row), place),
            xytext=(0, 11),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=look.ink,
        )
