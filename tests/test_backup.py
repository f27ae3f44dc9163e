"""Backup as docs/operating/backup.md has it: stop, copy, start over the copy, the same answers."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from collector.engine import find
from collector.store import Store
from tests.support import Server, batch, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("events", "sessions", "heat_cells", "page_totals", "seen", "schema_migrations")


def answers(server: Server) -> dict[str, object]:
    """Every row of the tables, as one number each, and the books."""
    running = find(server.folder / "data")
    assert running is not None
    store = Store(running.loader_url)
    rows = {
        table: store.execute(f"SELECT count(), sum(cityHash64(formatRow('TSV', *))) FROM {table} FINAL")
        if table not in ("events", "seen")
        else store.execute(f"SELECT count(), sum(cityHash64(formatRow('TSV', *))) FROM {table}")
        for table in TABLES
    }
    store.close()
    return {**rows, "metrics": {name: server.metrics()[name] for name in ("accepted", "inserted", "duplicate")}}


def test_a_copy_of_a_stopped_program_answers_the_same_and_goes_on(tmp_path: Path) -> None:
    """Tables, counters, keys; a batch that comes again is still known as a copy."""
    sent = [batch() for _ in range(20)]
    with serving(tmp_path / "old") as server:
        assert {server.post(each)[0] for each in sent} == {202}
        wait_until(lambda: server.metrics()["inserted"] == 200, what="loading")
        before = answers(server)
        assert server.stop() == 0
    (tmp_path / "new").mkdir()
    for name in ("data", "config"):
        subprocess.run(["cp", "-a", tmp_path / "old" / name, tmp_path / "new" / name], check=True)
    shutil.rmtree(tmp_path / "old")
    with serving(tmp_path / "new") as server:
        wait_until(lambda: find(tmp_path / "new" / "data"), what="ClickHouse")
        assert answers(server) == before
        assert server.post(sent[0] | {"attempt": 1})[0] == 202
        assert server.post(batch())[0] == 202
        wait_until(lambda: server.metrics()["inserted"] == 210, what="loading")
        assert server.metrics()["duplicate"] == 10
