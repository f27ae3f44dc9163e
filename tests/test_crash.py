"""An acknowledged event is never lost and counted once, whatever dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from collector import engine
from collector.store import Store, StoreError
from tests.gate import Gate
from tests.support import Server, batch, ids, running, serving, wait_until


class Visitors:
    """Clients that send until they are stopped; like the script, they try a batch again until it is taken."""

    def __init__(self, server: Server, threads: int = 4) -> None:
        self.acknowledged: set[tuple[int, int]] = set()
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            self._deliver(batch())
            time.sleep(0.005)

    def _deliver(self, sent: dict[str, object]) -> None:
        for attempt in range(100):
            try:
                status, answer = self._server.post(sent | {"attempt": attempt})
            except (OSError, ValueError):
                status = 0
            if status == 202:
                assert answer["accepted"] == 10
                self.acknowledged |= ids(sent)
                return
            time.sleep(0.1)


def stored(server: Server) -> list[tuple[int, int]]:
    """(page id, n) of every stored row."""
    connection = engine.find(server.folder / "data")
    assert connection is not None
    store = Store(connection.loader_url)
    try:
        return [tuple(row) for row in store.execute("SELECT page_id, n FROM events")]
    finally:
        store.close()


def all_stored(server: Server, acknowledged: set[tuple[int, int]]) -> bool:
    try:
        return acknowledged <= set(stored(server)) and server.metrics()["spooled"] == 0
    except (StoreError, OSError, AssertionError):
        return False


VICTIMS = ("a web worker", "the loader", "granian", "the engine")


def victim_pid(server: Server, victim: str) -> int:
    """Its process id, 0 while it is being started again."""
    data = server.folder / "data"
    if victim == "the engine":
        connection = engine.find(data)
        return connection.pid if connection else 0
    pid = int((data / "spool" / ("loader.lock" if victim == "the loader" else "slot-0.lock")).read_text() or 0)
    below = server.descendants()
    if victim == "granian" and pid in below:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid if pid in below else 0


def kill(server: Server, victim: str) -> None:
    """SIGKILL one process of the running program."""
    wait_until(lambda: victim_pid(server, victim), 30, f"the start of {victim}")
    os.kill(victim_pid(server, victim), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("victim", VICTIMS)
def test_killing_it_under_load_loses_and_doubles_nothing(tmp_path: Path, victim: str) -> None:
    """Killed three times with SIGKILL while four clients send: what was acknowledged is there exactly once."""
    with serving(tmp_path) as server:
        visitors = Visitors(server)
        for _ in range(3):
            time.sleep(1.5)
            kill(server, victim)
            time.sleep(1)
        visitors.stop()
        wait_until(lambda: all_stored(server, visitors.acknowledged), 60, "loading everything acknowledged")
        rows = stored(server)
        assert len(visitors.acknowledged) > 100
        assert len(rows) == len(set(rows))
        numbers = server.metrics()
        assert numbers["accepted"] == sum(
            numbers[name] for name in ("inserted", "duplicate", "erased", "dead", "spooled")
        )


@pytest.mark.slow
def test_killing_the_supervisor_leaves_no_process_and_starts_again_on_the_same_data(tmp_path: Path) -> None:
    """SIGKILL of the whole program's parent: the children end by themselves, the next start brings what waited."""
    with serving(tmp_path) as server:
        visitors = Visitors(server)
        time.sleep(1.5)
        below = list(server.descendants())
        server.process.kill()
        server.process.wait()
        visitors._stop.set()
        wait_until(lambda: not running(below), 20, "the end of the children")
        for thread in visitors._threads:
            thread.join(0)
        acknowledged = set(visitors.acknowledged)
    with serving(tmp_path) as server:
        wait_until(lambda: all_stored(server, acknowledged), 60, "loading what waited")
        rows = stored(server)
        assert len(rows) == len(set(rows))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_brings_everything_to_clickhouse_and_exits_cleanly(tmp_path: Path, number: int) -> None:
    """SIGTERM and ctrl-C: exit code 0, no process left, nothing left in the spool."""
    with serving(tmp_path) as server:
        sent = [batch() for _ in range(20)]
        for one in sent:
            assert server.post(one)[0] == 202
        below = list(server.descendants())
        assert server.stop(number) == 0, server.log()
        wait_until(lambda: not running(below), 5, "the end of all processes")
    with engine.running(tmp_path / "data") as connection:
        store = Store(connection.loader_url)
        assert store.execute("SELECT count() FROM events") == [(200,)]
        store.close()


@pytest.mark.slow
def test_without_clickhouse_events_are_taken_and_loaded_later(tmp_path: Path) -> None:
    """An outage of the database: 202 and ready all the while; the loader catches up when it is back."""
    with engine.running(tmp_path / "elsewhere") as connection:
        gate = Gate(connection.loader_url)
        gate.shut()
        with serving(tmp_path / "program", FOOTPATH_CLICKHOUSE_URL=gate.url) as server:
            assert server.post(batch())[0] == 202
            wait_until(lambda: server.metrics()["loader_waiting"] == 1, what="the loader's complaint")
            assert server.get("/readyz")[0] == 200
            assert server.metrics()["spooled"] == 10
            gate.open = True
            wait_until(lambda: server.metrics()["spooled"] == 0, 60, "catching up")
            store = Store(connection.loader_url)
            assert store.execute("SELECT count() FROM events") == [(10,)]
            store.close()
        gate.close()
