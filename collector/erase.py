"""Erase visitors from every table, so that nothing in the database says that they ever came.

Whatever it finds half done, it brings to the same end, so a loader that was killed simply does it again. First the
roll-ups: cells do not say whose they are, so months with the visitors' events are counted anew without them and
swapped in. Then the rows, as long as those of `events` say which months these were. The loader inserts nothing
meanwhile; what other loaders insert is found by counting again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from collector import cluster, personal
from collector.personal import STAGING, RollUp, Visitor, digest
from collector.store import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.cluster import Part
    from collector.store import Store

_THEIRS: Final = "(site_id, visitor_id) IN (SELECT site_id, visitor_id FROM {database}.erasing WHERE run = '{run}')"
_TRIES: Final = 5
_OVERLAP_MS: Final = 600_000

Totals = dict[tuple[int, date], int]

log = logging.getLogger("footpath.erase")


class Erased:
    """The visitors that were erased, as the loader knows them: by hash, read anew where the table has grown."""

    def __init__(self) -> None:
        self._hashes: set[str] = set()
        self.newest = 0
        """Unix ms of the newest entry, by the server's clock."""

    def __contains__(self, visitor: Visitor) -> bool:
        return bool(self._hashes) and digest(visitor) in self._hashes

    def refresh(self, store: Store) -> None:
        """Read what was added, also by other collectors.

        Raises:
            StoreError: ClickHouse did not answer.
        """
        rows = store.execute(
            "SELECT visitor_hash, toUnixTimestamp64Milli(updated_at) FROM erased "
            "WHERE updated_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')",
            {"since": max(0, self.newest - _OVERLAP_MS)},
        )
        self._hashes.update(hashed for hashed, _ in rows)
        self.newest = max([self.newest, *(at for _, at in rows)])


def erase(store: Store, visitors: Mapping[Visitor, int], run: str) -> dict[str, int]:
    """Erase visitors (each with the Unix ms at which that was asked) from every table and roll-up, and count again.

    `run` is a word of letters and digits; a repeated try names the same.

    Returns:
        the rows that were deleted, by table.

    Raises:
        StoreError: it is not finished; try again.
    """
    _record(store, visitors, {}, finished=False)
    deleted: Counter[str] = Counter()
    with cluster.parts(store) as parts:
        for part in parts:
            deleted.update(_erase_part(part, visitors, run))
    _record(store, visitors, deleted, finished=True)
    log.info("%d visitors erased: %s", len(visitors), deleted or "there was nothing")
    return deleted


def _erase_part(part: Part, visitors: Mapping[Visitor, int], run: str) -> dict[str, int]:
    """Erase them from one shard, and return the rows that were deleted there by table."""
    theirs = _THEIRS.format(database=part.store.database, run=run)
    for replica in part.replicas:  # each carries mutations out by itself
        _name(replica, visitors, run)
    _rebuild_all(part.store, theirs, run)
    deleted = _delete_all(part.store, theirs, run)
    # Not after a failure: a mutation that took too long for us goes on, and still looks there.
    for replica in part.replicas:
        _forget(replica, run)
    return deleted


def _record(store: Store, visitors: Mapping[Visitor, int], deleted: Mapping[str, int], *, finished: bool) -> None:
    """Into `erased` before anything else: from then on no loader stores anything of theirs without noticing."""
    moment = time.time_ns() // 1_000_000 if finished else 0
    store.insert(
        "erased",
        {
            "site_id": [site for site, _ in visitors],
            "visitor_hash": [digest(visitor) for visitor in visitors],
            "asked_at": list(visitors.values()),
            "finished_at": [moment] * len(visitors),
            # Rows of several visitors are deleted together; who had how many is nobody's business afterwards.
            "deleted": [dict(deleted) if len(visitors) == 1 else {}] * len(visitors),
        },
    )


def _name(store: Store, visitors: Iterable[Visitor], run: str) -> None:
    sites, numbers = zip(*visitors, strict=True)
    store.insert("erasing", {"run": [run] * len(sites), "site_id": sites, "visitor_id": numbers})


def _forget(store: Store, run: str) -> None:
    store.execute(f"ALTER TABLE erasing DELETE WHERE run = '{run}'", settings={"mutations_sync": 2})


def _rebuild_all(store: Store, theirs: str, run: str) -> None:
    months = store.execute(
        "SELECT DISTINCT toYYYYMM(page_day) FROM events "  # noqa: S608
        f"WHERE bot_class = '' AND {theirs} ORDER BY 1"
    )
    for roll_up in personal.roll_ups(store):
        for (month,) in months:
            for _ in range(_TRIES):
                if _rebuild(store, roll_up, month, theirs, run):
                    break
            else:
                raise Unreachable(f"{roll_up.table} of {month} changes while it is rebuilt")


