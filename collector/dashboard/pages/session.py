"""What happened in one visit?"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from collector.dashboard.page import Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_MOST = 1500


def _needs(ask: Ask) -> str:
    return "" if ask.view.get("id") else "Choose a visit on the page Sessions."


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("session").given
    if found is None:
        return {"views": [], "rows": []}
    views = [(rows[0].page, rows) for _, each in groupby(found.rows[:_MOST], lambda row: row.page_id)
             if (rows := list(each))]  # fmt: skip
    return {"views": views, "rows": found.rows[:_MOST], "found": found}


PAGE = Page(
    title="Visit",
    question="What happened in one visit?",
    template="session.html",
    has_period=False,
    panels=(
        Panel("session", "Everything in order", lambda ask: ask.site.session(ask.view.get("id")), needs=_needs,
              limit=_MOST),
    ),
    more=_more,
)  # fmt: skip
