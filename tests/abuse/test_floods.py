"""Refused requests are limited by network, without a word of theirs in a counter, and neighbours are still heard."""

from __future__ import annotations

import gzip
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from collector.addresses import network
from collector.limits import Limiter
from tests.abuse.conftest import BEARER
from tests.support import batch
from tests.test_docs import first_cells, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

HERE, NEAR, FAR = "203.0.113.9", "203.0.113.77", "198.51.100.1"
SLOW = "0.001"
"""A rate by which a single token comes in a quarter of an hour."""
UNKNOWN = json.dumps(batch(site="nobody")).encode()
KNOWN = json.dumps(batch(site="anyone")).encode()


def events(app: Flask, body: bytes, address: str = HERE, **headers: str) -> TestResponse:
    """POST a batch from an address."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post("/v1/events", data=body, headers=named, environ_overrides={"REMOTE_ADDR": address})


def outcomes(app: Flask, body: Any, address: str = HERE, **headers: str) -> TestResponse:
    """POST an outcome from an address."""
    client = app.test_client()
    return client.post("/v1/outcomes", json=body, headers=headers, environ_overrides={"REMOTE_ADDR": address})


def said(answer: TestResponse) -> tuple[int, str]:
    """Status and reason of a refusal."""
    word = answer.get_json()["error"]["type"]
    assert answer.headers["Footpath-Reason"].startswith(f"{word}: ")
    return answer.status_code, word


@pytest.mark.parametrize(("body", "headers", "first"), [
    (UNKNOWN, {}, (403, "site")), (b"{", {}, (400, "unreadable")), (b"\x1f\x8b{", {}, (400, "unreadable")),
    (json.dumps(batch(site="demo-shop")).encode(), {"Origin": "https://evil.example"}, (403, "origin")),
    (b" " * (1 << 20) + b"1", {}, (413, "too_large")),
], ids=str)  # fmt: skip
def test_after_too_many_refusals_a_network_hears_429(
    make_app: Callable[..., Flask], body: bytes, headers: dict[str, str], first: tuple[int, str]
) -> None:
    """Whatever they were for, with a time to wait; an unknown site then costs no reading of the body's JSON."""
    app = make_app(rate=SLOW)
    assert said(events(app, body, **headers)) == first
    refused = events(app, UNKNOWN, NEAR)
    assert said(refused) == (429, "refusals")
    assert refused.headers["Retry-After"] == "1"
    assert said(events(app, UNKNOWN, FAR)) == (403, "site")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_neighbour_of_the_hostile_is_heard(make_app: Callable[..., Flask], pack: Callable[[bytes], bytes]) -> None:
    """A batch that names a known site where our script does is taken, packed or not, and counts for that site."""
    app = make_app(rate=SLOW)
    for _ in range(3):
        events(app, UNKNOWN)
    assert events(app, pack(KNOWN)).status_code == 202
    assert said(events(app, pack(KNOWN))) == (429, "rate")
    assert said(events(app, pack(UNKNOWN))) == (429, "refusals")


def test_a_known_name_opens_no_door_for_garbage(make_app: Callable[..., Flask]) -> None:
    """What only begins like a known site's batch uses up the limit of that site."""
    app = make_app(rate=SLOW)
    assert said(events(app, b"{")) == (400, "unreadable")
    assert said(events(app, KNOWN[:-1])) == (400, "unreadable")
    assert said(events(app, KNOWN[:-1])) == (429, "rate")


def test_the_good_use_up_no_refusals(make_app: Callable[..., Flask]) -> None:
    """Batches that are taken, also with events that are not, and 429 itself, are no refused requests."""
    app = make_app(rate=SLOW)
    assert events(app, json.dumps(batch([{}], site="anyone")).encode()).status_code == 202
    assert said(events(app, KNOWN)) == (429, "rate")
    assert said(events(app, UNKNOWN)) == (403, "site")


