"""Disturb a running program again and again, and count: `python -m tests.crash --cycles 200`, or `make crash`.

After each cycle every acknowledged event is in ClickHouse or among the dead letters, exactly once, nothing else is, and
the roll-ups add up to the events.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.disturb import BEHIND_GATE, OWN_ENGINE, small_disk
from tests.crash.world import Visitors, World, build_clock
from tests.support import page_id, wait_until

SMALL_DISK_MB = 1400
SETTLED_SECONDS = 180


@dataclass
class Tally:
    """What happened to the events of all cycles with one disturbance."""

    cycles: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    astray: int = 0
    """By how much the roll-ups differ from the events."""
    dead: int = 0
    asked_again: int = 0
    slowest: float = 0.0
    seen: list[str] = field(default_factory=list)


def cycle(world: World, name: str, chance: random.Random, tally: Tally) -> None:
    """One disturbance under load, then the count."""
    disturbances = BEHIND_GATE if world.gate else OWN_ENGINE
    since = int(page_id(), 16) - (6000 << 24)
    visitors = Visitors(world)
    time.sleep(chance.uniform(0.1, 1.2))
    disturbances[name](world, chance)
    time.sleep(chance.uniform(0.1, 0.8))
    visitors.stop()
    start = time.monotonic()
    wait_until(lambda: world.settled(visitors.acknowledged, since), SETTLED_SECONDS, f"loading all after {name}")
    rows, dead = world.stored(since)
    found = Counter(rows) + Counter(dead)
    tally.cycles += 1
    tally.acknowledged += len(visitors.acknowledged)
    tally.lost += len(visitors.acknowledged - found.keys())
    tally.twice += sum(1 for count in found.values() if count > 1)
    astray = world.astray()
    tally.astray += sum(astray.values())
    tally.dead += len(dead)
    tally.asked_again += visitors.asked_again
    tally.slowest = max(tally.slowest, time.monotonic() - start)
    strangers = visitors.poisonous ^ set(dead)
    if strangers:
        tally.seen.append(f"dead letters and poison differ by {len(strangers)}")
    if astray:
        tally.seen.append(f"roll-ups and events differ: {astray}")
    world.acknowledged |= visitors.acknowledged
    if unsent := found.keys() - world.acknowledged:
        tally.seen.append(f"{len(unsent)} events are stored that nobody was told are taken")


def run(cycles: int, seed: int, folder: Path, only: str = "") -> dict[str, Tally]:
    """All cycles, half of them where the program runs its own ClickHouse, half behind a proxy; or `only` one kind."""
    chance = random.Random(seed)
    tallies: dict[str, Tally] = {}
    for is_own in (True, False):
        names = [name for name in (OWN_ENGINE if is_own else BEHIND_GATE) if only in ("", name)]
        place = folder / ("own" if is_own else "gate")
        with small_disk(place / "data" / "spool", SMALL_DISK_MB) as has_disk:
            if "the disk is full" in names and not has_disk:
                print("not tried: the disk is full (no small disk can be mounted)", file=sys.stderr)
                names.remove("the disk is full")
            clock = build_clock(place) if is_own else None
            if "the clock jumps" in names and clock is None:
                print("not tried: the clock jumps (there is no C compiler, cc)", file=sys.stderr)
                names.remove("the clock jumps")
            if not names:
                continue
            world = World(place, clock=clock)
            with world if is_own else world.behind_gate():
                order = [names[number % len(names)] for number in range((cycles + is_own) // 2)]
                chance.shuffle(order)
                for number, name in enumerate(order, 1):
                    tally = tallies.setdefault(name, Tally())
                    cycle(world, name, chance, tally)
                    wrong = tally.lost + tally.twice + tally.astray
                    told = f"{number}/{len(order)} {name}: {tally.acknowledged:,} events, {wrong} wrong"
                    print(told, file=sys.stderr, flush=True)
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """As Markdown."""
    lines = [
        "| Disturbance | Cycles | Acknowledged | Lost | Twice | Roll-ups astray | Dead letters | Asked again "
        "| Slowest recovery, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {it.cycles} | {it.acknowledged:,} | {it.lost} | {it.twice} | {it.astray} | {it.dead:,} "
        f"| {it.asked_again:,} | {it.slowest:.0f} |"
        for name, it in tallies.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=200, help="how often something goes wrong (default 200)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16), help="repeats an earlier run's choices")
    parser.add_argument("--only", default="", choices=sorted({*OWN_ENGINE, *BEHIND_GATE}), help="one kind of trouble")
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    # A shell that starts this in the background has it ignore ctrl-C, and what it starts would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        tallies = run(options.cycles, options.seed, Path(folder), options.only)
    print(table(tallies))
    trouble = [f"{name}: {what}" for name, it in tallies.items() for what in it.seen]
    print(*trouble, sep="\n")
    if trouble or any(it.lost or it.twice for it in tallies.values()):
        sys.exit(1)
