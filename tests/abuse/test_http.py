"""A real server and raw sockets: what HTTP itself allows the hostile costs them their connection and nobody else."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import CHROME, SITES_YML, Server, batch, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = json.dumps(batch())
CHUNKED = "Transfer-Encoding: chunked"
OPTIONS = "OPTIONS /v1/events HTTP/1.1\r\nHost: x\r\nOrigin: https://x\r\nAccess-Control-Request-Method: POST\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`footpath serve` with one worker, behind a proxy at 127.0.0.1 that it trusts."""
    folder = tmp_path_factory.mktemp("http")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES_YML)
    with serving(folder, FOOTPATH_WORKERS="1", FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8") as running:
        yield running
        assert running.post(batch())[0] == 202
        assert "Traceback" not in running.log()
        assert "ended; starting it again" not in running.log()


def said(server: Server, sent: str, seconds: float = 15.0) -> str:
    """Send this and read until the server closes the connection, or says nothing more for so many seconds."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as line:
        with contextlib.suppress(OSError):
            line.sendall(sent.encode())
        found = b""
        with contextlib.suppress(OSError):
            while more := line.recv(1 << 16):
                found += more
    return found.decode("latin-1")


def statuses(text: str) -> list[int]:
    """Of all answers in it."""
    return [int(status) for status in re.findall(r"HTTP/1\.1 (\d{3})", text)]


def request(*headers: str, body: str = GOOD, method: str = "POST", target: str = "/v1/events", length: str = "") -> str:
    """A request as text; `length` is what it claims."""
    lines = [f"{method} {target} HTTP/1.1", "Host: collector.example", f"User-Agent: {CHROME}", *headers]
    if length != "none":
        lines.append(f"Content-Length: {length or len(body.encode())}")
    return "\r\n".join([*lines, "", body])


def chunked(*parts: str) -> str:
    """A body in chunks."""
    return "".join(f"{len(part.encode()):x}\r\n{part}\r\n" for part in parts) + "0\r\n\r\n"


@pytest.mark.parametrize("headers", [
    *[[f"X-Forwarded-For: {value}"] for value in (
        "203.0.113.9", "203.0.113.9:4711", "[2001:db8::1]:443", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0",
        "unknown", "", ",,,", "127.0.0.1", ", ".join(["127.0.0.1"] * 500), "' OR 1=1 --", "y" * 8000, "1.2.3.4.5.6",
        "999.999.999.999", "::1%25", "0x7f.1")],
    ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 127.0.0.1"], ["Forwarded: for=_x"], ["X-Real-IP: 1.2.3.4"],
    ["X-HTTP-Method-Override: DELETE"], ["X-Method-Override: GET"], ["X-Original-URL: /metrics"],
    ["X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher", "X-Forwarded-Prefix: /evil"],
    ["Host: evil.example"], ["Host: ::::"], ["Content-Type: multipart/form-data; boundary=x"],
    ["Content-Type: application/x-www-form-urlencoded"], ["Cookie: " + "a=b; " * 2000], ["Expect: 200-maybe"],
    ["User-Agent: " + "Mozilla/5.0 (" * 500], ["Sec-CH-UA: " + '"x";v="1",' * 800], ["Referer: \x7f"],
    ["Accept-Language: " + "de;q=0.5," * 1000], ["Range: bytes=0-1"], ["If-None-Match: *"], ["Upgrade: websocket"],
    [f"X-{number}: y" for number in range(80)],
], ids=lambda headers: " ".join(headers)[:40])  # fmt: skip
def test_no_header_changes_what_becomes_of_a_batch(server: Server, headers: list[str]) -> None:
    """Addresses, hosts, overrides and long texts: the batch is taken, or HTTP itself refuses the request."""
    assert statuses(said(server, request("Connection: close", *headers))) in ([202], [400])


@pytest.mark.parametrize(("headers", "statuses_allowed"), [
    (["X-Long: " + "y" * (64 << 10)], {202, 400, 413, 431}), (["X-Long: " + "y" * (2 << 20)], {400, 413, 431}),
    ([f"X-{number}: y" for number in range(2000)], {400, 431}),
], ids=["64 KiB", "2 MiB", "2000"])  # fmt: skip
def test_headers_without_end_end_the_connection(server: Server, headers: list[str], statuses_allowed: set[int]) -> None:
    """Answered or cut off, and the next one is heard."""
    assert set(statuses(said(server, request("Connection: close", *headers)))) <= statuses_allowed
    assert server.post(batch())[0] == 202


LIES = {
    "too short": request(length="10"), "nothing": request(length="0"), "none": request(length="none"),
    "negative": request(length="-1"), "1e3": request(length="1e3"), "20 digits": request(length="9" * 20),
    "2 MB": request(length="2000000"), "62 bits": request(length=f"{1 << 62}"),
    "too long": request(length=str(len(GOOD) + 50)), "two lengths": request(f"Content-Length: {len(GOOD) - 5}"),
    "a chunk that breaks off": request(CHUNKED, body="5\r\nab", length="none"),
    "no size of a chunk": request(CHUNKED, body="zz\r\nab\r\n0\r\n\r\n", length="none"),
    "a chunk beyond 64 bits": request(CHUNKED, body="f" * 17 + "\r\nab\r\n0\r\n\r\n", length="none"),
    "chunks of 1 MiB": request(CHUNKED, body=chunked("x" * (1 << 20), GOOD), length="none"),
    "gzip alone": request("Transfer-Encoding: gzip", length="none"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_a_length_that_lies_never_makes_a_batch(server: Server, name: str) -> None:
    """Too short, too long, twice, none, in chunks that break off: refused, cut off, or waited for."""
    assert set(statuses(said(server, LIES[name], 1.0))) <= {400, 413, 501}


@pytest.mark.parametrize("parts", [[GOOD], [*GOOD], [GOOD[:700], GOOD[700:]]], ids=["one", "bytes", "two"])
def test_a_batch_in_chunks_is_taken(server: Server, parts: list[str]) -> None:
    """However it is cut."""
    assert statuses(said(server, request(CHUNKED, "Connection: close", body=chunked(*parts), length="none"))) == [202]


def test_a_length_beside_chunks_smuggles_nothing(server: Server) -> None:
    """RFC 9112, 6.3: chunks win and the connection ends, or the request is refused; what is hidden is never taken."""
    before = server.metrics()["accepted"]
    hidden = "0\r\n\r\n" + request(body=json.dumps(batch()))
    for length in ("5", str(len(hidden))):
        assert 202 not in statuses(said(server, request(CHUNKED, body=hidden, length=length), 1.0))
    assert server.post(batch())[0] == 202
    wait_until(lambda: server.metrics()["accepted"] > before, what="counting")
    assert server.metrics()["accepted"] == before + 10


def test_requests_in_one_go_are_answered_in_their_order(server: Server) -> None:
    """Pipelined good and bad ones: each has its own answer, and a bad one costs no other."""
    bodies = [GOOD, "{", json.dumps(batch(site="nobody")), GOOD, "[]", GOOD]
    sent = "".join(request(body=body) for body in bodies[:-1]) + request("Connection: close", body=bodies[-1])
    assert statuses(said(server, sent)) == [202, 400, 403, 202, 400, 202]


@pytest.mark.parametrize(("method", "target", "status"), [
    ("POST", "//v1/events", {202, 404}), ("POST", "/v1//events", {404}),
    ("POST", "/v1/events/", {404}), ("POST", "/v1/./events", {404}),
    ("POST", "/v1/%65vents", {202, 404}), ("POST", "/v1/events?site=x", {202}), ("POST", "/v1/events%00", {404}),
    ("POST", "/%ff%fe", {404}), ("POST", "/" + "x" * 20_000, {404, 414}),
    ("POST", "http://evil.example/v1/events", {202, 404}),
    ("POST", "*", {400, 404}), ("TRACE", "/v1/events", {405}), ("CONNECT", "evil.example:443", {400, 404, 405}),
    ("PATCH", "/v1/events", {405}), ("HEAD", "/v1/events", {405}), ("BREW", "/v1/events", {405}),
    ("GET", "/sdk/..%2f..%2fsites.yml", {404}), ("GET", "/sdk/../secret.key", {404}),
    ("GET", "/%2e%2e/secret.key", {404}),
    ("GET", "/sdk.js?site=%00%ff", {404}), ("GET", "/sdk.js?" + "site=x&" * 2000, {404}),
    ("GET", "/v1/visitors/%00", {401}), ("DELETE", "/v1/visitors/..%2fx", {401, 404}),
])  # fmt: skip
def test_other_targets_and_methods_are_told_so(server: Server, method: str, target: str, status: set[int]) -> None:
    """No redirect, no file, no echo; a reason, as JSON."""
    text = said(server, request("Connection: close", method=method, target=target))
    assert set(statuses(text)) <= status
    assert "evil.example" not in text
    assert "location:" not in text.lower()
    if statuses(text) != [202] and statuses(text) != [400]:
        assert "footpath-reason: " in text.lower()


def test_a_flood_of_preflights_is_answered(server: Server) -> None:
    """Two thousand on one connection, and the batch after them."""
    text = said(server, OPTIONS * 2000 + request("Connection: close"), 60)
    assert statuses(text) == [204] * 2000 + [202]


def test_hanging_up_costs_nobody(server: Server) -> None:
    """Three hundred senders that leave in the middle of a request, at once; then everybody is answered."""

    def leave(number: int) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
            line.sendall(request(length=str(len(GOOD) * 2)).encode()[: 20 + 7 * number])

    threads = [threading.Thread(target=leave, args=(number,)) for number in range(300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.post(batch())[0] == 202


def test_connections_that_say_nothing_take_no_ones_place(server: Server) -> None:
    """Many more than there are threads: kept by browsers that were answered, or by headers that do not come."""
    lines = []
    try:
        for number in range(600):
            line = socket.create_connection(("127.0.0.1", server.port), timeout=15)
            lines.append(line)
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if number % 2 else b"X-Slow: "))
            if number % 2:
                assert line.recv(1000).startswith(b"HTTP/1.1 200")
        assert [server.post(batch())[0] for _ in range(20)] == [202] * 20
    finally:
        for line in lines:
            line.close()


def half_open(server: Server, senders: int, network: int) -> list[socket.socket]:
    """Connections that promise a body and send its first byte."""
    lines = []
    for number in range(senders):
        line = socket.create_connection(("127.0.0.1", server.port), timeout=40)
        told = request(f"X-Forwarded-For: 198.51.{network}.{number}", body="{", length=str(len(GOOD)))
        line.sendall(told.encode())
        lines.append(line)
    return lines


def test_half_open_bodies_of_one_network_leave_threads_for_the_others(server: Server) -> None:
    """Forty of them, sixteen threads: those too many hear 429, and everybody else is answered meanwhile."""
    lines = half_open(server, 40, 7)
    try:
        assert [server.post(batch(), {"X-Forwarded-For": f"203.0.113.{n}"})[0] for n in range(20)] == [202] * 20
        assert server.get("/healthz")[0] == 200
        status, answer = server.post(batch(), {"X-Forwarded-For": "198.51.7.99"})
        assert (status, answer["error"]["type"]) == (429, "unread")
    finally:
        for line in lines:
            line.close()
    wait_until(lambda: server.post(batch(), {"X-Forwarded-For": "198.51.7.99"})[0] == 202, 10, "being heard again")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="only Linux tells how long nothing was sent")
def test_a_body_that_does_not_come_ends_its_connection(server: Server) -> None:
    """After twenty seconds, also where every few seconds a byte comes; a connection that is in use stays open."""
    (stuck,) = half_open(server, 1, 8)
    used = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    began = time.monotonic()
    stuck.settimeout(2)
    while time.monotonic() < began + 40:
        used.request("POST", "/v1/events", GOOD, {"Content-Type": "text/plain"})
        assert used.getresponse().read()
        with contextlib.suppress(TimeoutError):
            told = stuck.recv(100)
            break
        stuck.sendall(b" ")
    else:
        pytest.fail("it is still open after 40 s")
    assert b"202" not in told
    assert time.monotonic() - began > 15
    port = used.sock.getsockname()[1]
    used.request("GET", "/healthz")
    assert used.getresponse().status == 200
    assert used.sock.getsockname()[1] == port
    used.close()


def test_forged_addresses_share_the_limit_of_who_sent_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where no proxy is trusted, a thousand X-Forwarded-For are one network: refused requests end in 429."""
    folder = tmp_path_factory.mktemp("flood")
    with serving(folder, FOOTPATH_WORKERS="1", FOOTPATH_RATE="1") as server:
        unknown = batch(site="nobody")
        found = [server.post(unknown, {"X-Forwarded-For": f"198.51.{n}.1"})[0] for n in range(40)]
        assert found[:4] == [403] * 4
        assert found.count(429) > 20
        assert server.post(batch())[0] == 202
