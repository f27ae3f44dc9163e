"""How many bodies of one network may be on their way at once, and for how long? A thread waits for each of them.

The server has no limit for either. A network may hold half of a worker's threads. A body that is not here after
`DEADLINE_SECONDS` has its connection closed under it: a blocked read cannot be ended from Python otherwise. Which of
an address's connections it is, WSGI does not say, so all are closed on which nothing was answered for that long: this
one, and idle ones, whose loss costs nobody anything. Linux tells when that was (TCP_INFO); elsewhere there is only the
limit by network.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Final

from collector.addresses import parsed

if TYPE_CHECKING:
    from collections.abc import Collection

DEADLINE_SECONDS: Final = 20.0
PATIENCE_SECONDS: Final = 0.1
"""How long one body too many waits for another to arrive; most take no millisecond."""
_LOOK_SECONDS: Final = 1.0
# tcpi_last_data_sent of struct tcp_info, ms: linux/include/uapi/linux/tcp.h
_LAST_SENT: Final = struct.Struct("=44xI")


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
        if hasattr(socket, "TCP_INFO") and os.path.isdir("/proc/self/fd"):
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
                close_silent(peers, DEADLINE_SECONDS)


def close_silent(peers: Collection[str], seconds: float) -> int:
    """Close this process's connections from these addresses on which nothing was sent for so long; how many."""
    closed = 0
    wanted = {str(parsed(peer)) for peer in peers}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), _copied(int(name)) as line:
            if _peer(line) in wanted and _silent_ms(line) >= seconds * 1000:
                line.shutdown(socket.SHUT_RDWR)
                closed += 1
    return closed


def _copied(number: int) -> socket.socket:
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _peer(line: socket.socket) -> str:
    """The other end's address; empty where it has none."""
    return str(parsed(line.getpeername()[0])) if line.family in (socket.AF_INET, socket.AF_INET6) else ""


def _silent_ms(line: socket.socket) -> int:
    told: tuple[int] = _LAST_SENT.unpack(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_SENT.size))
    return told[0]
