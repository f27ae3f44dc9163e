"""The same visits for one server and for a cluster, through the real spool and loader."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from collector import load, spool
from collector.demo.visits import visits
from collector.event import Record
from tests.support import CHROME, SITE, now_ms

if TYPE_CHECKING:
    from pathlib import Path

NOW = now_ms()


@cache
def sample(count: int = 60) -> tuple[dict[str, Any], ...]:
    """Batches of the demo's visits; every third visitor is known as one of four people."""
    found = []
    for number, visit in enumerate(visits(count, 7, NOW, "https://shop.example")):
        person = {"n": 900, "t": 1, "k": "identify", "id": f"{number % 4 + 1:016x}"}
        for place, batch in enumerate(visit.batches):
            extra = [person] if place == 0 and number % 3 == 0 else []
            found.append(batch | {"events": [*batch["events"], *extra]})
    return tuple(found)


def put(writer: spool.Spool, sent: dict[str, Any], received: int | None = None) -> None:
    """Spool a batch as the receiver does; `received` is Unix ms, by default now."""
    record = Record(received or now_ms(), 1, "demo-shop", CHROME, batch=sent)
    writer.put(record.encode(), len(sent["events"]), record.received)


def loader(folder: Path, url: str) -> load.Loader:
    """A loader over the spool in `folder`."""
    return load.Loader(folder / "spool", lambda: url, lambda: {"demo-shop": SITE})


def drain(worker: load.Loader, tries: int = 8) -> None:
    """Load everything that waits."""
    for _ in range(tries):
        if not worker.step(everything=True) and worker._failures == 0:
            return


def counters(folder: Path) -> dict[str, int]:
    """The spool's counters; what became of everything must add up to what was accepted."""
    found = spool.counters(folder / "spool")
    assert found["accepted"] == sum(found[name] for name in ("inserted", "duplicate", "erased", "dead", "spooled"))
    return found
