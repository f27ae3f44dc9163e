"""What a shipment brings to ClickHouse: spooled records, unpacked and packed into tables.

Pure, and the same at every retry: which events are copies, and the sites' zones and hosts, stands in the shipment's
verdicts. A record that cannot be read costs no neighbour: it becomes a dead letter.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from collector import outcome_rows
from collector.columns import BROKEN, NO_PAGE, Builder, dead_letter, event_ids
from collector.event import Json, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from collector.columns import EventId
    from collector.outcome_rows import Said
    from collector.personal import Visitor


@dataclass(frozen=True, slots=True)
class Parcel:
    """A spooled record, of events or of outcomes: `record` is None where it cannot be read, `error` then says why.

    `events` counts either; `ids` are the events' and `said` the outcomes', in their order.
    """

    seq: int
    received: int
    events: int
    payload: bytes
    record: Record | None
    ids: tuple[EventId, ...]
    error: str = ""
    said: tuple[Said, ...] = ()

    @property
    def named(self) -> dict[int, Visitor]:
        """The visitors that its outcomes name, by their places."""
        outcomes = self.record.outcomes if self.record else ()
        site = self.record.site_id if self.record else 0
        return {place: (site, int(one["visitor"], 16)) for place, one in enumerate(outcomes) if one.get("visitor")}

    @property
    def erase(self) -> Visitor | None:
        """Whom to erase, where this is the command to do so."""
        return (self.record.site_id, int(self.record.erase, 16)) if self.record and self.record.erase else None


@dataclass(slots=True)
class Cargo:
    """Everything that a shipment inserts. `dead` are rows of dead_events, `rejected` of rejected_events."""

    builder: Builder
    ids: list[EventId] = field(default_factory=list)
    dead: list[Json] = field(default_factory=list)
    rejected: list[Json] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def unpack(rows: Iterable[tuple[int, int, int, bytes]]) -> list[Parcel]:
    """Records from their spooled form (seq, received, events, payload)."""
    return [_parcel(*row) for row in rows]


def _parcel(seq: int, received: int, events: int, payload: bytes) -> Parcel:
    try:
        record = Record.decode(payload)
        ids = event_ids(record)
        said = tuple(outcome_rows.said(record, place) for place in range(len(record.outcomes)))
    except BROKEN as error:
        return Parcel(seq, received, events, payload, None, (), repr(error))
    return Parcel(seq, received, events, payload, record, ids, said=said)


def pack(
    parcels: Iterable[Parcel],
    copies: Mapping[str, list[int]],
    zones: Mapping[str, str],
    erased: Collection[int] = (),
    gone: Mapping[str, list[int]] = MappingProxyType({}),
    *,
    hosts: Mapping[str, list[str]] = MappingProxyType({}),
) -> Cargo:
    """Tables of everything but the copies and what comes from erased visitors.

    `copies` has places of events (of outcomes, in a record of those) by seq, `zones` time zones by site id, `erased`
    the seqs of erased visitors' records, `gone` places of outcomes that name erased visitors by seq, `hosts` those of
    the sites' origins by site id.
    """
    own_hosts = {int(site): frozenset(names) for site, names in hosts.items()}
    cargo = Cargo(Builder({int(site): zone for site, zone in zones.items()}, own_hosts))
    for parcel in parcels:
        if parcel.record is None:
            _bury(cargo, parcel)
        elif parcel.seq in erased:
            cargo.counts["erased"] += parcel.events
        else:
            known = set(copies.get(str(parcel.seq), ()))
            _add(cargo, parcel, parcel.record, known)
            _add_outcomes(cargo, parcel, parcel.record, known, set(gone.get(str(parcel.seq), ())))
    return cargo


def _add(cargo: Cargo, parcel: Parcel, record: Record, copies: set[int]) -> None:
    fresh = [index for index in range(len(parcel.ids)) if index not in copies]
    events = record.batch.get("events", ())
    cargo.counts["duplicate"] += len(parcel.ids) - len(fresh)
    if fresh:
        failed = cargo.builder.add(record, [events[index] for index in fresh])
        cargo.dead += failed
        cargo.counts["dead"] += len(failed)
        cargo.counts["inserted"] += len(fresh) - len(failed)
        cargo.ids += [parcel.ids[index] for index in fresh]
    cargo.rejected += [
        {
            "site": record.site,
            "received_at": record.received,
            "reason": event["reason"],
            "errors": "; ".join(event["errors"]),
            "event": json.dumps(event["event"], ensure_ascii=False),
        }
        for event in record.rejected
    ]


def _add_outcomes(cargo: Cargo, parcel: Parcel, record: Record, copies: set[int], gone: set[int]) -> None:
    for place, said in enumerate(parcel.said):
        if place in gone:
            cargo.counts["erased"] += 1
        elif place in copies:
            cargo.counts["duplicate"] += 1
        else:
            cargo.builder.table("outcomes").add(NO_PAGE, outcome_rows.row(record, place, said))
            cargo.counts["inserted"] += 1


def _bury(cargo: Cargo, parcel: Parcel) -> None:
    text = parcel.payload.decode(errors="replace")
    cargo.dead.append(dead_letter((0, 0, 0, 0), parcel.received, parcel.error, text))
    cargo.counts["dead"] += parcel.events
