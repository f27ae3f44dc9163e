"""Classify the sources of stored visits again, with today's lists.

Sources only: user agents and addresses are not stored, so that devices, bots and countries stay as they came. A page
view's source is in its referrer and query string; a visit's is in those of its first page view, if that is stored.

History is changed in place, in `sessions` first and in `events` then, by comparison with `events`: what was cut short
is found again by the next run, which ends the same. Roll-ups without sources need nothing. What the loader inserts
meanwhile was classified with its own lists already, so it need not wait; it has to be of this version.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from collector import cluster, enrich, spool
from collector.enrich import sites as lists
from collector.enrich import source as sources
from collector.event import ID_EPOCH_MS
from collector.store import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from collector.sites import Site
    from collector.store import Store

_PREFIX: Final = "reclassified_"
_ENTRY: Final = ("channel", "source", "medium", "campaign", "term", "content", "click_id_type", "click_id")
_PAGE: Final = ("channel", "source", "medium", "campaign")
_FIRST_EVENT: Final = (
    "ts", "page_id", "n", "device", "browser", "os", "country", "channel", "source", "medium", "campaign", "path"
)  # fmt: skip
"""The parts of `sessions.entry` in order."""
_SETTINGS: Final = {"mutations_sync": 2, "allow_nondeterministic_mutations": 1}
_DAY_MS: Final = 86_400_000

log = logging.getLogger("footpath.reclassify")

Place = tuple[int, str, str, str]
"""(site_id, host, query, referrer) of a page view; the referrer without scheme, as stored."""


@dataclass(frozen=True, slots=True)
class Period:
    """Visits by the UTC day in their id, on which they began: from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def condition(self) -> str:
        """SQL on `session_id`, for `events` and `sessions`."""
        first, last = (_id_at(day) for day in (self.since, self.until))
        return f"session_id >= {first} AND session_id < {last + (_DAY_MS << 24)}"


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs: visits and page views, and how many visits went from one channel to another."""

    visits: int
    pages: int
    channels: dict[tuple[str, str], int]


def _id_at(day: date) -> int:
    """The smallest session id of a UTC day."""
    ms = (day.toordinal() - 719_163) * _DAY_MS  # the ordinal of 1970-01-01
    return max(0, ms - ID_EPOCH_MS) << 24


class Busy(RuntimeError):
    """Another run is not finished: each drops what the other works with."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else over this data directory reclassifies during the block; a killed run holds nothing.

    Raises:
        Busy: somebody does; the message says which process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "enrich.lock").open("a+") as lock:
        if not spool.try_lock(lock):
            lock.seek(0)
            raise Busy(f"`footpath enrich` runs already, process {lock.read()}; wait until it is finished")
        yield


def reclassify(
    store: Store,
    period: Period,
    chosen: Mapping[str, Site],
    *,
    dry_run: bool = False,
    report: Callable[[str], None] = log.info,
) -> Changes:
    """Classify the visits of these sites and days again; with `dry_run` only say what would change.

    Raises:
        Refused: its tables of changes lie on one server, and replicas would not find them.
        StoreError: it is not finished; run it again.
    """
    with cluster.parts(store) as parts:
        if any(len(part.replicas) > 1 for part in parts):
            raise Refused("visits cannot be classified again on a cluster with replicas")
        # A visit lies on one shard, with its page views.
        found = [_reclassify_part(part.store, period, chosen, dry_run=dry_run, report=report) for part in parts]
    channels: Counter[tuple[str, str]] = Counter()
    for each in found:
        channels.update(each.channels)
    return Changes(sum(each.visits for each in found), sum(each.pages for each in found), dict(channels.most_common()))


def _reclassify_part(
    store: Store, period: Period, chosen: Mapping[str, Site], *, dry_run: bool, report: Callable[[str], None]
) -> Changes:
    run = secrets.token_hex(4)
    _clear(store)
    try:
        report("reading page views")
        condition = f"site_id IN ({', '.join(str(site.id) for site in chosen.values())}) AND {period.condition}"
        hosts = {site.id: site.hosts for site in chosen.values()}
        visits = _differing(store, f"{_PREFIX}visits_{run}", _Visits(condition), hosts)
        pages = _differing(store, f"{_PREFIX}pages_{run}", _Pages(condition), hosts)
        found = Changes(visits, pages, _moved(store, f"{_PREFIX}visits_{run}"))
        if not dry_run:
            _write(store, run, condition, found, report)
        return found
    finally:
        _clear(store)


_FIRST: Final = "kind = 'page_view' AND host = entry_host AND path = entry_path AND referrer = entry_referrer"


class _Visits:
    """Visits whose first page view is stored: it is the oldest one of the entry's page and referrer."""

    key = "session_id"
    fields = _ENTRY
    classify = staticmethod(sources.classify)

    def __init__(self, condition: str) -> None:
        stored = ", ".join(_ENTRY)
        self.rows = (
            "SELECT site_id, session_id, any(entry_host) AS at, "  # noqa: S608 - names and numbers of our own
            f"argMinIf(query, (ts, page_id, n), {_FIRST}) AS asked, any(entry_referrer) AS led, "
            f"min(({stored})) AS least, max(({stored})) AS most FROM events "
            f"WHERE {condition} GROUP BY site_id, session_id HAVING countIf({_FIRST}) > 0"
        )


