"""Where the data is: an address, the running program's own engine, or a directory opened on purpose."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from collector import engine
from collector.query.errors import SHARD_AWAY, NotConnected, QueryError, unknown
from collector.query.goals import Goals, of_file, published
from collector.query.memory import Memory, RememberingStore
from collector.query.period import zone_of
from collector.query.question import Place
from collector.query.site import Site
from collector.store import ALL_CONNECTION_TRIES_FAILED, Store, StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DATA_DIR = "./footpath-data"
_UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Connection:
    """A database that can be asked; `site(key)` is where questions begin."""

    def __init__(self, store: Store, *, clock: Callable[[], int] = _now_ms, goals: str | Path | None = None) -> None:
        """`store` is open; `clock` gives Unix ms and decides which windows have ended; `goals` as in `connect`."""
        self._store = store
        self._clock = clock
        self._goals_file = goals

    def sites(self) -> dict[str, str]:
        """Keys of all sites, with their names.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        return {key: name for key, (_, name, *_) in self._sites().items()}

    def site(self, key: str, tz: str | None = None) -> Site:
        """The site of that key; days are those of `tz`, by default of the site's own zone.

        Raises:
            UnknownName: no such site or zone; names the nearest and lists what exists.
            QueryError: ClickHouse did not answer.
            BadQuestion: the file that was given as `goals` is wrong.
        """
        sites = self._sites()
        if key not in sites:
            raise unknown("site", key, sites)
        site_id, _, home_zone, spread = sites[key]
        zone_of(tz or home_zone)
        goals = self._goals(site_id) if self._goals_file is None else of_file(self._goals_file, sites).get(key, Goals())
        place = Place(self._store, site_id, key, tz or home_zone, home_zone, self._clock, goals=goals, spread=spread)
        return Site(place)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        self._store.close()

    def __repr__(self) -> str:
        return f"<Footpath at {self._store.address}, database {self._store.database}>"

    def _sites(self) -> dict[str, tuple[int, str, str, bool]]:
        """By key: id, name, time zone, and whether rows lie on several servers."""
        sql = """SELECT site_id, argMax(key, updated_at), argMax(name, updated_at), argMax(time_zone, updated_at), (
    SELECT count() FROM system.tables
    WHERE database = currentDatabase() AND name = 'sessions' AND engine = 'Distributed')
FROM sites GROUP BY site_id ORDER BY site_id"""
        try:
            # Never from memory: it tells whether the connection still lives, as after the engine began anew.
            found = self._store.execute(sql)
        except StoreError as error:
            raise _unanswered(error) from error
        return {key: (site_id, name, zone or "UTC", bool(spread)) for site_id, key, name, zone, spread in found}

    def _goals(self, site_id: int) -> Goals:
        sql = "SELECT argMax(goals, updated_at), argMax(version, updated_at) FROM goals WHERE site_id = {site:UInt32}"
        try:
            ((text, version),) = self._store.ask(sql, {"site": site_id}).rows
        except StoreError as error:
            if error.code == _UNKNOWN_TABLE:  # of before there were goals
                return Goals()
            raise _unanswered(error) from error
        return published(text, version)


def connect(url: str | None = None, *, goals: str | Path | None = None, memory: Memory | None = None) -> Connection:
    """Connect to `url`, else to FOOTPATH_CLICKHOUSE_URL, else to the program that runs over FOOTPATH_DATA_DIR.

    It never starts an engine; `embedded(path)` does.

    Args:
        url: clickhouse://user:password@host:9000/database (clickhouses:// for TLS).
        goals: a goals.yml to ask with, instead of what the loader published.
        memory: keeps answers for some seconds; for a program that many look at.

    Raises:
        NotConnected: there is nothing to connect to; says what to do.
    """
    address = url or os.environ.get("FOOTPATH_CLICKHOUSE_URL") or _running_url()
    try:
        store = Store(address) if memory is None else RememberingStore(address, memory)
    except ValueError as error:
        raise NotConnected(str(error)) from None
    try:
        store.ping()
    except StoreError as error:
        raise _unanswered(error) from error
    return Connection(store, clock=memory.now_ms if memory else _now_ms, goals=goals)


@contextlib.contextmanager
def embedded(path: str | Path, *, goals: str | Path | None = None) -> Iterator[Connection]:
    """Start the engine over a data directory for the length of a `with` block; `goals` as in `connect`.

    Raises:
        NotConnected: there is no such directory.
        collector.engine.EngineError: another process holds the directory, or no engine exists for this platform.
    """
    if not (Path(path) / "clickhouse").is_dir():
        raise NotConnected(f"{path} is no data directory of footpath (it has no folder `clickhouse`)")
    with engine.running(Path(path)) as running:
        store = Store(running.reader_url)
        try:
            yield Connection(store, goals=goals)
        finally:
            store.close()


def _running_url() -> str:
    data_dir = Path(os.environ.get("FOOTPATH_DATA_DIR", _DATA_DIR))
    running = engine.find(data_dir)
    if running is None:
        raise NotConnected(
            f"no running footpath was found over {data_dir}: start `footpath serve` there, set FOOTPATH_DATA_DIR to "
            "its data directory, give connect() a URL, or set "
            "FOOTPATH_CLICKHOUSE_URL=clickhouse://user:password@host:9000/footpath; "
            "embedded(path) opens a directory that nobody serves"
        )
    return running.reader_url


def _unanswered(error: StoreError) -> QueryError:
    if error.code == ALL_CONNECTION_TRIES_FAILED:
        return QueryError(f"{error}. {SHARD_AWAY}")
    if isinstance(error, Unreachable):
        return NotConnected(f"{error}; is `footpath serve` or the server running?")
    if error.code in (_UNKNOWN_TABLE, _UNKNOWN_DATABASE):
        return QueryError(f"the tables do not exist yet: run `footpath migrate` ({error})")
    return QueryError(f"ClickHouse refused (code {error.code}): {error}")
