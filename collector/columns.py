"""Turn records into columns of `events` and of the kinds that have their own tables: time, page, device and source.

Pure: the same records give the same columns, so that a repeated insert sends identical rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from collector import enrich
from collector.enrich import device as devices
from collector.enrich import source as sources
from collector.event import OWN_TABLES, Field, Json, Record, kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

CLOCK_TOLERANCE_MS: Final = 10_000
PAST_MS: Final = 30 * 86_400_000
FUTURE_MS: Final = 5 * 60_000
_CACHED: Final = 2_048
"""Addresses kept: 2 KiB each at most, and what is made of them."""
MOST_EXACT: Final = 2**53

_DEFAULTS: Final[Json] = {"hesitation_ms": None, "props": "{}"}
"""What a row without the column holds, where that is not the zero of its type."""

NO_PAGE: Final[Json] = {}

Columns = dict[str, list[Any]]
EventId = tuple[int, int, int, int]
"""(site_id, visitor_id, page_id, n): an event for ever."""
BROKEN: Final = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What reading a damaged record, or one of another version, raises."""


def event_id(record: Record, event: Json) -> EventId:
    """The identity of one of the record's events."""
    return *_page_view(record), event["n"]


def event_ids(record: Record) -> tuple[EventId, ...]:
    """The identities of all of the record's events."""
    events = record.batch.get("events")
    if not events:
        return ()
    site, visitor, page = _page_view(record)
    return tuple((site, visitor, page, event["n"]) for event in events)


def _page_view(record: Record) -> tuple[int, int, int]:
    batch = record.batch
    return record.site_id, int(batch["visitor"], 16), int(batch["page"]["id"], 16)


def dead_letter(identity: EventId, received: int, error: str, event: str) -> Json:
    """A row of dead_events."""
    site, visitor, page, number = identity
    return {
        "site_id": site,
        "visitor_id": visitor,
        "page_id": page,
        "n": number,
        "received_at": received,
        "error": error,
        "event": event,
    }


class Table:
    """Rows of one table and one month. Columns that nobody set are left out."""

    def __init__(self) -> None:
        self._alike: dict[Hashable, _Rows] = {}

    def add(self, page: Json, own: Json) -> None:
        """Append a row of its page's values, of which all rows have the same columns, and its own."""
        names = tuple(own)
        self.alike(names, names).add(page, tuple(own.values()))

    def alike(self, key: Hashable, names: tuple[str, ...]) -> _Rows:
        """The rows whose own columns are these; `key` always stands for the same names."""
        rows = self._alike.get(key)
        if rows is None:
            rows = self._alike[key] = _Rows(names)
        return rows

    def columns(self) -> Columns:
        """Everything added so far: rows with the same columns together, for others the column's default."""
        return self._page_columns() | self._own_columns()

    def _page_columns(self) -> Columns:
        pages = [page for rows in self._alike.values() for page in rows.pages]
        lengths = [length for rows in self._alike.values() for length in rows.lengths]
        return {
            name: list(chain.from_iterable(map(repeat, [page[name] for page in pages], lengths)))
            for name in (pages[0] if pages else ())
        }

    def _own_columns(self) -> Columns:
        parts = [
            (dict(zip(rows.names, rows.transposed(), strict=True)), len(rows.own)) for rows in self._alike.values()
        ]
        defaults = {name: _default_of(name, values[0]) for part, _ in reversed(parts) for name, values in part.items()}
        return {
            name: list(chain.from_iterable(part.get(name) or repeat(default, length) for part, length in parts))
            for name, default in defaults.items()
        }


