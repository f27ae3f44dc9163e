"""How is the site doing?"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from collector.dashboard.page import Choice, Page, Panel
from collector.dashboard.tiles import tiles
from collector.dashboard.trend import trend
from collector.query.period import parse_earlier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.dashboard.page import Ask
    from collector.query import Result

_SOURCES = (("channel", "Channel"), ("source", "Source"), ("campaign", "Campaign"))
_DEVICES = (("device", "Device"), ("browser", "Browser"), ("os", "System"))
_SHORT = ("group", "visitors", "sessions", "conversion")
_SHOWN = ("visitors", "sessions", "conversion", "revenue", "in_use", "bounce_ga", "page_views")


def _goal(ask: Ask) -> dict[str, Any]:
    return {"goal": ask.goal, **ask.common} if ask.goal else ask.common


def _list(ask: Ask) -> dict[str, Any]:
    """What the lists ask: the money of their rows, which they do not show, is on the page Traffic."""
    return {**_goal(ask), "without_money": True} if ask.goal else ask.common


def _every(ask: Ask) -> str:
    asked = ask.period.resolve(ask.site.tz, time.time_ns() // 1_000_000)
    length = timedelta(milliseconds=asked.end_ms - asked.start_ms)
    return "hour" if length <= timedelta(days=2) else "day" if length <= timedelta(days=120) else "week"


def _trend(ask: Ask) -> Result[Any]:
    """With the money of each day where that is what is drawn: it takes as long as everything else."""
    asked = _goal(ask) if ask.view.get("show") == "revenue" else _list(ask)
    return ask.site.traffic(ask.period, every=_every(ask), **asked)  # type: ignore[arg-type]


def _shown(ask: Ask) -> str:
    """The measure whose trend is drawn."""
    shown = ask.view.get("show", "visitors")
    return shown if shown in _SHOWN and (ask.goal or shown not in ("conversion", "revenue")) else "visitors"


def _drawn(ask: Ask) -> dict[str, Any]:
    compared = ask.compared
    return {"measure": _shown(ask), "previous": parse_earlier(compared) if compared else False}


def _by(choice: str) -> Callable[[Ask], Result[Any]]:
    return lambda ask: ask.site.traffic(ask.period, by=ask.choice(choice), **_list(ask))


def _link(choice: str) -> Callable[[Ask], tuple[str, str]]:
    return lambda ask: ("group", ask.choice(choice))


def _no_goal(ask: Ask) -> str:
    return "" if ask.goal else "No goal is chosen, so that there are no orders."


def _revenue(ask: Ask) -> Result[Any]:
    return ask.site.revenue(ask.period, ask.goal or "", **ask.common)


def _more(ask: Ask, answer: Callable[[str], Any]) -> Mapping[str, Any]:
    shown = _shown(ask)
    found = tiles(ask, answer("trend").result(), None if _no_goal(ask) else answer("revenue").given)
    revenue = None
    if shown == "revenue" and ask.goal and _every(ask) in ("hour", "day", "week"):
        revenue = ask.site.revenue(ask.period, ask.goal, by=_every(ask), **ask.common)
    chart = trend(answer("trend").result(), shown, ask.compared, revenue)
    return {"tiles": found, "total": answer("trend").result().total, "shown": shown, "chart": chart}


PAGE = Page(
    title="Overview",
    question="How is the site doing?",
    group="Overview",
    order=1,
    template="overview.html",
    has_goal=True,
    choices=(Choice("sources", "Sources by", _SOURCES), Choice("devices", "Devices by", _DEVICES)),
    panels=(
        Panel("trend", "Over time", _trend, limit=400, drawn=_drawn),
        Panel("sources", "Where they come from", _by("sources"), columns=_SHORT, bar="visitors",
              link=_link("sources"), limit=8),
        Panel("landing", "Where visits begin", lambda ask: ask.site.landing_pages(ask.period, **_list(ask)),
              columns=("page", "sessions", "bounce_ga", "conversion"), bar="sessions", link=("page", "entry_path"),
              limit=8),
        Panel("devices", "What they use", _by("devices"), columns=_SHORT, bar="visitors", link=_link("devices"),
              limit=8),
        Panel("countries", "Where they are",
              lambda ask: ask.site.traffic(ask.period, by="country", **_list(ask)), columns=_SHORT, bar="visitors",
              link=("group", "country"), limit=8),
        Panel("revenue", "Revenue", _revenue, needs=_no_goal, empty="No order in this period."),
    ),
    more=_more,
)  # fmt: skip
