"""What an outcome is: the fields that a server may send of an order, a refund or a lead, read from the contract."""

from __future__ import annotations

import json
from functools import cache
from typing import Final

from collector import resources
from collector.event import Field, Json, fields_of

EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01: what is earlier was counted in seconds."""
AHEAD_MS: Final = 86_400_000
"""How far a sender's clock may be ahead of ours."""
LINKS: Final = ("order_id", "visitor", "user")
"""The fields that tie an outcome to visits; one is needed."""


@cache
def contract() -> Json:
    """The JSON Schema of a body of outcomes."""
    loaded: Json = json.loads((resources.folder("schema") / "outcome.schema.json").read_text())
    return loaded


@cache
def fields() -> tuple[Field, ...]:
    """The fields of an outcome, in the contract's order."""
    return fields_of(contract()["$defs"]["outcome"])
