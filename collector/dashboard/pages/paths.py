"""Which ways do people take?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.known import known
from collector.dashboard.page import Choice, Page, Panel
from collector.query.arguments import parse_step

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result

_OF = (("page", "pages"), ("page_type", "types of page"), ("click", "pages and clicks"))
_WAYS = (("start", "from"), ("end", "to"))


def _steps(ask: Ask) -> list[tuple[str, str]]:
    return [("", "the first page"), *((step, f"{step.partition(':')[2]} ({word})")
                                      for step, word in known(ask.site).steps(ask.goals))]  # fmt: skip


def _paths(ask: Ask) -> Result[Any]:
    anchor = ask.choice("anchor")
    given = {ask.choice("way"): parse_step(anchor)} if anchor else {}
    return ask.site.paths(ask.period, of=ask.choice("of"), limit=25, **given, **ask.common)  # type: ignore[arg-type]


PAGE = Page(
    title="Paths",
    question="Which ways do people take, and where do they turn back?",
    group="Journeys",
    order=2,
    choices=(
        Choice("way", "Paths", _WAYS),
        Choice("anchor", "step", _steps, closed=False),
        Choice("of", "through", _OF),
    ),
    panels=(
        Panel("paths", "The most common paths", _paths, bar="share"),
        Panel("transitions", "From where to where", _paths, then=lambda result, ask: result.transitions(),
              said=".transitions()", bar="count", limit=40),
    ),
)  # fmt: skip
