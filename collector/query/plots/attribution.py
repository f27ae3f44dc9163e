"""Attribution as dumbbells: what each rule gives a group, and how far the rules are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.attribution_sql import RULES
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.attribution import Attribution

_MOST_GROUPS = 15
# Eight rules are more than there are colours to tell apart: the shape says which it is.
_MARKERS = dict(zip(RULES, ("<", ">", "D", "o", "s", "^", "v", "P"), strict=True))
_NAMES = {
    "last_non_direct": "last non-direct",
    "time_decay": "time decay",
    "u_shaped": "U",
    "j_shaped": "J",
    "inverse_j": "inverse J",
}


def plot(attribution: Attribution, *, dark: bool = False) -> Figure:
    """A row for each group (at most fifteen): a mark for each rule on the line from the least to the most credit."""
    look, rows = theme(dark=dark), attribution.rows[:_MOST_GROUPS]
    canvas = figure(9.5, 2.3 + 0.5 * max(1, len(rows)), look)
    axes = canvas.subplots()
    dress(axes, look)
    for place, row in enumerate(rows):
        axes.plot([row.low, row.high], [place, place], color=look.faint, linewidth=7, solid_capstyle="round", zorder=1)
    for index, rule in enumerate(RULES):
        axes.plot(
            [getattr(row, rule) for row in rows],
            [place + 0.06 * (index - 3.5) for place in range(len(rows))],
            linestyle="none",
            marker=_MARKERS[rule],
            markersize=6,
            color=look.palette[index % len(look.palette)],
            markeredgecolor=look.canvas,
            markeredgewidth=0.6,
            label=_NAMES.get(rule, rule.replace("_", " ")),
        )
    axes.set_yticks(range(len(rows)), [words(row.group or "(empty)", 34) for row in rows])
    axes.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:,.0f}" if any(row.high > 10 for row in rows) else "{x:g}")
    left = len(attribution.rows) - len(rows)
    axes.set_xlabel("conversions credited" + (f" ({left:,} more groups in the rows)" if left else ""))
    axes.grid(axis="x", color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    legend = canvas.legend(loc="outside lower center", ncols=8, fontsize=8, facecolor=look.ground, frameon=False)
    for text in legend.get_texts():
        text.set_color(look.ink)
    worth = f", {attribution.value:,.2f} {attribution.currency}".rstrip() if attribution.value else ""
    first = f"Attribution of {attribution.shape.goal} on {attribution.meta.site} by {attribution.shape.group.name}"
    title(canvas, first, attribution.meta, f"n = {attribution.conversions_in_all:,} conversions{worth}", look)
    return canvas
