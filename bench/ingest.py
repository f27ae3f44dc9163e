"""How many events a second from HTTP to a queryable row, and how much CPU each costs, by step.

    python bench/ingest.py [--quick | --memory MINUTES]

One run starts a bare Flask application that keeps JSON in memory (the baseline: nothing durable, nothing checked), and
then the whole program with its own ClickHouse, and sends both the same batches of 1, 3 and 10 events. Machines are
shared and noisy: compare the CPU figures and the ratio, not the rates of two runs. `--memory` looks at nothing but the
memory that a long run takes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import stages
from bench.traffic import always_new, drive, same_few
from tests.support import Server, batch, descendants, free_port, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.traffic import Load

SIZES = (1, 3, 10)
BATCHES = {1: 30_000, 3: 25_000, 10: 20_000}
STEADY_SHARE = 0.7
STEADY_SECONDS = 10
LONG_SECONDS = 60
LOOKS = 6
"""How often a long run looks at memory, besides at its begin."""
NEW_A_SECOND = 1_000
AGENT_ROUNDS = 3
TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
BASELINE = """
import json
from flask import Flask, request
app = Flask("bare"); kept = []
@app.post("/v1/events")
def events():
    kept.append(json.loads(request.get_data()))
    return {"accepted": len(kept[-1]["events"])}, 202
"""

Cpu = dict[str, float]
"""CPU us an event by part of the program."""


@dataclass
class Run:
    """One size of batches at full speed."""

    load: Load
    cpu: Cpu
    queryable: float = 0.0

    @property
    def rate(self) -> float:
        """Batches a second that became queryable: what can go on for ever."""
        return self.load.batches / (self.load.seconds + self.queryable)

    @property
    def together(self) -> float:
        """CPU us an event."""
        return sum(self.cpu.values())


class Program:
    """The running program, seen from outside: what its parts spent and hold."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        loader = int((folder / "data/spool/loader.lock").read_text())
        below = server.descendants()
        engine = [pid for pid, command in below.items() if "collector.engine" in command]
        self._parts = {
            "web": [pid for pid in below if pid != loader and pid not in engine],
            "loader": [loader],
            "ClickHouse": engine,
        }

    def spent(self) -> Cpu:
        """CPU seconds so far. The web workers' own threads (the spool's writer above all) count as `spool`."""
        found = {name: sum(map(cpu_seconds, pids)) for name, pids in self._parts.items()}
        writers = sum(map(own_threads_seconds, self._parts["web"]))
        return {"requests": found.pop("web") - writers, "spool": writers} | found

    def holds(self) -> dict[str, float]:
        """MiB of resident memory by part."""
        return {name: sum(map(resident, pids)) / MIB for name, pids in self._parts.items()}

    def inserted(self) -> int:
        """Events that are queryable."""
        return int(self.server.metrics()["inserted"])

    def drive(self, batches: int, events: int, **how: object) -> Run:
        """Send, wait until everything is queryable, and tell what an event cost."""
        before, already = self.spent(), self.inserted()
        load = drive(self.server.port, batches, events, **how)
        answered = time.perf_counter()
        wait_until(lambda: self.inserted() == already + batches * events, 300, "loading everything")
        queryable = time.perf_counter() - answered
        spent = {name: (seconds - before[name]) / (batches * events) * 1e6 for name, seconds in self.spent().items()}
        return Run(load, spent, queryable)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    return _seconds(Path(f"/proc/{pid}/stat"))


def own_threads_seconds(pid: int) -> float:
    """The same of its threads that the server did not start for requests."""
    spent = 0.0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if "tokio" not in (thread / "comm").read_text():
                spent += _seconds(thread / "stat")
    return spent


def _seconds(stat: Path) -> float:
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid: int) -> int:
    """Bytes of resident memory."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


@contextlib.contextmanager
def bare(folder: Path) -> Iterator[tuple[int, list[int]]]:
    """Bare Flask under the same server with the same workers and threads: its port and processes."""
    (folder / "bare.py").write_text(BASELINE)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2",
               "--blocking-threads", "16", "--no-access-log", "--log-level", "error", "bare:app"]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder)
    try:
        wait_until(lambda: _listens(port), what="the baseline's start")
        yield port, [process.pid, *descendants(process.pid)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def baselines(share: float) -> dict[int, Run]:
    """The bare application by size of batches."""
    found = {}
    with tempfile.TemporaryDirectory() as name, bare(Path(name)) as (port, pids):
        for size in SIZES:
            batches = int(BATCHES[size] * share)
            before = sum(map(cpu_seconds, pids))
            load = drive(port, batches, size)
            spent = sum(map(cpu_seconds, pids)) - before
            found[size] = Run(load, {"requests": spent / (batches * size) * 1e6})
    return found


@contextlib.contextmanager
def program() -> Iterator[Program]:
    """The whole program after its first insert. Its rate limit counts, but is out of reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "program"
        with serving(folder, FOOTPATH_RATE="1000000", FOOTPATH_LOG="warning") as server:
            server.post(batch())
            wait_until(lambda: server.metrics()["inserted"] == len(batch()["events"]), what="the first insert")
            yield Program(server, folder)


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="an eighth of everything, for a first look")
    parser.add_argument("--memory", type=float, default=0, metavar="MINUTES", help="only memory, over so long")
    options = parser.parse_args()
    share = 1 / 8 if options.quick else 1.0
    random.seed(1)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load "
          f"{os.getloadavg()[0]:.1f} before it began; the sender runs on the same cores")  # fmt: skip
    if options.memory:
        with program() as running:
            fastest = running.drive(BATCHES[SIZES[-1]], SIZES[-1])
            print_memory(running, fastest, options.memory * 60, LOOKS)
        return
    print_stages(share)
    beside = baselines(share)
    with program() as running:
        runs = {size: running.drive(int(BATCHES[size] * share), size) for size in SIZES}
        print_runs(runs, beside)
        print_steady(running, runs, share)
        print_agents(running, share)
        print_memory(running, runs[SIZES[-1]], max(5.0, LONG_SECONDS * share), 2)


