"""Retention as a triangle of cohorts, or as a curve for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.plots.style import Theme
    from collector.query.reports.retention import Retention, RetentionRow

_MOST_GROUPS = 6
_MOST_COHORTS = 40


def plot(retention: Retention, *, dark: bool = False) -> Figure:
    """A square for each cell, the latest cohorts at the bottom; cells that are not over stay empty.

    Of several groups: a curve for each over all cohorts, with its 95 % band (at most six).
    """
    look = theme(dark=dark)
    groups = list(dict.fromkeys(row.group for row in retention.rows))
    offsets = sorted({row.offset for row in retention.rows})
    if retention.shape.group is not None:
        canvas = _curves(retention, groups[:_MOST_GROUPS], look)
    else:
        canvas = _triangle(retention, offsets, look)
    count = sum(row.size for row in retention.rows if row.cohort is not None and row.offset == 0)
    mode = retention.shape.mode.replace("_", " ")
    first = f"Retention of {retention.meta.site}, {mode}, by {retention.every}"
    title(canvas, first, retention.meta, f"n = {count:,} {retention.shape.unit}s", look)
    return canvas


def _triangle(retention: Retention, offsets: list[int], look: Theme) -> Figure:
    lines: dict[str, list[RetentionRow]] = {}
    for row in retention.rows:
        lines.setdefault(row.when, []).append(row)
    names = [*list(lines)[:1], *list(lines)[1:][-_MOST_COHORTS:]]
    canvas = figure(2.6 + 0.62 * len(offsets), 1.6 + 0.34 * len(names), look)
    axes = canvas.subplots()
    dress(axes, look)
    # The first column is 100 % in most questions, and would leave the others without contrast.
    later = [r.retained.rate for r in retention.rows if r.offset > 0 and r.retained and r.retained.rate is not None]
    top = max([*later, 0.01])
    for place, name in enumerate(names):
        for row in lines[name]:
            _cell(axes, row, place, top, look)
    sizes = {name: max(row.size for row in lines[name]) for name in names}
    partly = {name: any(row.incomplete for row in lines[name]) for name in names}
    axes.set_yticks(range(len(names)), [f"{name}{' *' if partly[name] else ''}  n = {sizes[name]:,}" for name in names])
    axes.set_xticks(offsets)
    axes.set_xlim(-0.5, len(offsets) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.axhline(0.5, color=look.ink, linewidth=0.8)
    partial = " · * only in part" if any(partly.values()) else ""
    axes.set_xlabel(f"{retention.every}s after the first · %{partial}")
    axes.tick_params(length=0)
    return canvas


def _cell(axes: Axes, row: RetentionRow, place: int, top: float, look: Theme) -> None:
    from matplotlib import colormaps  # noqa: PLC0415 - optional, slow to import
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    if row.retained is None or row.retained.rate is None:
        return
    share = min(1.0, row.retained.rate / top)
    colour = colormaps["cividis"](share)
    axes.add_patch(
        Rectangle((row.offset - 0.5, place - 0.5), 1, 1, facecolor=colour, edgecolor=look.canvas, linewidth=1)
    )
    ink = "#101010" if share > 0.55 else "#f4f4f4"
    percent = 100 * row.retained.rate
    text = f"{percent:.0f}" if percent >= 99.95 or percent == 0 else f"{percent:.1f}"
    axes.text(row.offset, place, text, ha="center", va="center", fontsize=8, color=ink)


def _curves(retention: Retention, groups: list[str], look: Theme) -> Figure:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - optional, slow to import

    canvas = figure(8.5, 4.8, look)
    axes = canvas.subplots()
    dress(axes, look)
    for index, group in enumerate(groups):
        rows = [row for row in retention.rows if row.cohort is None and row.group == group]
        # Column 0 is 100 % in most questions, and would leave the others without height.
        later = [row for row in rows if row.offset > 0]
        known = [(row.offset, row.retained) for row in later if row.retained is not None and row.retained.n]
        colour = look.palette[index]
        places = [place for place, _ in known]
        name = f"{words(group or '(empty)', 24)}, n = {max((rate.n for _, rate in known), default=0):,}"
        axes.plot(places, [100 * (rate.rate or 0) for _, rate in known], color=colour, linewidth=1.8, label=name)
        low, high = ([100 * (getattr(rate, end) or 0) for _, rate in known] for end in ("low", "high"))
        axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_ylim(0, None)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("came again, %; 95 % band")
    axes.set_xlabel(f"{retention.every}s after the first")
    axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    if groups:
        axes.legend(loc="best", fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)
    return canvas
