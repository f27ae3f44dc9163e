"""Settings and sites say exactly what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.config import SETTINGS, ConfigError, Settings
from collector.sites import Capture, LiveSites, Site, read_sites
from tests.support import wait_until

GOOD = """
sites:
  shop:
    id: 7
    name: The shop
    time_zone: Europe/Berlin
    origins: ["https://shop.example", "https://www.shop.example/"]
    privacy: {storage: none, gpc: off, dnt: reduced, hash: true, query: [ref]}
"""


def sites(tmp_path: Path, text: str) -> dict[str, Site]:
    (tmp_path / "sites.yml").write_text(text)
    return read_sites(tmp_path)


def test_every_setting_has_a_default_that_is_valid() -> None:
    """An empty environment is enough."""
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8400, Path("footpath-data"))
    assert len(SETTINGS) == len(Settings.__slots__)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FOOTPATH_PORT", "http", "a number from 1 to 65535"),
        ("FOOTPATH_WORKERS", "0", "a number from 1 to 64"),
        ("FOOTPATH_LOG", "loud", "debug, info, warning, error"),
        ("FOOTPATH_TRUSTED_PROXIES", "10.0.0.0/33", "networks such as 10.0.0.0/8"),
        ("FOOTPATH_EVENTS_PATH", "events", "a path such as /v1/events"),
        ("FOOTPATH_SPOOL_SYNC", "OFF", "FULL, NORMAL"),
        ("FOOTPATH_RATE", "nan", "a number"),
        ("FOOTPATH_DASHBOARD_URL", "dashboard.example", "an address without a path"),
        ("FOOTPATH_DASHBOARD_URL", "https://a.example/footpath", "an address without a path"),
        ("FOOTPATH_DASHBOARD_URL", "https://a.example:port", "an address without a path"),
        ("FOOTPATH_DASHBOARD_URL", "https://a@b.example", "an address without a path"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(name: str, value: str, told: str) -> None:
    """The message is enough to put it right."""
    with pytest.raises(ConfigError, match=name) as caught:
        Settings.from_environment({name: value})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("said", "known", "here"),
    [
        ({}, "http://127.0.0.1:8401", "http://127.0.0.1:8401"),
        ({"HOST": "localhost"}, "http://localhost:8401", "http://localhost:8401"),
        ({"HOST": "::1", "DASHBOARD_PORT": "9"}, "http://[::1]:9", "http://[::1]:9"),
        ({"HOST": "0.0.0.0"}, "", "http://127.0.0.1:8401"),
        ({"HOST": "10.0.0.7"}, "", "http://10.0.0.7:8401"),
        ({"DASHBOARD_PORT": "0"}, "", "http://127.0.0.1:0"),
        ({"DASHBOARD_PORT": "0", "DASHBOARD_URL": "https://d.example/"}, "https://d.example", "https://d.example"),
        ({"HOST": "0.0.0.0", "DASHBOARD_URL": "https://d.example"}, "https://d.example", "https://d.example"),
    ],
)
def test_where_browsers_reach_the_dashboard(said: dict[str, str], known: str, here: str) -> None:
    """Where it was said, also of another machine's; else on this machine alone, by what only it can reach."""
    settings = Settings.from_environment({f"FOOTPATH_{name}": value for name, value in said.items()})
    assert (settings.dashboard, settings.dashboard_here) == (known, here)


