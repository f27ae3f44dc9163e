"""How many events a second from HTTP to a queryable row, and how much CPU each costs, by process.

    python bench/ingest.py [--events 200000] [--connections 16]

One run starts a bare Flask application that keeps JSON in memory (the baseline: nothing durable, nothing checked), and
then the whole program with its own ClickHouse, and sends both the same batches of ten over kept-alive connections.
Machines are shared and noisy: compare the CPU figures and the ratio, not the rates of two runs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support import CHROME, batch, descendants, serving, wait_until

EVENTS_A_BATCH = 10
TICK = os.sysconf("SC_CLK_TCK")
BASELINE = """
import json
from flask import Flask, request
app = Flask("bare"); kept = []
@app.post("/v1/events")
def events():
    kept.append(json.loads(request.get_data()))
    return {"accepted": len(kept[-1]["events"])}, 202
"""


@dataclass
class Load:
    """What one run of the senders saw: seconds until the last answer, and each answer's milliseconds."""

    seconds: float
    answers: list[float]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes so far."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def requests(count: int) -> list[bytes]:
    """Whole HTTP requests with ten events each, every one of another page view."""
    built = []
    for _ in range(count):
        body = json.dumps(batch(), separators=(",", ":")).encode()
        head = (
            f"POST /v1/events HTTP/1.1\r\nHost: bench\r\nUser-Agent: {CHROME}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        built.append(head.encode() + body)
    return built


def send(port: int, count: int, connections: int, results: multiprocessing.SimpleQueue[Load]) -> None:
    """Send from one process over several connections, each waiting for its answers."""
    pending = requests(count)
    answers: list[float] = []

    def work(mine: list[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            for request in mine:
                began = time.perf_counter()
                line.sendall(request)
                answer = b""
                while b"\r\n\r\n" not in answer:
                    answer += line.recv(65536)
                head, _, rest = answer.partition(b"\r\n\r\n")
                assert b" 202 " in head[:20], answer
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                while len(rest) < length:
                    rest += line.recv(65536)
                answers.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=work, args=(pending[number::connections],)) for number in range(connections)]
    results.put(Load(0, []))  # the requests are built
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(Load(time.perf_counter() - began, answers))


def drive(port: int, events: int, connections: int) -> Load:
    """Run the senders in a process of their own, so that their CPU is not the program's."""
    results: multiprocessing.SimpleQueue[Load] = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=send, args=(port, events // EVENTS_A_BATCH, connections, results))
    process.start()
    results.get()
    load = results.get()
    process.join()
    return load


def baseline(events: int, connections: int, folder: Path) -> tuple[Load, float]:
    """Bare Flask under the same server with the same workers and threads."""
    (folder / "bare.py").write_text(BASELINE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2",
               "--blocking-threads", "16", "--no-access-log", "--log-level", "error", "bare:app"]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder)
    try:
        wait_until(lambda: _listens(port), what="the baseline's start")
        pids = [process.pid, *descendants(process.pid)]
        before = cpu_seconds(pids)
        load = drive(port, events, connections)
        return load, cpu_seconds(pids) - before
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def whole(events: int, connections: int, folder: Path) -> tuple[Load, dict[str, float], float]:
    """The whole program: (load, CPU seconds by process, seconds until the last event was queryable)."""
    with serving(folder, FOOTPATH_RATE="0", FOOTPATH_LOG="warning") as server:
        server.post(batch())
        wait_until(lambda: server.metrics()["inserted"] == EVENTS_A_BATCH, what="the first insert")
        loader = int((folder / "data/spool/loader.lock").read_text())
        below = server.descendants()
        engine = [pid for pid, command in below.items() if "collector.engine" in command]
        web = [pid for pid in below if pid != loader and pid not in engine]
        groups = {"web workers": web, "loader": [loader], "ClickHouse": engine}
        before = {name: cpu_seconds(pids) for name, pids in groups.items()}
        began = time.perf_counter()
        load = drive(server.port, events, connections)
        wait_until(lambda: server.metrics()["inserted"] == events + EVENTS_A_BATCH, 300, "loading everything")
        queryable = time.perf_counter() - began
        return load, {name: cpu_seconds(pids) - before[name] for name, pids in groups.items()}, queryable


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    random.seed(1)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
          f"{arguments.events:,} events in batches of {EVENTS_A_BATCH}, {arguments.connections} connections; "
          "the sender runs on the same cores\n")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare, bare_cpu = baseline(arguments.events, arguments.connections, folder)
        report("bare Flask, JSON kept in memory", bare, {"web workers": bare_cpu}, arguments.events, bare.seconds)
        load, cpu, queryable = whole(arguments.events, arguments.connections, folder / "program")
        report("Footpath, durable, checked, enriched, queryable", load, cpu, arguments.events, queryable)
        print(f"ratio of CPU per event: {sum(cpu.values()) / bare_cpu:.1f}")


def report(title: str, load: Load, cpu: dict[str, float], events: int, done: float) -> None:
    """Print one side."""
    ordered = sorted(load.answers)
    print(title)
    print(f"  accepted   {events / load.seconds:>9,.0f} events/s; answers p50 {ordered[len(ordered) // 2]:.1f} ms, "
          f"p99 {ordered[len(ordered) * 99 // 100]:.1f} ms")  # fmt: skip
    print(f"  queryable  {events / done:>9,.0f} events/s, all after {done:.1f} s")
    for name, seconds in cpu.items():
        print(f"  {name:<12}{seconds / events * 1e6:>7.1f} us CPU an event")
    print(f"  {'together':<12}{sum(cpu.values()) / events * 1e6:>7.1f} us CPU an event\n")


if __name__ == "__main__":
    main()
