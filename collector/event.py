"""What an event is: the kinds and fields of the wire, read from the contract, and the record handed from step to step.

`schema/event.schema.json` is the only place where a field is defined; the validator's checks and the loader's
columns are built from the `Field`s here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson

from collector import resources

ID_EPOCH_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z: the first 40 bits of a session's or page view's id count ms from here."""

Json = dict[str, Any]

OWN_TABLES: Final = {"trail": "trails", "skeleton": "skeletons"}
"""Kinds that have a table of their own; all others are rows of `events`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind: its JSON Schema `node` (references resolved) and the columns it is stored in."""

    name: str
    node: Json
    required: bool
    columns: tuple[str, ...]

    @property
    def direct(self) -> bool:
        """Whether the value goes into its one column as it is."""
        return "x-resolved" not in self.node


@cache
def contract() -> Json:
    """The JSON Schema of a batch."""
    loaded: Json = json.loads((resources.folder("schema") / "event.schema.json").read_text())
    return loaded


def resolved(node: Json) -> Json:
    """`node` with its own `$ref` replaced by what it names; keys beside the reference win."""
    if "$ref" not in node:
        return node
    target = resolved(contract()["$defs"][node["$ref"].removeprefix("#/$defs/")])
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


@cache
def kinds() -> dict[str, tuple[Field, ...]]:
    """Every kind of the wire with its fields beside n, t and k, in the contract's order."""
    definitions = [resolved(branch) for branch in contract()["$defs"]["event"]["oneOf"]]
    return {definition["properties"]["k"]["const"]: fields_of(definition) for definition in definitions}


def fields_of(definition: Json) -> tuple[Field, ...]:
    """The fields that an object's definition has, but for `k`."""
    required = definition.get("required", ())
    return tuple(
        Field(name, node, name in required, _columns(name, node))
        for name, raw in definition["properties"].items()
        if name != "k"
        for node in [resolved(raw)]
    )


def _columns(name: str, node: Json) -> tuple[str, ...]:
    return tuple(node.get("x-resolved", (node.get("x-column", name),)))


def id_ms(identifier: int) -> int:
    """Unix ms at which a session or page view with this id began, by the browser's clock."""
    return (identifier >> 24) + ID_EPOCH_MS


@dataclass(slots=True)
class Record:
    """One body on its way: what the collector knew when it answered, and what a browser or a server sent.

    `batch` is the validated wire batch whose `events` are the accepted ones, `outcomes` what a server sent instead;
    `rejected` lists what was refused as {"reason", "errors", "event"} without values; `received` is Unix ms. `erase`
    makes it a command instead: the id of the visitor to be erased, 16 hex digits.
    """

    received: int
    site_id: int
    site: str
    user_agent: str = ""
    hints: str = ""
    country: str = ""
    batch: Json = field(default_factory=dict)
    rejected: list[Json] = field(default_factory=list)
    outcomes: list[Json] = field(default_factory=list)
    erase: str = ""

    def encode(self) -> bytes:
        """Bytes for the spool."""
        return orjson.dumps(self)

    @classmethod
    def decode(cls, data: bytes) -> Record:
        """The record that `encode` wrote."""
        return cls(**orjson.loads(data))
