"""The receiving route: whom it believes, what it hides, when it says no."""

from __future__ import annotations

import contextlib
import ipaddress
import json
from typing import TYPE_CHECKING, Any

import pytest

from collector import shipment, spool
from collector.addresses import client_address
from collector.app import create_app
from collector.config import Settings
from collector.event import Record
from collector.limits import Limiter
from tests.support import CHROME, SITES_YML, batch, click, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

NONE = SITES_YML + '  quiet:\n    id: 2\n    origins: ["https://quiet.example"]\n    privacy: {storage: none}\n'


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Any]:
    """Makes clients of a real application over a real spool; closes its spools."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(NONE)
    opened = []

    def make(**settings: str) -> FlaskClient:
        application = create_app(Settings.from_environment({
            "FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path / "config"), **settings,
        }))  # fmt: skip
        opened.append(application.extensions["footpath"])
        return application.test_client()

    yield make
    for writer in opened:
        writer.close()


def records(tmp_path: Path) -> list[Record]:
    """What the spool holds."""
    found = []
    for path in spool.files(tmp_path / "data" / "spool"):
        with contextlib.closing(spool.connect(path)) as connection:
            found += [Record.decode(row[3]) for row in shipment.waiting(connection, 10_000, 10**9)]
    return found


def post(client: FlaskClient, sent: Any, address: str = "203.0.113.9", **headers: str) -> Any:
    """POST as a browser at that address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = sent if isinstance(sent, bytes) else json.dumps(sent)
    headers = {"User-Agent": CHROME} | named
    return client.post("/v1/events", data=body, headers=headers, environ_overrides={"REMOTE_ADDR": address})


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # nobody we know forwarded it
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # what stands left, anyone may have written
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], "nonsense"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1:4711"], "198.51.100.1"),  # each connection has another port
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2:80"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["[2001:DB8::1]"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),  # a socket that listens on both families
    ],
)
def test_only_our_own_proxies_are_believed(remote: str, forwarded: list[str], expected: str) -> None:
    """The right-most hop that is not ours."""
    assert client_address(remote, forwarded, (ipaddress.ip_network("10.0.0.0/8"),)) == expected


