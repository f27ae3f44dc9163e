"""The routes about one visitor: whose key opens them, what they answer, and that nobody else's browser can ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from collector import load, spool
from collector.app import create_app
from collector.config import ConfigError, Settings
from collector.sites import read_sites
from tests.contract.test_openapi import DESCRIBED, assert_described
from tests.support import CHROME, SITE, batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

KEY, OTHER, SHARED = "k" * 32, "o" * 32, "s" * 32
SITES = f"""
sites:
  demo-shop: {{id: 1, origins: ["*"], secret_keys: ["another-key-of-the-shop", "{KEY}", "{SHARED}"]}}
  other: {{id: 2, origins: ["*"], secret_keys: ["{OTHER}", "{SHARED}"]}}
  open: {{id: 3, origins: ["*"]}}
"""
VISITOR = "a1b2c3d4e5f60718"
PATHS = ("/v1/visitors/{visitor}", "/v1/visitors/{visitor}/erasure")


@pytest.fixture
def make_app(tmp_path: Path) -> Callable[..., Flask]:
    """A function that makes the real application over a spool of its own and a database."""

    def make(url: str = "") -> Flask:
        (tmp_path / "sites.yml").write_text(SITES)
        return create_app(Settings.from_environment({
            "FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path),
            "FOOTPATH_CLICKHOUSE_URL": url,
        }))  # fmt: skip

    return make


def ask(app: Flask, method: str = "GET", path: str = PATHS[0], visitor: str = VISITOR, **options: Any) -> TestResponse:
    """Ask with the site's key unless `key` is another; the answer is compared with the description."""
    key = options.pop("key", f"Bearer {KEY}")
    headers = {"Authorization": key, "Origin": "https://evil.example"} if key else {"Origin": "https://evil.example"}
    answer = app.test_client().open(path.replace("{visitor}", visitor), method=method, headers=headers, **options)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert_described(answer, DESCRIBED["paths"][path][method.lower()]["responses"][str(answer.status_code)])
    return answer


def drain(tmp_path: Path, url: str) -> None:
    """Load everything that waits."""
    worker = load.Loader(tmp_path / "data" / "spool", lambda: url, lambda: {"demo-shop": SITE})
    while worker.step(everything=True):
        pass


def waiting(tmp_path: Path) -> int:
    """Records in the spool."""
    return spool.recount(tmp_path / "data" / "spool")["spooled_records"]


@pytest.mark.parametrize("key", [
    "", "Bearer", "Bearer ",
    f"Basic {KEY}", KEY, "Bearer wrong", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer \u20ac",
])  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("DELETE", PATHS[0]), ("GET", PATHS[0]), ("GET", PATHS[1])])
def test_only_a_secret_key_opens_them(
    make_app: Callable[..., Flask], tmp_path: Path, method: str, path: str, key: str
) -> None:
    """Without one of the site's keys the answer is 401 and nothing happens."""
    answer = ask(make_app(), method, path, key=key.encode().decode("latin-1"))
    assert (answer.status_code, answer.get_json()["error"]["type"]) == (401, "secret")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert KEY not in answer.text
    assert waiting(tmp_path) == 0


def test_a_key_of_several_sites_must_say_which(make_app: Callable[..., Flask]) -> None:
    """And cannot name a site that it does not open."""
    app = make_app()
    statuses = [
        ask(app, "DELETE", key=f"Bearer {SHARED}", query_string=query).status_code
        for query in ({}, {"site": "other"}, {"site": "open"}, {"site": "nobody"})
    ]
    assert statuses == [400, 202, 401, 401]
    assert ask(app, "DELETE", key=f"Bearer {KEY}", query_string={"site": "other"}).status_code == 401


