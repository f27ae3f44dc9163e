"""Which sources deserve the credit?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.page import Choice, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result

_BY = (("channel", "channel"), ("source", "source"), ("campaign", "campaign"), ("entry_path", "first page"))
_LOOKBACK = (("30d", "30 days"), ("7d", "7 days"), ("90d", "90 days"))


def _attribution(ask: Ask) -> Result[Any]:
    by, lookback = ask.choice("by"), ask.choice("lookback")
    return ask.site.attribution(ask.goal or "", ask.period, by=by, lookback=lookback, **ask.common)


PAGE = Page(
    title="Attribution",
    question="Which sources deserve the credit, by eight rules side by side?",
    group="Journeys",
    order=4,
    has_goal=True,
    choices=(Choice("by", "By", _BY), Choice("lookback", "Touches of the last", _LOOKBACK)),
    panels=(
        Panel("attribution", "Credit for conversions", _attribution, bar="linear",
              needs=lambda ask: "" if ask.goal else "Choose a goal.",
              link=lambda ask: ("group", ask.choice("by"))),
    ),
)  # fmt: skip
