"""The script's files: which bytes have which name, and what a site's settings make of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from collector import __version__, resources, script
from collector.config import Settings
from collector.sites import Privacy
from tests.support import SITE

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder of built files, with an older release."""
    (tmp_path / "released").mkdir()
    for name in ("footpath.min.js", "footpath.more.min.js", "stub.js", "released/0.0.9.js", "released/0.0.9.more.js"):
        (tmp_path / name).write_text(f"/* {name} */({{}});\n")
    (tmp_path / "released" / "checksums.json").write_text("{}")
    return tmp_path


def test_each_version_has_its_files(dist: Path) -> None:
    """This version's are the built ones; all released ones are there too, and nothing else of the folder."""
    found = script.files(dist)
    assert found.keys() == {script.CORE, script.MORE, "0.0.9.js", "0.0.9.more.js"}
    assert found[script.MORE] == (dist / "footpath.more.min.js").read_bytes()
    assert found["0.0.9.js"] == (dist / "released" / "0.0.9.js").read_bytes()


def test_a_page_pins_the_file_that_asks_for_no_other(dist: Path) -> None:
    """A hash does not vouch for what a script loads; the full file loads nothing."""
    assert script.pinned(script.files(dist)) == script.CORE
    (dist / "footpath.full.min.js").write_text("full")
    assert script.pinned(script.files(dist)) == script.FULL


def test_what_was_released_stays(dist: Path) -> None:
    """A build of the same version does not take its place."""
    (dist / "released" / script.CORE).write_text("released")
    assert script.files(dist)[script.CORE] == b"released"
    assert script.is_released(script.CORE, dist)
    assert not script.is_released(script.MORE, dist)


def test_without_a_script_the_collector_does_not_start(dist: Path) -> None:
    """It says which file is missing."""
    (dist / "footpath.min.js").unlink()
    with pytest.raises(FileNotFoundError, match=r"footpath\.min\.js is missing from this installation"):
        script.files(dist)


def test_the_script_has_the_programs_version() -> None:
    """The script asks for its further files by its own version."""
    package = json.loads((ROOT / "sdk_js" / "package.json").read_text())
    assert package["version"] == __version__
    assert f'"{__version__}"' in script.files(resources.folder("sdk"))[script.CORE].decode()


def test_every_version_of_the_changelog_is_released() -> None:
    """A page that pinned it goes on working; `npm --prefix sdk_js run release` keeps the files."""
    versions = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    folder = resources.folder("sdk")
    assert [each for each in versions if not script.is_released(f"{each}.js", folder)] == []


@pytest.mark.parametrize(
    ("path", "folders", "more"),
    [
        ("/sdk.js", ("/sdk",), f"/sdk/{__version__}.more.js"),
        ("/shop.js", ("/sdk", "/shop"), f"/shop/{__version__}.more.js"),
        ("/assets/a.min.js", ("/sdk", "/assets/a.min"), f"/assets/a.min/{__version__}.more.js"),
        ("/s", ("/sdk", "/s"), f"/s/{__version__}.more.js"),
    ],
)
def test_versions_are_served_below_the_scripts_own_name(path: str, folders: tuple[str, ...], more: str) -> None:
    """And always below /sdk; pages are given the former."""
    settings = Settings.from_environment({"FOOTPATH_SCRIPT_PATH": path})
    assert script.folders(settings) == folders
    assert script.address(settings, script.MORE) == more


def test_a_sites_settings_take_the_place_at_the_scripts_end() -> None:
    """As JSON, in ASCII; the rest of the script is untouched."""
    settings = Settings.from_environment({"FOOTPATH_SCRIPT_PATH": "/shop.js", "FOOTPATH_EVENTS_PATH": "/v2/e"})
    core = script.files(resources.folder("sdk"))[script.CORE]
    place = b"({});\n"
    assert core.endswith(place)
    found = script.configured(core, SITE, settings)
    body = core.removesuffix(place)
    assert found.startswith(body)
    assert json.loads(found.removeprefix(body).removeprefix(b"(").removesuffix(b");\n")) == {
        "site": "demo-shop",
        "endpoint": "/v2/e",
        "files": f"/shop/{__version__}",
        "dashboard": "http://127.0.0.1:8401",
        **{name: getattr(Privacy(), name) for name in ("storage", "gpc", "dnt", "hash")},
        "query": [],
        "skeleton": 0.1,
        "trail": 0,
    }
    assert found.isascii()


def test_the_hash_is_that_of_subresource_integrity() -> None:
    """SHA-384 in base64, with its name."""
    expected = base64.b64encode(hashlib.sha384(b"alert(1)").digest()).decode()
    assert script.integrity(b"alert(1)") == f"sha384-{expected}"
