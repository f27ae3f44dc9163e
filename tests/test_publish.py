"""The script over HTTP: which bytes, in which encoding, for how long, and to whom."""

from __future__ import annotations

import gzip
import http.client
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from flask import Flask
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from collector import __version__, publish, resources, script
from collector.config import Settings
from collector.enrich.tags import ALIASES
from collector.sites import Privacy, Site
from tests.support import SITE, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flask.testing import FlaskClient

SITES = {
    "demo-shop": SITE,
    "quiet": Site("quiet", 2, "Quiet", "UTC", ("*",), Privacy(storage="none", query=("group",))),
}
FILES = {**script.files(resources.folder("sdk")), script.MORE: b"/* more */", "0.0.9.js": b"/* old */"}
INFLATE: Mapping[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


def publishing(sites: Mapping[str, Site] = SITES, **settings: str) -> FlaskClient:
    """A client of an application that has the script and nothing else."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(publish.blueprint(Settings.from_environment(settings), lambda: sites, FILES))
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    """The script with default settings."""
    return publishing()


def test_with_a_site_the_script_has_its_settings(client: FlaskClient) -> None:
    """Without one it is the same for all; an unknown one is a clear no."""
    assert client.get("/sdk.js").data == FILES[script.CORE]
    own = client.get("/sdk.js?site=quiet")
    settings = Settings.from_environment({})
    assert own.data == script.configured(FILES[script.CORE], SITES["quiet"], settings, ALIASES)
    assert own.text.count('"group"') == own.text.count('"mtm_campaign"') == own.text.count('"hsa_cam"') == 1
    assert '"storage": "none"' in own.text
    assert f'"files": "/sdk/{__version__}"' in own.text
    assert client.get("/sdk.js?site=demo-shop").data != own.data
    missing = client.get("/sdk.js?site=nope")
    assert missing.status_code == 404
    assert missing.headers["Footpath-Reason"] == "site: this site is not in sites.yml"


def test_a_changed_site_is_seen_at_once() -> None:
    """What is kept in memory belongs to the settings that it was made of."""
    sites = dict(SITES)
    client = publishing(sites)
    before = client.get("/sdk.js?site=quiet")
    sites["quiet"] = Site("quiet", 2, "Quiet", "UTC", ("*",), Privacy(gpc="ignore"))
    after = client.get("/sdk.js?site=quiet", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert '"gpc": "ignore"' in after.text


@pytest.mark.parametrize("name", [script.CORE, script.MORE, "0.0.9.js"])
def test_a_version_has_the_same_bytes_for_all(client: FlaskClient, name: str) -> None:
    """For ever, whatever is asked beside it; nobody on the way may rewrite it."""
    answer = client.get(f"/sdk/{name}?site=quiet")
    assert answer.data == FILES[name]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable, no-transform"


@pytest.mark.parametrize("name", ["0.0.1.js", f"{__version__}.js.map", "checksums.json", "..%2Ffootpath.min.js"])
def test_other_versions_are_not_there(client: FlaskClient, name: str) -> None:
    """The answer says which one is, and is not kept."""
    answer = client.get(f"/sdk/{name}")
    assert answer.status_code == 404
    if "%2F" not in name:
        assert script.CORE in answer.headers["Footpath-Reason"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_script_is_looked_at_again_after_an_hour(client: FlaskClient) -> None:
    """Settings may change, the script too."""
    assert client.get("/sdk.js?site=quiet").headers["Cache-Control"] == "public, max-age=3600"


def test_under_another_name_everything_is(client: FlaskClient) -> None:
    """No address of a page's script needs the word sdk; pages that have the old addresses go on working."""
    own = publishing(FOOTPATH_SCRIPT_PATH="/shop.js")
    text = own.get("/shop.js?site=demo-shop").text
    assert f'"files": "/shop/{__version__}"' in text
    assert "/sdk/" not in text.rpartition("({")[2]
    for folder in ("/shop", "/sdk"):
        for name, content in FILES.items():
            answer = own.get(f"{folder}/{name}")
            assert (answer.status_code, answer.data) == (200, content)
    assert own.get("/sdk.js").status_code == 404
    assert client.get(f"/shop/{script.CORE}").status_code == 404


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("BR", "br"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0, *", "identity"),
        ("*;q=0.1, gzip;q=0.2", "gzip"),
        ("identity, br;q=0.5", "identity"),
        ("gzip;q=0", "identity"),
        ("zstd", "identity"),
        ("*;q=0", "identity"),
        ("gzip;q=nonsense", "identity"),
        (",,;=", "identity"),
    ],
)
def test_the_client_chooses_the_encoding(header: str | None, encoding: str) -> None:
    """By its q-values, the smaller of equals; plain where nothing else will do."""
    assert publish.preferred(parse_accept_header(header, Accept)) == encoding


