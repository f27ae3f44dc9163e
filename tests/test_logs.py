"""The log: which request was refused and why, under an id that the answer has too, without bodies and addresses."""

from __future__ import annotations

import http.client
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from collector import request_id
from tests.support import SITES_YML, Server, batch, click, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "0123456789abcdef"
HEADER = request_id.HEADER


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str | None]:
    """(status, id of the request) of any route."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
    connection.request(method, path, sent, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers[HEADER]


def lines(server: Server) -> list[dict[str, Any]]:
    """The log, each line of which is JSON."""
    return [json.loads(line) for line in server.log().splitlines()]


def line_of(server: Server, asked: str | None) -> dict[str, Any]:
    """The line of a request."""
    wait_until(lambda: str(asked) in server.log(), what="the line")
    (line,) = (each for each in lines(server) if each.get("request_id") == asked)
    return line


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A program that logs JSON, behind a trusted proxy."""
    folder = tmp_path_factory.mktemp("logs")
    (folder / "config").mkdir()
    (folder / "config" / "sites.yml").write_text(SITES_YML + f"    secret_keys: [{SECRET}]\n")
    with serving(folder, FOOTPATH_LOG_FORMAT="json", FOOTPATH_TRUSTED_PROXIES="127.0.0.0/8") as running:
        yield running


@pytest.mark.parametrize(
    ("asked_for", "body", "status", "reason"),
    [
        ("POST /v1/events", {"site": "nobody"}, 403, "site"),
        ("POST /v1/events", b"no json", 400, "unreadable"),
        ("POST /v1/outcomes", {}, 401, "secret"),
        ("GET /sdk.js?site=nobody", None, 404, "site"),
        ("GET /v1/events", None, 405, "method"),
        ("GET /nowhere", None, 404, "route"),
    ],
)
def test_a_refusal_and_its_line_have_one_id(
    server: Server, asked_for: str, body: Any, status: int, reason: str
) -> None:
    """On every route; the line says what a program needs to count."""
    method, path = asked_for.split()
    answered, asked = ask(server, method, path, body)
    assert answered == status
    line = line_of(server, asked)
    assert line["status"] == status
    assert line["reason"] == reason
    assert line["method"] == method
    assert path.startswith(line["path"])
    assert {"time", "level", "logger", "message"} <= line.keys()


def test_what_is_taken_has_no_id_and_no_line(server: Server) -> None:
    """Nobody asks which request went well."""
    before = len(lines(server))
    assert ask(server, "POST", "/v1/events", batch()) == (202, None)
    assert ask(server, "POST", "/v1/events", batch([{"n": 0, "t": 0, "k": "nonsense"}])) == (202, None)
    assert ask(server, "GET", "/healthz") == (200, None)
    assert len([line for line in lines(server)[before:] if line["logger"] == "footpath.request"]) == 0


def test_a_trusted_proxys_id_is_kept_cleaned_and_bounded(server: Server) -> None:
    """What could break a line or a header is left out."""
    assert ask(server, "GET", "/nowhere", X_Request_Id="abc-123.X")[1] == "abc-123.X"
    assert ask(server, "GET", "/nowhere", X_Request_Id='a"} {"b: \tc' + "d" * 1000)[1] == "abc" + "d" * 61
    assert re.fullmatch(r"[0-9a-f]{16}", str(ask(server, "GET", "/nowhere", X_Request_Id='"{}')[1]))


def test_bodies_and_ids_of_visitors_are_in_no_line(server: Server) -> None:
    """Neither what was sent nor whom it was about."""
    marked = batch([click(1)], site="nobody", visitor="feedfacefeedface")
    marked["page"]["url"] = "https://shop.example/markedpath"
    assert ask(server, "POST", "/v1/events", marked)[0] == 403
    status, asked = ask(server, "GET", "/v1/visitors/feedfacefeedface", Authorization="Bearer markedsecretkey1")
    assert status == 401
    assert line_of(server, asked)["path"] == "/v1/visitors/…"
    assert not re.search("feedface|marked", server.log())


def test_a_flood_of_refusals_does_not_fill_the_disk(server: Server) -> None:
    """Sixty lines a minute for each reason and worker; the counter has them all."""
    for _ in range(300):
        assert ask(server, "POST", "/v1/events", b"{}flood")[0] == 400
    told = [line for line in lines(server) if line.get("reason") == "unreadable"]
    assert 0 < len(told) < 200
    wait_until(lambda: server.metrics().get('rejected_total{reason="unreadable"}', 0) >= 300, what="the count")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_failure_is_found_by_its_id(
    form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 500, with its traceback, through Flask and in front of it."""
    from collector import telemetry
    from collector.receive import ahead

    class Failing:
        def answer(self, environ: object) -> None:
            raise ZeroDivisionError("by design")

        def count_fault(self) -> None:
            self.faults = getattr(self, "faults", 0) + 1

    failing = Failing()
    app = Flask("footpath")
    app.add_url_rule("/fails", view_func=lambda: 1 / 0)
    app.wsgi_app = request_id.identified(ahead(app.wsgi_app, failing, "/v1/events"), ())  # type: ignore
    telemetry.configure_logging("info", form)
    try:
        for method, path in (("GET", "/fails"), ("POST", "/v1/events")):
            answer = app.test_client().open(path, method=method, headers={"X-Request-Id": "from-anyone"})
            assert answer.status_code == 500
            told = capsys.readouterr().err
            assert "ZeroDivisionError" in told
            assert told.count(answer.headers[HEADER]) == 2
            assert "from-anyone" not in told
            if form == "json":
                assert {json.loads(line)["request_id"] for line in told.splitlines()} == {answer.headers[HEADER]}
        assert failing.faults == 1
    finally:
        telemetry.configure_logging("warning")
        telemetry.request.set("")


def test_debug_gives_every_answer_an_id_and_every_line_is_json(tmp_path: Path) -> None:
    """Also those of the web server, from the start to the end."""
    with serving(tmp_path, FOOTPATH_LOG="debug", FOOTPATH_LOG_FORMAT="json") as server:
        status, asked = ask(server, "POST", "/v1/events", batch())
        assert status == 202
        assert asked
        wait_until(lambda: server.metrics()["inserted"] == 10, what="loading")
        server.stop()
        assert "collecting at" in server.log()
        assert {line["logger"] for line in lines(server)} >= {"footpath", "_granian"}
