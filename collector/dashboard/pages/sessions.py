"""Which visits were there, and what happened in them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.page import VISIT, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.query import Result

_EACH = 50
_COLUMNS = (
    "start", "duration", "device", "country", "channel", "entry_page", "exit_page", "page_views", "clicks", "errors",
    "conversions",
)  # fmt: skip


def _sessions(ask: Ask) -> Result[Any]:
    after: dict[str, Any] = {"after": ask.view.get("after")} if ask.view.get("after") else {}
    return ask.site.sessions(ask.period, limit=_EACH, **after, **ask.common)


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("sessions").given
    return {"next": ask.view.url(None, after=found.next) if found is not None and found.next else ""}


PAGE = Page(
    title="Sessions",
    question="Which visits were there, and what happened in them?",
    group="Behaviour",
    order=2,
    template="sessions.html",
    savable=True,
    compares=False,
    panels=(Panel("sessions", "Visits, the newest first", _sessions, columns=_COLUMNS, limit=_EACH, open=VISIT),),
    more=_more,
)