class _Rows:
    """Rows that have the same columns: their own values, and how many in a row share which page's."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.own: list[tuple[Any, ...]] = []
        self.pages: list[Json] = []
        self.lengths: list[int] = []

    def add(self, page: Json, own: tuple[Any, ...]) -> None:
        self.own.append(own)
        if self.pages and self.pages[-1] is page:
            self.lengths[-1] += 1
        else:
            self.pages.append(page)
            self.lengths.append(1)

    def transposed(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self.own, strict=True)


def _default_of(name: str, value: Any) -> Any:
    """What a row without this column holds: zero, an empty text, an empty list."""
    return _DEFAULTS[name] if name in _DEFAULTS else type(value)()


class Builder:
    """Collects rows by (table, month), since one insert never spans two partitions."""

    def __init__(self, zones: dict[int, str], hosts: dict[int, frozenset[str]] | None = None) -> None:
        """`zones` maps a site's id to its time zone, `hosts` to the hosts of its origins: they are no source."""
        self._zones = zones
        self._hosts = hosts or {}
        self.tables: dict[tuple[str, int], Table] = {}

    def add(self, record: Record, events: Iterable[Json]) -> list[Json]:
        """Append these events of the record (those that are no copies).

        Returns:
            rows of dead_events for those that no row can be built from.
        """
        failed = []
        shared: _Shared | None = None
        for event in events:
            try:
                shared = shared or self._shared(record)
                self._add(record, event, shared)
            except BROKEN as error:
                told = json.dumps(event, default=str, ensure_ascii=False)
                failed.append(dead_letter(event_id(record, event), record.received, repr(error), told))
        return failed

    def _shared(self, record: Record) -> _Shared:
        site = record.site_id
        page = _page_values(record, self._zones.get(site, "UTC"), self._hosts.get(site, frozenset()))
        return _Shared(page, _Elements(record.batch.get("elements", {})), *page_start(record))

    def _add(self, record: Record, event: Json, shared: _Shared) -> None:
        ts, clock = _clamped(shared.base + event["t"], record.received, shared.clock)
        month = _month(ts // 86_400_000)
        if event["k"] == "trail":
            self.table("trails", month).add(NO_PAGE, _trail(event, shared.page) | {"ts": ts})
            return
        if event["k"] == "skeleton":
            self.table("skeletons").add(NO_PAGE, _skeleton(event, shared.page) | {"ts": ts})
            return
        table, form = self.table("events", month), _form(event["k"], tuple(event))
        if form is None:
            own = _own(event, shared.elements)
            own["ts"], own["clock"] = ts, clock
            table.add(shared.page, own)
            return
        values = list(event.values())
        if form.element is not None:
            values += shared.elements[values.pop(form.element)]
        values += (ts, clock)
        table.alike(form, form.names).add(shared.page, tuple(values))

    def table(self, name: str, month: int = 0) -> Table:
        """The rows of a table and month; 0 where a table is not partitioned by months."""
        key = name, month
        if key not in self.tables:
            self.tables[key] = Table()
        return self.tables[key]


class _Shared(NamedTuple):
    """What the events of a batch share: columns of the page, elements, the page view's begin and its clock."""

    page: Json
    elements: _Elements
    base: int
    clock: str


def page_start(record: Record) -> tuple[int, str]:
    """Unix ms at which the page view began, and the clock this rests on.

    The browser's clock is believed within 10 s of ours; beyond, the offset it learnt from an answer corrects it, or
    else the time that passed in the browser until it sent.
    """
    batch = record.batch
    started, sent = batch["page"]["started_at"], batch["sent_at"]
    offset = batch.get("offset")
    if offset is not None:
        return (started, "browser") if abs(offset) <= CLOCK_TOLERANCE_MS else (started + offset, "offset")
    skew = record.received - sent
    if abs(skew) <= CLOCK_TOLERANCE_MS:
        return started, "browser"
    if "sent_t" in batch:
        return record.received - batch["sent_t"], "received"
    return started + skew, "received"


def _clamped(ts: int, received: int, clock: str) -> tuple[int, str]:
    if received - PAST_MS <= ts <= received + FUTURE_MS:
        return ts, clock
    return min(max(ts, received - PAST_MS), received + FUTURE_MS), "clamped"


@lru_cache(4096)
def _month(day: int) -> int:
    moment = datetime.fromtimestamp(day * 86_400, UTC)
    return moment.year * 100 + moment.month


@lru_cache(65_536)
def _local_day(quarter: int, zone: str) -> date:
    """Offsets of zones are whole quarters of an hour, so a quarter never spans two days."""
    return datetime.fromtimestamp(quarter * 900, ZoneInfo(zone)).date()


@lru_cache(_CACHED)
def _address(url: str) -> tuple[str, str, str]:
    """(host, path, query) of a page's address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "", url[:2048], ""
    return host, (parts.path or "/") + (f"#{parts.fragment}" if parts.fragment else ""), parts.query


@lru_cache(_CACHED)
def _referrer(url: str) -> str:
    host, path, _ = _address(url) if url else ("", "", "")
    return host + path if host else ""


@lru_cache(_CACHED)
def _entry(url: str, referrer: str, own_hosts: frozenset[str]) -> Json:
    found = sources.classify(url, referrer, own_hosts)
    host, path, _ = _address(url) if url else ("", "", "")
    return {
        "channel": found.channel, "source": found.source, "medium": found.medium, "campaign": found.campaign,
        "term": found.term, "content": found.content, "click_id_type": found.click_id_type,
        "click_id": found.click_id, "entry_host": host, "entry_path": path, "entry_referrer": _referrer(referrer),
    }  # fmt: skip


@lru_cache(_CACHED)
def _touch(url: str, referrer: str, own_hosts: frozenset[str]) -> Json:
    found = sources.touch(url, referrer, own_hosts)
    return {"page_channel": found.channel, "page_source": found.source, "page_medium": found.medium,
            "page_campaign": found.campaign}  # fmt: skip


def _page_values(record: Record, zone: str, own_hosts: frozenset[str] = frozenset()) -> Json:
    """The columns that all events of a batch share."""
    batch, page = record.batch, record.batch["page"]
    entry = batch.get("entry", {})
    flags = batch.get("flags", ())
    device = devices.classify(record.user_agent, record.hints)
    host, path, query = _address(page["url"])
    start, clock = page_start(record)
    start, _ = _clamped(start, record.received, clock)
    viewport, document = page.get("viewport", (0, 0)), page.get("document", (0, 0))
    screen = page.get("screen", (0, 0, 0))
    entry_url = entry.get("url", page["url"])
    return {
        "site_id": record.site_id, "visitor_id": int(batch["visitor"], 16), "session_id": int(batch["session"], 16),
        "page_id": int(page["id"], 16), "received_at": record.received, "page_start": start,
        "page_day": _local_day(start // 900_000, zone),
        "host": host, "path": path, "query": query, "title": page.get("title", ""),
        "page_type": page.get("type", ""), "layout": page.get("layout", ""),
        "referrer": _referrer(page.get("referrer", "")),
        "viewport_width": min(viewport[0], 65_535), "viewport_height": min(viewport[1], 65_535),
        "document_width": document[0], "document_height": document[1],
        "screen_width": int(screen[0]), "screen_height": int(screen[1]), "pixel_ratio": float(screen[2]),
        "lang": page.get("lang", ""), "time_zone": page.get("tz", ""),
        "stored": "stored" in flags, "prerendered": "prerendered" in flags, "bfcache": "bfcache" in flags,
        "device": device.type, "browser": device.browser, "browser_version": device.browser_version,
        "os": device.os, "os_version": device.os_version,
        "bot_class": device.bot_class or ("automation" if "bot" in flags else ""), "country": record.country,
        **_entry(entry_url, entry.get("referrer", ""), own_hosts),
        **_touch(page["url"], page.get("referrer", ""), own_hosts),
        "lists_version": enrich.LISTS_VERSION,
    }  # fmt: skip


def _own(event: Json, elements: _Elements) -> Json:
    """The columns of one event beside those of its page."""
    row: Json = {}
    plain, puts = _PLAIN[event["k"]], _PUTS[event["k"]]
    for name, value in event.items():
        if name in plain:
            row[plain[name]] = value
        elif name in puts:
            puts[name](row, value, elements)
    return row


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """Events of one kind with the same fields, whose values are those of columns as they stand.

    `names` are the columns in the order of the fields, then those of the element, `ts` and `clock`; `element` is the
    place of the field that names an element.
    """

    names: tuple[str, ...]
    element: int | None


@lru_cache(4096)
def _form(kind: str, fields: tuple[str, ...]) -> _Form | None:
    """None where a value has to be worked on first, which `_own` does."""
    plain = _PLAIN[kind]
    if not all(name in plain or (name == "el" and name in _PUTS[kind]) for name in fields):
        return None
    names = tuple(plain[name] for name in fields if name != "el")
    if "el" not in fields:
        return _Form((*names, "ts", "clock"), None)
    return _Form((*names, *_ELEMENT, "ts", "clock"), fields.index("el"))


def _trail(event: Json, page: Json) -> Json:
    samples = event["samples"]
    return {
        **{name: page[name] for name in ("site_id", "visitor_id", "session_id", "page_id", "bot_class")},
        "n": event["n"], "sample_t": [max(0, sample[0]) for sample in samples],
        "sample_type": [min(max(0, sample[1]), 255) for sample in samples],
        "sample_x": [sample[2] for sample in samples], "sample_y": [sample[3] for sample in samples],
    }  # fmt: skip


def _skeleton(event: Json, page: Json) -> Json:
    boxes = [box if len(box) == len(_BOX) else [*box, ""] for box in event["boxes"]]
    return {
        **{name: page[name] for name in _SEEN_WITH},
        **{name: event[name] for name in ("layout", "width", "height")},
        **{name: [box[place] for box in boxes] for place, name in enumerate(_BOX)},
    }


def _put(entry: Field) -> Callable[[Json, Any, _Elements], None] | None:
    """How a field's value gets into its columns; None where it goes into its one column as it is."""
    if entry.name == "el":
        return lambda row, index, elements: row.update(zip(_ELEMENT, elements[index], strict=True))
    if entry.name == "bands":
        return _put_bands
    (column,) = entry.columns
    if column == "props":
        return lambda row, value, _: row.update(props=json.dumps(texts(value), ensure_ascii=False))
    if column == "value":
        return lambda row, value, _: row.update(value=round(Decimal(str(value)), 4))
    if column == "person_id":
        return lambda row, value, _: row.update(person_id=int(value, 16))
    if entry.node.get("type") == "number":
        return lambda row, value, _: row.update({column: float(value)})
    return None


def texts(props: Json) -> dict[str, str]:
    """Properties as texts: reports read `props.name.:String`, which finds nothing where a number was stored."""
    return {name: _text(value) for name, value in props.items() if value is not None}


def _text(value: str | float | bool) -> str:
    """As JavaScript writes it where that is exact: 3, not 3.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT:
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


class _Elements(dict[int, tuple[Any, ...]]):
    """The columns of a batch's elements, made when the first event names one."""

    def __init__(self, described: Json) -> None:
        super().__init__()
        self._described = described

    def __missing__(self, index: int) -> tuple[Any, ...]:
        found = self[index] = _element(self._described[str(index)])
        return found


_ELEMENT: Final = (
    "element_key", "element_item", "element_selector", "element_role", "element_name", "element_zone",
    "element_fixed", "element_x", "element_y", "element_width", "element_height",
)  # fmt: skip


def _element(element: Json) -> tuple[Any, ...]:
    """Values of the columns of `_ELEMENT`."""
    described = (element.get(name, "") for name in ("item", "selector", "role", "name", "zone"))
    return int(element["key"], 16), *described, bool(element.get("fixed", 0)), *element.get("rect", (0, 0, 0, 0))


def _put_bands(row: Json, bands: Json, _: _Elements) -> None:
    ordered = sorted((int(band), float(seconds)) for band, seconds in bands.items())
    row.update(band=[band for band, _ in ordered], band_seconds=[seconds for _, seconds in ordered])


_BOX: Final = ("box_role", "box_level", "box_x", "box_y", "box_width", "box_height", "box_name")
_SEEN_WITH: Final = ("site_id", "visitor_id", "bot_class", "host", "path", "device", "viewport_width")
_COMMON: Final = {"n": "n", "t": "t_ms", "k": "kind"}
_PUTS: Final = {
    kind: {entry.name: put for entry in entries if (put := _put(entry)) is not None}
    for kind, entries in kinds().items()
    if kind not in OWN_TABLES
}
_PLAIN: Final = {
    kind: _COMMON | {entry.name: entry.columns[0] for entry in kinds()[kind] if entry.name not in puts}
    for kind, puts in _PUTS.items()
}
"""The column of each field whose value goes into it as it is."""