def test_guesses_of_a_key_are_few_on_all_routes_together(make_app: Callable[..., Flask]) -> None:
    """Then not even the right key is asked for; another network's is, and events have a count of their own."""
    app = make_app(rate=SLOW)
    wrong = {"Authorization": "Bearer 0123456789abcdef0"}
    client = app.test_client()
    visitor = "/v1/visitors/3f9a0c4417be20d1"
    assert said(client.delete(visitor, headers=wrong, environ_overrides={"REMOTE_ADDR": HERE})) == (401, "secret")
    for method, path in (
        ("DELETE", visitor),
        ("GET", visitor),
        ("GET", f"{visitor}/erasure"),
        ("POST", "/v1/outcomes"),
    ):
        answer = client.open(path, method=method, headers=BEARER, environ_overrides={"REMOTE_ADDR": NEAR})
        assert said(answer) == (429, "refusals"), (method, path)
        assert "Access-Control-Allow-Origin" not in answer.headers
    good = {"site": "demo-shop", "source": "crm", "id": "1", "kind": "lead", "order_id": "A"}
    assert outcomes(app, good, FAR, **BEARER).status_code == 202
    assert events(app, KNOWN, HERE).status_code == 202


def test_without_a_rate_there_is_no_limit(make_app: Callable[..., Flask]) -> None:
    """FOOTPATH_RATE=0 is the operator's word."""
    app = make_app(rate="0")
    assert {said(events(app, UNKNOWN)) for _ in range(300)} == {(403, "site")}


def test_counters_know_the_documented_words_only(make_app: Callable[..., Flask]) -> None:
    """No site, field, kind or address becomes a label, whatever is sent."""
    app = make_app()
    for word in ("nobody", 'x"} 1\nfootpath_accepted_total 99', "\u202e", "y" * 64):
        events(app, json.dumps(batch(site=word)).encode(), X_Forwarded_For="nonsense")
        events(app, json.dumps(batch([{"n": 0, "t": 0, "k": word, word: 1}], site="anyone")).encode())
        outcomes(app, {"site": word}, **BEARER)
        outcomes(app, {"site": "demo-shop", "kind": word, word: word}, **BEARER)
        events(app, b"{" + word.encode())
    app.extensions["footpath"].close()
    shown = app.test_client().get("/metrics").text
    answers = section("docs/operating/errors.md", "## What an answer means")
    known = set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", answers, re.MULTILINE)) | first_cells(answers)
    labels = re.findall(r"^footpath_rejected_total\{(.*)\} \S+$", shown, re.MULTILINE)
    assert {"site", "kind", "unreadable"} <= {label.split('"')[1] for label in labels} <= known
    assert "footpath_accepted_total 0.0" in shown


def test_the_limiter_forgets_before_it_grows() -> None:
    """A hundred thousand networks, of addresses as long as a header may be, fit into 10 MB."""
    limiter = Limiter(rate=1, burst=1)
    for number in range(100_000):
        limiter.take(network(f"{number:x}." + "y" * 8000), 0.0)
    held = sum(sys.getsizeof(key) + sys.getsizeof(value) + 48 for key, value in limiter._buckets.items())
    assert len(limiter._buckets) == 20_000
    assert held + sys.getsizeof(limiter._buckets) < 10 << 20


def test_asking_whether_it_is_spent_takes_nothing() -> None:
    """And an unknown key is not spent, nor remembered."""
    limiter = Limiter(rate=1, burst=2)
    assert not any(limiter.spent("a", 0.0) for _ in range(5))
    assert [limiter.take("a", 0.0) for _ in range(2)] == [True, True]
    assert limiter.spent("a", 0.5)
    assert not limiter.spent("a", 1.0)
    assert not limiter.spent("b", 0.0)
    assert list(limiter._buckets) == ["a"]


def test_events_are_answered_before_flask(make_app: Callable[..., Flask]) -> None:
    """So that what these tests say of the cheap route is said of the one that runs."""
    app = make_app()
    app.before_request(lambda: pytest.fail("Flask was asked"))
    assert events(app, KNOWN).status_code == 202
    assert said(events(app, UNKNOWN)) == (403, "site")
