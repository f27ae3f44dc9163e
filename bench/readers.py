"""Does the collector notice who reads the dashboard, and how long do readers wait?

    python bench/readers.py [--readers 100] [--think 10] [--seconds 30] [--rounds 3]

A demo with its sample visits; events keep arriving at a steady rate. In turns without and with readers, each of whom
opens a page of the dashboard, looks at it for `--think` seconds, and opens the next over the same connection, as
browsers do. Who sends and who reads has machines of their own elsewhere: here senders, who measure, go before all else
(where the system allows it), and readers behind it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import multiprocessing
import os
import platform
import random
import statistics
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bench.demo import demo
from bench.traffic import Load, drive
from collector.dashboard.page import found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATE: Final = 50
"""Batches of ten events a second that keep arriving."""
SKIPPED: Final = ("session",)
"""Pages that need to be told which visit."""
FIGURES: Final[dict[str, Callable[[Load], float]]] = {
    "mean": lambda load: statistics.fmean(load.answers),
    "median": lambda load: load.quantile(0.5),
    "p95": lambda load: load.quantile(0.95),
    "p99": lambda load: load.quantile(0.99),
}


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--think", type=float, default=10.0, help="seconds between a reader's pages")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    random.seed(1)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before it began")
    alone, beside, waits = [], [], []
    with demo() as here:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        read(here.pages, here.token, 4, 0.5, 10.0)  # caches are warm, as on any day but the first
        for _ in range(said.rounds):
            alone.append(send(here.collector, said.seconds))
            with reading(here.pages, here.token, said.readers, said.think, said.seconds) as times:
                beside.append(send(here.collector, said.seconds))
            waits += times
    print(f"{said.readers} readers, a page every {said.think:g} s each, {RATE * 10} events a second arriving\n")
    print("| answers of the collector, ms | without readers | with | ratio |")
    print("|---|--:|--:|--:|")
    for name, figure in FIGURES.items():
        few, many = (statistics.median(map(figure, runs)) for runs in (alone, beside))
        print(f"| {name} | {few:.2f} | {many:.2f} | {many / few:.2f} |")
    waits.sort()
    print(f"\n{len(waits):,} pages; readers waited {waits[len(waits) // 2]:.0f} ms (median), "
          f"{waits[int(len(waits) * 0.95)]:.0f} (p95), {waits[-1]:.0f} at most")  # fmt: skip


def send(port: int, seconds: float) -> Load:
    """Events at a steady rate for a while."""
    return drive(port, int(RATE * seconds), 10, rate=RATE)


def read(pages: str, token: str, readers: int, think: float, seconds: float) -> list[float]:
    """What readers waited for pages, in ms, whose turns are spread evenly over the time between pages."""
    names = itertools.cycle([each for each in found() if each not in SKIPPED])
    plans = [[next(names) for _ in range(1 + int(seconds / think))] for _ in range(readers)]
    times: list[float] = []
    where = urlsplit(pages)
    began = time.perf_counter()

    def look(number: int) -> None:
        line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        for turn, name in enumerate(plans[number]):
            due = began + (turn + number / readers) * think
            if due > began + seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            sent = time.perf_counter()
            line.request("GET", f"{where.path}/{name}?period=7d", headers={"Authorization": f"Bearer {token}"})
            answer = line.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{name}: {answer.status}")
            times.append((time.perf_counter() - sent) * 1000)
        line.close()

    threads = [threading.Thread(target=look, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


@contextlib.contextmanager
def reading(pages: str, token: str, readers: int, think: float, seconds: float) -> Iterator[list[float]]:
    """Readers beside what is done in the `with` block; the list is filled at its end."""
    times: list[float] = []
    results: multiprocessing.SimpleQueue[list[float]] = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=_read_elsewhere, args=(results, pages, token, readers, think, seconds))
    process.start()
    yield times
    times.extend(results.get())
    process.join()


def _read_elsewhere(results: multiprocessing.SimpleQueue[list[float]], *said: Any) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    results.put(read(*said))


if __name__ == "__main__":
    main()
