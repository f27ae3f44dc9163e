"""docs/tables.md names every public column with its type, and says of each what the database says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract import describe

if TYPE_CHECKING:
    from collector.store import Store

PAGE = (Path(__file__).parents[2] / "docs/tables.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
INTERNAL = {"erasing", "schema_migrations", "seen"}
"""Tables of the program's own; so are the materialized views that fill roll-ups."""


def listed(table: str) -> dict[str, tuple[str, str]]:
    """Type and meaning of each column on the page."""
    found = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", SECTIONS[table], re.MULTILINE)
    return {name: (kind, meaning) for name, kind, meaning in found}


def test_every_table_has_its_section(store: Store) -> None:
    found = store.execute(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'MaterializedView'"
    )
    assert set(SECTIONS) == {name for (name,) in found} - INTERNAL


def columns(store: Store, table: str) -> dict[str, tuple[str, str]]:
    """Type, of enumerations without their values, and comment of each column."""
    found = store.execute(
        "SELECT name, type, comment FROM system.columns WHERE database = currentDatabase() AND table = {t:String}",
        {"t": table},
    )
    return {name: (re.sub(r"^Enum8\(.*", "Enum8", kind), comment) for name, kind, comment in found}


@pytest.mark.parametrize("table", sorted(set(SECTIONS) - set(describe.TABLES)))
def test_every_column_is_listed_as_it_is(store: Store, table: str) -> None:
    """Of `v_events` only what is not a column of `events` as it is."""
    said, found = listed(table), columns(store, table)
    if table == "v_events":
        plain = columns(store, "events")
        assert all(found[name][0] == plain[name][0] for name in set(found) - set(said))
        found = {name: column for name, column in found.items() if name in said}
    assert {name: kind for name, (kind, _) in said.items()} == {name: kind for name, (kind, _) in found.items()}
    for name, (_, comment) in found.items():
        assert said[name][1], name
        if comment:
            assert said[name][1] == comment, name


@pytest.mark.parametrize("table", describe.TABLES)
def test_what_the_contract_lists_is_linked(table: str) -> None:
    """schema/README.md has the columns of what is sent; here stands where."""
    assert f"(../schema/README.md#table-{table})" in SECTIONS[table]
