"""A running program, visitors who send to it, and the count of what became of their events."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector import engine
from collector.store import Store, StoreError
from tests.gate import Gate
from tests.support import Server, batch, click, ids, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    Id = tuple[int, int]

POISON_X = 424_242
"""Clicks at this place are what a constraint of the table refuses."""

CLOCK_SOURCE = Path(__file__).parent / "clock.c"


def build_clock(folder: Path) -> Path | None:
    """The library that shifts a program's wall clock, if this machine has a C compiler."""
    built = folder / "clock.so"
    folder.mkdir(parents=True, exist_ok=True)
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(built), str(CLOCK_SOURCE), "-ldl"], check=True)
    return built


class Visitors:
    """Clients that send until they are stopped; like the script, they try a batch again until it is taken."""

    def __init__(self, world: World, threads: int = 4) -> None:
        self.acknowledged: set[Id] = set()
        self.poisonous: set[Id] = set()
        self.asked_again = 0
        self._world = world
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Nobody begins a batch any more; those under way are brought to their end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            sent = batch()
            if self._world.poison > 0:
                self._world.poison -= 1
                sent["events"][4] = click(4, x=POISON_X)
                self.poisonous.add((int(sent["page"]["id"], 16), 4))
            self._deliver(sent)
            time.sleep(0.005)

    def _deliver(self, sent: dict[str, Any]) -> None:
        for attempt in range(1200):
            with contextlib.suppress(OSError, ValueError):
                status, answer = self._world.server.post(sent | {"attempt": attempt})
                if status == 202:
                    assert answer["accepted"] == len(sent["events"])
                    self.acknowledged |= ids(sent)
                    return
            self.asked_again += 1
            time.sleep(0.1)
        raise AssertionError("a batch was refused for two minutes")


@dataclass
class World:
    """One program on one data directory, disturbed again and again."""

    folder: Path
    gate: Gate | None = None
    clock: Path | None = None
    poison: int = 0
    """How many batches are still to carry a click that cannot be stored."""
    acknowledged: set[Id] = field(default_factory=set)
    """What was acknowledged in earlier cycles."""
    _off: dict[str, int] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _serving: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    server: Server = field(init=False)
    _outer: engine.Connection | None = None

    def __enter__(self) -> World:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.set_clock(0)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.close()
        self._stack.close()

    def behind_gate(self) -> World:
        """Its ClickHouse is a server of its own behind a proxy; some clicks cannot be stored."""
        self._outer = self._stack.enter_context(engine.running(self.folder / "server"))
        self.gate = Gate(self._outer.loader_url)
        self._stack.callback(self.gate.close)
        return self

    def restart(self) -> None:
        """Start the program again on the same data."""
        with contextlib.suppress(AssertionError):
            self._serving.close()
        self._serving = contextlib.ExitStack()
        self._start()

    def _start(self) -> None:
        settings = {} if self.gate is None else {"FOOTPATH_CLICKHOUSE_URL": self.gate.url}
        if self.clock is not None:
            settings |= {"LD_PRELOAD": str(self.clock), "CRASH_CLOCK": str(self.folder / "clock")}
        self.server = self._serving.enter_context(serving(self.folder, **settings))
        if self.gate is not None:
            wait_until(self._refuses_poison, 60, "the constraint")

    def set_clock(self, seconds: int) -> None:
        """Shift the program's wall clock."""
        text = self.folder / "clock.new"
        text.write_text(f"{seconds}\n")
        os.replace(text, self.folder / "clock")

    def _refuses_poison(self) -> bool:
        with contextlib.suppress(StoreError, OSError), self.store() as store:
            store.execute(f"ALTER TABLE events ADD CONSTRAINT IF NOT EXISTS crash CHECK x != {POISON_X}")
            return True
        return False

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """A connection of the loader's.

        Raises:
            StoreError: there is no ClickHouse at the moment.
        """
        connection = self._outer or engine.find(self.folder / "data")
        if connection is None:
            raise StoreError("no engine runs")
        store = Store(connection.loader_url)
        try:
            yield store
        finally:
            store.close()

    def stored(self, since: int) -> tuple[list[Id], list[Id]]:
        """(page id, n) of rows and of dead letters whose page views began after the one with the id `since`."""
        with self.store() as store:
            rows, dead = (
                [
                    (int(page), int(n))
                    for page, n in store.execute(f"SELECT page_id, n FROM {table} WHERE page_id >= {since}")
                ]
                for table in ("events", "dead_events")
            )
        return rows, dead

    def astray(self) -> dict[str, int]:
        """By how much roll-ups differ from what they count, as far as the last call has not told it yet."""
        with self.store() as store:
            clicks, views, sessions = store.execute(
                "SELECT countIf(kind = 'click'), countIf(kind = 'page_view'), uniqExact(session_id) FROM events"
            )[0]
            counted = {"clicks": clicks, "page_views": views, "sessions": sessions}
            off = {}
            for name, what, sql in (
                ("heat_cells", "clicks", "SELECT sum(clicks) FROM heat_cells"),
                ("page_totals", "page_views", "SELECT sum(page_views) FROM page_totals"),
                ("sessions", "sessions", "SELECT uniqExact(session_id) FROM sessions"),
                ("clicks of sessions", "clicks", "SELECT sum(clicks) FROM sessions"),
                ("page views of sessions", "page_views", "SELECT sum(page_views) FROM sessions"),
            ):
                ((number,),) = store.execute(sql)
                off[name] = number - counted[what]
        news = {name: abs(number - self._off.get(name, 0)) for name, number in off.items()}
        self._off = off
        return {name: number for name, number in news.items() if number}

    def settled(self, acknowledged: set[Id], since: int) -> bool:
        """Whether everything acknowledged has been brought to ClickHouse."""
        with contextlib.suppress(StoreError, OSError, AssertionError, KeyError):
            rows, dead = self.stored(since)
            return acknowledged <= {*rows, *dead} and self.server.metrics()["spooled"] == 0
        return False
