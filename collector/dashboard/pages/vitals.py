"""How fast do pages feel?"""

from __future__ import annotations

from collector.dashboard.page import Choice, Page, Panel

_OF = (("site", "whole site"), ("page", "page"))
_BY = (("", "no breakdown"), ("device", "device"), ("browser", "browser"), ("country", "country"))

PAGE = Page(
    title="Speed",
    question="How fast do pages feel, in the browsers of those who came?",
    group="Experience",
    order=1,
    choices=(Choice("of", "For", _OF), Choice("by", "By", _BY)),
    panels=(
        Panel("vitals", "Web vitals",
              lambda ask: ask.site.vitals(ask.period, of=ask.choice("of"),  # type: ignore[arg-type]
                                          by=ask.choice("by") or None, **ask.common),
              empty="No vitals were sent in this period.", open=("page", "heat", "path")),
    ),
)  # fmt: skip
