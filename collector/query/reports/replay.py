"""What one visitor did in a session, with the places: enough to see it happen again over the skeletons of its pages."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Final

from collector.query.ask import Asker
from collector.query.definitions import DEAD, RAGE, SESSION
from collector.query.describe import COLUMNS, describe
from collector.query.errors import UnknownName
from collector.query.result import Meta, Result, labels
from collector.query.signals import Limits, Look
from collector.query.signals.dead import dead_sql
from collector.query.signals.error_click import ERROR_CLICK, error_clicks
from collector.query.signals.rage import rage_bursts
from collector.query.sql import Binder, Scope, hex_id, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collector.query.question import Place

MOST_ROWS: Final = 20_000
_KINDS: Final = {
    "page_view": "page", "click": "click", "field": "field", "form": "form", "error": "error",
    "conversion": "conversion", "exposure": "custom", "survey": "custom", "custom": "custom", "identify": "custom",
}  # fmt: skip
"""What each kind of event is called here; the others are no moments."""
_OWN: Final = (
    "path", "viewport_width", "viewport_height", "document_width", "document_height",
    "element_x", "element_y", "element_width", "element_height",
)  # fmt: skip
"""Columns that are read beside those of descriptions."""
_SAMPLES: Final = ("pointer", "scroll")

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MomentRow:
    """Something that happened, `offset` ms after the session's first event.

    Attributes:
        page_id: page view, 16 hex digits.
        page: its path.
        kind: page, pointer, scroll, click, field, form, error, conversion or custom.
        x, y: where, in CSS px of the document; of scroll the position of the viewport. None: not known.
        what: in words, as `session` has it.
        left, top, width, height: the element, in CSS px of the document; None: not known.
        friction: of clicks: rage, else error, else dead, by the definitions' thresholds; empty: none.
    """

    offset: int = field(metadata={"unit": "ms"})
    page_id: str = field(metadata={"show": False})
    page: str
    kind: str
    x: int | None
    y: int | None
    what: str = field(metadata={"wide": True})
    left: int | None = field(metadata={"show": False})
    top: int | None = field(metadata={"show": False})
    width: int | None = field(metadata={"show": False})
    height: int | None = field(metadata={"show": False})
    friction: str = field(metadata={"sparse": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Replay(Result[MomentRow]):
    """Answer of `Site.replay`; rows in order of time.

    Attributes:
        pages: by page view: `path`, `device`, `viewport` and `document` ([width, height] in CSS px; of the document the
            largest), `began` and `ended` (ms after the session's first event).
        trails: whether the page views told where the pointer was between clicks.
    """

    session_id: str
    pages: dict[str, dict[str, Any]]
    trails: bool
    row_type: ClassVar[type] = MomentRow

    def about(self) -> list[str]:
        return [self.session_id, f"{len(self.pages)} page views"]


def ask(place: Place, id: str | int) -> Replay:
    """One session as it can be shown again: pages, pointer, scrolling, clicks with their friction, and what came of it.

    Args:
        id: the session's 16 hex digits, as `sessions` shows them.
    """
    session, asker = number_of(id), Asker(place, "replay")
    events = _events(place, asker, session)
    if not events and not place.dry:
        raise UnknownName(f"unknown session {hex_id(session)!r}: site {place.key!r} has no event of it")
    samples = _samples(place, asker, session)
    friction = _friction(place, asker, session, events)
    start = events[0]["ms"] if events else 0
    pages = _pages(events, samples, start)
    rows = sorted(_moments(events, samples, friction, start), key=lambda moment: moment[0])
    notes = [] if len(rows) <= MOST_ROWS else [f"Only the first {MOST_ROWS:,} moments are shown."]
    notes += [f"Not a person: {events[0]['bot_class']}."] if events and events[0]["bot_class"] else []
    if events and not samples:
        notes.append("Where the pointer was between clicks is not known: capture.trail in sites.yml, 0 by default.")
    return Replay(
        tuple(row for _, row in rows[:MOST_ROWS]),
        Meta(
            "replay",
            place.key,
            place.zone,
            None,
            bots_excluded=False,
            definitions=labels(SESSION, DEAD, RAGE, ERROR_CLICK),
            notes=tuple(notes),
        ),
        tuple(asker.statements),
        place.store,
        session_id=hex_id(session),
        pages=pages,
        trails=bool(samples),
    )


def _events(place: Place, asker: Asker, session: int) -> list[Event]:
    """The session's events in their order; the first ones, where there are very many."""
    binder = Binder()
    names = [*_OWN, *COLUMNS]
    found = asker.rows(
        f"""SELECT toUnixTimestamp64Milli(events.ts), events.page_id, events.n, events.t_ms, toString(events.kind),
    toString(events.device), toString(events.bot_class), toString(events.props), {dead_sql(binder)},
    {", ".join(f"events.{name}" for name in names)}
FROM events
WHERE {_of(place, session, binder)}
ORDER BY events.ts, events.page_id, events.n
LIMIT {MOST_ROWS + 1}""",
        binder,
    )
    heads = ("ms", "page_id", "n", "t_ms", "kind", "device", "bot_class", "properties", "dead", *names)
    return _settled([dict(zip(heads, row, strict=True)) for row in found])


def _of(place: Place, session: int, binder: Binder, table: str = "events") -> str:
    return f"{table}.site_id = {binder.integer(place.site_id)} AND {table}.session_id = {binder.unsigned(session)}"


def _settled(events: list[Event]) -> list[Event]:
    """The same with `at`, their time: within a page view it never goes back, whatever a clock was set to meanwhile."""
    for _, page in groupby(sorted(events, key=_in_page), key=lambda event: event["page_id"]):
        latest = 0
        for event in page:
            event["at"] = latest = max(latest, event["ms"])
    return events


def _in_page(event: Event) -> tuple[int, int, int]:
    return event["page_id"], event["t_ms"], event["n"]


def _samples(place: Place, asker: Asker, session: int) -> list[tuple[int, int, int, int, int, int]]:
    """(Unix ms, page id, n of the trail, type, x, y) of every sample, in order of time."""
    binder = Binder()
    return asker.rows(
        f"""SELECT toUnixTimestamp64Milli(trails.ts) + t AS ms, trails.page_id AS page, trails.n AS number, type, x, y
FROM trails
ARRAY JOIN trails.sample_t AS t, trails.sample_type AS type, trails.sample_x AS x, trails.sample_y AS y,
    arrayEnumerate(trails.sample_t) AS place
WHERE {_of(place, session, binder, "trails")} AND type < {len(_SAMPLES)}
ORDER BY ms, page, number, place
LIMIT {MOST_ROWS + 1}""",
        binder,
    )


def _friction(place: Place, asker: Asker, session: int, events: list[Event]) -> dict[tuple[int, int], str]:
    """What was wrong with clicks, by (page id, n): the hits of `friction` in this session."""
    found = {(each["page_id"], each["n"]): "dead" for each in events if each["dead"]}
    binder = Binder()
    times = [each["ms"] for each in events] or [0]
    # Between its first event and its last: other parts of the table need not be looked at.
    during = (
        f"events.ts >= {binder.instant(times[0])} AND events.ts <= {binder.instant(times[-1])}"
        f" AND {_of(place, session, binder)}"
    )
    look = Look(Scope(place.site_id, True, times[0], times[-1], binder), during)
    if place.dry or _has(events, "error"):
        clicks = error_clicks(look, Limits())
        found |= dict.fromkeys(asker.rows(f"SELECT page, number FROM ({clicks}\n)", binder), "error")
    if place.dry or sum(each["kind"] == "click" for each in events) >= Limits().rage_clicks:
        rage = Binder(dict(binder.values))
        bursts = rage_bursts(during, "any(events.page_id) AS page", rage)
        for page, numbers in asker.rows(f"SELECT page, numbers FROM ({bursts}\n)", rage):
            found |= {(page, n): "rage" for n in numbers}
    return found


def _has(events: list[Event], kind: str) -> bool:
    return any(each["kind"] == kind for each in events)


def _pages(events: list[Event], samples: list[Any], start: int) -> dict[str, dict[str, Any]]:
    pages: dict[str, dict[str, Any]] = {}
    for event in sorted(events, key=lambda each: (each["at"], *_in_page(each))):
        at = event["at"] - start
        page = pages.setdefault(
            hex_id(event["page_id"]),
            {
                "path": event["path"],
                "device": event["device"],
                "viewport": [event["viewport_width"], event["viewport_height"]],
                "document": [0, 0],
                "began": at,
                "ended": at,
            },
        )
        size = event["document_width"], event["document_height"]
        page["document"] = [max(pair) for pair in zip(page["document"], size, strict=True)]
        page["ended"] = at
    for ms, page_id, *_ in samples:
        known = pages.get(hex_id(page_id))
        if known is not None:
            known["ended"] = max(known["ended"], ms - start)
    return pages


Order = tuple[int, int, int, int]
"""What rows are ordered by: ms, page id, n, and the place among those of one event."""


def _moments(
    events: list[Event], samples: list[Any], friction: dict[tuple[int, int], str], start: int
) -> Iterator[tuple[Order, MomentRow]]:
    began: dict[int, Event] = {}
    for event in sorted(events, key=_in_page):
        began.setdefault(event["page_id"], event)
    for place, (ms, page_id, n, kind, x, y) in enumerate(samples):
        if (page := began.get(page_id)) is not None:
            at = max(ms, page["at"])
            yield (at, page_id, n, place), _sample(at - start, page, _SAMPLES[kind], x, y)
    told = {page_id for _, page_id, _, kind, *_ in samples if _SAMPLES[kind] == "scroll"}
    yield from _scrolled(events, told, start)
    for event in events:
        if event["kind"] in _KINDS:
            key = event["page_id"], event["n"]
            yield (event["at"], *key, len(samples)), _moment(event, friction.get(key, ""), start)


def _scrolled(events: Iterable[Event], told: set[int], start: int) -> Iterator[tuple[Order, MomentRow]]:
    """Where the page stood at each click, if it had moved since the last one and no trail says so."""
    at: dict[int, tuple[int, int]] = {}
    for event in sorted(events, key=_in_page):
        if event["kind"] == "click" and event["page_id"] not in told:
            position = event["x"] - event["vx"], event["y"] - event["vy"]
            if position != at.get(event["page_id"], (0, 0)):
                yield (
                    (event["at"], event["page_id"], event["n"], -1),
                    _sample(event["at"] - start, event, "scroll", *position),
                )
            at[event["page_id"]] = position


def _sample(offset: int, page: Event, kind: str, x: int, y: int) -> MomentRow:
    return MomentRow(offset, hex_id(page["page_id"]), page["path"], kind, x, y, "", None, None, None, None, "")


def _moment(event: Event, friction: str, start: int) -> MomentRow:
    is_click = event["kind"] == "click"
    return MomentRow(
        event["at"] - start,
        hex_id(event["page_id"]),
        event["path"],
        _KINDS[event["kind"]],
        event["x"] if is_click else None,
        event["y"] if is_click else None,
        describe(event["kind"], event),
        *_box(event),
        friction,
    )


def _box(event: Event) -> tuple[int | None, int | None, int | None, int | None]:
    """The element in px of the document. Of a fixed one only a click says where the viewport was."""
    width, height = event["element_width"], event["element_height"]
    if not width and not height:
        return None, None, None, None
    left, top = event["element_x"], event["element_y"]
    if not event["element_fixed"]:
        return left, top, width, height
    if event["kind"] == "click":
        return left + event["x"] - event["vx"], top + event["y"] - event["vy"], width, height
    return None, None, width, height
