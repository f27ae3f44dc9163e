"""Bytes that no browser sends: the answer is one of those described, and costs neither memory nor a neighbour.

tests/contract holds the checks themselves against odd values; here whole bodies are bent on their way to the routes.
"""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.abuse.conftest import BEARER, sample_batches
from tests.contract.effort import examples
from tests.contract.test_openapi import DESCRIBED, assert_described

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

EVENTS, OUTCOMES = "/v1/events", "/v1/outcomes"
ROUTES = [EVENTS, OUTCOMES]
GOOD = {
    EVENTS: {"n": 1, "t": 1, "k": "page_view"},
    OUTCOMES: {"source": "crm", "id": "1", "kind": "lead", "order_id": "A"},
}
BODIES = {
    EVENTS: [json.dumps(batch | {"site": "anyone"}).encode() for batch in sample_batches()],
    OUTCOMES: [
        json.dumps({"site": "demo-shop", "outcomes": [GOOD[OUTCOMES] | {"value": 1.5, "currency": "EUR"}]}).encode(),
        json.dumps({"site": "demo-shop", **GOOD[OUTCOMES], "props": {"seats": 3}}).encode(),
    ],
}
SHARED = json.loads(BODIES[EVENTS][0])


def post(app: Flask, route: str, body: bytes, **headers: str) -> TestResponse:
    """Send a body; the answer is compared with the description, and says its reason where it is no plain yes."""
    client: FlaskClient = app.test_client()
    answer = client.post(route, data=body, headers=BEARER | {"Content-Type": "text/plain"} | headers)
    responses = DESCRIBED["paths"][route]["post"]["responses"]
    assert str(answer.status_code) in responses
    assert answer.status_code < 500, answer.text
    assert_described(answer, responses[str(answer.status_code)])
    refused = answer.status_code != 202 or answer.get_json()["rejected"]
    assert bool(refused) is ("Footpath-Reason" in answer.headers)
    return answer


HOSTILE = [
    b"\x00", b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b"\xed\xa0\x80", b"\xff\xfe", b"\xc0\xaf", b"\xf4\x90\x80\x80",
    "\u202e\u2066\u200f".encode(), b"\x7f\x1b[2J", b"1e999", b"-1e999", b"1" + b"0" * 400, b"NaN", b"-Infinity",
    b"0x10", b"1_000", b"true", b"null", b"{}", b"[]", b'"site":', b'"k":', b'"events":[],', b'"n":-1,', b'"v":1,',
    b"[" * 10_000, b'{"a":' * 10_000, b"{" * 500 + b"}" * 500, b'"' * 3, b"\\", b"\r\nSet-Cookie: a=b\r\n",
    b"=cmd()", b"<script>", b"%s%n{0.__class__}", b"';DROP TABLE events--", b"\x1f\x8b", b"\xef\xbb\xbf",
]  # fmt: skip


def _flipped(body: bytes, place: int, other: int) -> bytes:
    return body[:place] + bytes([body[place] ^ (1 << other % 8)]) + body[place + 1 :]


def _put_in(body: bytes, place: int, other: int) -> bytes:
    return body[:place] + HOSTILE[other % len(HOSTILE)] + body[place:]


def _as_value(body: bytes, place: int, other: int) -> bytes:
    """What follows the next colon is something else."""
    start = body.find(b": ", place) + 2
    ends = [end for end in (body.find(mark, start) for mark in (b",", b"}")) if end > 0]
    return body[:start] + HOSTILE[other % len(HOSTILE)] + body[min(ends, default=len(body)) :]


def _cut(body: bytes, place: int, other: int) -> bytes:
    return body[:place] + body[place + other :]


def _twice(body: bytes, place: int, other: int) -> bytes:
    return body[: place + other] + body[place:]


BENDS: list[Callable[[bytes, int, int], bytes]] = [_flipped, _put_in, _as_value, _cut, _twice]
PACKS: list[Callable[[bytes], bytes]] = [
    bytes, bytes, gzip.compress, zlib.compress, lambda body: gzip.compress(body)[:-6],
    lambda body: gzip.compress(body) + body, lambda body: gzip.compress(gzip.compress(body)),
]  # fmt: skip
ENCODINGS = [
    {},
    {},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "deflate"},
    {"Content-Encoding": "gzip\x0b, br"},
]


