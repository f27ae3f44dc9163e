"""What ClickHouse columns hold: the ranges of their types, and how a sent value reads back."""

from __future__ import annotations

import json
import math
import re
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from collector.event import OWN_TABLES, Field, Json, kinds, resolved

if TYPE_CHECKING:
    from collector.store import Store

KEEPS_TEXT = re.compile(r"(LowCardinality\()?String\)?|Enum8\(.*\)")

ELEMENT_COLUMNS = {
    "key": ("element_key",), "item": ("element_item",), "selector": ("element_selector",),
    "role": ("element_role",), "name": ("element_name",), "zone": ("element_zone",),
    "fixed": ("element_fixed",), "rect": ("element_x", "element_y", "element_width", "element_height"),
}  # fmt: skip
"""Columns of each field of an element."""

PAGE_COLUMNS = {
    "id": ("page_id",), "title": ("title",), "type": ("page_type",), "layout": ("layout",),
    "viewport": ("viewport_width", "viewport_height"), "document": ("document_width", "document_height"),
    "screen": ("screen_width", "screen_height", "pixel_ratio"), "lang": ("lang",), "tz": ("time_zone",),
}  # fmt: skip
"""Columns of the fields of the page block that are stored as they are; the others are worked on."""

Types = dict[str, str]


def types(store: Store, table: str) -> Types:
    """Every column of a table with its type."""
    return dict(
        store.execute(  # type: ignore[arg-type]
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
            {"table": table},
        )
    )


def own_columns() -> set[str]:
    """The columns of `events` that fields of events are stored in."""
    return {
        column
        for kind, fields in kinds().items()
        if kind not in OWN_TABLES
        for entry in fields
        for column in columns_of(entry)
    }


def columns_of(entry: Field) -> tuple[str, ...]:
    """The columns of a field; an element's are named once in the contract, at the click."""
    if entry.name != "el":
        return entry.columns
    return next(field.columns for field in kinds()["click"] if field.name == "el")


def span(kind: str) -> tuple[float, float]:
    """The lowest and highest number that a type holds."""
    if kind == "Bool":
        return 0, 1
    if found := re.fullmatch(r"(U?)Int(\d+)", kind):
        bits = int(found[2])
        return (0, 2**bits - 1) if found[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if found := re.fullmatch(r"Decimal\((\d+), (\d+)\)", kind):
        return -(10 ** (int(found[1]) - int(found[2]))), 10 ** (int(found[1]) - int(found[2]))
    return -math.inf, math.inf


def fits(raw: Json, kind: str) -> bool:
    """Whether a column of this type holds whatever a node allows."""
    node = resolved(raw)
    kind = re.sub(r"^(Nullable|SimpleAggregateFunction)\((.*)\)$", r"\2", kind)
    match node.get("type"):
        case "integer" | "number":
            low, high = span(kind)
            whole = bool(re.fullmatch(r"U?Int\d+|Bool", kind))
            numeric = whole or bool(re.fullmatch(r"Float\d+|Decimal\(.*\)", kind))
            return (
                numeric
                and low <= node["minimum"]
                and node["maximum"] <= high
                and (not whole or node["type"] == "integer")
            )
        case "array":
            return kind.startswith("Array(") and fits(node["items"], kind[6:-1])
        case "object":
            return kind.startswith("JSON")
        case _:
            return bool(KEEPS_TEXT.fullmatch(kind))


def empty(kind: str) -> Any:
    """What a row holds in a column of this type that no field of its event is stored in."""
    if kind.startswith("Nullable"):
        return None
    if kind.startswith("Array"):
        return []
    if kind.startswith("JSON"):
        return {}
    if kind.startswith("Enum"):
        raise ValueError("an enumeration is always written")
    return "" if KEEPS_TEXT.fullmatch(kind) else 0


def stored(value: Any, kind: str) -> Any:
    """How a sent value reads back from a column of this type."""
    if kind.startswith("Array("):
        return [stored(entry, kind[6:-1]) for entry in value]
    if kind.startswith("JSON"):
        return {name: text(entry) for name, entry in value.items() if entry is not None}
    if kind.startswith("Decimal"):
        return round(Decimal(str(value)), 4)
    if kind == "Float32":
        return struct.unpack("f", struct.pack("f", value))[0]
    return value


def text(value: Any) -> str:
    """A property as it is stored: a text; whole numbers without a fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return str(int(value) if whole else value)


def flat(stored_text: str) -> Json:
    """A JSON column's text as paths: the column takes a dot in a name for a step down."""

    def joined(pairs: list[tuple[str, Any]]) -> Json:
        found: Json = {}
        for name, value in pairs:
            inner = (
                {f"{name}.{path}": entry for path, entry in value.items()} if isinstance(value, dict) else {name: value}
            )
            assert not inner.keys() & found.keys()
            found |= inner
        return found

    return joined(json.loads(stored_text, object_pairs_hook=joined).items())


def read_back(store: Store, table: str, page: str, columns: list[str]) -> list[Json]:
    """The rows of a page view in the order of their numbers."""
    shown = ", ".join(f"toString({name})" if name == "props" else name for name in columns)
    rows = store.execute(
        f"SELECT {shown} FROM {table} WHERE page_id = {{page:UInt64}} ORDER BY n", {"page": int(page, 16)}
    )
    return [{name: flat(value) if name == "props" else value for name, value in zip(columns, row, strict=True)}
            for row in rows]  # fmt: skip
