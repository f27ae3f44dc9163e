"""What arrives right now, and who is here? An installation is checked here: the first event appears, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from collector import snippet
from collector.dashboard.entry import settings
from collector.dashboard.page import VISIT, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_NOW = "30m"
_EACH = 10
"""Seconds after which first pages and errors are asked anew, and the collector where events arrive: whoever keeps this
page open must not cost more than they learn."""
_BOT = "bot: "
_WHY: Final = {
    "origin": "The page's origin is none of those that sites.yml has for its site. If that page is yours, add it there,"
    " with https:// and without a path.",
    "site": "The key in the page's tag is not in sites.yml. If that page is yours, correct data-site and site= in its"
    " tag, or add the site to sites.yml.",
    "quota": "The site has sent as many events as its quota allows for this day or month (UTC). Raise quota in"
    " sites.yml, or wait for the next one.",
    "switched_off": "The site has enabled: false. Set it to true in sites.yml, or take the tag out of its pages.",
}
"""Requests that are refused as a whole because of sites.yml, by reason: why, and what to change."""


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    rows, total = answer("arrivals").result().rows, answer("now").result().total
    tag = "" if rows else snippet.tag(ask.site.key, settings(), snippet.origin(settings()))
    taken = [row for row in rows if not row.refused]
    bots = bool(taken) and not total.visitors and all(row.device.startswith(_BOT) for row in taken)
    return {"total": total, "waiting": not rows, "tag": tag, "each": _EACH, "only_bots": bots, "why": _WHY}


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
        Panel("sessions", "Visits", lambda ask: ask.site.sessions(_NOW, limit=30, **ask.common),
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
