"""Which ways do people take?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.known import known
from collector.dashboard.page import VISIT, Choice, Page, Panel
from collector.query import BadQuestion
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


def _taken(ask: Ask) -> str:
    return "" if ask.view.get("taken") else "Click a path to see the visits that took it."


def _visits(result: Any, ask: Ask) -> Result[Any]:
    wanted = ask.view.get("taken")
    row = next((each for each in result.rows if each.path == wanted), None)
    if row is None:
        raise BadQuestion(f"no path {wanted!r} is among the most common ones")
    found: Result[Any] = result.sessions(row, limit=100)
    return found


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
        Panel("paths", "The most common paths", _paths, bar="share",
              href=lambda ask, name, row: ask.view.url(None, taken=row.path) + "#visits" if name == "path" else ""),
        Panel("visits", "Visits that took it", _paths, then=_visits, said=".sessions(…)", needs=_taken, limit=100,
              open=VISIT, columns=("start", "duration", "device", "country", "channel", "entry_page", "exit_page",
                                   "clicks", "conversions")),
        Panel("transitions", "From where to where", _paths, then=lambda result, ask: result.transitions(),
              said=".transitions()", bar="count", limit=40),
    ),
)  # fmt: skip