@pytest.mark.parametrize("path", ["/sdk.js", "/sdk.js?site=quiet", f"/sdk/{script.CORE}", f"/sdk/{script.MORE}"])
def test_each_encoding_has_the_same_content_and_a_tag_of_its_own(client: FlaskClient, path: str) -> None:
    """With its tag a copy is confirmed by 304; a copy in another encoding is not."""
    tags = {}
    for encoding, inflate in INFLATE.items():
        asked = {"Accept-Encoding": encoding}
        answer = client.get(path, headers=asked)
        assert answer.headers.get("Content-Encoding", "") == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert inflate(answer.data) == client.get(path).data
        assert answer.headers["Content-Length"] == str(len(answer.data))
        tags[encoding] = answer.headers["ETag"]
        again = client.get(path, headers=asked | {"If-None-Match": tags[encoding]})
        assert (again.status_code, again.data) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"]) == (tags[encoding], "Accept-Encoding")
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
    assert len(set(tags.values())) == 3
    assert not any(tag.startswith("W/") for tag in tags.values())
    assert client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": tags["br"]}).status_code == 200


def test_compression_is_worth_it_and_done_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brotli is smaller than gzip, gzip smaller than the file; the second request finds the first one's bytes."""
    calls = []
    compress = publish.brotli.compress

    def counted(*given: Any, **named: Any) -> bytes:
        calls.append(given)
        return bytes(compress(*given, **named))

    monkeypatch.setattr(publish.brotli, "compress", counted)
    sizes = [
        len(client.get("/sdk.js?site=quiet", headers={"Accept-Encoding": name}).data) for name in ("br", "gzip", "")
    ]
    assert sizes == sorted(sizes)
    assert sizes[1] < sizes[2] / 1.5
    for site in ("quiet", "demo-shop", "quiet", "demo-shop"):
        client.get(f"/sdk.js?site={site}", headers={"Accept-Encoding": "br"})
    assert len(calls) == 2


@pytest.mark.parametrize("path", ["/sdk.js", f"/sdk/{script.CORE}"])
def test_any_page_may_load_it_and_nobody_mistakes_it(client: FlaskClient, path: str) -> None:
    """With `crossorigin`, in isolated pages, with its timing; as JavaScript in UTF-8 and as nothing else."""
    headers = client.get(path).headers
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Timing-Allow-Origin"] == "*"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_running_server_answers_alike(tmp_path: Path) -> None:
    """GET, HEAD and 304 over the wire: what HEAD announces is what GET sends."""
    with serving(tmp_path, FOOTPATH_SCRIPT_PATH="/shop.js") as server:
        for path in ("/shop.js?site=demo-shop", f"/shop/{script.CORE}"):
            for encoding, inflate in INFLATE.items():
                status, headers, body = _ask(server.port, "GET", path, {"Accept-Encoding": encoding})
                assert status == 200
                assert inflate(body).endswith(b");\n")
                head, announced, nothing = _ask(server.port, "HEAD", path, {"Accept-Encoding": encoding})
                assert (head, nothing) == (200, b"")
                assert announced["content-length"] == headers["content-length"] == str(len(body))
                for name in ("etag", "content-type", "vary"):
                    assert announced[name] == headers[name]
                assert announced.get("content-encoding", "") == encoding
                conditional = {"Accept-Encoding": encoding, "If-None-Match": headers["etag"]}
                assert _ask(server.port, "GET", path, conditional)[0] == 304


def _ask(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()
