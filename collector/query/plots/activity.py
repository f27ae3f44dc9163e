"""Activity beside its outcome: a bar for how many sessions, and the rates of those with it and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import CONVERSION_RATE
from collector.query.plots.rows import Rates, plot_rows
from collector.query.plots.style import theme, title
from collector.query.rate import Rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.reports.activity import Activity, ActivityRow


def plot(activity: Activity, *, dark: bool = False) -> Figure:
    """Sessions of each element or page, marked where there is no outcome; the rate with it, a tick for without."""
    look, rows = theme(dark=dark), activity.rows
    together = Rate.of(
        sum(rate.k for rate in activity.totals.values()),
        sum(rate.n for rate in activity.totals.values()),
        CONVERSION_RATE,
    )
    shown = Rates(
        f"reached {activity.shape.goal} at or after it",
        [row.with_it for row in rows],
        together,
        [row.q_value for row in rows],
        [row.without.rate for row in rows],
        "the sessions without it",
    )
    marked = [row.no_outcome for row in rows]
    names = [_name(row) for row in rows]
    mark = "much activity, no outcome"
    canvas = plot_rows(names, [row.sessions for row in rows], "sessions", [shown], look, marked=marked, mark=mark)
    what = {"element": "Clicked elements", "page": "Viewed pages"}[activity.shape.of]
    n = f"n = {together.n:,} sessions"
    title(canvas, f"{what} of {activity.meta.site}, goal {activity.shape.goal}", activity.meta, n, look)
    return canvas


def _name(row: ActivityRow) -> str:
    name = row.name or row.role or row.key
    return f"{name} · {row.group}" if row.group else name
