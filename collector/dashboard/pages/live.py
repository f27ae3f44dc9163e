"""What arrives right now, and who is here? An installation is checked here: the first event appears, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector import snippet
from collector.dashboard.entry import settings
from collector.dashboard.page import VISIT, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_NOW = "30m"
_EACH = 10
"""Seconds after which the lists are asked anew: whoever keeps this page open must not cost more than they learn."""


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    waiting = not answer("arrivals").result().rows
    tag = snippet.tag(ask.site.key, settings(), snippet.origin(settings())) if waiting else ""
    return {"total": answer("now").result().total, "waiting": waiting, "tag": tag, "each": _EACH}


PAGE = Page(
    title="Live",
    question="What arrives right now, and who came in the last half hour?",
    group="Overview",
    order=2,
    template="live.html",
    has_period=False,
    compares=False,
    refresh=2,
    panels=(
        Panel("now", "The last half hour", lambda ask: ask.site.traffic(_NOW, every="period", **ask.common)),
        Panel("arrivals", "Events as they arrive", lambda ask: ask.site.arrivals(within=_NOW, limit=30),
              columns=("arrived", "kind", "what", "page", "device", "source", "refused"),
              empty="Nothing arrived in the last half hour."),
        Panel("sessions", "Visits", lambda ask: ask.older(_EACH).sessions(_NOW, limit=30, **ask.common),
              columns=("start", "device", "browser", "country", "channel", "entry_page", "exit_page", "page_views",
                       "clicks", "errors", "conversions"),
              open=VISIT, empty="Nobody came in the last half hour."),
        Panel("landing", "First pages", lambda ask: ask.older(_EACH).landing_pages(_NOW, **ask.common),
              columns=("page", "sessions", "in_use"), bar="sessions", limit=10),
        Panel("errors", "Errors", lambda ask: ask.older(_EACH).errors(_NOW, **ask.common), limit=10,
              columns=("message", "errors", "rate", "last_seen"), empty="No error."),
    ),
    more=_more,
)  # fmt: skip
