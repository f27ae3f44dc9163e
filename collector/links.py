"""Which browser is taken for which person: links that `identify` made, undone and made again.

Nothing is deleted. `undone` is the version by which ClickHouse merges the rows of an identification, so one that says
so holds for good, however often the loader sends the event again. What is linked again therefore has a row of its own:
at the time of the identification, with page view 0 and a number that nobody has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collector.personal import UNLOGGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.personal import Visitor
    from collector.store import Store


class NoLink(LookupError):
    """The browser never said to be this person; the message names those that it did."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of `identity` of one visitor; `ts` in Unix ms."""

    ts: int
    page_id: int
    n: int
    person_id: int
    undone: bool


def undo(store: Store, visitor: Visitor, person: int | None = None) -> dict[int, int]:
    """Undo what links a visitor to a person, or to everybody.

    Returns:
        the rows that were written, by person; none where all was undone already.

    Raises:
        NoLink: there never was such a link.
        StoreError: ClickHouse did not answer; again, it does what is left.
    """
    chosen = _chosen(_rows(store, visitor), visitor, person)
    return _write(store, visitor, [replace(row, undone=True) for row in chosen if not row.undone])


def restore(store: Store, visitor: Visitor, person: int | None = None) -> dict[int, int]:
    """Make links again that `undo` undid, each at the time that it had.

    Returns:
        the rows that were written, by person; none where all hold.

    Raises:
        NoLink, StoreError: see `undo`.
    """
    rows = _rows(store, visitor)
    return _write(store, visitor, list(_again(_chosen(rows, visitor, person), rows)))


def _again(chosen: list[_Row], rows: list[_Row]) -> Iterator[_Row]:
    """A row for each identification among the chosen of which none holds, with numbers that are free among all."""
    held = {(row.ts, row.person_id) for row in chosen if not row.undone}
    last = Counter({row.ts: 0 for row in rows})
    for row in rows:
        if row.page_id == 0:
            last[row.ts] = max(last[row.ts], row.n)
    for ts, person in dict.fromkeys((row.ts, row.person_id) for row in chosen):
        if (ts, person) not in held:
            last[ts] += 1
            yield _Row(ts, 0, last[ts], person, undone=False)


def _rows(store: Store, visitor: Visitor) -> list[_Row]:
    """All rows of a visitor, merged, in the order of reports."""
    found = store.execute(
        "SELECT toUnixTimestamp64Milli(ts), page_id, n, any(person_id), max(undone) FROM identity "
        "WHERE site_id = {site:UInt32} AND visitor_id = {visitor:UInt64} "
        "GROUP BY ts, page_id, n ORDER BY ts, page_id, n",
        {"site": visitor[0], "visitor": visitor[1]},
        UNLOGGED,
    )
    return [_Row(*row) for row in found]


def _chosen(rows: list[_Row], visitor: Visitor, person: int | None) -> list[_Row]:
    """Those about a person, or all."""
    chosen = [row for row in rows if person in (None, row.person_id)]
    if not chosen:
        known = ", ".join(f"person:{each:016x}" for each in sorted({row.person_id for row in rows}))
        linked = f"person:{person:016x}, only to {known}" if known else "anybody"
        raise NoLink(f"visitor {visitor[1]:016x} was never linked to {linked}")
    return chosen


def _write(store: Store, visitor: Visitor, rows: list[_Row]) -> dict[int, int]:
    store.insert(
        "identity",
        {
            "site_id": [visitor[0]] * len(rows),
            "visitor_id": [visitor[1]] * len(rows),
            "person_id": [row.person_id for row in rows],
            "ts": [row.ts for row in rows],
            "page_id": [row.page_id for row in rows],
            "n": [row.n for row in rows],
            "undone": [row.undone for row in rows],
        },
    )
    return Counter(row.person_id for row in rows)
