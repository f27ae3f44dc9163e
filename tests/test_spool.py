"""The spool: on the disk before the answer, or a clear no."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from collector import shipment, spool
from tests.support import wait_until

if TYPE_CHECKING:
    from pathlib import Path


def events(folder: Path) -> int:
    return spool.recount(folder)["spooled"]


def test_a_record_is_readable_by_another_process_once_put_returns(tmp_path: Path) -> None:
    """And it is the same bytes, in order."""
    writer = spool.Spool(tmp_path)
    for number in range(5):
        writer.put(b"record %d" % number, 2, 1_000 + number)
    with contextlib.closing(spool.connect(writer.path)) as connection:
        assert [row[1:] for row in shipment.waiting(connection, 100, 1000)] == [
            (1_000 + number, 2, b"record %d" % number) for number in range(5)
        ]
        assert shipment.backlog(connection) == (10, 1_000)
    writer.close()


def test_threads_share_commits(tmp_path: Path) -> None:
    """Many writers at once: everything is there, and it took fewer commits than records."""
    writer = spool.Spool(tmp_path)

    def write() -> None:
        for _ in range(50):
            writer.put(b"x" * 100, 1, 1)

    threads = [threading.Thread(target=write) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = spool.counters(tmp_path)
    assert found["accepted"] == found["spooled"] == 800
    assert found["spooled_bytes"] == 80_000


def test_every_process_has_a_file_of_its_own_and_the_next_adopts_a_dead_ones(tmp_path: Path) -> None:
    """Slots are held by locks, which end with their process."""
    first, second = spool.Spool(tmp_path), spool.Spool(tmp_path)
    assert first.path != second.path
    path = first.path
    first.close()
    third = spool.Spool(tmp_path)
    assert third.path == path
    second.close()
    third.close()


def test_a_killed_writer_loses_nothing_that_it_confirmed(tmp_path: Path) -> None:
    """A process that says what was confirmed, killed in the middle."""
    program = (
        "import sys, threading; from pathlib import Path; from collector.spool import Spool\n"
        f"spool = Spool(Path({str(tmp_path)!r}))\n"
        "for number in range(10**9):\n    spool.put(b'x', 1, number); print(number, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    confirmed = [int(process.stdout.readline()) for _ in range(200)]
    process.kill()
    confirmed += [int(line) for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    assert events(tmp_path) >= len(confirmed)


def test_over_its_cap_it_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    """A clear error, a reason for /readyz, and no silent loss."""
    writer = spool.Spool(tmp_path, max_bytes=10_000)
    writer.put(b"x" * 20_000, 1, 1)
    writer._room_checked = 0
    with pytest.raises(spool.SpoolError, match="the cap is"):
        writer.put(b"y", 1, 1)
    assert "wait for ClickHouse" in writer.trouble()
    assert events(tmp_path) == 1
    with contextlib.closing(spool.connect(writer.path)) as connection:
        plan = shipment.Shipment("t", 1, 1, b"{}")
        shipment.begin(connection, plan)
        shipment.settle(connection, plan, {"inserted": 1})
    writer.put(b"z", 1, 1)
    assert writer.trouble() == ""
    writer.close()


def test_a_disk_error_is_a_refusal_and_its_end_is_noticed(tmp_path: Path) -> None:
    """A file that is locked by somebody else for good: 503, not a hang."""
    writer = spool.Spool(tmp_path)
    writer.put(b"a", 1, 1)
    blocker = sqlite3.connect(writer.path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(spool.SpoolError, match="did not confirm"):
        writer.put(b"b", 1, 1, wait=0.3)
    blocker.execute("ROLLBACK")
    blocker.close()
    writer.put(b"c", 1, 1)
    writer.close()
    assert events(tmp_path) in (2, 3)


def test_a_disk_that_does_not_answer_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes while a commit hangs for longer than anybody waits hears so at once, and `trouble` says it."""
    monkeypatch.setattr(spool, "WAIT_SECONDS", 0.2)
    writer = spool.Spool(tmp_path)
    writer.put(b"a", 1, 1)
    with sqlite3.connect(writer.path, isolation_level=None) as blocker:
        blocker.execute("BEGIN EXCLUSIVE")
        with pytest.raises(spool.SpoolError, match=r"did not confirm within 0\.3 s"):
            writer.put(b"b", 1, 1, wait=0.3)
        with pytest.raises(spool.SpoolError, match="has not confirmed anything for"):
            writer.put(b"c", 1, 1, wait=3600)
        assert "has not confirmed" in writer.trouble()
        blocker.execute("ROLLBACK")
    blocker.close()
    wait_until(lambda: not writer.trouble(), 10, "the end of the trouble")
    writer.put(b"d", 1, 1)
    writer.close()


def test_after_closing_nothing_is_taken(tmp_path: Path) -> None:
    """A late request hears that the collector is stopping."""
    writer = spool.Spool(tmp_path)
    writer.close()
    with pytest.raises(spool.SpoolError, match="stopping"):
        writer.put(b"x", 1, 1)


def test_counters_reach_the_file_without_a_record(tmp_path: Path) -> None:
    """Refusals are counted although nothing is stored."""
    writer = spool.Spool(tmp_path)
    writer.count("rejected:site", 3)
    writer.close()
    assert spool.counters(tmp_path)["rejected:site"] == 3


def test_only_one_loader_works_on_a_folder(tmp_path: Path) -> None:
    """The second hears who holds it."""
    with (
        shipment.loader_lock(tmp_path),
        pytest.raises(spool.SpoolError, match=r"another loader, process [0-9]+"),
        shipment.loader_lock(tmp_path, wait=0.2),
    ):
        pass


def test_notes_are_kept_and_taken_away(tmp_path: Path) -> None:
    """The loader's last trouble, for people."""
    writer = spool.Spool(tmp_path)
    writer.put(b"x", 1, 1)
    with contextlib.closing(spool.connect(writer.path)) as connection:
        spool.note(connection, "loader", "no route")
        assert spool.notes(tmp_path)["loader"][0] == "no route"
        spool.note(connection, "loader", "")
    assert spool.notes(tmp_path) == {}
    writer.close()
