"""Web vitals as shares of good and poor, and conversion over how slow visits had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.vitals import Deciles, Vitals

_MOST = 30


def plot(vitals: Vitals, *, dark: bool = False) -> Figure:
    """One bar a vital, page, group and navigation, divided into good, needs improvement and poor."""
    look = theme(dark=dark)
    rows = vitals.rows[:_MOST]
    canvas = figure(9.0, 1.7 + 0.36 * max(2, len(rows)), look)
    axes = canvas.subplots()
    dress(axes, look)
    # Blue, sand and vermilion: told apart with every colour vision, and by their order.
    colours = ("#0072B2", "#E6C35C", "#D55E00")
    for place, row in enumerate(rows):
        left = 0.0
        for name, rate, colour in zip(
            ("good", "needs improvement", "poor"), (row.good, row.fair, row.poor), colours, strict=True
        ):
            share = 100 * (rate.rate or 0)
            axes.barh(place, share, 0.72, left=left, color=colour, label=name if place == 0 else None)
            left += share
        unit = "" if row.vital == "CLS" else " ms"
        axes.text(
            101,
            place,
            f"p75 {row.p75:,.3g}{unit}" if unit == "" else f"p75 {row.p75:,.0f}{unit}",
            va="center",
            fontsize=8,
            color=look.ink,
        )
    names = [
        " · ".join(words(each, 24) for each in (row.vital, row.page, row.group, row.navigation) if each) for row in rows
    ]
    axes.set_yticks(range(len(rows)), [f"{name}  {row.good.n:,}" for name, row in zip(names, rows, strict=True)])
    axes.set_ylim(max(1, len(rows)) - 0.4, -0.6)
    axes.set_xlim(0, 122)
    axes.set_xticks(range(0, 101, 25), [f"{percent} %" for percent in range(0, 101, 25)])
    axes.set_xlabel("of page views")
    if rows:
        canvas.legend(
            loc="outside lower center",
            ncols=3,
            fontsize=8,
            facecolor=look.ground,
            edgecolor=look.faint,
            labelcolor=look.ink,
        )
    told = sum(row.good.n for row in vitals.rows)
    title(canvas, f"Web vitals of {vitals.meta.site}, {vitals.path}", vitals.meta, f"n = {told:,} values", look)
    return canvas


def plot_deciles(deciles: Deciles, *, dark: bool = False) -> Figure:
    """One point a decile, the fastest on the left, with its 95 % interval."""
    look = theme(dark=dark)
    canvas = figure(8.0, 4.2, look)
    axes = canvas.subplots()
    dress(axes, look)
    for row in deciles.rows:
        rate, low, high = (100 * (value or 0) for value in (row.rate.rate, row.rate.low, row.rate.high))
        axes.errorbar(
            [row.decile],
            [rate],
            yerr=[[max(0.0, rate - low)], [max(0.0, high - rate)]],
            color=look.palette[0],
            marker="o",
            markersize=5,
            capsize=3,
            linewidth=1.2,
        )
    labels = [
        f"{row.low:,.3g}\nto {row.high:,.3g}" if row.high < 10 else f"{row.low:,.0f}\nto {row.high:,.0f}"
        for row in deciles.rows
    ]
    axes.set_xticks([row.decile for row in deciles.rows], labels)
    axes.set_ylim(0, max([0.1, *(100 * (row.rate.high or 0) for row in deciles.rows)]) * 1.1)
    unit = "" if deciles.vital == "CLS" else ", ms"
    axes.set_xlabel(f"{deciles.vital} of the session's slowest page view{unit}, ten parts of equal size")
    axes.set_ylabel("sessions that converted, %, 95 % interval")
    axes.grid(axis="y", color=look.faint, linewidth=0.5, alpha=0.6)
    n = sum(row.rate.n for row in deciles.rows)
    title(canvas, f"{deciles.goal} by {deciles.vital}", deciles.meta, f"n = {n:,} sessions", look)
    return canvas
