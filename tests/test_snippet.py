"""What is printed for a site's pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from collector import __version__, resources, script
from collector.app import create_app
from collector.cli import main
from collector.config import Settings

if TYPE_CHECKING:
    from pathlib import Path

SITES = """sites:
  plain: {id: 1, origins: ["*"]}
  careful: {id: 2, origins: ["*"], privacy: {storage: none, gpc: reduced, dnt: ignore, hash: true, query: [group]}}
"""
URL = "https://collector.example"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two sites as the working directory, default settings."""
    monkeypatch.chdir(tmp_path)
    for setting in ("DATA_DIR", "CONFIG_DIR", "HOST", "PORT", "SCRIPT_PATH", "EVENTS_PATH"):
        monkeypatch.delenv(f"FOOTPATH_{setting}", raising=False)
    (tmp_path / "footpath-config").mkdir()
    (tmp_path / "footpath-config" / "sites.yml").write_text(SITES)
    return tmp_path


def snippet(*arguments: str) -> Result:
    """What `footpath snippet` says."""
    return CliRunner().invoke(main, ["snippet", *arguments])


def attributes(told: Result) -> dict[str, str | None]:
    """Those of the printed tag, as a browser reads them."""
    assert told.exit_code == 0, told.output
    found: list[tuple[str, list[tuple[str, str | None]]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, attrs))
    parser.feed(told.stdout)
    ((tag, given),) = found
    assert tag == "script"
    assert len(given) == len(dict(given))
    return dict(given)


def test_the_tag_loads_the_current_script(folder: Path) -> None:
    """From the public address where one is given, else from where the collector listens."""
    told = snippet("--site", "careful", "--url", f"{URL}/")
    assert f'<script async src="{URL}/sdk.js?site=careful" data-site="careful"></script>\n' in told.stdout
    assert attributes(snippet("--site", "plain"))["src"] == "http://127.0.0.1:8400/sdk.js?site=plain"


def test_the_policy_names_the_collector_and_nothing_else(folder: Path) -> None:
    """Script and events come from and go to one origin."""
    for more in ((), ("--pinned",)):
        told = snippet("--site", "plain", "--url", URL, *more)
        assert f"Content-Security-Policy: script-src {URL}; connect-src {URL}\n" in told.stdout


def test_the_policy_lets_the_overlay_ask_the_dashboard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the dashboard's public address is known."""
    monkeypatch.setenv("FOOTPATH_DASHBOARD_URL", "https://dashboard.example")
    told = snippet("--site", "plain", "--url", URL)
    assert f"Content-Security-Policy: script-src {URL}; connect-src {URL} https://dashboard.example\n" in told.stdout


def test_a_pinned_tag_has_the_hash_of_what_is_served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also under another name of the script."""
    for path in ("/sdk.js", "/shop.js"):
        monkeypatch.setenv("FOOTPATH_SCRIPT_PATH", path)
        found = attributes(snippet("--site", "plain", "--url", URL, "--pinned"))
        assert str(found["src"]).startswith(f"{URL}{path.removesuffix('.js')}/{__version__}.")
        assert found["crossorigin"] == "anonymous"
        app = create_app(Settings.from_environment())
        served = app.test_client().get(str(found["src"]).removeprefix(URL))
        app.extensions["footpath"].close()
        assert served.status_code == 200
        assert found["integrity"] == script.integrity(served.data)


def data(told: Result) -> dict[str, str | None]:
    """The settings in the tag."""
    return {name: value for name, value in attributes(told).items() if name.startswith("data-")}


def test_a_pinned_tag_carries_what_differs_from_the_scripts_defaults(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pinned bytes are the same for all sites, so that their settings stand in the tag."""
    assert data(snippet("--site", "plain", "--pinned")) == {"data-site": "plain"}
    careful = {
        "data-site": "careful", "data-storage": "none", "data-gpc": "reduced", "data-dnt": "ignore",
        "data-hash": "true", "data-query": "group",
    }  # fmt: skip
    assert data(snippet("--site", "careful", "--pinned")) == careful
    monkeypatch.setenv("FOOTPATH_SCRIPT_PATH", "/shop.js")
    monkeypatch.setenv("FOOTPATH_EVENTS_PATH", "/v2/e")
    own = {"data-endpoint": "/v2/e", "data-files": f"/shop/{__version__}"}
    assert data(snippet("--site", "careful", "--pinned")) == careful | own


def test_the_scripts_defaults_are_those_that_the_tag_leaves_out(folder: Path) -> None:
    """A default that changes on one side alone would change what pinned pages do."""
    built = script.files(resources.folder("sdk"))[script.CORE].decode()
    for name, value in {"endpoint": "/v1/events", "storage": "local", "gpc": "off", "dnt": "off"}.items():
        assert re.search(rf'\b{name}:"{value}"', built), name


def test_a_version_that_nobody_has_released_is_said(folder: Path) -> None:
    """Beside the tag, not in it: versions that nobody has released."""
    folder_of_script = resources.folder("sdk")
    released = script.is_released(script.pinned(script.files(folder_of_script)), folder_of_script)
    assert ("is not released" in snippet("--site", "plain", "--pinned").stderr) is not released
    assert snippet("--site", "careful").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("--site", "nobody"),
            "'nobody' is not in footpath-config/sites.yml, did you mean 'plain'? It has plain, careful",
        ),
        (("--site", "plain", "--url", f"{URL}/below"), "without a path"),
        (("--site", "plain", "--url", "collector.example"), "must look like https://collector.example"),
        (("--site", "plain", "--url", 'https://c"><script>'), "must look like"),
        ((), "--site"),
    ],
)
def test_what_would_not_work_is_refused(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    """One sentence, no tag."""
    result = snippet(*arguments)
    assert result.exit_code != 0
    assert told in result.output
    assert "<script async" not in result.output


def test_without_sites_it_says_what_to_do(folder: Path) -> None:
    """As every command."""
    (folder / "footpath-config" / "sites.yml").unlink()
    assert "footpath init" in snippet("--site", "plain").output
