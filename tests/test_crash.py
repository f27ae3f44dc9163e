"""An acknowledged event is never lost and counted once, whatever dies."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from collector import engine
from collector.store import Store
from tests.crash.disturb import BEHIND_GATE, OWN_ENGINE
from tests.crash.run import run
from tests.gate import Gate
from tests.support import batch, running, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_whatever_dies_under_load_every_acknowledged_event_is_counted_once(tmp_path: Path) -> None:
    """Each disturbance of `make crash` at least once: nothing lost, nothing twice, only poison is set aside."""
    tallies = run(cycles=2 * max(len(OWN_ENGINE), len(BEHIND_GATE)), seed=1, folder=tmp_path)
    for name, tally in tallies.items():
        assert tally.acknowledged > 100, name
        assert (tally.lost, tally.twice, tally.astray, tally.seen) == (0, 0, 0, []), name


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
