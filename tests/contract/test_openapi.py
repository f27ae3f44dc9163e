"""schema/openapi.json lists the routes of the application, and its answers are as described there."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from collector import __version__, resources, spool, validate
from collector.event import Json, contract
from tests.contract import generate

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

FILE = resources.folder("schema") / "openapi.json"
DESCRIBED: Json = json.loads(FILE.read_text())
METHODS = {"get", "post", "options", "put", "delete", "patch"}
EVENTS = "/v1/events"


def looked_up(node: Json) -> Json:
    """A node of the description with its reference followed."""
    while "$ref" in node:
        found = DESCRIBED
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def allows(schema: Json, value: object) -> bool:
    """Whether a schema of the description allows a value."""
    return bool(Draft202012Validator({"components": DESCRIBED["components"], **schema}).is_valid(value))


def assert_described(answer: TestResponse, described: Json) -> None:
    """Status, headers and body of an answer are as the description says."""
    described = looked_up(described)
    for name, referred in described.get("headers", {}).items():
        header = looked_up(referred)
        assert name in answer.headers or not header.get("required"), f"{name} is missing"
        if name in answer.headers:
            assert allows(header["schema"], answer.headers[name]), f"{name}: {answer.headers[name]}"
    if "content" not in described:
        assert answer.data == b""
        return
    ((kind, media),) = described["content"].items()
    assert answer.mimetype == kind
    body = answer.get_json() if kind.endswith(("/json", "+json")) else answer.text
    assert allows(media["schema"], body), body


def post(app: Flask, body: bytes | Json, **headers: str) -> TestResponse:
    """Send a body to the events route; the answer is compared with the description."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = app.test_client().post(EVENTS, data=data, headers={"Content-Type": "text/plain"} | named)
    assert_described(answer, DESCRIBED["paths"][EVENTS]["post"]["responses"][str(answer.status_code)])
    return answer


def reason(answer: TestResponse) -> str:
    """The word that an answer's error has."""
    return str(answer.get_json()["error"]["type"])


def view(n: int = 0, **fields: Any) -> Json:
    """A page view as short as it may be."""
    return {"n": n, "t": 0, "k": "page_view", **fields}


def test_the_description_is_valid() -> None:
    """It is OpenAPI 3.1, references to the contract included."""
    validate_openapi(DESCRIBED, base_uri=FILE.as_uri())


def test_the_body_is_the_contract(app: Flask) -> None:
    """The body of a batch is described by the contract that the application serves beside the description."""
    bodies = DESCRIBED["paths"][EVENTS]["post"]["requestBody"]["content"]
    assert bodies["application/json"]["schema"] == {"$ref": "event.schema.json"}
    assert bodies["text/plain"]["schema"]["contentSchema"] == {"$ref": "event.schema.json"}
    assert app.test_client().get("/event.schema.json").get_json() == contract()
    assert app.test_client().get("/openapi.json").get_json() == DESCRIBED


