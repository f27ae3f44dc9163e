"""How many bodies of one network may be on their way at once, and for how long? A thread waits for each of them.

The server has no limit for either. A network may hold half of a worker's threads. A body that is not here after
`DEADLINE_SECONDS` has its connection closed under it: a blocked read cannot be ended from Python otherwise. Which of
an address's connections it is, WSGI does not say, so all are closed on which nothing was answered for that long: this
one, and idle ones, whose loss costs nobody anything. Where the system does not tell when that was, there is only the
limit by network.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from collector import connections

DEADLINE_SECONDS: Final = 20.0
PATIENCE_SECONDS: Final = 0.1
"""How long one body too many waits for another to arrive; most take no millisecond."""
_LOOK_SECONDS: Final = 1.0


class TooManyUnread(Exception):
    """The network has as many bodies on their way as it may."""


class Unread:
    """The bodies that a worker's threads wait for: `begin` before a thread reads one, `end` after it, however it went.

    On the way of every batch, so the common case is a bare lock and two dictionaries.
    """

    def __init__(self, threads: int) -> None:
        self._most = max(1, threads // 2)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = 0
        self._of: dict[str, int] = {}
        self._stuck: dict[str, float] = {}
        self._reads: dict[int, tuple[float, str]] = {}
        if connections.CAN_TELL:
            threading.Thread(target=self._watch, name="unread", daemon=True).start()

    def begin(self, near: str, peer: str) -> None:
        """This thread reads a body of the network `near`, which comes over a connection from the address `peer`.

        Raises:
            TooManyUnread: it may not; there is nothing to end then.
        """
        with self._lock:
            if self._of.get(near, 0) >= self._most:
                self._await(near)
            self._of[near] = self._of.get(near, 0) + 1
            self._reads[threading.get_ident()] = time.monotonic(), peer

    def end(self, near: str) -> None:
        """It is through with it."""
        with self._lock:
            del self._reads[threading.get_ident()]
            left = self._of.pop(near) - 1
            if left:
                self._of[near] = left
            if self._waiting:
                self._changed.notify_all()

    def _await(self, near: str) -> None:
        """Who just waited in vain is not waited for again: otherwise waiting would hold the other threads, too."""
        now = time.monotonic()
        self._stuck = {name: until for name, until in self._stuck.items() if until > now}
        if near not in self._stuck:
            self._waiting += 1
            is_free = self._changed.wait_for(lambda: self._of.get(near, 0) < self._most, PATIENCE_SECONDS)
            self._waiting -= 1
            if is_free:
                return
        self._stuck[near] = now + 1
        raise TooManyUnread

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                late = time.monotonic() - DEADLINE_SECONDS
                peers = {peer for began, peer in self._reads.values() if began < late}
            if peers:
                connections.close_silent(peers, DEADLINE_SECONDS)