def _rebuild(store: Store, roll_up: RollUp, month: int, theirs: str, run: str) -> bool:
    """Count a month anew without them and swap it in. False: somebody inserted meanwhile, so do it again.

    Days whose events are not all there any more (they expired, or a partition was dropped) stay as they are.
    """
    staging = f"{roll_up.table}{STAGING}{run}"
    within = f"{roll_up.partition} = {month}"
    store.execute(f"DROP TABLE IF EXISTS {staging} SYNC")
    store.execute(f"CREATE TABLE {staging} AS {roll_up.table} ENGINE = {roll_up.engine}")
    try:
        stood = _totals(store, roll_up, _stored(roll_up.table, within))
        took = _totals(store, roll_up, _cells(roll_up), _events_of(store, month, theirs))
        others = _events_of(store, month, f"NOT ({theirs})")
        store.execute(f"INSERT INTO {staging} {_cells(roll_up)}", settings=others)
        left = _totals(store, roll_up, _stored(staging))
        frozen = [key for key, total in stood.items() if left.get(key, 0) < total - took.get(key, 0)]
        if frozen:
            _keep(store, roll_up, staging, within, frozen)
        # ClickHouse 26.9 refuses to replace a partition by an empty one.
        swap = f"REPLACE PARTITION {month} FROM {staging}" if left or frozen else f"DROP PARTITION {month}"
        store.execute(f"ALTER TABLE {roll_up.table} {swap}")
        now = _totals(store, roll_up, _stored(roll_up.table, within))
        counted = _totals(store, roll_up, _cells(roll_up), others)
        return all(now.get(key, 0) == total for key, total in counted.items() if key not in frozen)
    finally:
        store.execute(f"DROP TABLE IF EXISTS {staging} SYNC")


def _stored(table: str, condition: str = "1") -> str:
    return f"SELECT * FROM {table} WHERE {condition}"  # noqa: S608 - names and conditions of our own


def _cells(roll_up: RollUp) -> str:
    return f"SELECT * FROM ({roll_up.cells})"  # noqa: S608 - the view's own text


def _events_of(store: Store, month: int, condition: str) -> dict[str, object]:
    """Settings by which a statement sees only these events. Those of a page's day have their ts then or later."""
    first = datetime(month // 100, month % 100, 1, tzinfo=UTC)
    condition = (
        f"toYYYYMM(page_day) = {month} AND ts >= toDateTime64({int(first.timestamp()) - 86_400}, 3) AND {condition}"
    )
    quoted = condition.replace("\\", "\\\\").replace("'", "\\'")
    return {"additional_table_filters": f"{{'{store.database}.events': '{quoted}'}}"}


def _totals(store: Store, roll_up: RollUp, cells: str, settings: Mapping[str, object] | None = None) -> Totals:
    """What a selection adds up to, by site and day."""
    total = " + ".join(f"sum({name})" for name in roll_up.sums)
    rows = store.execute(f"SELECT site_id, page_day, {total} FROM ({cells}) GROUP BY 1, 2", settings=settings)  # noqa: S608
    return {(site, day): int(number) for site, day, number in rows}


def _keep(store: Store, roll_up: RollUp, staging: str, within: str, days: list[tuple[int, date]]) -> None:
    """Days whose events are gone keep their cells, which say of nobody whose they were."""
    log.warning("%s keeps %d days whose events are not all there any more", roll_up.table, len(days))
    chosen = "(site_id, page_day) IN ({})".format(", ".join(f"({site}, '{day}')" for site, day in days))
    store.execute(f"ALTER TABLE {staging} DELETE WHERE {chosen}", settings={"mutations_sync": 2})
    store.execute(f"INSERT INTO {staging} {_stored(roll_up.table, f'{within} AND {chosen}')}")


def _delete_all(store: Store, theirs: str, run: str) -> dict[str, int]:
    conditions = _conditions(store, theirs, run)
    found = _counts(store, conditions)
    for _ in range(_TRIES):
        left = _counts(store, conditions)
        if not left:
            return found
        for table in left:
            store.execute(f"ALTER TABLE {table} DELETE WHERE {conditions[table]}", settings=_ALTER)
    raise Unreachable(f"rows of erased visitors are still in {', '.join(_counts(store, conditions))}")


_ALTER: Final = {"mutations_sync": 2, "allow_nondeterministic_mutations": 1}


def _conditions(store: Store, theirs: str, run: str) -> dict[str, str]:
    """What to delete, by table."""
    ids = "SELECT groupArray((site_id, lower(lpad(hex(visitor_id), 16, '0'))))"
    return personal.conditions(store, theirs, f"({ids} FROM {store.database}.erasing WHERE run = '{run}')")


def _counts(store: Store, conditions: Mapping[str, str]) -> dict[str, int]:
    """Rows that are to be deleted, by table; tables without any are left out."""
    found = {}
    for table, condition in conditions.items():
        ((number,),) = store.execute(f"SELECT count() FROM {table} WHERE {condition}")  # noqa: S608
        if number:
            found[table] = int(number)
    return found
