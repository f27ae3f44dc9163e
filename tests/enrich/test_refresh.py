"""Lists are compared with what others keep, and take over what is new."""

import json
from pathlib import Path

import pytest

from collector.enrich import sites
from scripts import refresh_lists

ENTRIES = {
    "www.google.co.uk": {"medium": "search", "source": "Google"},
    "finder.example.org": {"medium": "search", "source": "Finder"},
    "deep.finder.example.org": {"medium": "search", "source": "Finder"},
    "faces.example.net": {"medium": "social", "source": "Facebook"},
    "youtube.com": {"medium": "social", "source": "Youtube"},
    "example.com/search": {"medium": "search", "source": "A path"},
    "docs.example.com": {"medium": "unknown", "source": "Docs"},
}


def test_only_what_we_lack_is_new() -> None:
    """A listed host is not news, another kind is for people to decide, a path is no host."""
    news, disputed = refresh_lists.compare(ENTRIES)
    assert news == {
        "search": {"finder": ["deep.finder.example.org", "finder.example.org"]},
        "social": {"facebook": ["faces.example.net"]},
    }
    assert disputed == ["youtube.com: video (youtube) here, social (Youtube) there"]


def test_a_list_that_gains_nothing_keeps_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference shows what was added and nothing else."""
    monkeypatch.setattr(refresh_lists, "LISTS", tmp_path)
    refresh_lists.add({kind: {} for kind in ("search", "social", "email")})
    for kind in ("search", "social", "email"):
        old = (Path(sites.__file__).with_name("lists") / f"{kind}.json").read_text().splitlines()
        new = (tmp_path / f"{kind}.json").read_text().splitlines()
        assert [line for line in new if "version" not in line] == [line for line in old if "version" not in line]


def test_new_hosts_join_the_site_of_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts below one that is new too are left out, and the version is today's."""
    monkeypatch.setattr(refresh_lists, "LISTS", tmp_path)
    news, _ = refresh_lists.compare(ENTRIES)
    refresh_lists.add(news)
    search = json.loads((tmp_path / "search.json").read_text())
    assert search["sites"]["finder"] == ["finder.example.org"]
    assert search["version"] > 20261121
    assert json.loads((tmp_path / "social.json").read_text())["sites"]["facebook"][-1] == "faces.example.net"
