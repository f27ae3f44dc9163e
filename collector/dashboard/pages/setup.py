"""Is everything measured, and by which rules?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector import resources, script, snippet
from collector.dashboard import cells, lacking
from collector.dashboard.entry import settings
from collector.dashboard.known import known
from collector.dashboard.page import Page, Panel
from collector.dashboard.reader import sites
from collector.query import render

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.goals import Goal
    from collector.sites import Site


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    goals, site = ask.site.place.goals, sites()[ask.site.key]
    found = answer("coverage").given
    return {
        "goals": sorted(goals.known.values(), key=lambda each: (each.name not in goals.listed, each.name)),
        "matches": _matches,
        "listed": set(goals.listed),
        "goals_version": goals.version,
        "goals_lack": lacking.goals(site.key, goals, known(ask.site).of("conversion")),
        "site_lacks": lacking.capture(site, {row.gap for row in found.rows} if found else ()),
        **_tags(site),
        "retention": sorted(settings().retention.items()),
        "health": _health(answer("health").given),
    }


def _tags(site: Site) -> dict[str, Any]:
    """What `footpath snippet` prints, without and with `--pinned`."""
    collector, folder = snippet.origin(settings()), resources.folder("sdk")
    files = script.files(folder)
    return {
        "tag": snippet.tag(site.key, settings(), collector),
        "pinned": snippet.pinned_tag(site, settings(), collector, files),
        "is_released": script.is_released(script.pinned(files), folder),
        "policy": snippet.policy(collector, settings()),
    }


def _matches(goal: Goal) -> list[str]:
    """Its matches as goals.yml has them."""
    said = goal.said["match"]
    return [lacking.line(each) for each in (said if isinstance(said, list) else [said])]


def _health(given: Any) -> list[tuple[str, str, str]]:
    """Headline, value and what stands below it."""
    if given is None or not given.from_bots.n:
        return []
    rates = [("From bots", given.from_bots), ("Kept while offline", given.offline), ("Wrong clock", given.corrected)]
    upper = f"95 % within {render.cell(given.delay_p95)}"
    return [
        ("Until it arrives, median", render.cell(given.delay), upper),
        *((head, cells.percent(rate.rate), cells.interval(rate)) for head, rate in rates),
    ]


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
        Panel("health", "Data health", lambda ask: ask.site.health(ask.period), bar="events",
              note="Events that came in, and what became of them. Requests that were refused as a whole, as from wrong"
              " origins, leave no row: the collector counts them.",
              empty="Nothing came in."),
    ),
    more=_more,
)  # fmt: skip
