"""Is everything measured, and by which rules?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector import snippet
from collector.dashboard.entry import settings
from collector.dashboard.page import Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    goals, collector = ask.site.place.goals, snippet.origin(settings())
    return {
        "goals": sorted(goals.known.values(), key=lambda each: (each.name not in goals.listed, each.name)),
        "listed": set(goals.listed),
        "goals_version": goals.version,
        "tag": snippet.tag(ask.site.key, settings(), collector),
        "policy": snippet.policy(collector),
    }


PAGE = Page(
    title="Setup",
    question="Is everything measured, and by which rules?",
    group="Site",
    order=1,
    template="setup.html",
    compares=False,
    panels=(
        Panel("coverage", "What is not measured yet", lambda ask: ask.site.coverage(ask.period, limit=10),
              empty="Nothing that this report knows of is missing."),
    ),
    more=_more,
)  # fmt: skip