@pytest.mark.parametrize("route", ROUTES)
def test_a_bent_body_is_answered_as_described(app: Flask, route: str) -> None:
    """Bits flipped, parts cut, doubled and replaced, packed rightly and wrongly."""

    @examples(300)
    @given(
        st.sampled_from(BODIES[route]),
        st.lists(st.tuples(st.sampled_from(BENDS), st.integers(0, 10**6), st.integers(0, 100)), min_size=1, max_size=4),
        st.sampled_from(PACKS),
        st.sampled_from(ENCODINGS),
    )
    def send(body: bytes, bends: list[Any], pack: Any, encoding: dict[str, str]) -> None:
        for bend, place, other in bends:
            body = bend(body, place % max(1, len(body)), other) if body else body
        post(app, route, pack(body), **encoding)

    send()


def beside_good(route: str, text: str) -> bytes:
    """A body of a good event or outcome, and one that is this text."""
    good = json.dumps(GOOD[route])
    if route == OUTCOMES:
        return f'{{"site": "demo-shop", "outcomes": [{good}, {text}]}}'.encode("utf-8", "surrogatepass")
    shared = json.dumps(SHARED | {"events": []}).removesuffix("[]}")
    return f"{shared}[{good}, {text}]}}".encode("utf-8", "surrogatepass")


BAD = [
    "null", "[]", "{}", '""', "1e999", "1" + "0" * 400, "-0.0", '{"k": "\\ud800", "kind": "\\ud800"}',
    '{"k": {}, "kind": {}}',
    '{"n": 1, "n": {}, "id": {}}', '{"": ' * 200 + "1" + "}" * 200, "[" * 300 + "]" * 300,
    '{"n": 1e999, "t": 1, "k": "page_view", "kind": "lead", "id": 1e999}',
    '{"n": -1, "t": "\\u0000", "k": "click", "kind": "order", "id": "\\u202e\\u0000"}',
    '{"n": 99999999999999999999, "k": "page_view", "kind": "lead", "id": 99999999999999999999}',
    '{"k": "custom", "n": 2, "t": 1, "name": 5, "props": {"a": {"b": 1}}, "kind": "lead", "id": []}',
    '{"x": "' + "y" * 40_000 + '"}', "{" + ",".join(f'"{n}":0' for n in range(50_000)) + "}",
    json.dumps({"k": "identify", "n": 2, "t": 1, "id": "x" * 10_000}), '{"k": "page_view", "n": true, "t": false}',
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:24])
@pytest.mark.parametrize("route", ROUTES)
def test_the_good_beside_the_bad_is_taken(app: Flask, route: str, text: str) -> None:
    """Whatever stands beside it in the list; the bad one is listed with its place and why."""
    said = post(app, route, beside_good(route, text)).get_json()
    assert said["accepted"] == 1
    assert [one["index"] for one in said["rejected"]] == [1]
    assert said["rejected"][0]["errors"]


BOMBS = {
    "zeros": gzip.compress(bytes(64 << 20)), "blanks": gzip.compress(b" " * (64 << 20)),
    "within": gzip.compress(gzip.compress(b"{" * (64 << 20))),
    "objects": gzip.compress(b'{"site":"anyone","x":[' + b'{"":0},' * 290_000 + b"0]}"),
    "escapes": gzip.compress(b'{"site":"anyone","y":"\\n","x":[' + b"[]," * 600_000 + b"0]}"),
    "keys": gzip.compress(b"{" + b",".join(b'"%x":0' % n for n in range(1_000_000)) + b"}"),
    "deep": gzip.compress(b"[" * 2_000_000), "deep keys": gzip.compress(b'{"a":' * 300_000),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_bomb_is_refused_and_costs_little_memory(app: Flask, route: str, name: str) -> None:
    """A few KB that would become 64 MiB, or 70 MB of objects: at most four times the limit of a body."""
    post(app, route, b"{}")
    tracemalloc.start()
    try:
        answer = post(app, route, BOMBS[name])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code in (400, 413)
    assert most < 8 << 20


def test_memory_does_not_grow_with_what_was_refused(app: Flask) -> None:
    """After hundreds of bodies, each with names, addresses and values of its own, nothing of them is left."""
    drawn = random.Random(7)

    def send(count: int) -> None:
        for _ in range(count):
            word = f"{drawn.getrandbits(64):x}"
            text = json.dumps({"k": word, "n": word, word: word * 50, "kind": word, "id": word})
            for route in ROUTES:
                post(
                    app, route, beside_good(route, text), Origin=f"https://{word}.example", **{"User-Agent": word * 20}
                )
                post(app, route, json.dumps({"site": word}).encode(), **{"X-Forwarded-For": word})

    send(30)
    tracemalloc.start()
    try:
        send(20)
        before = tracemalloc.get_traced_memory()[0]
        send(200)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 256 << 10
