"""How many events may a site still send, this UTC day and this UTC month? Counted by all workers together.

What is accepted is counted beside the spool's other counters, so it outlives the process and costs a batch no write of
its own; each worker looks every two seconds at what all have counted. A site may thus send a little more than its
quota, what comes within some three seconds, and never less. Only sites that have a quota are counted.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from collector import spool

if TYPE_CHECKING:
    from pathlib import Path

    from collector.sites import Quota, Site
    from collector.spool import Spool

LOOK_SECONDS: Final = 2.0
_COUNTED: Final = "quota:"
_PERIODS: Final = (("month", "%Y-%m"), ("day", "%Y-%m-%d"))


class Quotas:
    """A worker's view of what the sites with a quota have sent."""

    def __init__(self, own: Spool) -> None:
        self._own, self._folder = own, own.path.parent
        self._counted: dict[str, int] = {}
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def spent(self, site: Site, received: int) -> str:
        """Why nothing more is taken at `received` (Unix ms), for people; empty where something is."""
        if site.quota is None:
            return ""
        self._look()
        for period, name in _names(site, received):
            most = _most(site.quota, period)
            if most is not None and self._counted.get(name, 0) >= most:
                return f"site {site.key} has sent the {most:,} events that its quota allows a {period} (UTC)"
        return ""

    def add(self, site: Site, events: int, received: int) -> None:
        """That many were accepted."""
        if site.quota is None:
            return
        for _, name in _names(site, received):
            self._own.count(name, events)
            with self._lock:
                self._counted[name] = self._counted.get(name, 0) + events

    def _look(self) -> None:
        """Count again, one thread for all. What was added within the last second may be missing until the next look."""
        with self._lock:
            if time.monotonic() - self._looked < LOOK_SECONDS:
                return
            self._looked = time.monotonic()
        found = counted(self._folder)
        with self._lock:
            self._counted = found


def counted(folder: Path) -> dict[str, int]:
    """What all workers of a spool have counted, by site and period."""
    found: dict[str, int] = {}
    for rows in spool.each(
        folder,
        lambda connection: connection.execute(
            "SELECT name, value FROM counters WHERE name GLOB ? || '*'", (_COUNTED,)
        ).fetchall(),
    ):
        for name, value in rows:
            found[name] = found.get(name, 0) + value
    return found


def forget(folder: Path, now: int) -> None:
    """Delete the counts of other months than the one of `now` (Unix ms)."""

    def delete(connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM counters WHERE name GLOB ? || '*' AND instr(name, ?) = 0",
            (_COUNTED, f":{_moment(now):%Y-%m}"),
        )

    with contextlib.suppress(sqlite3.Error):
        spool.each(folder, delete)


def _names(site: Site, received: int) -> list[tuple[str, str]]:
    """(period, name of its counter)."""
    moment = _moment(received)
    return [(period, f"{_COUNTED}{site.id}:{moment.strftime(form)}") for period, form in _PERIODS]


def _most(quota: Quota, period: str) -> int | None:
    return quota.month if period == "month" else quota.day


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
