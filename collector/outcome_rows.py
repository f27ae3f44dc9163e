"""Turn an outcome into its row, and say in a number what it says, so that a copy is told from a change.

Pure: the same record gives the same rows.
"""

from __future__ import annotations

import json
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from collector.columns import texts
from collector.validate_outcomes import MAX_OUTCOMES

if TYPE_CHECKING:
    from collector.event import Json, Record

OutcomeId = tuple[int, str, str]
"""(site_id, source, id): an outcome for ever."""

PLACES: Final = 1_000
"""Versions in one ms: a body holds fewer outcomes."""
assert PLACES > MAX_OUTCOMES  # noqa: S101


class Said(NamedTuple):
    """One version of an outcome: which, when (a later one has a higher number), and a hash of what it says."""

    id: OutcomeId
    version: int
    digest: int


def said(record: Record, place: int) -> Said:
    """What the outcome at this place of the record says. A time that the sender left out says nothing."""
    one = record.outcomes[place]
    content = json.dumps(_content(one) | {"ts": one.get("ts")}, sort_keys=True, default=str)
    digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    key = record.site_id, one["source"], one["id"]
    return Said(key, record.received * PLACES + place, int.from_bytes(digest, "little"))


def row(record: Record, place: int, version: Said) -> Json:
    """The row of `outcomes` for the outcome at this place of the record."""
    one = record.outcomes[place]
    site, source, key = version.id
    return {
        "site_id": site, "source": source, "id": key, **_content(one), "ts": one.get("ts", record.received),
        "received_at": record.received, "version": version.version, "digest": version.digest,
    }  # fmt: skip


def _content(one: Json) -> Json:
    """Every column that the sender decides, but the time."""
    return {
        "kind": one["kind"], "value": round(Decimal(str(one.get("value", 0))), 4),
        "currency": one.get("currency", ""), "goal": one.get("goal", ""), "order_id": one.get("order_id", ""),
        "visitor_id": int(one.get("visitor", "0"), 16), "person_id": int(one.get("user", "0"), 16),
        "quality": one.get("quality", ""), "stage": one.get("stage", ""),
        "props": json.dumps(texts(one.get("props", {})), ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
