"""How many connections may a process hold, and which of them can be closed?

The server's limit counts connections, not requests: a browser that has sent its events and keeps its connection for the
next ones takes a place as long as it does. So the limit is far above the number of threads, and no network may fill it:
see `thin`. What can be closed is that on which nothing was answered for a while; Linux tells when that was (TCP_INFO),
elsewhere nothing is closed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import struct
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from collector.addresses import network, parsed, within

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from collector.config import Network

MOST: Final = 4096
"""Connections of a worker, where the process may have so many files open."""
HEADERS_SECONDS: Final = 30
"""A request's headers are here after so long, or its connection is closed; an idle one is closed then as well."""
HEADERS_BYTES: Final = 64 << 10
"""Of memory that a request line and headers may take, for each connection; one page's cookies are 4 KB each."""
CAN_TELL: Final = hasattr(socket, "TCP_INFO") and os.path.isdir("/proc/self/fd")
"""Whether this system tells what `close_silent` and `thin` need."""
_OTHER_FILES: Final = 256
_LEAST: Final = 64
_LOOK_SECONDS: Final = 1.0
_RECENT_SECONDS: Final = 1.0
# tcpi_last_data_sent of struct tcp_info, ms: linux/include/uapi/linux/tcp.h
_LAST_SENT: Final = struct.Struct("=44xI")


def most() -> int:
    """How many connections this process may hold, after its limit of open files was raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if soft == resource.RLIM_INFINITY else max(_LEAST, min(MOST, soft - _OTHER_FILES))


def close_silent(peers: Collection[str], seconds: float) -> int:
    """Close this process's connections from these addresses on which nothing was sent for so long; how many."""
    wanted = {str(parsed(peer)) for peer in peers}
    return _close(lambda peer, silent: peer in wanted and silent >= seconds)


def thin(limit: int, trusted: tuple[Network, ...] = ()) -> int:
    """Where more than half of `limit` is taken, leave no network more than a quarter; how many connections were closed.

    Those that have been silent longest go (with all that were silent for as long as the last of them), and none on
    which something was answered in the last second. Proxies of ours hold connections for everybody.
    """
    if len(os.listdir("/proc/self/fd")) <= limit // 2:
        return 0
    silences: defaultdict[str, list[float]] = defaultdict(list)
    for _, peer, silent in _lines():
        if not within(peer, trusted):
            silences[network(peer)].append(silent)
    share = limit // 4
    bounds = {near: max(_RECENT_SECONDS, sorted(its)[share]) for near, its in silences.items() if len(its) > share}
    return _close(lambda peer, silent: silent >= bounds.get(network(peer), float("inf"))) if bounds else 0


def keep_room(limit: int, trusted: tuple[Network, ...]) -> None:
    """`thin` once a second from now on, in a thread of its own."""

    def go_on() -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with contextlib.suppress(OSError):
                thin(limit, trusted)

    if CAN_TELL:
        threading.Thread(target=go_on, name="connections", daemon=True).start()


def _close(is_meant: Callable[[str, float], bool]) -> int:
    closed = 0
    for line, peer, silent in _lines():
        if is_meant(peer, silent):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
                closed += 1
    return closed


def _lines() -> Iterator[tuple[socket.socket, str, float]]:
    """The process's TCP connections: a copy that is closed after use, the other end's address, seconds of silence."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), _copied(int(name)) as line:
            if line.family in (socket.AF_INET, socket.AF_INET6):
                yield line, str(parsed(line.getpeername()[0])), _silent_seconds(line)


def _copied(number: int) -> socket.socket:
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _silent_seconds(line: socket.socket) -> float:
    told: tuple[int] = _LAST_SENT.unpack(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_SENT.size))
    return told[0] / 1000
