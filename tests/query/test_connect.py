"""Connecting finds what runs, starts nothing by itself, and says what to do."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import collector.query
from collector import engine as engines
from collector.migrate import migrate
from collector.query import Connection, NotConnected, QueryError, connect, embedded
from collector.query import connection as connection_module
from collector.store import Store
from tests.query.worlds import at, ms, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.engine import Connection as EngineConnection


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("FOOTPATH_CLICKHOUSE_URL", "FOOTPATH_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_to_connect_to_says_what_to_do() -> None:
    with pytest.raises(NotConnected, match=r"no running footpath .* start `footpath serve`"):
        connect()


def test_an_address_that_is_none_says_how_one_looks() -> None:
    with pytest.raises(NotConnected, match="clickhouse://user:password@host:9000/database"):
        connect("http://localhost")


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(NotConnected, match=r"127\.0\.0\.1:1 does not answer"):
        connect("clickhouse://a:b@127.0.0.1:1/footpath")


def test_the_running_program_is_found(
    engine: EngineConnection, query_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOOTPATH_DATA_DIR", str(tmp_path / "data"))
    running = dataclasses.replace(engine, reader_url=query_url)
    monkeypatch.setattr(connection_module.engine, "find", {tmp_path / "data": running}.get)
    found = connect()
    assert re.fullmatch(r"<Footpath at 127\.0\.0\.1:\d+, database questions>", repr(found))
    found.close()
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", query_url)
    monkeypatch.setenv("FOOTPATH_DATA_DIR", str(tmp_path / "elsewhere"))
    named = connect()
    assert repr(named).endswith("database questions>")
    named.close()


def test_tables_that_do_not_exist_are_migrated_not_guessed(engine: EngineConnection) -> None:
    store = Store(engine.loader_url.replace("/footpath", "/system"))
    with pytest.raises(QueryError, match="run `footpath migrate`"):
        Connection(store).site("x")
    store.close()


def test_the_latest_description_of_a_site_counts(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [])
    shared.insert(
        "sites",
        {
            "site_id": [site_id],
            "key": ["renamed"],
            "name": ["R"],
            "time_zone": ["Asia/Tokyo"],
            "updated_at": [at(ms("2026-12-01"))],
        },
    )
    found = Connection(shared).site("renamed")
    assert (found.tz, repr(found)) == ("Asia/Tokyo", "<Site renamed, days of Asia/Tokyo>")
    assert f"site-{site_id}" not in Connection(shared).sites()


@pytest.mark.slow
def test_a_directory_is_opened_on_purpose(tmp_path: Path) -> None:
    with engines.running(tmp_path) as running:
        migrate(running.loader_url)
        store = Store(running.loader_url)
        save(store, 1, [{"at": ms("2026-11-02"), "n": 1}])
        store.close()
    with embedded(tmp_path) as connection:
        assert len(connection.site("site-1").sessions("2026-11-02").rows) == 1
    with pytest.raises(NotConnected, match="no data directory of footpath"), embedded(tmp_path / "nothing"):
        pass


def test_the_public_names_are_sorted_and_exist() -> None:
    names = collector.query.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(collector.query, name) for name in names)


def test_a_notebook_does_not_pay_for_the_web_stack_nor_for_plots() -> None:
    program = """
import sys, collector.query, collector.query.report
heavy = ("flask", "marshmallow", "user_agents", "matplotlib", "pandas", "polars", "pyarrow", "scipy", "chdb",
         "collector.validate", "collector.receive", "collector.load")
sys.exit(", ".join(name for name in heavy if name in sys.modules) or 0)"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
