"""The printed tag in a real browser, under the printed policy."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from collector import script
from collector.cli import main
from tests.support import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.browser.conftest import World

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def page(tag: str, policy: str) -> Iterator[str]:
    """The address of a page with this tag, that allows nothing but this policy."""
    html = f'<!doctype html><html lang="en"><head><title>Pinned</title>{tag}</head><body>Here</body></html>'.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", f"default-src 'none'; {policy}")
            self.send_header("Content-Length", str(len(html)))
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pinned/{time.time_ns()}"
    finally:
        server.shutdown()
        server.server_close()


def listened(tab: Page) -> list[str]:
    """What the browser writes to the console, such as what a policy has refused."""
    told: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    return told


def printed(world: World, *arguments: str) -> tuple[str, str]:
    """Tag and policy as `footpath snippet` prints them for the world's collector."""
    command = ["snippet", "--url", f"http://127.0.0.1:{world.relay.port}", *arguments]
    told = CliRunner().invoke(main, command, env=world.server.environment)
    assert told.exit_code == 0, told.output
    tag, _, policy = told.stdout.strip().splitlines()
    return tag, policy.removeprefix("Content-Security-Policy: ")


@pytest.mark.parametrize(
    "arguments", [("--site", "other-shop"), ("--site", "other-shop", "--pinned"), ("--site", "quiet-shop", "--pinned")]
)
def test_a_page_with_the_printed_tag_and_policy_is_counted(
    world: World, visitor: BrowserContext, arguments: tuple[str, ...]
) -> None:
    """Script and events pass a policy that forbids everything else; the hash holds for the compressed file too."""
    tag, policy = printed(world, *arguments)
    (loaded,) = re.findall('src="([^"]+)"', tag)
    with page(tag, policy) as url:
        tab = visitor.new_page()
        told = listened(tab)
        with tab.expect_response(lambda response: response.url == loaded) as answer:
            tab.goto(url)
        assert answer.value.header_value("Content-Encoding") == "br"
        path = url[url.index("/pinned/") :]
        condition = "path = {path:String} AND kind = 'page_view'"
        wait_until(lambda: world.count(condition, path=path) == 1, 15, "the page view")
        (row,) = world.rows(condition, path=path)
        assert row["site_id"] == (3 if "quiet-shop" in arguments else 2)
        assert told == []
        if "quiet-shop" in arguments:
            assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
        tab.close()


def test_other_bytes_than_the_pinned_ones_do_not_run(world: World, visitor: BrowserContext) -> None:
    """The browser refuses them, and the page is as without a script."""
    tag, policy = printed(world, "--site", "other-shop", "--pinned")
    wrong = re.sub('integrity="[^"]+"', f'integrity="{script.integrity(b"other")}"', tag)
    with page(wrong, policy) as url:
        tab = visitor.new_page()
        told = listened(tab)
        tab.goto(url)
        assert any("Failed to find a valid digest" in text for text in told)
        assert tab.evaluate("typeof window.footpath") == "undefined"
        tab.close()
