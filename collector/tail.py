"""What arrives right now? `footpath tail`: events, and what was refused, a line each, as ClickHouse gets them.

It reads the tables as a reader once a second: what is shown has gone the whole way. Requests that were refused as a
whole leave no row; their counters in the spool say how many, where the spool is on this machine, and its notes name a
page that was refused for its site, origin or quota.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from collector import engine, spool
from collector.store import Store, StoreError
from collector.telemetry import REJECTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.config import Settings

LOOK_SECONDS: Final = 1.0
BACK_MS: Final = 10_000
MOST: Final = 1000
_NOTE_SECONDS: Final = 15
"""A worker keeps one refusal of a reason in ten seconds (`receive.Signs`); an older one is of other requests."""
OF_EVENTS: Final = frozenset({"event", "outcome", "kind", "field", "link", "element", "stale"})
"""Reasons of single events and outcomes; every other one refuses a request."""

# A look reads the whole window again, since workers' rows do not come in the order of their times. `ts` is there for
# the primary key, which knows its days: an event is at most 48 h older than its arrival.
_EVENTS: Final = """SELECT toUnixTimestamp64Milli(received_at), site_id, toString(kind), path, element_role,
    element_name, element_selector, goal, toString(value), currency, form, field, step, error_type, error_message,
    vital, vital_value, custom_name, max_scroll_pct, engaged_ms,
    if(bot_class = '', toString(device), concat('bot: ', bot_class)), if(source = '', channel, source),
    visitor_id, page_id, n
FROM events
WHERE ts > now() - INTERVAL 49 HOUR AND received_at >= fromUnixTimestamp64Milli({since:Int64})
    AND ({site:UInt32} = 0 OR site_id = {site:UInt32})