class _Pages:
    """Page views."""

    key = "page_id"
    fields = _PAGE
    classify = staticmethod(sources.touch)

    def __init__(self, condition: str) -> None:
        stored = ", ".join(f"page_{name}" for name in _PAGE)
        self.rows = (
            "SELECT site_id, page_id, any(host) AS at, any(query) AS asked, any(referrer) AS led, "  # noqa: S608
            f"min(({stored})) AS least, max(({stored})) AS most FROM events "
            f"WHERE {condition} GROUP BY site_id, page_id"
        )


def _differing(store: Store, table: str, what: _Visits | _Pages, hosts: Mapping[int, frozenset[str]]) -> int:
    """Fill a table with what is classified otherwise today, by site and id, and count it."""
    places: list[Place] = store.execute(f"SELECT DISTINCT site_id, at, asked, led FROM ({what.rows})")  # noqa: S608
    names = ", ".join(f"{name} String" for name in what.fields)
    store.execute(
        f"CREATE TABLE {table}_places (site_id UInt32, at String, asked String, led String, {names}) ENGINE = Memory"
    )
    for first in range(0, len(places), 50_000):
        part = places[first : first + 50_000]
        found = [what.classify(*_addresses(place), hosts.get(place[0], frozenset())) for place in part]
        columns: dict[str, list[Any]] = {
            name: list(values)
            for name, values in zip(("site_id", "at", "asked", "led"), zip(*part, strict=True), strict=True)
        }
        store.insert(f"{table}_places", columns | {name: [getattr(one, name) for one in found] for name in what.fields})
    store.execute(
        f"CREATE TABLE {table} (site_id UInt32, {what.key} UInt64, {names}, old_channel String) "
        f"ENGINE = Join(ANY, LEFT, site_id, {what.key})"
    )
    new = ", ".join(f"p.{name}" for name in what.fields)
    # Least and most: an update that was cut short has changed some rows of a visit and not the others.
    store.execute(
        f"INSERT INTO {table} SELECT r.site_id, r.{what.key}, {new}, r.least.1 FROM ({what.rows}) AS r "  # noqa: S608
        f"INNER JOIN {table}_places AS p USING (site_id, at, asked, led) WHERE ({new}) != r.least OR ({new}) != r.most"
    )
    ((number,),) = store.execute(f"SELECT count() FROM {table}")  # noqa: S608
    return int(number)


def _addresses(place: Place) -> tuple[str, str]:
    """(url, referrer) as they once were, as far as a source rests on them. Schemes are not stored: an Android package
    that is on a list was one.
    """
    _, host, query, referrer = place
    package = referrer.partition("/")[0]
    scheme = "android-app" if lists.by_app(package.lower()) else "https"
    return f"https://{host}/?{query}", f"{scheme}://{referrer}" if referrer else ""


def _moved(store: Store, table: str) -> dict[tuple[str, str], int]:
    rows = store.execute(f"SELECT old_channel, channel, count() FROM {table} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")  # noqa: S608
    return {(old, new): number for old, new, number in rows}


def _write(store: Store, run: str, condition: str, found: Changes, report: Callable[[str], None]) -> None:
    """Sessions first: as long as `events` has the old values, an interrupted run finds the same changes again."""
    visits, pages = f"{_PREFIX}visits_{run}", f"{_PREFIX}pages_{run}"
    if found.visits:
        chosen = f"{condition} AND (site_id, session_id) IN (SELECT site_id, session_id FROM {store.database}.{visits})"  # noqa: S608
        report(f"sessions: {found.visits} visits")
        values = ", ".join(
            _looked_up(store, visits, name, "session_id") if name in _PAGE else f"entry.{name}" for name in _FIRST_EVENT
        )
        store.execute(f"ALTER TABLE sessions UPDATE entry = ({values}) WHERE {chosen}", settings=_SETTINGS)
        report(f"events: {found.visits} visits")
        values = ", ".join(f"{name} = {_looked_up(store, visits, name, 'session_id')}" for name in _ENTRY)
        _update(store, values, chosen)
    if found.pages:
        chosen = f"{condition} AND (site_id, page_id) IN (SELECT site_id, page_id FROM {store.database}.{pages})"  # noqa: S608
        report(f"events: {found.pages} page views")
        values = ", ".join(f"page_{name} = {_looked_up(store, pages, name, 'page_id')}" for name in _PAGE)
        _update(store, values, chosen)


def _update(store: Store, values: str, chosen: str) -> None:
    version = f"lists_version = toUInt32({enrich.LISTS_VERSION})"
    store.execute(f"ALTER TABLE events UPDATE {values}, {version} WHERE {chosen}", settings=_SETTINGS)


def _looked_up(store: Store, table: str, name: str, key: str) -> str:
    return f"joinGet('{store.database}.{table}', '{name}', site_id, {key})"


def _clear(store: Store) -> None:
    """Whatever a run that was cut short left behind: its mutations read its tables, so they go first."""
    like = f"'%{_PREFIX}%'"
    running = f"database = currentDatabase() AND NOT is_done AND command LIKE {like}"
    if store.execute(f"SELECT 1 FROM system.mutations WHERE {running} LIMIT 1"):  # noqa: S608
        store.execute(f"KILL MUTATION WHERE {running} SYNC")
    tables = store.execute(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})",
        {"prefix": _PREFIX},
    )
    for (name,) in tables:
        store.execute(f"DROP TABLE IF EXISTS {name} SYNC")
