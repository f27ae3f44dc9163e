"""What several tests need: sample batches, a free port, a running `footpath serve`."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.event import ID_EPOCH_MS
from collector.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
CHROMIUM = os.environ.get("FOOTPATH_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SITE = Site("demo-shop", 1, "Demo shop", "Europe/Berlin", ("*",))
SITES_YML = 'sites:\n  demo-shop:\n    id: 1\n    time_zone: Europe/Berlin\n    origins: ["*"]\n'


def now_ms() -> int:
    """Unix ms."""
    return time.time_ns() // 1_000_000


def page_id(at_ms: int | None = None) -> str:
    """An id of a session or page view that began then."""
    return f"{((at_ms or now_ms()) - ID_EPOCH_MS) << 24 | random.getrandbits(24):016x}"


def click(number: int, **fields: Any) -> dict[str, Any]:
    """A click on element 3."""
    return {"n": number, "t": 1000 + number, "k": "click", "el": 3, "x": 612, "y": 1480, "watched_ms": 7000} | fields


def batch(events: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """A valid batch of ten events; `fields` replace those of the envelope."""
    now = now_ms()
    default = [{"n": 0, "t": 0, "k": "page_view"}, *(click(number) for number in range(1, 10))]
    return {
        "v": 1, "site": "demo-shop", "attempt": 0, "sent_at": now, "sent_t": 5000,
        "visitor": f"{random.getrandbits(63) + 1:016x}", "session": page_id(now - 5000), "flags": [],
        "entry": {"url": "https://shop.example/?utm_source=google&utm_medium=cpc", "referrer": ""},
        "page": {
            "id": page_id(now - 5000), "started_at": now - 5000, "url": "https://shop.example/cart", "title": "Cart",
            "viewport": [1440, 900], "document": [1440, 4200], "screen": [1440, 900, 2], "lang": "en", "tz": "UTC"},
        "elements": {"3": {
            "key": "9f2c0a0000000001", "selector": "main>button", "role": "button", "name": "Add to cart", "fixed": 0,
            "rect": [531, 1463, 160, 44]}},
        "events": default if events is None else events,
    } | fields  # fmt: skip


def ids(sent: dict[str, Any]) -> set[tuple[int, int]]:
    """(page id, n) of every event of a batch."""
    return {(int(sent["page"]["id"], 16), event["n"]) for event in sent["events"]}


def wait_until(true: Callable[[], object], seconds: float = 30.0, what: str = "it") -> None:
    """Poll until `true` is; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.05)


def whole(tab: Page, title: str) -> None:
    """Wait until a page of the dashboard is there, and not only its frame."""
    tab.locator("h1", has_text=title).wait_for()
    tab.locator("[data-whole]").wait_for(state="detached")


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running `footpath serve` (or demo) with its folders."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str] = field(default_factory=dict)

    def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """POST one batch on a new connection; (status, decoded answer)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(
                "POST",
                "/v1/events",
                body if isinstance(body, bytes) else json.dumps(body),
                {"Content-Type": "text/plain", "User-Agent": CHROME} | (headers or {}),
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        """GET a path; (status, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> dict[str, float]:
        """The numbers of /metrics by name, without labels."""
        lines = (line.rsplit(" ", 1) for line in self.get("/metrics")[1].splitlines() if not line.startswith("#"))
        return {name.removeprefix("footpath_").removesuffix("_total"): float(value) for name, value in lines}

    def log(self) -> str:
        """Everything it printed."""
        return (self.folder / "log").read_text()

    def descendants(self) -> dict[int, str]:
        """Process ids of everything below it, each with its command line."""
        return descendants(self.process.pid)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


def descendants(pid: int) -> dict[int, str]:
    """All processes below `pid`."""
    found: dict[int, str] = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= descendants(int(child))
    return found


def running(pids: list[int]) -> list[int]:
    """Those of `pids` that live (and are no zombies)."""
    alive = []
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                alive.append(pid)
    return alive


@contextlib.contextmanager
def serving(folder: Path, command: str = "serve", *arguments: str, **settings: str) -> Iterator[Server]:
    """Run `footpath serve` over `folder` until the block ends; what it started must be gone then."""
    config = folder / "config"
    if not config.exists() and command == "serve":
        config.mkdir(parents=True)
        (config / "sites.yml").write_text(SITES_YML)
    folder.mkdir(exist_ok=True)
    port = int(settings.get("FOOTPATH_PORT", 0)) or free_port()
    environment = {
        "PATH": os.environ["PATH"], "FOOTPATH_PORT": str(port), "FOOTPATH_DATA_DIR": str(folder / "data"),
        "FOOTPATH_CONFIG_DIR": str(config), "FOOTPATH_RATE": "0", "FOOTPATH_DASHBOARD_PORT": "0",
        "PYTHONPATH": os.pathsep.join(sys.path), **settings,
    }  # fmt: skip
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "collector.cli", command, *arguments],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    server = Server(port, folder, process, environment)
    try:
        wait_until(lambda: process.poll() is not None or _answers(server), 120, "the start")
        assert process.poll() is None, server.log()
        yield server
    finally:
        below = list(server.descendants())
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        wait_until(lambda: not running(below), 15, f"the end of {below}")


def _answers(server: Server) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except OSError:
        return False
