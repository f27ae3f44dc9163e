"""`footpath check`: is everything in order, and if not, what is to be done?"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import migrate, spool, supervise
from collector.config import ConfigError, Settings
from collector.sites import read_sites
from collector.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what was seen or is to be done."""

    what: str
    well: bool
    told: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at sites, disk, spool, ClickHouse and tables, one after the other."""
    for what, look in (
        ("sites", _sites), ("data directory", _data), ("spool", _spool), ("loader", _loader), ("ClickHouse", _database),
    ):  # fmt: skip
        yield _found(what, look, settings)


def _found(what: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, True, look(settings))
    except (ConfigError, StoreError, OSError, _Wrong, ValueError, migrate.MigrationError) as error:
        return Finding(what, False, str(error))


class _Wrong(Exception):
    pass


def _sites(settings: Settings) -> str:
    sites = read_sites(settings.config_dir)
    return f"{len(sites)} in {settings.config_dir / 'sites.yml'}: {', '.join(sites)}"


def _data(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.data_dir) as probe:
        probe.write(b"footpath")
        os.fsync(probe.fileno())
    return f"{settings.data_dir} is writable"


def _spool(settings: Settings) -> str:
    found = spool.counters(settings.spool_dir)
    oldest = spool.oldest_received(settings.spool_dir)
    age = time.time() - oldest / 1000 if oldest else 0
    told = f"{found['accepted']} events and outcomes accepted so far, {found['spooled']} wait"
    if age > OLD_SECONDS:
        raise _Wrong(f"{told}, the oldest for {age:.0f} s; does `footpath serve` or `footpath load` run?")
    if found["damaged_files"]:
        raise _Wrong(f"{told}; {found['damaged_files']} files of {settings.spool_dir} cannot be read, see the log")
    if found["dead"]:
        raise _Wrong(f"{told}; {found['dead']} could not be stored, see the table dead_events")
    return told


def _loader(settings: Settings) -> str:
    text, at = spool.notes(settings.spool_dir).get("loader", ("", 0.0))
    if text:
        raise _Wrong(f"{text} (since {time.time() - at:.0f} s)")
    return "no trouble noted"


def _database(settings: Settings) -> str:
    store = Store(supervise.database_url(settings))
    try:
        ((version,),) = store.execute("SELECT version()")
        pending = migrate.pending(store)
    finally:
        store.close()
    if pending:
        raise _Wrong(f"{len(pending)} migrations are pending; run `footpath migrate`")
    return f"{version} at {store.address}, database {store.database}, tables up to date"
