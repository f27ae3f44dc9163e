"""Every field has its columns, every column is written, and every value that the contract allows fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.columns import Builder
from collector.event import OWN_TABLES, contract, kinds
from tests.contract import generate, tables
from tests.contract.test_storage import STORED, sent

if TYPE_CHECKING:
    from collector.store import Store

CUT = {"viewport_width": "viewport", "viewport_height": "viewport"}
"""Columns narrower than their field: the loader cuts what no screen has."""


def written(table: str) -> set[str]:
    """The columns that the loader writes for one event of every kind with every field."""
    builder = Builder({})
    record = sent([generate.full_event(kind, high=True, n=0) for kind in generate.KINDS])
    assert builder.add(record, record.batch["events"]) == []
    return {column for (name, _), rows in builder.tables.items() if name == table for column in rows.columns()}


@pytest.mark.parametrize("table", ["events", *OWN_TABLES.values()])
def test_every_column_is_written(store: Store, table: str) -> None:
    """The loader writes all columns of the table, and no other."""
    assert written(table) == set(tables.types(store, table))


@pytest.mark.parametrize("kind", generate.KINDS)
def test_every_field_has_its_columns(store: Store, kind: str) -> None:
    """Each field of a kind names columns that exist in its table."""
    existing = tables.types(store, OWN_TABLES.get(kind, "events"))
    for entry in kinds()[kind]:
        assert set(tables.columns_of(entry)) <= set(existing), entry.name


@pytest.mark.parametrize(
    "kind", [kind for kind in STORED if kind != "click" and any(f.name == "el" for f in kinds()[kind])]
)
def test_the_contract_names_the_columns_of_an_element_everywhere(kind: str) -> None:
    """`el` is resolved into the same columns in every kind that has it."""
    (click,) = (entry.columns for entry in kinds()["click"] if entry.name == "el")
    assert [entry.columns for entry in kinds()[kind] if entry.name == "el"] == [click]


@pytest.mark.parametrize("kind", STORED)
def test_every_value_fits(store: Store, kind: str) -> None:
    """The type of a field's column holds whatever the contract allows."""
    types = tables.types(store, "events")
    for entry in kinds()[kind]:
        if entry.direct and entry.name != "el":
            assert tables.fits(entry.node, types[entry.columns[0]]), entry.name
    assert tables.fits({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 19}}, types["band"])
    assert types["person_id"] == types["visitor_id"] == types["page_id"] == types["element_key"] == "UInt64"
    assert tables.fits({"$ref": "#/$defs/u32"}, types["n"])
    assert tables.fits({"$ref": "#/$defs/u32"}, types["t_ms"])


@pytest.mark.parametrize(("block", "columns"), [("element", tables.ELEMENT_COLUMNS), ("page", tables.PAGE_COLUMNS)])
def test_every_value_of_a_block_fits(store: Store, block: str, columns: dict[str, tuple[str, ...]]) -> None:
    """The types of the columns of elements and pages hold whatever the contract allows."""
    types = tables.types(store, "events")
    for name, node in contract()["$defs"][block]["properties"].items():
        inner = node.get("items", node)
        for column in columns.get(name, ()):
            if column in CUT:
                assert not tables.fits(inner, types[column])
            elif column in ("screen_width", "screen_height"):
                assert tables.fits(inner | {"type": "integer"}, types[column])
            elif not column.endswith(("_key", "_id")):
                assert tables.fits(inner, types[column]), column


def test_every_kind_is_in_the_table(store: Store) -> None:
    """The enumeration `kind` has the contract's kinds, without those that have a table of their own."""
    listed = [part.split(" = ")[0].strip("'") for part in tables.types(store, "events")["kind"][6:-1].split(", ")]
    assert listed == STORED


@pytest.mark.parametrize(("node", "kind", "holds"), [
    ({"type": "integer", "minimum": 0, "maximum": 65535}, "UInt16", True),
    ({"type": "integer", "minimum": 0, "maximum": 65536}, "UInt16", False),
    ({"type": "integer", "minimum": -1, "maximum": 1}, "UInt16", False),
    ({"type": "integer", "minimum": 0, "maximum": 1}, "Bool", True),
    ({"type": "integer", "minimum": 0, "maximum": 2}, "Bool", False),
    ({"type": "number", "minimum": 0, "maximum": 1}, "UInt8", False),
    ({"type": "number", "minimum": 0, "maximum": 1e12}, "Decimal(18, 4)", True),
    ({"type": "number", "minimum": 0, "maximum": 1e15}, "Decimal(18, 4)", False),
    ({"type": "string", "maxLength": 1}, "LowCardinality(String)", True),
    ({"type": "string", "maxLength": 1}, "UInt8", False),
    ({"type": "integer", "minimum": 0, "maximum": 1}, "Nullable(UInt32)", True),
])  # fmt: skip
def test_the_test_itself(node: dict[str, object], kind: str, holds: bool) -> None:
    """The comparison of a node with a type can say no."""
    assert tables.fits(node, kind) is holds
