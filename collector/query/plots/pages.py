"""Landing pages and exit pages as rows: how many, and rates with their whiskers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import DEFINITIONS
from collector.query.plots.money import panels
from collector.query.plots.rows import Rates, plot_rows
from collector.query.plots.style import theme, title
from collector.query.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure

    from collector.query.reports.exit_pages import ExitPages
    from collector.query.reports.landing_pages import LandingPages


def plot_landing(landing: LandingPages, *, dark: bool = False) -> Figure:
    """Sessions, engaged and, where a goal was asked, converted: a row for each page (at most twenty)."""
    look, rows = theme(dark=dark), landing.rows
    shown = [
        Rates(
            "engaged",
            [row.engaged for row in rows],
            _together(each.engaged for each in landing.totals.values()),
            [row.q_engaged for row in rows],
        )
    ]
    if landing.goal is not None:
        shown.append(
            Rates(
                "converted",
                [row.conversion for row in rows if row.conversion],
                _together(each.conversion for each in landing.totals.values() if each.conversion),
                [row.q_conversion for row in rows],
            )
        )
    shown += panels(rows, list(landing.totals.values()), landing.currency)
    names = [_name(row.page, row.group) for row in rows]
    canvas = plot_rows(names, [row.sessions for row in rows], "sessions", shown, look)
    count = sum(each.sessions for each in landing.totals.values())
    goal = f", goal {landing.goal}" if landing.goal else ""
    title(canvas, f"Landing pages of {landing.meta.site}{goal}", landing.meta, f"n = {count:,} sessions", look)
    return canvas


def plot_exits(exits: ExitPages, *, dark: bool = False) -> Figure:
    """Exits and exit rate, with what is expected as a tick: a row for each page (at most twenty)."""
    look, rows = theme(dark=dark), exits.rows
    together = _together(exits.totals.values())
    shown = Rates(
        "exit rate",
        [row.rate for row in rows],
        together,
        [row.q_value for row in rows],
        [row.expected for row in rows],
    )
    canvas = plot_rows(
        [_name(row.page, row.group) for row in rows], [row.exits for row in rows], "exits", [shown], look
    )
    title(canvas, f"Exit pages of {exits.meta.site}", exits.meta, f"n = {together.k:,} sessions", look)
    return canvas


def _name(page: str, group: str) -> str:
    return f"{page} · {group}" if group else page


def _together(rates: Iterable[Rate]) -> Rate:
    each = list(rates)
    definition = DEFINITIONS[each[0].definition.partition("/")[0] if each else "interval"]
    return Rate.of(sum(rate.k for rate in each), sum(rate.n for rate in each), definition)
