"""The program's own ClickHouse: one process over one directory, ended with its parent."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from collector import engine, migrate
from collector.store import Poison, Refused, Store, Unreachable
from tests.support import running, wait_until

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_survive_sigkill(tmp_path: Path) -> None:
    """Killed right after an insert was answered, started again on the same data."""
    with engine.running(tmp_path) as connection:
        migrate.migrate(connection.loader_url)
        store = Store(connection.loader_url)
        store.insert("sites", {"site_id": [1], "key": ["a"], "name": ["a"], "time_zone": ["UTC"], "updated_at": [0]})
        os.kill(connection.pid, signal.SIGKILL)
        wait_until(lambda: not running([connection.pid]), 10, "its death")
        with pytest.raises(Unreachable):
            store.ping()
    with engine.running(tmp_path) as connection:
        assert Store(connection.loader_url).execute("SELECT key FROM sites") == [("a",)]


def test_a_directory_in_use_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    """And the running engine goes on undisturbed."""
    with engine.running(tmp_path) as connection:
        with pytest.raises(engine.EngineError, match=f"in use by process {connection.pid}"):
            engine.Engine(tmp_path).start()
        assert engine.find(tmp_path) == connection
        Store(connection.loader_url, database="default").ping()


def test_the_connection_file_is_private_and_goes_with_the_engine(tmp_path: Path) -> None:
    """Mode 0600; passwords differ at every start."""
    with engine.running(tmp_path) as first:
        mode = (tmp_path / engine.CONNECTION_FILE).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
        assert stat.S_IMODE((tmp_path / "clickhouse").stat().st_mode) == 0o700
    assert engine.find(tmp_path) is None
    with engine.running(tmp_path) as second:
        assert second.reader_url != first.reader_url


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """No process is left behind."""
    program = (
        "import sys, time; from pathlib import Path; from collector.engine import Engine\n"
        f"print(Engine(Path({str(tmp_path)!r})).start().pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not running([child]), 10, "its end")


def test_the_start_of_an_engine_can_be_broken_off(tmp_path: Path) -> None:
    """Who is told to end does not wait for it to answer, and leaves no process behind."""
    unwanted = engine.Engine(tmp_path, lambda: True)
    with pytest.raises(engine.EngineError, match="broken off"):
        unwanted.start()
    unwanted.stop()
    with engine.running(tmp_path) as connection:
        Store(connection.loader_url, database="default").ping()


@pytest.mark.slow
def test_an_engine_that_no_longer_answers_is_ended(tmp_path: Path) -> None:
    """It runs, but its port is closed, as any local user can do: the supervisor starts another."""
    deaf = engine.Engine(tmp_path)
    url = re.sub("//.*@", "//default:@", deaf.start().loader_url)
    try:
        assert deaf.alive()
        with contextlib.suppress(Unreachable):
            Store(url, database="default").execute("SYSTEM STOP LISTEN TCP")
        wait_until(lambda: not deaf.alive(), 20, "the end of the deaf engine")
        Store(deaf.start().loader_url, database="default").ping()
    finally:
        deaf.stop()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sites VALUES (1, 'a', 'a', 'UTC', now())",
        "CREATE TABLE x (a Int8) ENGINE = Memory",
        "DROP TABLE events",
        "ALTER TABLE events DELETE WHERE 1",
        "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1:1', system.one)",
        "SET readonly = 0",
        "SYSTEM SHUTDOWN",
    ],
)
def test_the_analyst_may_only_read(migrated_engine: engine.Connection, statement: str) -> None:
    """Neither data nor files nor other servers are within reach of a question."""
    with pytest.raises(Refused):
        Store(migrated_engine.reader_url).execute(statement)


@pytest.mark.parametrize("statement", ["SELECT count() FROM events", "INSERT INTO sites VALUES (1)", "SYSTEM SHUTDOWN"])
def test_without_a_password_nothing_can_be_done(migrated_engine: engine.Connection, statement: str) -> None:
    """The user that the engine's own statement runs as can neither read nor write."""
    url = re.sub("//.*@", "//default:@", migrated_engine.loader_url)
    with pytest.raises(Refused):
        Store(url).execute(statement)


def test_a_wrong_password_is_a_refusal_that_a_person_must_look_at(migrated_engine: engine.Connection) -> None:
    """Not an outage, not a bad row."""
    with pytest.raises(Refused):
        Store(re.sub("//.*@", "//loader:wrong@", migrated_engine.loader_url)).ping()


@pytest.mark.parametrize("url", ["http://x", "clickhouse://", "", "clickhouse:///db"])
def test_an_address_of_another_form_is_refused_with_an_example(url: str) -> None:
    """The message shows what it should look like."""
    with pytest.raises(ValueError, match="clickhouse://user:password@host:9000/database"):
        Store(url)


def test_parameters_are_bound_by_the_server(store: Store) -> None:
    """Quotes, backslashes and statements in a value stay a value."""
    for text in ("it's", 'a"b', "a\\b", "'); DROP TABLE events; --", "\n\t", "ü😀"):
        assert store.execute("SELECT {text:String}", {"text": text}) == [(text,)]


def test_bad_values_are_poison_wherever_they_are_found(store: Store) -> None:
    """By the driver, which cannot pack them, or by ClickHouse, which cannot read them."""
    row = {"site_id": [1], "key": ["a"], "name": ["a"], "time_zone": ["UTC"], "updated_at": [0]}
    for wrong in ({"site_id": [-1]}, {"site_id": ["x"]}, {"key": [5]}, {"updated_at": ["yesterday"]}):
        with pytest.raises(Poison):
            store.insert("sites", row | wrong)
    assert store.insert("sites", row) == 1


def test_the_log_has_no_statements(tmp_path: Path) -> None:
    """Warnings only: values of parameters, ids of visitors among them, would stand there for days."""
    with engine.running(tmp_path) as connection:
        store = Store(connection.loader_url, database="default")
        assert store.execute("SELECT {value:UInt64} + 1", {"value": 8_765_432_109}) == [(8_765_432_110,)]
        store.close()
    log = (tmp_path / "clickhouse" / "engine.log").read_text()
    assert set(re.findall(r"<[A-Z][a-z]+>", log)) == {"<Warning>"}
    assert "8765432109" not in log
