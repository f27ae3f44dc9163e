"""Which step loses the most people?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.known import known
from collector.dashboard.page import VISIT, Choice, Page, Panel
from collector.query import BadQuestion, QueryError, preset
from collector.query.arguments import parse_step

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result, Step

_WINDOWS = (("session", "one visit"), ("1h", "1 hour"), ("24h", "24 hours"), ("7d", "7 days"), ("28d", "28 days"))
_UNITS = (("visitor", "visitors"), ("session", "sessions"), ("person", "people"))
_ORDERS = (("ordered", "in this order"), ("strict", "directly one after the other"), ("any", "in any order"))
_BY = (
    ("", "no breakdown"), ("device", "device"), ("browser", "browser"), ("os", "system"), ("country", "country"),
    ("channel", "channel"), ("source", "source"), ("campaign", "campaign"), ("visitor_type", "new or returning"),
)  # fmt: skip


def texts(ask: Ask) -> list[str]:
    """The steps as they stand in the address; without any, a first funnel from what the site has."""
    return ask.all("step") or _first(ask)


def _first(ask: Ask) -> list[str]:
    types = known(ask.site).of("page-type")
    wanted = [name for name in ("product", "cart", "checkout") if name in types]
    if not known(ask.site).of("page"):
        return []
    steps = [f"page-type:{name}" for name in wanted] or ["page:*"]
    return [*steps, f"conversion:{ask.goal}"] if ask.goal else steps


def _steps(ask: Ask) -> list[Step]:
    found: list[Step] = []
    for text in texts(ask):
        what, _, name = text.partition(":")
        found += preset(name) if what == "preset" else [parse_step(text)]
    return found


def _said(ask: Ask) -> dict[str, Any]:
    order = ask.choice("order")
    given: dict[str, Any] = {"window": ask.choice("window"), "unit": ask.choice("unit")}
    excluded = [parse_step(text) for text in ask.all("exclude")]
    given |= {"exclude": excluded} if excluded else {}
    return {**given, **({"order": order} if order != "ordered" else {}), **ask.common}


def _funnel(ask: Ask) -> Result[Any]:
    timed: dict[str, Any] = {"times": True} if ask.view.get("times") == "1" and ask.choice("order") != "any" else {}
    return ask.site.funnel(_steps(ask), ask.period, **_said(ask), **timed)


def _breakdown(ask: Ask) -> Result[Any]:
    return ask.site.funnel(_steps(ask), ask.period, by=ask.choice("by"), **_said(ask))


def _lost(result: Any, ask: Ask) -> Result[Any]:
    at = ask.view.get("lost")
    if not at.isdigit():
        raise BadQuestion(f"lost is the number of a step, not {at!r}")
    found: Result[Any] = result.actors(int(at), dropped=True).sessions(limit=200)
    return found


def _too_few(ask: Ask) -> str:
    try:
        return "" if len(_steps(ask)) > 1 else "Choose two steps or more."
    except QueryError:
        return ""  # the answer says what is wrong with them, below the form that mends it


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("funnel").given
    return {
        "rows": found.rows if found is not None else (),
        "steps": texts(ask),
        "excluded": ask.all("exclude"),
        "suggested": known(ask.site).steps(ask.goals),
        "chosen": {name: ask.choice(name) for name in ("window", "unit", "order", "by")},
        "times": ask.view.get("times") == "1",
        "lost": ask.view.get("lost"),
    }


PAGE = Page(
    title="Funnel",
    question="Which step loses the most people, and who are they?",
    group="Journeys",
    order=1,
    template="funnel.html",
    savable=True,
    has_goal=True,
    choices=(
        Choice("window", "Within", _WINDOWS, "24h", closed=False),
        Choice("unit", "Count", _UNITS),
        Choice("order", "Order", _ORDERS),
        Choice("by", "Break down by", _BY, closed=False),
    ),
    panels=(
        Panel("funnel", "Steps", _funnel, needs=_too_few),
        Panel("breakdown", "By group", _breakdown, limit=120,
              needs=lambda ask: _too_few(ask) or ("" if ask.choice("by") else "Choose a breakdown."),
              heads={"group": lambda ask: ask.choice("by").replace("_", " ") or "group"},
              columns=("group", "step", "name", "count", "dropped", "from_first", "from_previous", "q_value")),
        Panel("lost", "Visits in which they were lost", _funnel, then=_lost,
              said=".actors(…, dropped=True).sessions()", limit=200,
              needs=lambda ask: _too_few(ask) or ("" if ask.view.get("lost") else "Click a number of lost people."),
              columns=("start", "duration", "device", "country", "channel", "entry_page", "exit_page", "page_views",
                       "clicks", "errors"), open=VISIT),
    ),
    more=_more,
)  # fmt: skip
