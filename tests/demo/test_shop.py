"""The demo shop's server and its pages."""

from __future__ import annotations

import importlib.util
import re
import sys
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from collector.demo.layout import measured
from collector.demo.shop import Shop, find, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

DEMO = Path(__file__).resolve().parents[2] / "demo"
SDK = "http://127.0.0.1:8400/sdk.js?site=demo-shop"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with serve(DEMO, "127.0.0.1", 0, SDK) as running:
        yield running


def get(shop: Shop, target: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(urlsplit(shop.url).netloc, timeout=10)
    connection.request(method, target)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, dict(response.headers), body


class Links(HTMLParser):
    """Every address that a page names, and every inline style or handler."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data-view") and value:
                self.found.add(value)
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")


def test_every_link_on_every_page_leads_somewhere(shop: Shop) -> None:
    """Crawled from the first page: pages, pictures, script and style."""
    waiting, seen = ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        status, headers, body = get(shop, path)
        assert status == 200, path
        if headers["Content-Type"].startswith("text/html"):
            links = Links()
            links.feed(body)
            inside = {urlsplit(urljoin(f"{shop.url}{path}", link)) for link in links.found}
            targets = {parts.path for parts in inside if f"http://{parts.netloc}" == shop.url}
            waiting += sorted(targets - seen - set(waiting))
    assert {"/", "/products", "/cart", "/checkout", "/thanks", "/about", "/faq", "/img/film.svg"} <= seen
    assert len([path for path in seen if path.startswith("/product/")]) == 12


def test_pages_carry_the_script_and_nothing_inline() -> None:
    """They run under a policy that allows neither inline script nor inline style."""
    for file in [*DEMO.glob("*.html"), *DEMO.glob("product/*.html")]:
        text = file.read_text()
        links = Links()
        links.feed(text)
        assert text.count('<script async src="{{footpath_sdk}}" data-site="demo-shop"></script>') == 1
        assert links.inline == []
        assert not re.search(r"<style|<script>|https?://", text)


def test_the_script_address_is_filled_in(shop: Shop) -> None:
    """Also on the page for missing addresses."""
    for path in ("/", "/product/cairn-mug", "/nowhere"):
        _, headers, body = get(shop, path)
        assert f'src="{SDK}"' in body
        assert "{{" not in body
        assert "script-src 'self' http://127.0.0.1:8400;" in headers["Content-Security-Policy"]


def test_pages_may_ask_the_dashboard_for_their_clicks() -> None:
    """Its address stands in the policy, where it is known."""
    with serve(DEMO, "127.0.0.1", 0, SDK, "http://127.0.0.1:8401") as shop:
        policy = get(shop, "/cart")[1]["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:8400 http://127.0.0.1:8401;" in policy


def test_types_and_clean_addresses(shop: Shop) -> None:
    """Browsers refuse a script or a style sheet of the wrong type."""
    wanted = {
        "/cart?from=mail": "text/html; charset=utf-8",
        "/assets/shop.css": "text/css; charset=utf-8",
        "/assets/shop.js": "text/javascript; charset=utf-8",
        "/img/hero.svg": "image/svg+xml",
    }
    for path, kind in wanted.items():
        status, headers, _ = get(shop, path)
        assert (status, headers["Content-Type"]) == (200, kind)
    assert get(shop, "/cart", "HEAD")[2] == ""


@pytest.mark.parametrize(
    "target",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/..%2f..%2fetc/passwd",
        "/assets/../../README.md",
        "//etc/passwd",
        "/..%5cpyproject.toml",
        "/%00",
        "/sites.yml",
        "/layout.json",
        "/skeletons.json",
        "/tools/build_shop.py",
        "/product",
    ],
)
def test_only_the_shop_leaves_the_folder(shop: Shop, target: str) -> None:
    """Neither what lies outside nor its own settings and tools."""
    assert get(shop, target)[0] == 404


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link to a page elsewhere is not part of the shop."""
    (tmp_path / "secret.html").write_text("no")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "way.html").symlink_to(tmp_path / "secret.html")
    assert find(tmp_path / "shop", "/way") is None


def test_a_checkout_without_javascript_arrives(shop: Shop) -> None:
    """What was typed is dropped; the answer leads to the thanks page."""
    status, headers, _ = get(shop, "/thanks", "POST")
    assert (status, headers["Location"]) == (303, "/thanks")
    assert get(shop, "/cart", "POST")[0] == 405


def test_close_frees_the_port() -> None:
    """A second shop can have it at once."""
    first = serve(DEMO, "127.0.0.1", 0, SDK)
    port = urlsplit(first.url).port or 0
    first.close()
    with serve(DEMO, "127.0.0.1", port, SDK) as second:
        assert get(second, "/")[0] == 200


def test_a_folder_without_a_shop_is_refused(tmp_path: Path) -> None:
    """At the start, not at the first request."""
    with pytest.raises(FileNotFoundError, match="holds no shop"):
        serve(tmp_path, "127.0.0.1", 0, SDK)


def test_committed_pages_are_what_the_tool_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever edits a page by hand learns here where it comes from."""
    monkeypatch.setattr(sys, "path", [str(DEMO / "tools"), *sys.path])
    for file in load("build_shop").build(tmp_path):
        name = file.relative_to(tmp_path)
        assert (DEMO / name).read_text() == file.read_text(), f"run python demo/tools/build_shop.py: {name}"


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DEMO / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_measured_layout_fits_the_pages() -> None:
    """Every page that visits go to exists, at three sizes, with everything inside the document."""
    layout = measured()
    for page in layout.pages.values():
        assert find(DEMO, page.path) is not None
        assert set(page.documents) == {"desktop", "tablet", "mobile"}
        for places in page.places.values():
            for place in places:
                for device, (x, y, width, height) in place.rects.items():
                    assert 0 <= x <= x + width <= page.documents[device][0]
                    assert 0 <= y <= y + height <= page.documents[device][1]
                    assert width > 0
                    assert height > 0


def test_the_site_file_names_the_demo_site() -> None:
    """What `footpath demo` is configured with."""
    yaml = pytest.importorskip("yaml")
    site = yaml.safe_load((DEMO / "sites.yml").read_text())["sites"]["demo-shop"]
    assert (site["id"], site["time_zone"], site["origins"]) == (1, "Europe/Berlin", ["*"])
    assert site["privacy"]["gpc"] == "off"
