"""What the program says about itself: log lines and the numbers behind /metrics."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

_COUNTERS = {
    "accepted": "events and outcomes acknowledged with 202",
    "inserted": "events and outcomes inserted into ClickHouse",
    "duplicate": "copies of stored events and outcomes, dropped by the loader",
    "erased": "events of erased visitors, dropped by the loader",
    "dead": "events and outcomes set aside in dead_events",
    "inserts": "shipments inserted",
    "insert_errors": "inserts that failed and were tried again",
    "skewed": "batches whose clock was off by more than 10 s",
}
REJECTED = "rejected:"
"""Counters of refused events and requests are named by this and the reason."""


def configure_logging(level: str) -> None:
    """Lines on standard error with time, level and part of the program; UTC."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=level.upper(),
        force=True,
        format="%(asctime)sZ %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )


def exposition(counters: Mapping[str, int], oldest_seconds: float, trouble: str) -> bytes:
    """Prometheus text. `counters` are the spool's; `trouble` is the loader's last unsolved error.

    accepted = inserted + duplicate + erased + dead + spooled holds at any moment.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(counters, oldest_seconds, trouble))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(self, counters: Mapping[str, int], oldest_seconds: float, trouble: str) -> None:
        self._counters, self._oldest, self._trouble = counters, oldest_seconds, trouble

    def collect(self) -> Iterable[Metric]:
        """All families, each with its help text."""
        for name, meaning in _COUNTERS.items():
            yield CounterMetricFamily(f"footpath_{name}", meaning, value=self._counters.get(name, 0))
        yield CounterMetricFamily(
            "footpath_insert_seconds", "time spent inserting", value=self._counters.get("insert_ms", 0) / 1000
        )
        rejected = CounterMetricFamily("footpath_rejected", "refused events and requests by reason", labels=["reason"])
        for name in sorted(self._counters):
            if name.startswith(REJECTED):
                rejected.add_metric([name.removeprefix(REJECTED)], self._counters[name])
        yield rejected
        for name, meaning in (
            ("spooled", "events and outcomes that wait for ClickHouse"), ("spooled_records", "batches that wait"),
            ("spooled_bytes", "bytes that wait"),
            ("damaged_files", "spool files that cannot be read"),
        ):  # fmt: skip
            yield GaugeMetricFamily(f"footpath_{name}", meaning, value=self._counters.get(name, 0))
        yield GaugeMetricFamily("footpath_spool_oldest_seconds", "age of the oldest waiting batch", value=self._oldest)
        yield GaugeMetricFamily(
            "footpath_loader_waiting", "1 while the loader cannot insert", value=1 if self._trouble else 0
        )
