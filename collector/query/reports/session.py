"""One session from its first event to its last, in words."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.ask import Asker
from collector.query.definitions import SESSION
from collector.query.describe import COLUMNS, describe
from collector.query.errors import UnknownName
from collector.query.period import instant
from collector.query.result import Meta, Result, labels
from collector.query.sql import Binder, hex_id, number_of

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.figure import Figure

    from collector.query.question import Place

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event: when, how long after the session's first event, on which page, what, and in words."""

    time: datetime
    offset: timedelta
    page: str
    kind: str
    what: str = field(metadata={"wide": True})
    page_id: str = field(metadata={"show": False})
    n: int = field(metadata={"show": False})


@dataclass(frozen=True, repr=False, kw_only=True)
class Session(Result[EventRow]):
    """Answer of `Site.session`: events in the order (ts, page_id, n), and what is known of the visit."""

    session_id: str
    visitor_id: str
    visit: dict[str, str]
    row_type: ClassVar[type] = EventRow

    def about(self) -> list[str]:
        known = [value for value in self.visit.values() if value]
        return [self.session_id, f"visitor {self.visitor_id}", *known]

    def plot(self, *, dark: bool = False) -> Figure:
        """Pages as bands over time, with clicks, fields, errors and conversions, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.session import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(place: Place, id: str | int) -> Session:
    """One session, event by event.

    Args:
        id: the session's 16 hex digits, as `sessions` shows them.
    """
    wanted, binder, asker = number_of(id), Binder(), Asker(place, "session")
    visit = ("device", "browser", "os", "country", "channel", "source", "medium", "campaign")
    found = asker.rows(
        f"""SELECT toUnixTimestamp64Milli(events.ts), events.path, toString(events.kind), events.page_id, events.n,
    events.visitor_id, events.bot_class, {", ".join(f"toString(events.{name})" for name in visit)},
    {", ".join(f"events.{name}" for name in COLUMNS)}, toString(events.props)
FROM events
WHERE events.site_id = {binder.integer(place.site_id)} AND events.session_id = {binder.unsigned(wanted)}
ORDER BY events.ts, events.page_id, events.n
LIMIT {_MOST + 1}""",
        binder,
    )
    if not found and not place.dry:
        raise UnknownName(f"unknown session {hex_id(wanted)!r}: site {place.key!r} has no event of it")
    start, known = found[0][0] if found else 0, 7 + len(visit)
    rows = tuple(
        EventRow(
            instant(each[0], place.zone),
            timedelta(milliseconds=each[0] - start),
            each[1],
            each[2],
            describe(each[2], dict(zip((*COLUMNS, "properties"), each[known:], strict=True))),
            hex_id(each[3]),
            each[4],
        )
        for each in found[:_MOST]
    )
    notes = [] if len(found) <= _MOST else [f"Only the first {_MOST:,} events are shown."]
    notes += [f"Not a person: {found[0][6]}."] if found and found[0][6] else []
    meta = Meta(
        "session",
        place.key,
        place.zone,
        None,
        bots_excluded=False,
        definitions=labels(SESSION),
        notes=tuple(notes),
    )
    return Session(
        rows,
        meta,
        tuple(asker.statements),
        place.store,
        session_id=hex_id(wanted),
        visitor_id=hex_id(found[0][5]) if found else "",
        visit=_visit(visit, found[0]) if found else {},
    )


def _visit(names: tuple[str, ...], first: tuple[Any, ...]) -> dict[str, str]:
    return dict(zip(names, first[7 : 7 + len(names)], strict=True))
