"""Real shards: the program's own engine, started more than once, with a `remote_servers` that names them all.

`CLUSTER` has two of them. `GATED` has the same, the second behind a gate that can lose its answers. `GHOST` names a
third server that nobody ever starts.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector import engine
from tests.gate import Gate
from tests.support import free_port, wait_until

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

CLUSTER = "footpath_shards"
GATED = "gated_shards"
GHOST = "with_a_ghost"
# The servers believe each other by the secret, and run each part of a statement as the user who asked.
_CLUSTER = "<{name}><secret>cluster-secret</secret>{shards}</{name}>"
_SHARD = (
    "<shard><internal_replication>true</internal_replication>"
    "<replica><host>127.0.0.1</host><port>{port}</port></replica></shard>"
)


@dataclass
class Shards:
    """The servers, by their places from 0; users are `loader` (password `l`) and `analyst` (password `a`)."""

    folder: Path
    users: str
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    ghost: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.gate = Gate(self.url("default", 1))

    def start(self, place: int) -> None:
        """Start a server and wait until it answers."""
        home = (self.folder / f"shard-{place + 1}").resolve()
        home.mkdir(parents=True, exist_ok=True)
        config = engine._CONFIG.format(port=self.ports[place], users=home / "users.xml", log=home / "engine.log")
        config = config.replace("</clickhouse>", f"{self._more(place)}</clickhouse>")
        self.processes[place] = engine._spawn(home, {"config.xml": config, "users.xml": self.users})
        wait_until(lambda: self._answers(place), what=f"shard {place + 1}")

    def kill(self, place: int) -> None:
        """SIGKILL."""
        self.processes[place].kill()
        self.processes.pop(place).wait()

    def stop(self) -> None:
        """End all of them."""
        self.gate.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)

    def url(self, database: str, place: int = 0, user: str = "loader", password: str = "l") -> str:
        """The address of a database at a server."""
        return f"clickhouse://{user}:{password}@127.0.0.1:{self.ports[place]}/{database}"

    def _answers(self, place: int) -> bool:
        assert self.processes[place].poll() is None, (self.folder / f"shard-{place + 1}" / "stderr.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.ports[place]), timeout=1).close()
        except OSError:
            return False
        return True

    def _more(self, place: int) -> str:
        known = "".join(
            _CLUSTER.format(name=name, shards="".join(_SHARD.format(port=port) for port in ports))
            for name, ports in (
                (CLUSTER, self.ports),
                (GATED, [self.ports[0], self.gate.port]),
                (GHOST, [*self.ports, self.ghost]),
            )
        )
        macros = f"<macros><shard>{place + 1}</shard><replica>one</replica></macros>"
        return f"<remote_servers>{known}</remote_servers>{macros}"
