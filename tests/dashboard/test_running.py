"""The dashboard as it runs: its own process and port beside the collector, under the same supervisor."""

from __future__ import annotations

import http.cookiejar
import http.server
import os
import re
import signal
import socket
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from collector.config import Settings
from collector.dashboard.collector_now import Asked, collector_now
from tests.support import batch, free_port, running, serving, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Server

PASSWORD = "correct horse battery"


class Browser:
    """Keeps cookies, follows redirects."""

    def __init__(self) -> None:
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, url: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """(status, text) of a GET, or of a POST of `fields`."""
        body = urlencode(fields).encode() if fields is not None else None
        try:
            with self._opener.open(url, body, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def link_in(server: Server) -> str:
    wait_until(lambda: "/invitation/" in server.log(), 30, "the owner's link")
    found = re.search(r"http://\S+/invitation/\S+", server.log())
    assert found
    return found[0]


def answers(url: str) -> bool:
    try:
        return Browser().get(url)[0] == 200
    except OSError:
        return False


def test_the_first_start_gives_the_owner_a_link(tmp_path: Path) -> None:
    """It leads to a password and to the pages; events go on being taken; the next start gives no link."""
    port = free_port()
    there = f"http://127.0.0.1:{port}"
    with serving(tmp_path, FOOTPATH_DASHBOARD_PORT=str(port)) as server:
        link = link_in(server)
        assert link.startswith(there)
        wait_until(lambda: answers(f"{there}/healthz"), 30, "the dashboard")
        assert server.post(batch())[0] == 202
        browser = Browser()
        (check,) = re.findall(r'name="csrf" value="([0-9a-f]{64})"', browser.get(link)[1])
        fields = {"csrf": check, "password": PASSWORD, "again": PASSWORD}
        status, text = browser.get(link, fields)
        assert (status, "<h1>Overview</h1>" in text) == (200, True)
        wait_until(
            lambda: "9f2c0a0000000001" in browser.get(f"{there}/sites/demo-shop/heat/elements/csv?path=/cart")[1], 90,
            "the events",  # a question is about the same moment for up to a minute
        )  # fmt: skip
        assert Browser().get(link)[0] == 404
        assert server.post({**batch(), "site": "nobody"})[0] == 403
        setup = browser.get(f"{there}/sites/demo-shop/setup?period=24h")[1]
        assert "<dt>Acknowledged</dt><dd>10 events</dd>" in setup
        wait_until(
            lambda: "<dt>Refused: site</dt><dd>1</dd>" in browser.get(f"{there}/sites/demo-shop/setup")[1], 30,
            "the refused request",
        )  # fmt: skip
        assert "accepted" in setup
        wait_until(
            lambda: "<td><code>site</code></td><td class=\"number\">1</td>"
            in browser.get(f"{there}/sites/demo-shop/live?whole=1")[1], 30, "what was refused, on Live",
        )  # fmt: skip
    with serving(tmp_path, FOOTPATH_DASHBOARD_PORT=str(port)) as server:
        wait_until(lambda: server.log().count("dashboard at") == 1, 30, "the address")
        assert server.log().count("/invitation/") == 1
        wait_until(lambda: answers(f"{there}/healthz"), 30, "the dashboard")
        assert browser.get(f"{there}/sites/demo-shop/setup")[0] == 200


def test_the_dashboard_dies_alone(tmp_path: Path) -> None:
    """Killed, it is started again, and the collector never notices; with 0 as its port there is none."""
    port = free_port()
    with serving(tmp_path, FOOTPATH_DASHBOARD_PORT=str(port)) as server:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), 30, "the dashboard")
        mine = [pid for pid in server.descendants() if listens(pid, port)]
        assert mine
        for pid in mine:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not running(mine), 10, "its end")
        assert server.post(batch())[0] == 202
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), 40, "its return")
    with serving(tmp_path) as server:
        assert "dashboard" not in server.log().rpartition("collecting at")[2]


