"""What stands in the letter: the figures of the week beside those of the week before, pictures, and changes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from collector.query.rate import Rate, difference
from collector.summary.changes import Change, changes

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

    from collector.query import Site

EVERYTHING = "class:macro"
MOST_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the week: its name, value, value of the week before, and change, as they are read."""

    name: str
    now: str
    before: str
    change: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: what it shows, and a PNG."""

    title: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A week of a site. `judged` rates were looked at for `changes`, of which there may be none.

    `link` leads to the week on the dashboard; empty: its address is not known.
    """

    site: str
    zone: str
    first: date
    last: date
    goal: str
    figures: tuple[Figure, ...]
    pictures: tuple[Picture, ...]
    judged: int
    changes: tuple[Change, ...]
    link: str = ""

    @property
    def subject(self) -> str:
        """The line that says what it is."""
        return f"{self.site}: {self.first:%-d %B} to {self.last:%-d %B %Y}"


def week_before(day: date) -> date:
    """The Monday of the last whole week before a day."""
    return day - timedelta(days=day.weekday() + 7)


def compose(site: Site, monday: date, goal: str = EVERYTHING) -> Letter:
    """The letter about the seven days from `monday` on, in the zone of `site`.

    Raises:
        UnknownName: there is no such goal.
        QueryError: ClickHouse did not answer, or matplotlib is not installed.
    """
    week = timedelta(days=7)
    after, before = f"{monday}..{monday + week}", f"{monday - week}..{monday}"
    traffic = site.traffic(after, every="day", goal=goal)
    judged, found = changes(site, before, after, goal)
    pictures = [Picture("Sessions, engagement and conversion by day", _png(traffic.plot()))]
    friction = site.friction(after)
    if any(row.hits for row in friction.rows):
        pictures.append(Picture("Where visitors stumble: sessions affected, by page and signal", _png(friction.plot())))
    return Letter(
        traffic.meta.site,
        site.tz,
        monday,
        monday + timedelta(days=6),
        goal,
        (*_visits(site.traffic(before, goal=goal).total, traffic.total), *_money(site, before, after, goal)),
        tuple(pictures),
        judged,
        found[:MOST_CHANGES],
    )


def today(zone: str) -> date:
    """The day that it is in a zone."""
    return datetime.now(ZoneInfo(zone)).date()


def _visits(was: Any, now: Any) -> list[Figure]:
    return [
        _count("Visitors", was.visitors, now.visitors),
        _count("Sessions", was.sessions, now.sessions),
        _rate("Converted", was.conversion, now.conversion),
        _rate("Engaged", was.engaged, now.engaged),
        _rate("Left after one page", was.bounce_single, now.bounce_single),
        Figure("Time in use, median", _seconds(now.in_use), _seconds(was.in_use), ""),
    ]


def _money(site: Site, before: str, after: str, goal: str) -> list[Figure]:
    earlier = {row.currency: row for row in site.revenue(before, goal).rows}
    figures = []
    for row in site.revenue(after, goal).rows:
        if not row.currency:
            continue
        was = earlier.get(row.currency)
        revenue = was.revenue if was else 0
        grown = _grown(float(row.revenue / revenue - 1)) if revenue else ""
        figures.append(
            Figure(f"Revenue, {row.currency}", f"{row.revenue:,.2f}", f"{revenue:,.2f}" if was else "–", grown)
        )
        figures.append(_count(f"Orders, {row.currency}", was.orders if was else 0, row.orders))
    return figures


def _count(name: str, was: int, now: int) -> Figure:
    return Figure(name, f"{now:,}", f"{was:,}", _grown(now / was - 1) if was else "")


def _grown(share: float) -> str:
    return f"{100 * share:+.0f} %".replace("-", "−")


def _rate(name: str, was: Rate, now: Rate) -> Figure:
    bounds = difference(was, now)
    change = f"{points(bounds[0])} points ({points(bounds[1])} to {points(bounds[2])})" if bounds else ""
    return Figure(name, percent(now), percent(was), change)


def percent(rate: Rate) -> str:
    """A rate with its 95 % interval, for people."""
    if rate.rate is None or rate.low is None or rate.high is None:
        return "–"
    return f"{100 * rate.rate:.1f} % ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


def points(change: float) -> str:
    """A change of a proportion in percentage points."""
    return f"{100 * change:+.1f}".replace("-", "−")


def _seconds(length: timedelta | None) -> str:
    return "–" if length is None else f"{length.total_seconds():,.0f} s"


def _png(plot: Plot) -> bytes:
    file = io.BytesIO()
    plot.savefig(file, format="png", dpi=110)
    return file.getvalue()
