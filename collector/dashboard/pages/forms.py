"""Which field makes people give up?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from collector.dashboard.known import known
from collector.dashboard.page import Choice, Page, Panel
from collector.dashboard.table import by_row
from collector.query.compare import changes_of_rows

if TYPE_CHECKING:
    from collector.dashboard.page import Ask
    from collector.dashboard.table import Changes
    from collector.query import Result

_BY: Final = (("", "no breakdown"), ("device", "device"), ("browser", "browser"), ("os", "system"))
_SHOWN: Final = (
    "reached", "last_field", "hazard", "invalid", "refills", "hesitation_ms", "dwell_ms", "returned", "blank",
)  # fmt: skip


def _forms(ask: Ask) -> list[tuple[str, str]]:
    return [(name, name) for name in known(ask.site).of("form")]


def _none(ask: Ask) -> str:
    return "" if ask.choice("form") else "No form was seen in the last 90 days."


def _visits(ask: Ask, name: str, row: Any) -> str:
    """From a field to the visits in which it was visited."""
    if name != "field":
        return ""
    return ask.view.url("sessions", where=[*ask.view.all("where"), f"did:field:{ask.choice('form')}/{row.field}"])


def _fields(ask: Ask) -> Result[Any]:
    by: dict[str, Any] = {"by": said} if (said := ask.choice("by")) else {}
    return ask.site.form(ask.choice("form"), ask.period, **by, **ask.common)


def _columns(ask: Ask) -> tuple[str, ...]:
    group = ("group",) if ask.choice("by") else ()
    return ("field", *group, *_SHOWN)


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = answer("fields").given
    return {"totals": found.totals if found is not None else (), "changes": _changes(answer("fields"))}


def _changes(fields: Any) -> Changes:
    """What changed in the form as a whole."""
    found = fields.compared
    if found is None:
        return {}
    return by_row(changes_of_rows(found.before.totals, found.after.totals, found.after.asked))


PAGE = Page(
    title="Forms",
    question="How many start it, how many send it, and which field makes people give up?",
    group="Behaviour",
    order=4,
    template="forms.html",
    choices=(Choice("form", "Form", _forms, closed=False), Choice("by", "Broken down by", _BY)),
    panels=(
        Panel("fields", "Field by field", _fields, needs=_none, bar="reached", href=_visits, columns=_columns,
              heads={"group": lambda ask: ask.choice("by")}, limit=200),
    ),
    more=_more,
)  # fmt: skip
