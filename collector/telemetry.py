"""What the program says about itself: log lines and the numbers behind /metrics."""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.core import Metric

_COUNTERS = {
    "accepted": "events and outcomes acknowledged with 202",
    "inserted": "events and outcomes inserted into ClickHouse",
    "duplicate": "copies of stored events and outcomes, dropped by the loader",
    "erased": "events and outcomes of erased visitors, dropped by the loader",
    "dead": "events and outcomes set aside in dead_events",
    "inserts": "shipments inserted",
    "insert_errors": "inserts that failed and were tried again",
    "skewed": "batches whose clock was off by more than 10 s",
}
REJECTED = "rejected:"
"""Counters of refused events and requests are named by this and the reason."""


request: ContextVar[object] = ContextVar("request", default="")
"""The request that this thread answers, as text its id; empty outside of one."""

FORMATS: Final = ("text", "json")


def configure_logging(level: str, form: str = "text") -> None:
    """Lines on standard error with time (UTC), level and part of the program; `form` is one of `FORMATS`."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines())
    logging.basicConfig(level=level.upper(), force=True, handlers=[handler])


class _TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line; in a request it ends with the id."""
        line = super().formatMessage(record)
        asked = str(request.get())
        return f"{line} [{asked}]" if asked else line


class _JsonLines(logging.Formatter):
    """One JSON object a line, whatever stands in a message."""

    def format(self, record: logging.LogRecord) -> str:
        """Keys: time, level, logger, message; request_id in a request, error with a traceback, a refusal's fields."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        asked = str(request.get())
        if asked:
            line["request_id"] = asked
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def exposition(
    counters: Mapping[str, int], oldest_seconds: float, trouble: str, about: Mapping[str, str] | None = None
) -> bytes:
    """Prometheus text. `counters` are the spool's; `trouble` is the loader's last unsolved error.

    `about` names what runs: `version`, and `secret_key`, by which collectors with different keys are told apart.

    accepted = inserted + duplicate + erased + dead + spooled holds at any moment.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(counters, oldest_seconds, trouble, about or {}))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(
        self, counters: Mapping[str, int], oldest_seconds: float, trouble: str, about: Mapping[str, str]
    ) -> None:
        self._counters, self._oldest, self._trouble, self._about = counters, oldest_seconds, trouble, about

    def collect(self) -> Iterable[Metric]:
        """All families, each with its help text."""
        yield InfoMetricFamily("footpath", "what runs", value=dict(self._about))
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
