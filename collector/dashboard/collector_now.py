"""What does the collector say of itself right now? Its own /metrics, over HTTP: the dashboard reads no file of its."""

from __future__ import annotations

import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collector.config import Settings

_WAIT_SECONDS: Final = 2.0
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound to


@dataclass(frozen=True, slots=True)
class CollectorNow:
    """Numbers of the whole installation, all sites together, since its spool was made.

    Attributes:
        accepted: events and outcomes acknowledged.
        waiting: of them, not in the database yet. oldest_seconds: how long the oldest of these has waited.
        set_aside: refused by the database. failed_inserts: tried again since.
        refused: events and requests by reason, the most frequent first.
        is_stuck: the loader cannot insert.
    """

    accepted: int
    waiting: int
    oldest_seconds: float
    set_aside: int
    failed_inserts: int
    refused: tuple[tuple[str, int], ...]
    is_stuck: bool


def collector_now(settings: Settings) -> CollectorNow | None:
    """What it says; None where it does not answer within two seconds."""
    host = _ANYWHERE.get(settings.host, settings.host)
    place = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{place}:{settings.port}/metrics", timeout=_WAIT_SECONDS) as answer:
            text = answer.read().decode()
        return _read(text)
    except (OSError, ValueError, KeyError):
        # Another program may have the port, and answer what it likes.
        return None


class Asked:
    """What the collector says, for all who look: `asked(10)` may be ten seconds old, `asked()` is of now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._kept: tuple[float, CollectorNow | None] | None = None

    def __call__(self, seconds: float = 0) -> CollectorNow | None:
        """What it says, at most so old; None where it does not answer."""
        with self._lock:
            kept = self._kept
        if kept is not None and time.monotonic() - kept[0] < seconds:
            return kept[1]
        found = collector_now(self._settings)
        with self._lock:
            self._kept = time.monotonic(), found
        return found


def _read(text: str) -> CollectorNow:
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    numbers = {each.name: each.value for each in samples if not each.labels}
    refused = [(each.labels["reason"], int(each.value)) for each in samples if each.name == "footpath_rejected_total"]
    return CollectorNow(
        accepted=int(numbers["footpath_accepted_total"]),
        waiting=int(numbers["footpath_spooled"]),
        oldest_seconds=numbers["footpath_spool_oldest_seconds"],
        set_aside=int(numbers["footpath_dead_total"]),
        failed_inserts=int(numbers["footpath_insert_errors_total"]),
        refused=tuple(sorted((each for each in refused if each[1]), key=lambda each: (-each[1], each[0]))),
        is_stuck=bool(numbers["footpath_loader_waiting"]),
    )
