"""How much may one network ask for? Token buckets by key, bounded in number."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

BURST: Final = 4
_KEYS: Final = 20_000


class Limiter:
    """Token buckets by key, bounded in number: the least recently used is forgotten first."""

    def __init__(self, rate: float, burst: float, keys: int = _KEYS) -> None:
        self._rate, self._burst, self._keys = rate, burst, keys
        self._buckets: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: object, now: float) -> bool:
        """Whether one more is allowed at `now` (monotonic seconds)."""
        with self._lock:
            tokens = self._tokens(key, now)
            allowed = tokens >= 1
            self._buckets.pop(key, None)
            self._buckets[key] = (tokens - 1 if allowed else tokens, now)
            if len(self._buckets) > self._keys:
                self._buckets.popitem(last=False)
            return allowed

    def spent(self, key: object, now: float) -> bool:
        """Whether `take` would say no; nothing is taken."""
        with self._lock:
            return self._tokens(key, now) < 1

    def _tokens(self, key: object, now: float) -> float:
        tokens, at = self._buckets.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - at) * self._rate)


class Refusals:
    """So many refused requests a second from one network; 0: no limit.

    Without it a network that names sites that are none, or sends what is no batch, would have no limit at all: the
    one for requests is kept by site.
    """

    def __init__(self, rate: float) -> None:
        self._limiter = Limiter(rate, max(1.0, rate * BURST)) if rate else None

    def add(self, near: str) -> None:
        """One more of that network was refused."""
        if self._limiter:
            self._limiter.take(near, time.monotonic())

    def spent(self, near: str) -> bool:
        """Whether there were too many."""
        return self._limiter is not None and self._limiter.spent(near, time.monotonic())