def print_stages(share: float) -> None:
    """One thread, nothing beside it."""
    found = {size: stages.measured(size, max(100, int(2_000 * share))) for size in SIZES}
    print("\nOne thread, nothing beside it, CPU us an event:\n")
    print(row("events a batch", *SIZES))
    for step in found[SIZES[0]]:
        print(row(step, *(f"{found[size][step]:.1f}" for size in SIZES)))
    print(row("together", *(f"{sum(found[size].values()):.1f}" for size in SIZES)))


def print_runs(runs: dict[int, Run], beside: dict[int, Run]) -> None:
    """Full speed, both sides."""
    print("\nThe whole program at full speed over 16 connections, CPU us an event:\n")
    print(row("events a batch", *SIZES))
    for part in runs[SIZES[0]].cpu:
        print(row(part, *(f"{runs[size].cpu[part]:.1f}" for size in SIZES)))
    print(row("together", *(f"{runs[size].together:.1f}" for size in SIZES)))
    print(row("bare Flask, in memory", *(f"{beside[size].together:.1f}" for size in SIZES)))
    print(row("ratio", *(f"{runs[size].together / beside[size].together:.1f}" for size in SIZES)))
    print()
    print(row("accepted, events/s", *(f"{accepted(runs[size]) * size:,.0f}" for size in SIZES)))
    print(row("queryable, events/s", *(f"{runs[size].rate * size:,.0f}" for size in SIZES)))
    print(row("bare Flask, events/s", *(f"{accepted(beside[size]) * size:,.0f}" for size in SIZES)))
    print(row("queryable after, s", *(f"{runs[size].queryable:.1f}" for size in SIZES)))


def print_steady(running: Program, runs: dict[int, Run], share: float) -> None:
    """Answers at a part of the highest rate."""
    answers = []
    for size in SIZES:
        pace = runs[size].rate * STEADY_SHARE
        run = running.drive(int(pace * max(2.0, STEADY_SECONDS * share)), size, rate=pace)
        answers.append((run.load.quantile(0.5), run.load.quantile(0.99), run.queryable))
    print(f"\nAt {STEADY_SHARE:.0%} of the rate that becomes queryable:\n")
    print(row("events a batch", *SIZES))
    for place, name in enumerate(("answer, median, ms", "answer, p99, ms", "queryable after, s")):
        print(row(name, *(f"{found[place]:.1f}" for found in answers)))


def print_agents(running: Program, share: float) -> None:
    """What user agents cost that nobody sent before, the two sides taking turns."""
    seconds = max(2.0, STEADY_SECONDS * share)
    sides = {"same few": same_few, "all new": always_new}
    runs: dict[str, list[Run]] = {name: [] for name in sides}
    for _ in range(AGENT_ROUNDS):
        for name, agent in sides.items():
            run = running.drive(int(NEW_A_SECOND * seconds), SIZES[-1], rate=NEW_A_SECOND, user_agent=agent)
            runs[name].append(run)
    print(f"\n{NEW_A_SECOND:,} batches of {SIZES[-1]} a second, CPU us an event, median of {AGENT_ROUNDS}:\n")
    print(row("user agents", *sides, "ratio"))
    for part in runs["all new"][0].cpu:
        few, new = (statistics.median(run.cpu[part] for run in runs[name]) for name in sides)
        print(row(part, f"{few:.1f}", f"{new:.1f}", f"{new / few:.2f}"))
    few, new = (statistics.median(run.together for run in runs[name]) for name in sides)
    print(row("together", f"{few:.1f}", f"{new:.1f}", f"{new / few:.2f}"))


def print_memory(running: Program, fastest: Run, seconds: float, looks: int) -> None:
    """Resident memory before, during and after a while at half of the highest rate."""
    pace = fastest.rate / 2
    held = [running.holds()]
    for _ in range(looks):
        running.drive(int(pace * seconds / looks), SIZES[-1], rate=pace)
        held.append(running.holds())
    print(f"\nResident memory at half of the highest rate ({pace * SIZES[-1]:,.0f} events/s), MiB:\n")
    print(row("after, s", *(f"{seconds * look / looks:.0f}" for look in range(looks + 1))))
    for part in held[0]:
        print(row(part, *(f"{found[part]:.0f}" for found in held)))


def accepted(run: Run) -> float:
    """Batches a second that were answered."""
    return run.load.batches / run.load.seconds


def row(name: str, *values: object) -> str:
    """A line of a table."""
    return f"| {name:<22} |" + "".join(f" {value!s:>9} |" for value in values)


if __name__ == "__main__":
    main()