def test_the_limiter_allows_a_burst_and_then_the_rate() -> None:
    """And forgets the least recently used key when there are too many."""
    limiter = Limiter(rate=10, burst=3, keys=2)
    assert [limiter.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limiter.take("a", 0.1)
    assert not limiter.take("a", 0.1)
    limiter.take("b", 0.1)
    limiter.take("c", 0.1)
    assert limiter.take("a", 0.1)


def test_too_many_requests_from_one_network_get_429_and_others_do_not(app: Any) -> None:
    """Per site and network, with Retry-After."""
    client = app(FOOTPATH_RATE="1")
    answers = [post(client, batch([])) for _ in range(6)]
    assert [answer.status_code for answer in answers].count(429) >= 1
    refused = answers[-1]
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["Footpath-Reason"].startswith("rate:")
    assert post(client, batch([]), address="198.51.100.1").status_code == 202


def test_no_address_reaches_the_disk(app: Any, tmp_path: Path) -> None:
    """Neither the visitor's nor a forwarded one, in no file of the data directory."""
    client = app(FOOTPATH_TRUSTED_PROXIES="10.0.0.0/8")
    assert post(client, batch(), address="10.0.0.1", X_Forwarded_For="198.51.100.77").status_code == 202
    quiet = batch(site="quiet", visitor="", session="")
    assert post(client, quiet, address="198.51.100.78", Origin="https://quiet.example").status_code == 202
    assert post(client, b"{", address="198.51.100.79").status_code == 400
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert len(written) > 1000
    assert b"198.51.100" not in written


def test_where_nothing_may_be_stored_the_visitor_is_the_days_hash(app: Any, tmp_path: Path) -> None:
    """The same browser is one visitor and one session; another is another; the ids are of 64 bits."""
    client = app()
    quiet = {"site": "quiet", "visitor": "", "session": ""}
    for address in ("198.51.100.1", "198.51.100.1", "198.51.100.2"):
        assert post(client, batch(**quiet), address=address, Origin="https://quiet.example").status_code == 202
    first, second, third = (record.batch for record in records(tmp_path))
    assert (first["visitor"], first["session"]) == (second["visitor"], second["session"])
    assert first["visitor"] != third["visitor"]
    assert all(len(one["visitor"]) == len(one["session"]) == 16 for one in (first, third))


def test_an_identifier_is_hashed_before_it_is_written(app: Any, tmp_path: Path) -> None:
    """The same person has the same hash on one site, another on the next."""
    client = app()
    event = {"n": 1, "t": 1, "k": "identify", "id": "ada@example.org"}
    assert post(client, batch([event])).status_code == 202
    quiet = batch([event], site="quiet")
    assert post(client, quiet, Origin="https://quiet.example").status_code == 202
    ours, theirs = (record.batch["events"][0]["id"] for record in records(tmp_path))
    assert ours != theirs
    assert len(ours) == 16
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"ada@example.org" not in written


def test_events_kept_for_more_than_two_days_are_refused_one_by_one(app: Any, tmp_path: Path) -> None:
    """Too old to be told from copies."""
    client = app()
    old = batch([{"n": 0, "t": 0, "k": "nope"}, click(1), click(2)], flags=["stored"])
    old["page"]["started_at"] = now_ms() - 49 * 3_600_000
    answer = post(client, old).get_json()
    assert answer["accepted"] == 0
    assert sorted(event["index"] for event in answer["rejected"]) == [0, 1, 2]
    young = batch([click(1)], flags=["stored"])
    young["page"]["started_at"] = now_ms() - 47 * 3_600_000
    assert post(client, young).get_json()["accepted"] == 1


def test_a_full_spool_answers_503_and_is_not_ready(app: Any, tmp_path: Path) -> None:
    """With Retry-After; nothing is dropped in silence."""
    client = app(FOOTPATH_SPOOL_MAX_MB="1")
    big = batch(
        [{"n": n, "t": n, "k": "custom", "name": "x", "props": {"a": "y" * 1000, "b": "z" * 1000}} for n in range(400)]
    )
    answers = []
    for _ in range(4):
        answers.append(post(client, big).status_code)
        client.application.extensions["footpath"]._room_checked = 0
    assert answers[0] == 202
    assert answers[-1] == 503
    refused = post(client, big)
    assert refused.headers["Retry-After"] == "5"
    assert "the cap is 0.5 MiB" in refused.get_json()["error"]["message"]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_refusals_are_counted_by_reason(app: Any) -> None:
    """And shown by /metrics."""
    client = app()
    post(client, b"{")
    post(client, batch(site="nope"))
    post(client, batch([{"n": 0, "t": 0, "k": "nope"}]))
    client.application.extensions["footpath"].close()
    text = client.get("/metrics").get_data(as_text=True)
    for reason in ("unreadable", "site", "kind"):
        assert f'footpath_rejected_total{{reason="{reason}"}} 1.0' in text


@pytest.mark.parametrize(("method", "path", "reason"), [
    ("GET", "/nowhere", "route"), ("PUT", "/v1/events", "method"), ("GET", "/sdk.js?site=nobody", "site"),
    ("GET", "/sdk/0.0.1.js", "version"), ("POST", "/v1/outcomes", "secret"),
])  # fmt: skip
def test_every_refused_request_is_counted(app: Any, method: str, path: str, reason: str) -> None:
    """Also those that are no batch: by the reason that their answer gives."""
    client = app()
    answer = client.open(path, method=method)
    assert answer.headers["Footpath-Reason"].startswith(f"{reason}: ")
    post(client, batch())  # what was counted reaches the disk with it
    assert f'footpath_rejected_total{{reason="{reason}"}} 1.0' in client.get("/metrics").text
