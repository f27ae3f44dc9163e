"""What a shipment brings to ClickHouse: spooled records, unpacked and packed into tables.

Pure, and the same at every retry: which events are copies, and in which zones the sites' days lie, stands in the
shipment's verdicts. A record that cannot be read costs no neighbour: it becomes a dead letter.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.columns import BROKEN, Builder, dead_letter, event_ids
from collector.event import Json, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.columns import EventId


@dataclass(frozen=True, slots=True)
class Parcel:
    """A spooled record: `record` is None where it cannot be read, `error` then says why."""

    seq: int
    received: int
    events: int
    payload: bytes
    record: Record | None
    ids: tuple[EventId, ...]
    error: str = ""


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
    except BROKEN as error:
        return Parcel(seq, received, events, payload, None, (), repr(error))
    return Parcel(seq, received, events, payload, record, ids)


def pack(parcels: Iterable[Parcel], copies: Mapping[str, list[int]], zones: Mapping[str, str]) -> Cargo:
    """Tables of everything but the copies. `copies` has places of events by seq, `zones` time zones by site id."""
    cargo = Cargo(Builder({int(site): zone for site, zone in zones.items()}))
    for parcel in parcels:
        if parcel.record is None:
            _bury(cargo, parcel)
        else:
            _add(cargo, parcel, parcel.record, set(copies.get(str(parcel.seq), ())))
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


def _bury(cargo: Cargo, parcel: Parcel) -> None:
    text = parcel.payload.decode(errors="replace")
    cargo.dead.append(dead_letter((0, 0, 0, 0), parcel.received, parcel.error, text))
    cargo.counts["dead"] += parcel.events
