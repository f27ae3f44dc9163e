"""schema/README.md shows the contract and the tables as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.event import kinds
from tests.contract import describe, tables

if TYPE_CHECKING:
    from collector.store import Store


def test_the_tables_are_up_to_date() -> None:
    """`python -m tests.contract.describe` would change nothing."""
    text = describe.readme().read_text()
    assert describe.regenerated(text) == text


def test_every_field_is_listed() -> None:
    """Each field of each kind has its line."""
    lines = describe.fields().splitlines()
    for kind, entries in kinds().items():
        for entry in entries:
            found = [line for line in lines if line.startswith(f"| `{kind}` | ") and f"`{entry.name}`" in line]
            assert len(found[0].split(" | ")) == 5
            assert not found[0].endswith("|  |"), f"{kind}.{entry.name} has no meaning"


@pytest.mark.parametrize("table", describe.TABLES)
def test_every_column_is_listed(store: Store, table: str) -> None:
    """The columns read from the .sql file are those that ClickHouse has, with their types and comments."""
    rows = store.execute(
        "SELECT name, type, comment FROM system.columns "
        "WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
        {"table": table})  # fmt: skip
    lines = [f"| `{name}` | `{kind}` | {comment} |" for name, kind, comment in rows]
    lines = [line.replace("dynamic_paths=", "dynamic_paths = ") for line in lines]
    assert describe.columns(table).splitlines()[2:] == lines
    assert len(lines) == len(tables.types(store, table))


@pytest.mark.parametrize("table", ["events", "outcomes"])
def test_every_column_has_a_meaning(store: Store, table: str) -> None:
    """No column is without a comment."""
    uncommented = store.execute(
        "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} "
        "AND comment = ''",
        {"table": table},
    )
    assert uncommented == []


def test_a_missing_place_is_told() -> None:
    """A table without its place in the text is an error, not silence."""
    with pytest.raises(ValueError, match="is missing"):
        describe.regenerated("# Nothing")
