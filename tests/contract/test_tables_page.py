"""docs/tables.md names every public column with its type, and says of each what the database says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize("table", sorted(SECTIONS))
def test_every_column_is_listed_as_it_is(store: Store, table: str) -> None:
    """Enumerations without their values; of `v_events` only what is not a column of `events` as it is."""
    columns = {
        name: (re.sub(r"^Enum8\(.*", "Enum8", kind), comment)
        for name, kind, comment in store.execute(
            "SELECT name, type, comment FROM system.columns WHERE database = currentDatabase() AND table = {t:String}",
            {"t": table},
        )
    }
    said = listed(table)
    if table == "v_events":
        plain = listed("events")
        assert all(columns[name][0] == plain[name][0] for name in set(columns) - set(said))
        columns = {name: column for name, column in columns.items() if name in said}
    assert {name: kind for name, (kind, _) in said.items()} == {name: kind for name, (kind, _) in columns.items()}
    for name, (_, comment) in columns.items():
        assert said[name][1], name
        if comment:
            assert said[name][1] == comment, name