def test_the_routes_are_those_of_the_application(app: Flask) -> None:
    """Each route and method of the application is described, and no other."""
    routes = {
        (re.sub("<(.+?)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if method != "OPTIONS" or rule.rule == EVENTS
    }
    assert routes == {
        (path, method) for path, item in DESCRIBED["paths"].items() for method in item if method in METHODS
    }


@pytest.mark.parametrize("path", [
    path for path, item in DESCRIBED["paths"].items() if "get" in item and "security" not in item["get"]
])  # fmt: skip
def test_a_route_answers_as_described(app: Flask, path: str) -> None:
    """A plain GET is answered with what the description says."""
    answer = app.test_client().get(path.replace("{file}", f"{__version__}.js"))
    assert_described(answer, DESCRIBED["paths"][path]["get"]["responses"]["200"])


@pytest.mark.parametrize("path", ["/sdk.js", "/sdk.js?site=demo-shop", f"/sdk/{__version__}.js"])
def test_a_script_at_hand_is_not_sent_again(app: Flask, path: str) -> None:
    """With the ETag of its copy a browser gets 304 and no body."""
    client = app.test_client()
    tag = client.get(path).headers["ETag"]
    answer = client.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert_described(answer, DESCRIBED["paths"]["/sdk.js"]["get"]["responses"]["304"])


@pytest.mark.parametrize(("method", "path", "status", "described"), [
    ("GET", "/nowhere", 404, DESCRIBED["components"]["responses"]["NotFound"]),
    ("GET", "/sdk/0.0.0.js", 404, DESCRIBED["paths"]["/sdk/{file}"]["get"]["responses"]["404"]),
    ("GET", "/sdk.js?site=nobody", 404, DESCRIBED["paths"]["/sdk.js"]["get"]["responses"]["404"]),
    ("GET", EVENTS, 405, DESCRIBED["components"]["responses"]["MethodNotAllowed"]),
    ("DELETE", EVENTS, 405, DESCRIBED["components"]["responses"]["MethodNotAllowed"]),
    ("POST", "/healthz", 405, DESCRIBED["components"]["responses"]["MethodNotAllowed"]),
    ("OPTIONS", EVENTS, 204, DESCRIBED["paths"][EVENTS]["options"]["responses"]["204"]),
])  # fmt: skip
def test_other_requests_answer_as_described(app: Flask, method: str, path: str, status: int, described: Json) -> None:
    """Unknown routes, versions, sites and methods, and a browser's preflight."""
    answer = app.test_client().open(path, method=method)
    assert answer.status_code == status
    assert_described(answer, described)


def test_a_wrong_method_is_told_the_right_ones(app: Flask) -> None:
    """RFC 9110, 15.5.6: an answer 405 must list the methods in `Allow`."""
    assert "POST" in app.test_client().get(EVENTS).headers["Allow"]


def test_a_batch_is_taken(app: Flask) -> None:
    """202 counts the accepted events, and the server's clock comes with it."""
    answer = post(app, generate.batch([view(), view(1)]))
    assert (answer.status_code, answer.get_json()["accepted"]) == (202, 2)


def test_a_bad_event_is_listed(app: Flask) -> None:
    """202 lists refused events by place and id, each with what was wrong."""
    answer = post(app, generate.batch([view(), view(1, status=-1), view(2, k="hover"), {**view(3), "k": "click"}]))
    assert answer.status_code == 202
    assert answer.get_json()["accepted"] == 1
    assert [event["index"] for event in answer.get_json()["rejected"]] == [1, 2, 3]


def test_an_event_whose_element_is_unknown_has_its_id(app: Flask) -> None:
    """Where n could be read, the refusal names the event by page id and n."""
    event = {"n": 4, "t": 0, "k": "click", "x": 0, "y": 0, "el": 1}
    (rejected,) = post(app, generate.batch([event]) | {"elements": {}}).get_json()["rejected"]
    assert rejected["id"] == "0d9a0c4417be20d1-4"


@pytest.mark.parametrize(("changes", "origin", "status", "word"), [
    ({"site": "nobody"}, None, 403, "site"),
    ({"site": None}, None, 403, "site"),
    ({"site": "demo-shop"}, "https://evil.example", 403, "origin"),
    ({"site": "demo-shop"}, "null", 403, "origin"),
    ({"site": "closed"}, None, 410, "switched_off"),
    ({"v": 2}, None, 400, "unreadable"),
    ({"events": [view(n) for n in range(501)]}, None, 413, "too_many"),
    ({"batch": "x" * (1 << 20)}, None, 413, "too_large"),
])  # fmt: skip
def test_a_refused_batch_is_told_why(app: Flask, changes: Json, origin: str | None, status: int, word: str) -> None:
    """Unknown sites and origins, closed sites, unreadable and oversized batches."""
    answer = post(app, generate.batch([view()]) | changes, **({"Origin": origin} if origin else {}))
    assert (answer.status_code, reason(answer)) == (status, word)


@pytest.mark.parametrize("origin", ["https://shop.example", "HTTPS://SHOP.EXAMPLE"])
def test_a_known_origin_is_taken(app: Flask, origin: str) -> None:
    """Pages of the site's own origins may send."""
    assert post(app, generate.batch([view()]), Origin=origin).status_code == 202


def test_a_flood_is_slowed_down(make_app: Callable[..., Flask]) -> None:
    """Past the burst the answer is 429 with a time to wait, for that site alone."""
    app = make_app(rate="0.25")
    answers = [post(app, generate.batch([view()], site=site)) for site in ("demo-shop", "demo-shop", "anyone")]
    assert [answer.status_code for answer in answers] == [202, 429, 202]
    assert reason(answers[1]) == "rate"


def test_a_full_disk_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full nothing is taken: 503 with a time to wait, and not ready."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(spool.shutil, "disk_usage", lambda _: usage._replace(free=0))
    answer = post(app, generate.batch([view()]))
    assert (answer.status_code, reason(answer)) == (503, "spool")
    ready = app.test_client().get("/readyz")
    assert ready.status_code == 503
    assert_described(ready, DESCRIBED["paths"]["/readyz"]["get"]["responses"]["503"])


def test_a_failure_is_told_without_details(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the collector answers 500 in the same form, and names nothing of itself."""
    monkeypatch.setattr(validate, "batch", lambda _: 1 / 0)
    answer = post(app, generate.batch([view()]))
    assert (answer.status_code, reason(answer)) == (500, "internal")
    assert "Zero" not in answer.text


BODY = json.dumps(generate.batch([view()])).encode()
ZIPPED = gzip.compress(BODY)


@pytest.mark.parametrize(("body", "encoding", "status", "word"), [
    (ZIPPED, "gzip", 202, ""),
    (ZIPPED, "identity", 202, ""),
    (ZIPPED, " GZIP ", 202, ""),
    (BODY, "identity", 202, ""),
    (BODY, "", 202, ""),
    (gzip.compress(b" " * (64 << 20)), "gzip", 413, "too_large"),
    (gzip.compress(b" " * (2 << 20) + BODY), "gzip", 413, "too_large"),
    (BODY, "gzip", 400, "unreadable"),
    (ZIPPED[:-9], "gzip", 400, "unreadable"),
    (ZIPPED[:4], "gzip", 400, "unreadable"),
    (b"", "gzip", 400, "unreadable"),
    (ZIPPED[:-8] + bytes(8), "gzip", 400, "unreadable"),
    (gzip.compress(ZIPPED), "gzip", 400, "unreadable"),
    (ZIPPED, "br", 400, "unreadable"),
    (ZIPPED, "gzip, gzip", 400, "unreadable"),
])  # fmt: skip
def test_compressed_bodies(app: Flask, body: bytes, encoding: str, status: int, word: str) -> None:
    """gzip is inflated up to 2 MiB; what is broken, too large or otherwise encoded is refused."""
    answer = post(app, body, Content_Encoding=encoding)
    assert answer.status_code == status
    assert not word or reason(answer) == word


def with_text(text: str) -> bytes:
    """A good batch with some JSON put in as the value of an unknown field."""
    return BODY[:-1] + f', "more": {text}}}'.encode()


def with_event(text: str) -> bytes:
    """A batch of a good event, and one with some JSON as the value of an unknown field."""
    return BODY.replace(
        b'"k": "page_view"}]', f'"k": "page_view"}}, {{"n": 1, "t": 0, "k": "page_view", {text}}}]'.encode()
    )


MANY = ",".join(f'"{number:x}":0' for number in range(50_000))


@pytest.mark.parametrize(("body", "status", "accepted"), [
    (b"", 400, 0), (b" ", 400, 0), (b"null", 400, 0), (b"[]", 400, 0), (b'"text"', 400, 0), (b"{", 400, 0),
    (b"{}", 403, 0),
    (b"\xef\xbb\xbf" + BODY, 400, 0), (BODY + b"x", 400, 0), (b"\xff\xfe" + BODY, 400, 0), (b"\x00" * 1000, 400, 0),
    (with_text('"\xff"').decode().encode("latin-1"), 400, 0),
    (with_text("NaN"), 400, 0), (with_text("Infinity"), 400, 0), (with_text("-Infinity"), 400, 0),
    (with_text("1e999"), 202, 1), (with_text("1" * 400), 202, 1), (with_text("-" + "9" * 4000), 202, 1),
    (with_text('{"a": 1, "a": 2}'), 202, 1), (BODY[:-1] + b', "site": "nobody"}', 403, 0),
    (with_text(r'"\ud800"'), 202, 1), (with_text(r'["\udc00\ud800", {"\udfff": 1}]'), 202, 1),
    (with_text(r'"\ud800", "b": ' + "1" * 400), 202, 1), (with_text(r'"\ud800", "b": 1e999'), 202, 1),
    (with_text("[" * 50 + "]" * 50), 202, 1), (with_text("[" * 5_000 + "]" * 5_000), 400, 0),
    (with_text("[" * 100_000 + "]" * 100_000), 413, 0), (with_text(r'"\n", "b":' + "[" * 900 + "]" * 900), 400, 0),
    (with_text("{" + MANY + "}"), 202, 1), (with_event(MANY), 202, 1),
    (with_event('"status": 1e999'), 202, 1), (with_event(f'"status": {"1" * 400}'), 202, 1),
    (with_event(r'"k": "custom", "name": "\ud83e", "props": {"a": ' + "9" * 400 + "}"), 202, 1),
    (with_event(r'"k": "custom", "name": "\ud83e", "props": {"a": ' + "9" * 40 + "}"), 202, 2),
    (with_event(r'"k": "custom", "name": "x", "props": {"a\r\nSet-Cookie: b": []}'), 202, 1),
    (with_event('"k": "custom", "name": "x", "props": {"\x7f\u2028\u202e=cmd()": []}'), 202, 1),
    (with_event(r'"k": "\ud800"'), 202, 1), (with_event('"k": ' + "[" * 700 + "]" * 700), 202, 1),
])  # fmt: skip
def test_hostile_bodies(app: Flask, body: bytes, status: int, accepted: int) -> None:
    """Whatever is sent, the answer is one of the described ones, and the good event beside the bad is taken."""
    answer = post(app, body)
    assert answer.status_code == status
    assert answer.get_json().get("accepted", 0) == accepted


def test_a_site_that_is_a_deep_list_is_refused(app: Flask) -> None:
    """A site's key that is no text is refused, however deep it is."""
    body = BODY.replace(b'"demo-shop"', b"[" * 1000 + b"]" * 1000)
    assert post(app, body).status_code in (400, 403)


def test_what_is_acknowledged_is_on_the_disk(app: Flask) -> None:
    """The counter of accepted events is the sum of what the answers said."""
    said = sum(post(app, generate.batch([view(n), {}])).get_json()["accepted"] for n in range(5))
    text = app.test_client().get("/metrics").text
    found = re.search(r"^footpath_accepted_total (\S+)$", text, re.MULTILINE)
    assert found
    assert float(found[1]) == said == 5
