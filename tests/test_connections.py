"""Connections: a limit that the system's own allows, and no network that takes the room of all others."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from collector import connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.config import Network

LIMIT = 80
FAR, NEAR = "127.0.5.1", "127.0.9.1"
ITSELF = ip_network("127.0.0.0/24")
"""Whom the other ends of these connections, which are this process's as well, are connected with."""

pytestmark = pytest.mark.skipif(not connections.CAN_TELL, reason="only Linux tells how long nothing was sent")


@contextlib.contextmanager
def held(*groups: tuple[str, int]) -> Iterator[list[tuple[str, socket.socket]]]:
    """This process's ends of so many connections from each address, in the order in which they came."""
    with contextlib.ExitStack() as open_until_the_end:
        server = open_until_the_end.enter_context(socket.create_server(("127.0.0.1", 0), backlog=200))
        found = []
        for address, number in groups:
            for _ in range(number):
                other = socket.create_connection(server.getsockname(), source_address=(address, 0))
                open_until_the_end.enter_context(other)
                here = open_until_the_end.enter_context(server.accept()[0])
                found.append((address, here))
        yield found


def is_open(line: socket.socket) -> bool:
    """Whether nobody has shut it."""
    try:
        line.setblocking(False)
        return line.recv(1) != b""
    except BlockingIOError:
        return True


def open_of(lines: list[tuple[str, socket.socket]], address: str) -> list[bool]:
    return [is_open(line) for each, line in lines if each == address]


def test_a_network_that_holds_too_many_loses_those_silent_longest() -> None:
    """At most a quarter of the limit stays, with it what was answered last; other networks keep theirs."""
    with held((FAR, 40), (NEAR, 10)) as lines:
        time.sleep(1.3)
        spoken = [line for address, line in lines if address == FAR][:12]
        for line in spoken:
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        closed = connections.thin(LIMIT, (ITSELF,))
        assert closed >= 40 - LIMIT // 4
        assert open_of(lines, FAR).count(False) == closed
        assert all(map(is_open, spoken))
        assert all(open_of(lines, NEAR))


@pytest.mark.parametrize(("limit", "trusted"), [(4096, ()), (LIMIT, (ip_network("127.0.5.0/24"),))], ids=str)
def test_what_takes_no_room_from_others_is_left_alone(limit: int, trusted: tuple[Network, ...]) -> None:
    """Half of the limit is free, or the connections are those of a proxy of ours, who holds them for everybody."""
    with held((FAR, 40)) as lines:
        time.sleep(1.3)
        assert connections.thin(limit, (ITSELF, *trusted)) == 0
        assert all(open_of(lines, FAR))


def test_what_was_just_answered_is_never_closed() -> None:
    """However many there are."""
    with held((FAR, 60)) as lines:
        for _, line in lines:
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        assert connections.thin(LIMIT, (ITSELF,)) == 0


@pytest.mark.parametrize(("soft", "hard", "expected"), [
    (1024, 20_000, 4096), (1024, 1024, 768), (100, 200, 64), (20_000, 20_000, 4096),
])  # fmt: skip
def test_the_limit_is_what_open_files_allow(soft: int, hard: int, expected: int) -> None:
    """The usual soft limit of 1,024 is raised as far as the hard one allows."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip(f"this machine allows fewer than {hard:,} open files")
    told = subprocess.run(
        [sys.executable, "-c", f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
         "from collector import connections; print(connections.most(), *resource.getrlimit(resource.RLIMIT_NOFILE))"],
        check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout.split()  # fmt: skip
    assert int(told[0]) == expected
    assert int(told[1]) >= min(hard, expected + 256)
    assert int(told[2]) == hard