def test_a_site_has_all_that_its_entry_says(tmp_path: Path) -> None:
    """A bare off in YAML is false, and means off."""
    site = sites(tmp_path, GOOD)["shop"]
    assert (site.id, site.name, site.time_zone, site.enabled) == (7, "The shop", "Europe/Berlin", True)
    assert (site.privacy.storage, site.privacy.gpc, site.privacy.dnt) == ("none", "off", "reduced")
    assert site.privacy.query == ("ref",)
    assert site.allows("https://www.shop.example")
    assert site.allows(None)
    assert not site.allows("https://shop.example.evil")
    assert not site.allows("http://shop.example")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected `sites:`"),
        ("sites: [", "cannot be read"),
        ("sites:\n  Shop: {id: 1}", "a key has"),
        ("sites:\n  shop: 5", "expected id"),
        ("sites:\n  shop: {id: 0, origins: ['*']}", "id must be"),
        ("sites:\n  shop: {id: yes, origins: ['*']}", "id must be"),
        ("sites:\n  shop: {id: 1}", "origins must list"),
        ("sites:\n  shop: {id: 1, origins: '*'}", "must be a list"),
        ("sites:\n  shop: {id: 1, origins: ['shop.example']}", "must look like https"),
        ("sites:\n  shop: {id: 1, origins: ['https://[shop.example']}", "is no address"),
        ("sites:\n  shop: {id: 1, origins: ['*'], time_zone: Berlin}", "not known"),
        ("sites:\n  shop: {id: 1, origins: ['*'], time_zone: ../../etc/passwd}", "not known"),
        ("sites:\n  shop: {id: 1, origins: ['*'], privacy: {storage: cookie}}", "local, session, none"),
        ("sites:\n  shop: {id: 1, origins: ['*'], privacy: {cookies: 1}}", "unknown key privacy.cookies"),
        ("sites:\n  shop: {id: 1, origins: ['*'], enabled: maybe}", "true or false"),
        ("sites:\n  shop: {id: 1, origins: ['*'], colour: red}", "unknown key 'colour'"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: 0.5}", "{skeleton: 0.1, trail: 0}"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: {trails: 1}}", "unknown key 'trails'; known are skeleton"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: {trail: 1.1}}", "trail must be a share"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: {trail: -1}}", "trail must be a share"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: {trail: .nan}}", "trail must be a share"),
        ("sites:\n  shop: {id: 1, origins: ['*'], capture: {skeleton: all}}", "number from 0 to 1, true or false"),
        ("sites:\n  a: {id: 1, origins: ['*']}\n  b: {id: 1, origins: ['*']}", "same id 1"),
    ],
)
def test_a_wrong_sites_file_is_refused_with_the_reason(tmp_path: Path, text: str, told: str) -> None:
    """File, site and key are named."""
    with pytest.raises(ConfigError, match=r"sites\.yml") as caught:
        sites(tmp_path, text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("{}", Capture(0.1, 0)),
        ("", Capture(0.1, 0)),
        ("{trail: 0.25}", Capture(0.1, 0.25)),
        ("{skeleton: true, trail: false}", Capture(1, 0)),
        ("{skeleton: 0, trail: 1}", Capture(0, 1)),
    ],
)
def test_shares_of_page_loads_are_numbers_or_all_or_none(tmp_path: Path, said: str, meant: Capture) -> None:
    """What is not said is as the defaults have it."""
    assert sites(tmp_path, f"sites:\n  shop: {{id: 1, origins: ['*'], capture: {said}}}")["shop"].capture == meant


@pytest.mark.parametrize("text", ["short", "with a space in it", "sha256:abc", "sha256:" + "g" * 64, 1234567890123456])
def test_a_secret_key_that_is_none_is_refused_and_not_repeated(tmp_path: Path, text: str | int) -> None:
    """Short keys can be guessed; what looks like a hash must be one; a number has lost its zeros."""
    shown = text if isinstance(text, int) else f"'{text}'"
    with pytest.raises(ConfigError, match="site shop: secret_keys: number 2 must") as caught:
        sites(tmp_path, f"sites:\n  shop: {{id: 1, origins: ['*'], secret_keys: ['{'x' * 16}', {shown}]}}")
    assert str(text) not in str(caught.value)


def test_secret_keys_are_kept_as_hashes(tmp_path: Path) -> None:
    """However the file has them; what is printed of a site or of the settings has no key in it."""
    site = sites(tmp_path, "sites:\n  shop: {id: 1, origins: ['*'], secret_keys: [a-very-secret-key-1]}")["shop"]
    assert site.knows("a-very-secret-key-1")
    assert not site.knows("a-very-secret-key-2")
    assert not site.knows(site.secret_keys[0])
    assert "a-very-secret" not in repr(site)
    assert "a-very-secret" not in repr(Settings.from_environment({"FOOTPATH_IMPORT_KEY": "a-very-secret-key-1"}))


def test_a_missing_sites_file_says_how_to_get_one(tmp_path: Path) -> None:
    """The next step is in the message."""
    with pytest.raises(ConfigError, match="footpath init"):
        read_sites(tmp_path)


def test_a_changed_sites_file_is_read_again_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    """Without a restart; the same object as long as nothing changed."""
    sites(tmp_path, GOOD)
    live = LiveSites(tmp_path)
    assert live() is live()
    (tmp_path / "sites.yml").write_text(GOOD.replace("id: 7", "id: 70"))
    wait_until(lambda: live()["shop"].id == 70, 5, "the new file")
    (tmp_path / "sites.yml").write_text("sites: 5")
    live._looked = 0
    assert live()["shop"].id == 70
