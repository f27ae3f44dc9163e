"""Where do visits come from, where do they begin, and where do they end?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.page import Choice, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_BY = (
    ("channel", "channel"), ("source", "source"), ("medium", "medium"), ("campaign", "campaign"),
    ("device", "device"), ("browser", "browser"), ("os", "system"), ("country", "country"), ("lang", "language"),
    ("visitor_type", "new or returning"),
)  # fmt: skip


def _goal(ask: Ask) -> dict[str, Any]:
    return {"goal": ask.goal, **ask.common} if ask.goal else ask.common


PAGE = Page(
    title="Traffic",
    question="Where do visits come from, where do they begin, and where do they end?",
    group="Overview",
    order=3,
    has_goal=True,
    choices=(Choice("by", "By", _BY),),
    panels=(
        Panel("traffic", "Visits", lambda ask: ask.site.traffic(ask.period, by=ask.choice("by"), **_goal(ask)),
              bar="sessions", link=lambda ask: ("group", ask.choice("by"))),
        Panel("landing", "First pages", lambda ask: ask.site.landing_pages(ask.period, **_goal(ask)), bar="sessions",
              link=("page", "entry_path"), open=("page", "heat", "path")),
        Panel("exits", "Last pages", lambda ask: ask.site.exit_pages(ask.period, **ask.common), bar="exits",
              open=("page", "heat", "path"),
              note="Lift is the exit rate over what the page's position in visits lets expect."),
    ),
)  # fmt: skip
