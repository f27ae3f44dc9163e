"""nginx and Caddy with the files of deploy/, in front of a running collector: what passes, and what is held back."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import CHROME, SITES_YML, Server, batch, free_port, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"


class Proxy:
    """A running proxy, as a browser meets it."""

    def __init__(self, port: int, *, tls: bool) -> None:
        self.port, self._tls = port, tls

    def connect(self, seconds: float = 15) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        if not self._tls:
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname="data.shop.example")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("data.shop.example", self.port)
        connection.sock = self.connect()
        with contextlib.closing(connection):
            connection.request(method, path, body, {"User-Agent": CHROME} | (headers or {}))
            answer = connection.getresponse()
            return answer, answer.read()


@contextlib.contextmanager
def program(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a proxy until the block ends."""
    with (folder / "proxy.log").open("wb") as log:
        environment = {"PATH": "/usr/bin:/usr/sbin:/bin", "HOME": str(folder)}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), what="the proxy")
        assert process.poll() is None, (folder / "proxy.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each of these put in place of the other; all must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


NGINX = """daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; access_log {folder}/access.log;
    {content}
}}
"""


def nginx(folder: Path, server: Server) -> contextlib.AbstractContextManager[Proxy]:
    """deploy/nginx/footpath.conf, with a certificate of its own."""
    certificate, key = folder / "pem", folder / "key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=data.shop.example",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    content = changed(
        (DEPLOY / "nginx" / "footpath.conf").read_text(),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("127.0.0.1:8400;", f"127.0.0.1:{server.port};"),
        ("/etc/ssl/data.shop.example.pem", str(certificate)), ("/etc/ssl/data.shop.example.key", str(key)),
    )  # fmt: skip
    return _nginx(folder, content, port, tls=True)


def nginx_paths(folder: Path, server: Server) -> contextlib.AbstractContextManager[Proxy]:
    """deploy/nginx/footpath-paths.conf inside a shop's server."""
    port = free_port()
    content = changed(
        (DEPLOY / "nginx" / "footpath-paths.conf").read_text(),
        ("http://127.0.0.1:8400;", f"http://127.0.0.1:{server.port};"),
    )
    return _nginx(
        folder, f"server {{ listen 127.0.0.1:{port}; location / {{ return 204; }}\n{content} }}", port, tls=False
    )


@contextlib.contextmanager
def _nginx(folder: Path, content: str, port: int, *, tls: bool) -> Iterator[Proxy]:
    user = "" if os.geteuid() else "user root;"  # the folders of tests are closed to everybody else
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, content=content, user=user))
    with program(
        [str(shutil.which("nginx")), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")], port, folder
    ):
        yield Proxy(port, tls=tls)


@contextlib.contextmanager
def caddy(folder: Path, server: Server) -> Iterator[Proxy]:
    """deploy/caddy/Caddyfile without TLS, for which Caddy would ask an authority."""
    port = free_port()
    content = changed(
        (DEPLOY / "caddy" / "Caddyfile").read_text(),
        ("{\n\tservers {", "{\n\tadmin off\n\tauto_https off\n\tservers {"),
        ("data.shop.example {", f"http://:{port} {{"), ("127.0.0.1:8400 {", f"127.0.0.1:{server.port} {{"),
    )  # fmt: skip
    version = subprocess.run(["caddy", "version"], check=True, capture_output=True, text=True).stdout
    if not re.match(r"v?2\.[0-6]\.", version):
        content = changed(content, ("\t\tbuffer_requests\n", "\t\trequest_buffers 2MiB\n"))
    (folder / "Caddyfile").write_text(content)
    with program(
        [str(shutil.which("caddy")), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")],
        port,
        folder,
    ):
        yield Proxy(port, tls=False)


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker with two threads, so that few half-open bodies are many."""
    folder = tmp_path_factory.mktemp("proxies")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES_YML)
    with serving(
        folder, FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8", FOOTPATH_WORKERS="1", FOOTPATH_THREADS="2",
        FOOTPATH_LOG_FORMAT="json",
    ) as server:  # fmt: skip
        yield server


@pytest.fixture(scope="module", params=["nginx", "nginx_paths", "caddy"])
def proxy(
    request: pytest.FixtureRequest, collector: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Each of the files, running."""
    needed = request.param.partition("_")[0]
    for each in (needed, "openssl"):
        if not shutil.which(each):
            pytest.skip(f"{each} is not installed; on Debian: apt-get install {each}")
    with globals()[request.param](tmp_path_factory.mktemp(request.param), collector) as running:
        yield running


def test_the_script_passes_as_it_is(proxy: Proxy, collector: Server) -> None:
    """Compressed by the collector, byte for byte, with its caching and its other files."""
    answer, body = proxy.ask("GET", "/sdk.js?site=demo-shop", headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert gzip.decompress(body).decode() == collector.get("/sdk.js?site=demo-shop")[1]
    files = re.search(r'"files": ?"([^"]+)"', gzip.decompress(body).decode())
    assert files
    assert proxy.ask("GET", f"{files[1]}.more.js")[0].status == 200


@pytest.mark.parametrize("packed", [False, True])
def test_events_pass_also_as_gzip(proxy: Proxy, collector: Server, packed: bool) -> None:
    """With the answer and what a browser wants to see in it."""
    before = collector.metrics()["accepted"]
    body = json.dumps(batch()).encode()
    headers = {"Content-Type": "text/plain", "Origin": "https://shop.example"}
    answer, told = proxy.ask("POST", "/v1/events", gzip.compress(body) if packed else body, headers)
    assert (answer.status, json.loads(told)["accepted"]) == (202, 10)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    wait_until(lambda: collector.metrics()["accepted"] == before + 10, what="the count")


def test_the_visitors_address_is_the_one_that_the_proxy_saw(proxy: Proxy, collector: Server) -> None:
    """Whatever the visitor claims: without storage, two claims are one visitor."""
    ids = set()
    for claimed in ("203.0.113.1", "203.0.113.2"):
        sent = batch(visitor="", session="")
        answer, _ = proxy.ask("POST", "/v1/events", json.dumps(sent).encode(), {"X-Forwarded-For": claimed})
        assert answer.status == 202
        ids.add(int(sent["page"]["id"], 16))
    assert len(visitors(collector, ids)) == 1


def visitors(collector: Server, pages: set[int]) -> set[int]:
    """The visitors of these page views, once all are stored."""
    from collector.engine import find
    from collector.store import Store

    running = find(collector.folder / "data")
    assert running is not None
    store = Store(running.reader_url)
    ids = ", ".join(map(str, pages))
    sql = f"SELECT uniqExact(page_id), groupUniqArray(visitor_id) FROM events WHERE page_id IN ({ids})"
    wait_until(lambda: store.execute(sql)[0][0] == len(pages), what="loading")
    found = set(store.execute(sql)[0][1])
    store.close()
    return found


def test_a_refusal_has_the_proxys_id(proxy: Proxy, collector: Server) -> None:
    """And the visitor's own is not believed."""
    answer, told = proxy.ask("POST", "/v1/events", b"no json", {"X-Request-Id": "from-a-visitor"})
    assert answer.status == 400
    assert json.loads(told)["error"]["type"] == "unreadable"
    asked = answer.headers["Footpath-Request-Id"]
    assert re.fullmatch(r"[0-9a-f-]{32,36}", asked)
    wait_until(lambda: asked in collector.log(), what="the line")


def test_too_large_has_an_answer_that_pages_may_read(proxy: Proxy) -> None:
    """The script halves a batch when it hears why; a proxy's own page says nothing to it."""
    for _ in range(5):  # whoever answers before it has read everything may be cut off
        answer, told = proxy.ask("POST", "/v1/events", b" " * (1_200_000))
        assert (answer.status, json.loads(told)["error"]["type"]) == (413, "too_large")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/v1/outcomes", "/v1/visitors/00000000000000ff"])
def test_what_is_not_for_the_public_is_closed(proxy: Proxy, path: str) -> None:
    """Numbers, and routes for servers. A shop's own pages answer with 204 here."""
    answer, told = proxy.ask("GET", path)
    assert answer.status in (404, 204)
    assert b"footpath" not in told
    assert "Footpath-Reason" not in answer.headers


def half_open(connect: Any, network: int = 0) -> socket.socket:
    """A sender who says 1,000 bytes and sends one."""
    sender: socket.socket = connect()
    sender.sendall(
        b"POST /v1/events HTTP/1.1\r\nHost: data.shop.example\r\nX-Forwarded-For: 198.51.%d.1\r\n"
        b"Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\n{" % network
    )
    return sender


def test_half_open_bodies_wait_in_the_proxy(proxy: Proxy, collector: Server) -> None:
    """Twenty of them, ten for each thread, while somebody else is answered."""
    senders = [half_open(proxy.connect) for _ in range(20)]
    try:
        for _ in range(5):
            assert proxy.ask("POST", "/v1/events", json.dumps(batch()).encode())[0].status == 202
            assert collector.post(batch())[0] == 202
    finally:
        for sender in senders:
            sender.close()


def is_answered(port: int) -> bool:
    """Whether the collector answers somebody else within three seconds."""
    waiting = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        waiting.request("GET", "/healthz")
        return waiting.getresponse().status == 200
    except TimeoutError:
        return False
    finally:
        waiting.close()


@pytest.mark.parametrize(("networks", "is_heard"), [(1, True), (10, False)])
def test_without_a_proxy_one_network_holds_half_of_the_collector(tmp_path: Path, networks: int, is_heard: bool) -> None:
    """What the proxy is for: of two threads the senders of one network keep one, those of several keep both."""
    with serving(
        tmp_path, FOOTPATH_WORKERS="1", FOOTPATH_THREADS="2", FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8"
    ) as server:
        senders = [
            half_open(lambda: socket.create_connection(("127.0.0.1", server.port), timeout=15), number % networks)
            for number in range(20)
        ]
        if is_heard:
            assert is_answered(server.port)
        else:
            # Until the server has given its threads to them, somebody else may come before them.
            wait_until(lambda: not is_answered(server.port), 15, "not being heard")
        for sender in senders:
            sender.close()
        wait_until(lambda: server.get("/healthz")[0] == 200, what="an answer")
