"""What can go wrong while visitors send: each disturbance is done to a running program, for real."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from collector import engine
from collector.store import StoreError
from tests.support import running, wait_until

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.crash.world import World

VICTIMS = ("a web worker", "the loader", "granian", "the engine")


def victim_pid(world: World, victim: str) -> int:
    """Its process id, 0 while it is being started again."""
    data = world.server.folder / "data"
    if victim == "the engine":
        connection = engine.find(data)
        return connection.pid if connection else 0
    with contextlib.suppress(OSError, ValueError):
        lock = data / "spool" / ("loader.lock" if victim == "the loader" else "slot-0.lock")
        pid = int(lock.read_text() or 0)
        below = world.server.descendants()
        if victim == "granian" and pid in below:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        return pid if pid in below else 0
    return 0


def kill(world: World, victim: str) -> None:
    """SIGKILL one process of the running program."""
    wait_until(lambda: victim_pid(world, victim), 60, f"the start of {victim}")
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim_pid(world, victim), signal.SIGKILL)


def kill_in_insert(world: World, chance: random.Random) -> None:
    """SIGKILL of the engine while it takes a shipment: its tables and their views are filled one after the other."""
    wait_until(lambda: victim_pid(world, "the engine"), 60, "the start of the engine")
    pid = victim_pid(world, "the engine")
    deadline = time.monotonic() + 5
    with contextlib.suppress(StoreError), world.store() as store:
        while store.execute("SELECT count() FROM system.processes WHERE query_kind = 'Insert'") == [(0,)]:
            assert time.monotonic() < deadline, "nothing was inserted for five seconds"
            time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.1))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_all(world: World, chance: random.Random) -> None:
    """SIGKILL of the whole tree in an order of chance; then it is started again on the same data."""
    pids = [world.server.process.pid, *world.server.descendants()]
    chance.shuffle(pids)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    world.server.process.wait()
    world.restart()


def kill_parent(world: World, chance: random.Random) -> None:
    """SIGKILL of the supervisor alone: its children end by themselves, then it is started again on the same data."""
    below = list(world.server.descendants())
    world.server.process.kill()
    world.server.process.wait()
    wait_until(lambda: not running(below), 30, "the end of the children")
    world.restart()


def end_all(world: World, chance: random.Random) -> None:
    """SIGTERM or ctrl-C under load; then it is started again."""
    world.server.process.send_signal(chance.choice((signal.SIGTERM, signal.SIGINT)))
    try:
        world.server.process.wait(60)
    except subprocess.TimeoutExpired:
        left = "\n".join(world.server.descendants().values())
        raise AssertionError(f"a minute after it was told to end there are\n{left}\n{world.server.log()}") from None
    world.restart()


def stop_and_go(world: World, chance: random.Random) -> None:
    """The engine hangs for a while, as on a machine that swaps."""
    wait_until(lambda: victim_pid(world, "the engine"), 60, "the start of the engine")
    pid = victim_pid(world, "the engine")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(chance.uniform(0.5, 3))
        os.kill(pid, signal.SIGCONT)


def fill_disk(world: World, chance: random.Random) -> None:
    """Not one byte is left where the spool lies; only where it has a small disk of its own."""
    ballast = world.server.folder / "data" / "spool" / "ballast"
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        size = 1 << 26
        while size >= 1 << 12:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
            except OSError:
                size >>= 1
    time.sleep(chance.uniform(0.5, 2))
    ballast.unlink()


def cut_answers(world: World, chance: random.Random) -> None:
    """Inserts arrive and their answers do not."""
    assert world.gate is not None
    world.gate.cuts = chance.randint(1, 4)
    time.sleep(1)


def shut_gate(world: World, chance: random.Random) -> None:
    """ClickHouse cannot be reached for a while."""
    assert world.gate is not None
    world.gate.shut()
    time.sleep(chance.uniform(0.5, 3))
    world.gate.open = True


def poison(world: World, chance: random.Random) -> None:
    """Some rows in the middle of blocks cannot be stored: a constraint of the table refuses them."""
    world.poison = chance.randint(1, 4)
    time.sleep(0.5)


def step_clock(world: World, chance: random.Random) -> None:
    """The wall clock jumps and comes back, as when a machine's clock is set."""
    world.set_clock(chance.choice((-7200, -30, 30, 7200)))
    time.sleep(chance.uniform(0.5, 1.5))
    world.set_clock(0)


def _killing(victim: str) -> Callable[[World, random.Random], None]:
    return lambda world, chance: kill(world, victim)


OWN_ENGINE: dict[str, Callable[[World, random.Random], None]] = {
    **{f"SIGKILL of {victim}": _killing(victim) for victim in VICTIMS},
    "SIGKILL of the engine in an insert": kill_in_insert,
    "SIGKILL of the supervisor": kill_parent,
    "SIGKILL of everything": kill_all,
    "SIGTERM or ctrl-C, new start": end_all,
    "the engine hangs": stop_and_go,
    "the disk is full": fill_disk,
    "the clock jumps": step_clock,
}
"""Where the program runs its own ClickHouse."""

BEHIND_GATE: dict[str, Callable[[World, random.Random], None]] = {
    **{f"SIGKILL of {victim}": _killing(victim) for victim in VICTIMS[:3]},
    "the answer to an insert is lost": cut_answers,
    "ClickHouse cannot be reached": shut_gate,
    "rows that cannot be stored": poison,
}
"""Where ClickHouse is a server of its own, behind a proxy."""


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """A small disk over `folder` for the length of a block; says whether this machine lets us."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = os.geteuid() == 0 and subprocess.run(options, check=False, capture_output=True).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "-l", str(folder)], check=False)