def listens(pid: int, port: int) -> bool:
    """Whether a process holds a socket that listens on the port."""
    from pathlib import Path

    wanted = f"{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {parts[9] for parts in lines if parts[1].endswith(f":{wanted}") and parts[3] == "0A"}
    try:
        held = {os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return False
    return bool({f"socket:[{inode}]" for inode in inodes} & held)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """With the setting that chooses another."""
    import subprocess
    import sys

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "sites.yml").write_text("sites: {a: {id: 1, origins: ['*']}}")
        told = subprocess.run(
            [sys.executable, "-m", "collector.cli", "serve"], check=False, capture_output=True, text=True,
            cwd=tmp_path, timeout=60,
            env={
                **os.environ, "FOOTPATH_PORT": str(free_port()), "FOOTPATH_DASHBOARD_PORT": port,
                "FOOTPATH_CONFIG_DIR": str(tmp_path / "config"), "FOOTPATH_DATA_DIR": str(tmp_path / "data"),
            },
        )  # fmt: skip
    assert told.returncode == 1
    assert "FOOTPATH_DASHBOARD_PORT" in told.stderr


def test_a_lost_password_is_renewed_in_the_terminal(tmp_path: Path) -> None:
    """`footpath invite` prints a link for a user that there is, or makes an owner."""
    from click.testing import CliRunner

    from collector.cli import main
    from collector.state import State

    state = State(tmp_path / "state.db")
    state.add_user("ann", {"demo-shop": "viewer"}, PASSWORD)
    for name in ("ann", "owner"):
        told = CliRunner().invoke(main, ["invite", name], env={"FOOTPATH_DATA_DIR": str(tmp_path)})
        secret = told.output.strip().rpartition("/")[2]
        user = state.invited(secret)
        assert user is not None
        assert user.name == name
        assert user.is_owner == (name == "owner")
    state.close()


def test_check_says_where_it_is_and_who_gets_in(tmp_path: Path) -> None:
    """Off, not started yet, without an owner, with one; a broken file is wrong."""
    from collector import check
    from collector.config import Settings
    from collector.state import State

    def found(**said: str) -> check.Finding:
        settings = Settings.from_environment({"FOOTPATH_DATA_DIR": str(tmp_path), **said})
        return next(each for each in check.findings(settings) if each.what == "dashboard")

    assert "off" in found(FOOTPATH_DASHBOARD_PORT="0").told
    assert "first start" in found().told
    state = State(tmp_path / "state.db")
    user = state.add_user("ann", {"*": "owner"})
    assert found().hint
    state.set_password(user.id, PASSWORD)
    assert found().told.endswith("users: 1")
    assert "FOOTPATH_DASHBOARD_URL" in found(FOOTPATH_HOST="0.0.0.0").told
    assert found(FOOTPATH_HOST="0.0.0.0").hint
    silent = found(FOOTPATH_DASHBOARD_URL=f"http://127.0.0.1:{free_port()}")
    assert silent.hint
    assert "does not answer" in silent.told
    state.close()
    for each in tmp_path.glob("state.db*"):
        each.unlink()
    (tmp_path / "state.db").write_bytes(b"x" * 5000)
    assert not found().well


@pytest.mark.parametrize("said", [b"", b"<html>\xff</html>", b"footpath_accepted_total many\n", b"other_total 5\n"])
def test_what_is_no_collector_is_not_read_as_one(said: bytes) -> None:
    """Another program may have its port, or none may listen there."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as other:
        settings = Settings.from_environment({"FOOTPATH_PORT": str(other.server_port)})
        threading.Thread(target=other.handle_request).start()
        assert collector_now(settings) is None
    assert collector_now(Settings.from_environment({"FOOTPATH_PORT": str(free_port())})) is None


def test_many_who_look_ask_the_collector_once() -> None:
    """Where its answer may be some seconds old; who wants to know it now is told what is so now."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        now = Asked(Settings.from_environment({"FOOTPATH_PORT": str(other.server_port)}))
        assert [now(60), now(60), now()] == [None] * 3
        other.shutdown()
        thread.join()
    assert asked == ["/metrics"] * 2
