"""A form field by field: who reached it, who left there, and what it cost them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.errors import unknown
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.reports.form import FieldRow, Form

_MOST = 30


def plot(form: Form, group: str | None, *, dark: bool = False) -> Figure:
    """Four columns side by side, one line a field: reached and left here, hesitation, refills, invalid visits."""
    look = theme(dark=dark)
    seen = {row.group: row for row in form.totals}
    if group is not None and group not in seen:
        raise unknown("group", group, seen)
    chosen = group if group is not None else next(iter(seen), "")
    rows = [row for row in form.rows if row.group == chosen][:_MOST]
    canvas = figure(12.0, 1.8 + 0.42 * max(2, len(rows)), look)
    reach, waits, refills, invalid = canvas.subplots(1, 4, sharey=True, width_ratios=(5, 3, 2, 2))
    for axes in (reach, waits, refills, invalid):
        dress(axes, look)
        axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
        axes.set_axisbelow(True)
        axes.margins(x=0.16)
    viewed = seen[chosen].viewed if chosen in seen else 0
    _reached(reach, rows, look)
    _waits(waits, rows, look)
    _counts(refills, [row.refills / max(1, row.visits) for row in rows], "refills per visit", look)
    wrong = [sum(row.invalid.values()) / max(1, row.visits) * 100 for row in rows]
    _counts(invalid, wrong, "invalid visits, %", look)
    reach.set_yticks(range(len(rows)), [words(row.field, 26) for row in rows])
    reach.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    first = f"Form {form.name}{f', {chosen}' if chosen else ''}"
    title(canvas, first, form.meta, f"n = {viewed:,} sessions", look)
    return canvas


def _reached(axes: Axes, rows: list[FieldRow], look: Theme) -> None:
    axes.barh(range(len(rows)), [row.reached for row in rows], 0.7, color=look.palette[0], label="reached")
    axes.barh(range(len(rows)), [row.last_field.k for row in rows], 0.7, color=look.palette[1], label="left here")
    for place, row in enumerate(rows):
        rate = row.hazard
        if rate.k and rate.rate is not None and rate.low is not None and rate.high is not None:
            left = f"{100 * rate.rate:.1f} % left ({100 * rate.low:.1f}-{100 * rate.high:.1f})"
            axes.text(row.reached, place, f" {left}", va="center", fontsize=7, color=look.ink)
    axes.set_xlabel("sessions", color=look.ink)
    axes.set_xlim(0, max([1, *(row.reached for row in rows)]) * 1.5)
    if rows:
        axes.legend(loc="lower right", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)


def _waits(axes: Axes, rows: list[FieldRow], look: Theme) -> None:
    """From the median to the third quartile."""
    for place, row in enumerate(rows):
        if row.hesitation_ms is None or row.hesitation_p75_ms is None:
            continue
        median, late = row.hesitation_ms / 1000, row.hesitation_p75_ms / 1000
        axes.plot([median, late], [place, place], color=look.palette[2], linewidth=3, solid_capstyle="round")
        axes.plot([median], [place], color=look.ink, marker="o", markersize=4)
        axes.text(late, place, f"  {median:.1f} s", va="center", fontsize=7, color=look.ink)
    axes.set_xlim(0, max([1.0, *((row.hesitation_p75_ms or 0) / 1000 for row in rows)]) * 1.35)
    axes.set_xlabel("hesitation, s: median to p75", color=look.ink)


def _counts(axes: Axes, values: list[float], label: str, look: Theme) -> None:
    axes.barh(range(len(values)), values, 0.7, color=look.palette[3])
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:.2g}", va="center", fontsize=7, color=look.ink)
    axes.set_xlim(0, max([0.01, *values]) * 1.3)
    axes.set_xlabel(label, color=look.ink)
