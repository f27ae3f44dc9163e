"""Tables only move forward, and nobody edits the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector import migrate
from collector.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from collector.engine import Connection


def url_of(engine: Connection, name: str) -> str:
    return engine.loader_url.replace("/footpath", f"/{name}")


def test_a_dry_run_lists_everything_and_changes_nothing(engine: Connection) -> None:
    """Not even the database is made."""
    url = url_of(engine, "dry")
    assert [step.name for step in migrate.planned(url)] == [step.name for step in migrate.migrations()]
    server = Store(url, database="default")
    assert server.execute("SELECT count() FROM system.databases WHERE name = 'dry'") == [(0,)]


def test_a_second_run_does_nothing(database_url: str) -> None:
    """And says so."""
    assert migrate.migrate(database_url) == []
    assert migrate.planned(database_url) == []


def test_an_edited_file_stops_everything(database_url: str, store: Store) -> None:
    """The name of the file is in the message."""
    known = migrate.migrations()
    known[0] = migrate.Migration(known[0].name, known[0].sql + " ", "0" * 64)
    with pytest.raises(migrate.MigrationError, match=r"0001_events was changed"):
        migrate.migrate(database_url, known=known)


def test_tables_newer_than_the_program_stop_it(database_url: str) -> None:
    """An old version must not write into tables that it does not know."""
    with pytest.raises(migrate.MigrationError, match="upgrade footpath"):
        migrate.migrate(database_url, known=migrate.migrations()[:-1])


def test_killed_between_a_statement_and_its_record_it_goes_on(database_url: str, store: Store) -> None:
    """The table exists already; the record is made up for."""
    store.execute("ALTER TABLE schema_migrations DELETE WHERE name = '0013_sites' SETTINGS mutations_sync = 2")
    assert [step.name for step in migrate.migrate(database_url)] == ["0013_sites"]


def test_files_are_numbered_without_gaps(tmp_path: Path) -> None:
    """A gap means that somebody lost a file."""
    (tmp_path / "0002_x.sql").write_text("SELECT 1")
    with pytest.raises(migrate.MigrationError, match="begins with 0001_"):
        migrate.migrations(tmp_path)


@pytest.mark.parametrize("name", ["a-b", "1a", "a b", "a;b"])
def test_a_database_must_have_a_plain_name(engine: Connection, name: str) -> None:
    """It stands in statements."""
    with pytest.raises(ValueError, match="no name for a database"):
        migrate.planned(url_of(engine, name))
