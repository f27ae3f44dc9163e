"""Friction as a matrix of steps and signals, and a signal's rate over its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.query.errors import unknown
from collector.query.plots.style import dress, figure, theme, title, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.friction_parts import Curve
    from collector.query.plots.style import Theme
    from collector.query.reports.friction import Friction, FrictionRow

_MOST_STEPS = 20
# Even steps of lightness, told apart with every colour vision: https://bids.github.io/colormap/
# Little is like the ground, dark or light; what was not met has no colour at all.
_MAPS = {True: "cividis", False: "Blues"}


def plot(friction: Friction, group: str | None, *, dark: bool = False) -> Figure:
    """One cell a step and signal: percent of the sessions that saw the step, and how many were affected."""
    import numpy as np  # noqa: PLC0415 - comes with matplotlib

    look = theme(dark=dark)
    chosen = _group(friction, group)
    rows = {(row.step, row.signal): row for row in friction.rows if row.group == chosen}
    steps = list(dict.fromkeys(step for step, _ in rows))[:_MOST_STEPS]
    signals = [signal.name for signal in friction.map.signals]
    canvas = figure(3.2 + 0.82 * max(3, len(signals)), 1.9 + 0.42 * max(2, len(steps)), look)
    axes = canvas.subplots()
    dress(axes, look)
    rates = np.array([[100 * (rows[step, signal].rate.rate or 0) for signal in signals] for step in steps])
    if rates.size:
        _cells(canvas, axes, rates, [[rows[step, signal] for signal in signals] for step in steps], look, dark=dark)
    axes.set_xticks(range(len(signals)), [name.replace("_", "\n") for name in signals])
    labels = [f"{words(step or '(none)', 30)}  {rows[step, signals[0]].rate.n:,}" for step in steps]
    axes.set_yticks(range(len(steps)), labels)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    first = f"Friction of {friction.meta.site}{f', {chosen}' if chosen else ''}"
    title(canvas, first, friction.meta, "sessions affected, of those that saw the step", look)
    return canvas


def _cells(canvas: Figure, axes: Axes, rates: Any, rows: list[list[FrictionRow]], look: Theme, *, dark: bool) -> None:
    import numpy as np  # noqa: PLC0415 - comes with matplotlib
    from matplotlib.colors import PowerNorm  # noqa: PLC0415 - optional, slow to import

    norm = PowerNorm(0.5, 0, max(1.0, float(rates.max())))
    shown = axes.imshow(np.where(rates > 0, rates, np.nan), cmap=_MAPS[dark], norm=norm, aspect="auto")
    for y, line in enumerate(rows):
        for x, row in enumerate(line):
            if row.rate.k:
                ink = "#000000" if (norm(rates[y, x]) > 0.55) == dark else "#ffffff"
                text = f"{rates[y, x]:.1f} %\n{row.rate.k:,}"
                axes.text(x, y, text, ha="center", va="center", fontsize=7, color=ink, linespacing=1.15)
            else:
                axes.text(x, y, "0", ha="center", va="center", fontsize=7, color=look.ink, alpha=0.35)
    bar = canvas.colorbar(shown, ax=axes, shrink=0.85, pad=0.02)
    bar.set_label("% of sessions", color=look.ink, fontsize=8)
    bar.ax.tick_params(colors=look.ink, labelsize=8)


def plot_curve(curve: Curve, *, dark: bool = False) -> Figure:
    """The rate over the threshold with its 95 % interval; a line marks the threshold that was asked for."""
    look = theme(dark=dark)
    canvas = figure(7.5, 4.2, look)
    axes = canvas.subplots()
    dress(axes, look)
    points = [row.threshold for row in curve.rows]
    rates = [100 * (row.rate.rate or 0) for row in curve.rows]
    low, high = ([100 * (getattr(row.rate, side) or 0) for row in curve.rows] for side in ("low", "high"))
    axes.fill_between(points, low, high, color=look.palette[0], alpha=0.22, linewidth=0)
    axes.plot(points, rates, color=look.palette[0], linewidth=1.8, marker="o", markersize=4)
    for row in curve.rows:
        if row.asked:
            axes.axvline(row.threshold, color=look.palette[1], linewidth=1.2, linestyle="--")
            axes.annotate(
                f"asked: {row.threshold:,g}",
                (row.threshold, 1),
                xycoords=("data", "axes fraction"),
                xytext=(4, -10),
                textcoords="offset points",
                fontsize=8,
                color=look.ink,
            )
    axes.set_ylim(0, max(0.1, *high) * 1.15 if high else 1)
    axes.set_xlabel(f"{curve.signal.threshold} ({curve.signal.unit})")
    axes.set_ylabel("% of sessions, 95 % interval")
    axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
    seen = curve.rows[0].rate.n if curve.rows else 0
    where = f" at {curve.step}" if curve.step else ""
    title(canvas, f"{curve.signal.name} of {curve.meta.site}{where}", curve.meta, f"n = {seen:,} sessions", look)
    return canvas


def _group(friction: Friction, group: str | None) -> str:
    seen: dict[str, int] = {}
    for row in friction.rows:
        seen[row.group] = max(seen.get(row.group, 0), row.rate.n)
    if group is None:
        return max(seen, key=lambda name: seen[name], default="")
    if group not in seen:
        raise unknown("group", group, seen)
    return group
