"""Which outcomes are news, and which say again what is stored?

An outcome is stored where it is newer than everything known under its id and says something else than the newest of
it. Anything else is a copy: what was sent twice, or comes after what has replaced it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from collector.outcome_rows import OutcomeId, Said
from collector.personal import UNLOGGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.cargo import Parcel
    from collector.store import Store

REMEMBERED: Final = 200_000
ASKED_AT_ONCE: Final = 2_000
"""Ids in one question: ClickHouse takes 16 ms for a thousand, seconds for megabytes of them."""

_NEWEST: Final = """SELECT id, max(o.version) AS newest, argMax(o.digest, o.version) AS said
FROM outcomes AS o
WHERE site_id = {site:UInt32} AND source = {source:String} AND id IN {ids:Array(String)}
GROUP BY id"""


class Ledger:
    """The newest version of each outcome as far as remembered; the table `outcomes` knows the others."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._newest: OrderedDict[OutcomeId, Said] = OrderedDict()
        self._most = most

    def copies(self, store: Store, parcels: Iterable[Parcel]) -> dict[str, list[int]]:
        """Places of outcomes that are not to be stored, by seq.

        Raises:
            StoreError: the table could not be asked.
        """
        parcels = list(parcels)
        keys = {one.id for parcel in parcels for one in parcel.said}
        known = {key: self._newest[key] for key in keys if key in self._newest}
        # Another collector, or a shipment with dead letters, may have stored something else in between.
        doubtful = {one.id for parcel in parcels for one in parcel.said if _says_again(one, known.get(one.id))}
        known |= _stored(store, (keys - known.keys()) | doubtful)
        found: dict[str, list[int]] = {}
        for parcel in parcels:
            for place, one in enumerate(parcel.said):
                newest = known.get(one.id)
                if newest and (one.version <= newest.version or one.digest == newest.digest):
                    found.setdefault(str(parcel.seq), []).append(place)
                known[one.id] = _newer(newest, one)
        return found

    def learn(self, parcels: Iterable[Parcel]) -> None:
        """Remember what is stored now. Of a copy too: a change that was sent before it and comes after it is old."""
        for parcel in parcels:
            for one in parcel.said:
                self._newest[one.id] = _newer(self._newest.pop(one.id, None), one)
        while len(self._newest) > self._most:
            self._newest.popitem(last=False)


def _says_again(one: Said, known: Said | None) -> bool:
    """Whether it says later what was said before."""
    return known is not None and one.version > known.version and one.digest == known.digest


def _newer(known: Said | None, one: Said) -> Said:
    return one if known is None or one.version > known.version else known


def _stored(store: Store, keys: Iterable[OutcomeId]) -> dict[OutcomeId, Said]:
    """The newest stored versions of these outcomes."""
    found: dict[OutcomeId, Said] = {}
    by_source: dict[tuple[int, str], list[str]] = {}
    for site, source, key in sorted(keys):
        by_source.setdefault((site, source), []).append(key)
    for (site, source), ids in by_source.items():
        for first in range(0, len(ids), ASKED_AT_ONCE):
            asked = {"site": site, "source": source, "ids": ids[first : first + ASKED_AT_ONCE]}
            for key, version, digest in store.execute(_NEWEST, asked, UNLOGGED):
                found[site, source, key] = Said((site, source, key), version, digest)
    return found
