"""A running demo, for what is measured on it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collector.state import State
from tests.support import free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE: Final = "demo-shop"


@dataclass(frozen=True)
class Demo:
    """The collector's port, the dashboard's address, a token and a session of its user, and the process."""

    collector: int
    dashboard: str
    token: str
    cookie: tuple[str, str]
    pid: int

    @property
    def pages(self) -> str:
        """The address of the site's pages."""
        return f"{self.dashboard}/sites/{SITE}"


@contextlib.contextmanager
def demo(visits: int = 300) -> Iterator[Demo]:
    """`footpath demo` in a folder of its own."""
    collector, dashboard = free_port(), free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "collector.cli", "demo", "--visits", str(visits)]
        command += ["--shop-port", str(free_port())]
        environment = {**os.environ, "FOOTPATH_PORT": str(collector), "FOOTPATH_DASHBOARD_PORT": str(dashboard)}
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: "ctrl-C" in (folder / "log").read_text(), 180, "the demo")
            with contextlib.closing(State(folder / "footpath-data" / "state.db")) as state:
                user = state.users()[0]
                token, session = state.add_token(user.id, "bench"), state.open_session(user.id)
            cookie = (f"footpath_session_{dashboard}", session)
            yield Demo(collector, f"http://127.0.0.1:{dashboard}", token, cookie, process.pid)
        finally:
            process.terminate()
            process.wait()
