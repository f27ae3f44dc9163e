"""Whose steps are counted together: a session's, a browser's, or a person's (see the definition `person`)."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.query.sql import hex_id

if TYPE_CHECKING:
    from collector.query.sql import Scope

_ID = {"session": "events.session_id", "visitor": "events.visitor_id"}
_PERSON = """if(empty(known), (0, events.visitor_id), (1, known[greatest(1, arrayLastIndex(
    i -> (i.1, i.2, i.3) <= (events.ts, events.page_id, events.n), known))].4))"""


@dataclass(frozen=True, slots=True)
class Unit:
    """SQL of a unit: `source` to select from and `id`, equal for events that belong together."""

    source: str
    id: str


def unit_sql(unit: str, scope: Scope, source: str = "events") -> Unit:
    """The unit `session`, `visitor` or `person` over `events`, or over a `source` that is called so."""
    if unit != "person":
        return Unit(source, _ID[unit])
    people = f"""
    SELECT known_visitor, arraySort(groupArray((ts, page_id, n, person_id))) AS known
    FROM (
        SELECT identity.visitor_id AS known_visitor, ts, page_id, n,
            any(identity.person_id) AS person_id, max(identity.undone) AS taken_back
        FROM identity
        WHERE identity.site_id = {scope.binder.integer(scope.site_id)}
        GROUP BY known_visitor, ts, page_id, n
    )
    WHERE NOT taken_back
    GROUP BY known_visitor"""
    return Unit(f"{source} LEFT JOIN ({people}) AS who ON who.known_visitor = events.visitor_id", _PERSON)


def unit_text(value: Any) -> str:
    """A unit's id as it is shown: 16 hex digits, of a person after `person:`."""
    if isinstance(value, tuple):
        return f"person:{hex_id(value[1])}" if value[0] else hex_id(value[1])
    return hex_id(value)
