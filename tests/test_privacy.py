"""`footpath export` and `footpath erase` over a running program."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import Server, batch, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path

VISITOR = "a1b2c3d4e5f60718"


def footpath(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with the program's settings."""
    return subprocess.run(
        [sys.executable, "-m", "collector.cli", *arguments],
        env=server.environment, cwd=server.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_visitor_is_exported_and_erased_from_the_command_line(tmp_path: Path) -> None:
    """The counts before and after are printed; what is asked for wrongly, or while nothing runs, is told."""
    with serving(tmp_path) as server:
        for _ in range(2):
            assert server.post(batch(visitor=VISITOR))[0] == 202
        wait_until(lambda: server.metrics()["inserted"] == 20, what="loading")
        told = footpath(server, "export", VISITOR, "--site", "demo-shop")
        tables = [json.loads(line)["table"] for line in told.stdout.splitlines()]
        assert (told.returncode, tables.count("events"), tables.count("sessions")) == (0, 20, 2)

        erased = footpath(server, "erase", VISITOR, "--site", "demo-shop", "--wait")
        lines = {line.split()[0]: line.split()[1::2] for line in erased.stdout.splitlines()}
        assert erased.returncode == 0, erased.stderr
        assert lines["events"] == ["20", "0"]
        assert lines["seen"] == ["20", "0"]
        assert {after for _, after in lines.values()} == {"0"}
        assert footpath(server, "export", VISITOR, "--site", "demo-shop").stdout == ""

        assert server.post(batch(visitor=VISITOR))[0] == 202
        wait_until(lambda: server.metrics()["erased"] == 10, what="dropping")
        for wrong in (("erase", "nobody", "--site", "demo-shop"), ("export", VISITOR, "--site", "none")):
            assert footpath(server, *wrong).returncode == 1
    asleep = footpath(server, "erase", VISITOR, "--site", "demo-shop", "--wait")
    assert asleep.returncode == 1
    assert "no ClickHouse runs" in asleep.stderr
    later = footpath(server, "erase", VISITOR, "--site", "demo-shop")
    assert later.returncode == 0
    assert "until the loader carries it out" in later.stderr
