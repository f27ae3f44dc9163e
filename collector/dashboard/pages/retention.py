"""Do people come back?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.page import Choice, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result

_EVERY = (("week", "weeks"), ("day", "days"), ("month", "months"))
_MODES = (("on", "in that very one"), ("on_or_after", "in that one or later"), ("on_or_before", "until then"))


def _retention(ask: Ask) -> Result[Any]:
    return ask.site.retention(ask.period, every=ask.choice("every"), mode=ask.choice("mode"), **ask.common)  # type: ignore[arg-type]


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("retention").given
    cohorts: dict[str, dict[int, Any]] = {}
    for row in found.rows if found is not None else ():
        cohorts.setdefault(row.when, {})[row.offset] = row
    offsets = sorted({offset for rows in cohorts.values() for offset in rows})
    return {"cohorts": cohorts, "offsets": offsets, "every": ask.choice("every")}


PAGE = Page(
    title="Retention",
    question="Of those who came first in a week, how many came back later?",
    group="Journeys",
    order=3,
    template="retention.html",
    compares=False,
    choices=(Choice("every", "Cohorts by", _EVERY), Choice("mode", "Came back", _MODES)),
    panels=(Panel("retention", "Cohorts", _retention, limit=200),),
    more=_more,
)