ORDER BY received_at DESC, ts DESC, page_id DESC, n DESC LIMIT {most:UInt32}"""
_REFUSED: Final = """SELECT toUnixTimestamp64Milli(received_at), site, reason, errors, event
FROM rejected_events
WHERE received_at >= fromUnixTimestamp64Milli({since:Int64}) AND ({key:String} = '' OR site = {key:String})
ORDER BY received_at DESC LIMIT {most:UInt32}"""

Row = tuple[Any, ...]


class TailError(RuntimeError):
    """Nothing can be shown; the message says why and what to do."""


@dataclass(slots=True)
class _Window:
    """The newest rows of a table, and which of them were shown."""

    sql: str
    since: int
    shown: Counter[Row] = field(default_factory=Counter)

    def fresh(self, store: Store, **params: object) -> tuple[list[Row], bool]:
        """Rows that were not shown yet, oldest first; and whether there were more than one look can show."""
        rows = Counter(store.execute(self.sql, {"since": self.since, "most": MOST, **params}))
        fresh = rows - self.shown
        gap = rows.total() == MOST and fresh.total() == MOST
        self.shown = rows
        self.since = max([self.since, *(row[0] - BACK_MS for row in rows)])
        oldest_first = list(fresh.elements())[::-1]
        return oldest_first, gap


class Tail:
    """Follows one database for as long as it is asked."""

    def __init__(self, settings: Settings, key: str = "", *, refused: bool = False) -> None:
        """`key`: one site, or all; `refused`: only what was refused.

        Raises:
            TailError: no ClickHouse runs or answers, the tables are not there, or the site is not known.
        """
        self._settings, self._key, self._refused = settings, key, refused
        start = time.time_ns() // 1_000_000 - BACK_MS
        self._events, self._rejected = _Window(_EVENTS, start), _Window(_REFUSED, start)
        self._counted = self._counters()
        self._store: Store | None = None
        self._sites: dict[int, str] = {}
        try:
            self._open()
        except (StoreError, ValueError) as error:
            raise TailError(str(error)) from error
        if key and key not in self._sites.values():
            known = ", ".join(sorted(self._sites.values())) or "none so far"
            raise TailError(f"site {key!r} is not in the table `sites`, which the loader fills; it has {known}")

    def look(self) -> Iterator[str]:
        """Lines for what came since the last look.

        Raises:
            TailError: nobody answers at the moment; the next look may do better.
        """
        try:
            yield from self._lines(self._store or self._open())
        except (StoreError, ValueError) as error:
            self.close()  # a program that was started again has another port and other passwords
            raise TailError(str(error)) from error

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._store is not None:
            self._store.close()
        self._store = None

    def _open(self) -> Store:
        store = Store(_reader_url(self._settings), timeout=30)
        self._read_sites(store)
        self._store = store
        return store

    def _read_sites(self, store: Store) -> None:
        self._sites = dict(store.execute("SELECT site_id, argMax(key, updated_at) FROM sites GROUP BY site_id"))

    def _lines(self, store: Store) -> Iterator[str]:
        lines: deque[tuple[int, str]] = deque()
        gap = False
        if not self._refused:
            site_id = next((number for number, key in self._sites.items() if key == self._key), 0)
            rows, gap = self._events.fresh(store, site=site_id)
            if any(row[1] not in self._sites for row in rows):
                self._read_sites(store)
            lines.extend((row[0], _event(row, self._sites)) for row in rows)
        rows, more = self._rejected.fresh(store, key=self._key)
        lines.extend((row[0], _rejected(row)) for row in rows)
        if gap or more:
            yield f"… more than {MOST} came since the last look; some are not shown"
        for _, line in sorted(lines, key=lambda pair: pair[0]):
            yield line
        if not self._key:
            yield from self._refused_requests()

    def _refused_requests(self) -> Iterator[str]:
        before, self._counted = self._counted, self._counters()
        more = self._counted - before
        notes = spool.notes(self._settings.spool_dir) if more else {}
        for name, number in sorted(more.items()):
            told, at = notes.get(name, ("", 0.0))
            which = f", such as: {_plain(told, 200)}" if time.time() - at < _NOTE_SECONDS else ""
            yield f"{_clock(time.time_ns() // 1_000_000)}  refused requests: {number} × {name}{which}"

    def _counters(self) -> Counter[str]:
        if not os.access(
            self._settings.spool_dir, os.R_OK | os.W_OK | os.X_OK
        ):  # on another machine, or another user's
            return Counter()
        found = spool.counters(self._settings.spool_dir)
        words = {name.removeprefix(REJECTED): number for name, number in found.items() if name.startswith(REJECTED)}
        return Counter({word: number for word, number in words.items() if word not in OF_EVENTS})


def follow(tail: Tail, say: Callable[[str], None], tell: Callable[[str], None]) -> None:
    """Look and `say` what came, until ctrl-C; `tell` what stands in the way, once, and go on."""
    told = ""
    while True:
        began = time.monotonic()
        try:
            for line in tail.look():
                say(line)
            told = ""
        except TailError as error:
            if str(error) != told:
                tell(f"waiting: {error}")
            told = str(error)
        # A table so large that a look takes long is looked at less often.
        time.sleep(max(LOOK_SECONDS, 5 * (time.monotonic() - began)))


def _reader_url(settings: Settings) -> str:
    if settings.clickhouse_url:
        return settings.clickhouse_url
    running = engine.find(settings.data_dir)
    if running is None:
        raise StoreError(
            f"no ClickHouse runs over {settings.data_dir}; start `footpath serve` with the same FOOTPATH_DATA_DIR, "
            "or name a server in FOOTPATH_CLICKHOUSE_URL"
        )
    return running.reader_url


def _event(row: Row, sites: dict[int, str]) -> str:
    at, site_id, kind, path, *_ = row
    device, source, visitor = row[20:23]
    cells = (sites.get(site_id, str(site_id)), f"{kind:<10}", path, _what(row), device, source, f"{visitor:016x}"[:6])
    return "  ".join([_clock(at), *(_plain(cell) for cell in cells if cell)])


def _rejected(row: Row) -> str:
    at, site, reason, errors, outline = row
    return "  ".join([_clock(at), _plain(site), f"refused {reason}: {_plain(errors)}", _plain(outline, 120)])


def _what(row: Row) -> str:
    """The element, goal, field … that an event is about."""
    (role, name, selector, goal, value, currency, form, field_name, step, error, message, vital, number,
     custom, scrolled, engaged) = row[4:20]  # fmt: skip
    match row[2]:
        case "click" | "zone":
            return f'{role} "{name}"' if name else selector
        case "conversion":
            return f"{goal} {value} {currency}".removesuffix(" 0 ").strip()
        case "form":
            return f"{form} {step}"
        case "field":
            return f"{form}.{field_name}"
        case "error":
            return f"{error}: {message}"
        case "vital":
            return f"{vital} {number:g}"
        case "engagement":
            return f"{engaged / 1000:.1f} s, {scrolled} %"
        case _:
            return str(custom)


def _clock(at_ms: int) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at_ms / 1000))


def _plain(text: str, most: int = 80) -> str:
    """What visitors sent must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text[:most])
