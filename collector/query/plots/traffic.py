"""Traffic as a trend over the period before, or as rows of groups."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from collector.query.plots.money import panels
from collector.query.plots.rows import Rates, plot_rows
from collector.query.plots.style import dress, figure, theme, title, words
from collector.query.rate import Rate
from collector.query.reports.traffic import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from collector.query.period import Period
    from collector.query.plots.style import Theme
    from collector.query.reports.traffic import Traffic, TrafficRow

_MOST_GROUPS = 6


def plot(
    traffic: Traffic, measure: str | None = None, *, dark: bool = False, previous: bool | str | Period = True
) -> Figure:
    """Sessions and rates over time, or one `measure`, one line a group (at most six); or a row for each group.

    `previous` is an earlier period (True: the one before), as a faint line; of rates there is a band of 95 %.
    """
    look = theme(dark=dark)
    if traffic.shape.every == "period":
        canvas = _groups(traffic, look)
    else:
        period = "previous" if previous is True else previous
        earlier = traffic.compare(period).before if period and traffic.asked is not None else None
        canvas = _trend(traffic, earlier, look) if measure is None else _measure(traffic, earlier, measure, look)
    goal = f", goal {traffic.shape.goal}" if traffic.shape.goal else ""
    total = f"n = {traffic.total.sessions:,} sessions of {traffic.total.visitors:,} visitors"
    title(canvas, f"Traffic of {traffic.meta.site}{goal}", traffic.meta, total, look)
    return canvas


def _groups(traffic: Traffic, look: Theme) -> Figure:
    rows, total = traffic.rows, traffic.total
    shown = [Rates("engaged", [row.engaged for row in rows], total.engaged, [row.q_engaged for row in rows])]
    if total.conversion is not None:
        converted = [row.conversion for row in rows if row.conversion is not None]
        shown.append(Rates("converted", converted, total.conversion, [row.q_conversion for row in rows]))
    shown += panels(rows, [total], traffic.shape.currency)
    names = [row.group or "(empty)" for row in rows] if traffic.shape.group else ["all"]
    return plot_rows(names, [row.sessions for row in rows], "sessions", shown, look)


def _trend(traffic: Traffic, earlier: Any, look: Theme) -> Figure:
    rates = ["engaged"] + (["conversion"] if traffic.shape.goal else [])
    canvas = figure(9.5, 2.6 + 1.9 * len(rates), look)
    upper, *others = canvas.subplots(1 + len(rates), 1, sharex=True, height_ratios=(1.4, *[1] * len(rates)))
    by_group = _by_group(traffic.rows)
    before = _by_group(earlier.rows) if earlier is not None else {}
    for index, (group, rows) in enumerate(list(by_group.items())[:_MOST_GROUPS]):
        colour, name = look.palette[index], words(group or "this period", 24)
        if group in before:
            _line(upper, before[group], [row.sessions for row in before[group]], colour, faint=True)
        _line(upper, rows, [row.sessions for row in rows], colour, name=name)
        for axes, rate in zip(others, rates, strict=True):
            _rate(axes, rows, rate, colour)
    upper.set_ylabel("sessions")
    upper.set_ylim(0, 1.12 * max(1, upper.get_ylim()[1]))
    upper.yaxis.set_major_formatter("{x:,.0f}")
    for axes, rate in zip(others, rates, strict=True):
        axes.set_ylabel(f"{'converted' if rate == 'conversion' else rate}, %")
    _finish(traffic, (upper, *others), look, is_compared=bool(before))
    return canvas


def _measure(traffic: Traffic, earlier: Any, measure: str, look: Theme) -> Figure:
    """One measure over time, from zero."""
    canvas = figure(9.5, 4.2, look)
    axes = canvas.subplots()
    by_group = _by_group(traffic.rows)
    before = _by_group(earlier.rows) if earlier is not None else {}
    is_rate = any(isinstance(getattr(row, measure), Rate) for row in traffic.rows)
    for index, (group, rows) in enumerate(list(by_group.items())[:_MOST_GROUPS]):
        colour, name = look.palette[index], words(group or "this period", 24)
        if group in before:
            _line(axes, before[group], [_number(getattr(row, measure)) for row in before[group]], colour, faint=True)
        if is_rate:
            _rate(axes, rows, measure, colour, name)
        else:
            _line(axes, rows, [_number(getattr(row, measure)) for row in rows], colour, name=name)
    unit = {"in_use": ", s", "revenue": f", {traffic.shape.currency or 'no currency'}"}.get(measure, "")
    axes.set_ylabel(f"{MEASURES[measure]}{', % (band: 95 %)' if is_rate else unit}")
    axes.set_ylim(0, 1.12 * (axes.get_ylim()[1] if axes.get_ylim()[1] > 0 else 1))
    axes.yaxis.set_major_formatter("{x:,g}")
    _finish(traffic, (axes,), look, is_compared=bool(before))
    return canvas


def _number(value: Any) -> float:
    """As it is drawn: rates in percent, times in seconds; what is missing is a gap."""
    if isinstance(value, Rate):
        return math.nan if value.rate is None else 100 * value.rate
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    return math.nan if value is None else float(value)


def _finish(traffic: Traffic, each: Sequence[Axes], look: Theme, *, is_compared: bool) -> None:
    """What all trends have: grid, times below the last axes, a legend on the first."""
    for axes in each:
        dress(axes, look)
        axes.grid(color=look.faint, linewidth=0.5, alpha=0.6)
        axes.set_axisbelow(True)
    upper, lowest = each[0], each[-1]
    lowest.set_xlabel(f"{traffic.shape.every}; hollow: not over, or only a part of it")
    rows = next(iter(_by_group(traffic.rows).values()), [])
    _ticks(lowest, rows)
    if not rows:
        return
    # What there was nothing of has its time, too.
    lowest.set_xlim(rows[0].place - 0.3, rows[-1].place + 0.3)
    if is_compared:
        upper.plot([], [], color=look.ink, linestyle="--", linewidth=1, alpha=0.5, label="the earlier period")
    upper.legend(loc="best", ncols=2, fontsize=8, facecolor=look.ground, edgecolor=look.faint, labelcolor=look.ink)


def _by_group(rows: Sequence[TrafficRow]) -> dict[str, list[TrafficRow]]:
    ordered = sorted(rows, key=lambda row: row.place)
    groups = dict.fromkeys(row.group for row in rows)
    found = {
        group: list(each) for group, each in groupby(sorted(ordered, key=lambda r: r.group), key=lambda r: r.group)
    }
    return {group: found[group] for group in groups}


def _line(
    axes: Axes, rows: list[TrafficRow], values: Sequence[float], colour: str, *, name: str = "", faint: bool = False
) -> None:
    places = [row.place for row in rows]
    if faint:
        axes.plot(places, values, color=colour, linestyle="--", linewidth=1, alpha=0.45)
        return
    axes.plot(places, values, color=colour, linewidth=1.8, label=name)
    _hollow(axes, rows, values, colour)


def _hollow(axes: Axes, rows: list[TrafficRow], values: Sequence[float | None], colour: str) -> None:
    part = [(row.place, value) for row, value in zip(rows, values, strict=True) if row.incomplete and value is not None]
    if part:
        places, shown = zip(*part, strict=True)
        axes.plot(places, shown, "o", markersize=6, markerfacecolor="none", markeredgecolor=colour, linestyle="none")


def _rate(axes: Axes, rows: list[TrafficRow], measure: str, colour: str, name: str = "") -> None:
    rates = [getattr(row, measure) for row in rows]
    known = [(row.place, rate) for row, rate in zip(rows, rates, strict=True) if rate.rate is not None]
    places = [place for place, _ in known]
    axes.plot(places, [100 * rate.rate for _, rate in known], color=colour, linewidth=1.6, label=name)
    low, high = [100 * rate.low for _, rate in known], [100 * rate.high for _, rate in known]
    axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
    _hollow(axes, rows, [None if rate.rate is None else 100 * rate.rate for rate in rates], colour)


def _ticks(axes: Axes, rows: list[TrafficRow]) -> None:
    step = max(1, -(-len(rows) // 10))
    shown = rows[::step]
    axes.set_xticks([row.place for row in shown], [row.when for row in shown], rotation=30, ha="right")