@pytest.mark.parametrize("visitor", ["0" * 16, "a1b2", "A1B2C3D4E5F60718", "g" * 16, "a" * 17, "%00" * 16])
def test_a_visitor_has_16_hex_digits(make_app: Callable[..., Flask], visitor: str) -> None:
    """Anything else is told so."""
    answer = ask(make_app(), "DELETE", visitor=visitor)
    assert (answer.status_code, answer.get_json()["error"]["type"]) == (400, "visitor")


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_s_question_is_refused(make_app: Callable[..., Flask], path: str) -> None:
    """No preflight: a page of another origin can neither read nor erase."""
    answer = (
        make_app().test_client().options(path.replace("{visitor}", VISITOR), headers={"Origin": "https://a.example"})
    )
    assert answer.status_code == 405
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_an_erasure_is_asked_for_without_the_database_and_read_with_it(
    make_app: Callable[..., Flask], tmp_path: Path, database_url: str
) -> None:
    """Exported, waiting, erased, and then there is nothing left to export."""
    app, without = make_app(database_url), make_app()
    shop = app.test_client()
    sent = batch(visitor=VISITOR)
    assert shop.post("/v1/events", json=sent, headers={"User-Agent": CHROME}).status_code == 202
    (line,) = (json.loads(line) for line in ask(app).text.splitlines())
    assert (line["table"], line["row"]["batch"]["visitor"]) == ("spool", VISITOR)
    drain(tmp_path, database_url)
    found = [json.loads(line) for line in ask(app).text.splitlines()]
    tables = [each["table"] for each in found]
    assert {name: tables.count(name) for name in sorted(set(tables))} == {"events": 10, "seen": 10, "sessions": 1}
    assert all(each["row"]["visitor_id"] == VISITOR for each in found)
    assert {each["row"]["page_id"] for each in found if each["table"] == "events"} == {sent["page"]["id"]}
    assert ask(app, path=PATHS[1]).get_json()["state"] == "unknown"

    answer = ask(without, "DELETE")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "waiting")
    assert ask(app, path=PATHS[1]).get_json()["state"] == "waiting"
    assert ask(app, path=PATHS[1], key=f"Bearer {OTHER}").get_json()["state"] == "unknown"
    drain(tmp_path, database_url)
    state = ask(app, path=PATHS[1]).get_json()
    assert (state["state"], state["asked_at"]) == ("erased", answer.get_json()["asked_at"])
    assert state["deleted"] == {"events": 10, "seen": 10, "sessions": 1}
    assert ask(app).text == ""


def test_a_site_sees_its_own_visitors_only(make_app: Callable[..., Flask], tmp_path: Path, database_url: str) -> None:
    """The key decides, whoever else knows the id: neither export nor erasure reach another site's rows."""
    app = make_app(database_url)
    app.test_client().post("/v1/events", json=batch(visitor=VISITOR), headers={"User-Agent": CHROME})
    assert ask(app, key=f"Bearer {OTHER}").text == ""
    drain(tmp_path, database_url)
    assert ask(app, key=f"Bearer {OTHER}").text == ""
    assert ask(app, "DELETE", key=f"Bearer {OTHER}").status_code == 202
    drain(tmp_path, database_url)
    assert len(ask(app).text.splitlines()) == 21


@pytest.mark.parametrize("path", PATHS)
def test_without_a_database_reading_is_answered_with_503(make_app: Callable[..., Flask], path: str) -> None:
    """Neither an engine that runs nor a server that answers; events are still taken."""
    for app in (make_app(), make_app("clickhouse://nobody@127.0.0.1:1/footpath")):
        answer = ask(app, path=path)
        assert (answer.status_code, answer.get_json()["error"]["type"]) == (503, "database")
        assert app.test_client().post("/v1/events", json=batch()).status_code == 202


@pytest.mark.parametrize("keys", ['["short"]', '["has a space in the middle"]', "[1234567890123456]", '[""]', "[null]"])
def test_a_secret_key_is_long_and_plain(tmp_path: Path, keys: str) -> None:
    """The message says how to make one, and does not repeat it."""
    (tmp_path / "sites.yml").write_text(f'sites: {{shop: {{id: 1, origins: ["*"], secret_keys: {keys}}}}}')
    with pytest.raises(ConfigError, match=r"number 1 must (be a text|have 16 or more)") as error:
        read_sites(tmp_path)
    assert "short" not in str(error.value)
