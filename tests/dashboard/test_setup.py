"""Setup says what goes into the pages and what is to be written into the files, ready to be copied."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from collector.cli import main
from collector.dashboard import lacking
from collector.goals import DETECTED, Happening, goals_of, read_goals
from collector.query.goals import Goals
from collector.sites import LiveSites, Site, read_sites
from collector.store import Store
from tests.query.test_goals import publish
from tests.query.worlds import save
from tests.support import now_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboard.conftest import World

NUMBER, KEY = 61, "site-61"
GOALS = {
    "sold": {"class": "macro", "match": {"conversion": "purchase"}, "value": "12.50 EUR", "stage": "decision"},
    "left": {"class": "negative", "match": [{"left_within": "5s"}, {"page": "/bye*"}]},
}
SITES = f"""
sites:
  {KEY}:
    id: {NUMBER}
    origins: ["https://shop.example"]
    privacy: {{storage: session, query: [group]}}
    capture: {{skeleton: 0.5}}
    quota: {{day: 7}}
"""


@pytest.fixture
def shown(world: World, dashboard_url: str, tmp_path: Path) -> str:
    """Setup of a site with conversions, two goals, and neither skeletons nor trails."""
    store, view = Store(dashboard_url), {"at": now_ms() - 60_000, "path": "/p"}
    names = ["purchase", "signup", "signup", "on", "add_to_cart", "", "a: b # c"]
    told = [{**view, "n": n, "kind": "conversion", "goal": name} for n, name in enumerate(names, 1)]
    save(store, NUMBER, [{**view, "n": 0}, *told])
    publish(store, NUMBER, GOALS)
    store.close()
    return page_of(world, tmp_path, SITES)


def page_of(world: World, folder: Path, sites: str) -> str:
    (folder / "config" / "sites.yml").write_text(sites)
    world.app.extensions["footpath-sites"] = LiveSites(folder / "config")
    world.forget()
    return world.browser("owner").get(f"/sites/{KEY}/setup?period=24h").text


def codes(text: str) -> list[str]:
    return [unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", text, re.DOTALL)]


def test_the_tag_is_shown_with_and_without_a_hash(shown: str, tmp_path: Path) -> None:
    """Those of `footpath snippet`, without and with `--pinned`."""
    settings = {"FOOTPATH_CONFIG_DIR": str(tmp_path / "config"), "FOOTPATH_DATA_DIR": str(tmp_path / "data")}
    for options in [], ["--pinned"]:
        printed = CliRunner().invoke(main, ["snippet", "--site", KEY, *options], env=settings).stdout
        assert printed.splitlines()[0] in codes(shown)
    assert "integrity=&#34;sha384-" in shown
    assert "data-storage=&#34;session&#34;" in shown


def test_goals_are_shown_with_match_and_value(shown: str) -> None:
    """As goals.yml has them; each of several matches."""
    table = shown.partition('id="goals"')[2]
    sold = table.partition("<td>sold</td>")[2].partition("</tr>")[0]
    assert "<code>{conversion: purchase}</code>" in sold
    assert "<td>12.50 EUR</td><td>decision</td>" in sold
    left = table.partition("<td>left</td>")[2].partition("</tr>")[0]
    assert "<code>{left_within: 5s}</code><br><code>{page: /bye*}</code>" in left
    cart = table.partition("<td>add_to_cart</td>")[2].partition("</tr>")[0]
    assert f"and {len(DETECTED['add_to_cart'].match) - 1} more" in cart


def test_what_goals_yml_lacks_is_shown_as_goals_yml_reads_it(shown: str, tmp_path: Path) -> None:
    """Conversions that no goal is about: not what a goal matches, nor the micro steps that need no file."""
    (text,) = (each for each in codes(shown) if each.startswith("goals:"))
    (tmp_path / "goals.yml").write_text(text)
    found = read_goals(tmp_path, [KEY])[KEY]
    assert {name: goal.match for name, goal in found.items()} == {
        name: (Happening({"what": "conversion", "goal": said}),)
        for name, said in (("signup", "signup"), ("on", "on"), ("a_ b # c", "a: b # c"))
    }
    assert next(iter(found)) == "signup", "the most frequent first"
    assert {goal.kind for goal in found.values()} == {"macro"}
    assert "    signup:\n      class: macro\n      match: {conversion: signup}\n" in text


def test_what_sites_yml_lacks_is_shown_as_sites_yml_reads_it(shown: str, world: World, tmp_path: Path) -> None:
    """The site's capture, whole; what has a share already keeps it, and nothing is said where all have one."""
    before = read_sites(tmp_path / "config")[KEY]
    (text,) = (each for each in codes(shown) if each.startswith("sites:"))
    said, change = yaml.safe_load(SITES), yaml.safe_load(text)
    assert set(change["sites"][KEY]) == {"capture"}
    said["sites"][KEY].update(change["sites"][KEY])
    again = page_of(world, tmp_path, yaml.safe_dump(said))
    after = read_sites(tmp_path / "config")[KEY]
    assert (after.capture.skeleton, after.capture.trail) == (0.5, 1)
    assert (after.privacy, after.origins, after.quota) == (before.privacy, before.origins, before.quota)
    assert not any(each.startswith("sites:") for each in codes(again))
    assert any(each.startswith("goals:") for each in codes(again))


def test_where_nothing_is_to_change_that_is_said(world: World) -> None:
    """In one sentence, in place of the YAML."""
    text = world.browser("owner").get("/sites/site-4/setup?period=24h").text
    card = text.partition('id="lacking"')[2].partition("</section>")[0]
    assert "Neither goals.yml nor sites.yml lacks anything that this page knows of." in card
    assert not codes(card)


@pytest.mark.parametrize(
    "name",
    [
        "yes",
        "1",
        "1.5",
        "null",
        "~",
        " x ",
        "{a: b}",
        "- a",
        "'",
        '"',
        "é 🛒",
        "a\tb",
        "x" * 200,
        "<b>&",
        "2026-11-02",
        "=",
    ],
)
def test_any_name_that_a_page_told_can_be_read_back(name: str) -> None:
    """As the conversion of that very name."""
    read = yaml.safe_load(lacking.goals("shop", Goals(), [name]))["goals"]["shop"]
    (goal,) = goals_of(read, "").values()
    assert goal.match == (Happening({"what": "conversion", "goal": name}),)
    assert lacking.goals("shop", Goals(goals_of(read, "")), [name]) == ""


def test_what_cannot_be_written_is_left_out() -> None:
    """A name with `*` would match others, one that is taken would be in their place."""
    listed = Goals(goals_of({"any": {"class": "micro", "match": {"conversion": "buy*"}}}, ""))
    assert lacking.goals("shop", listed, ["", "a*b", "any", "buy", "buy now", *DETECTED]) == ""
    assert lacking.goals("shop", Goals(), ["a:b", "a_b"]) == lacking.goals("shop", Goals(), ["a:b"]) != ""


def test_what_is_captured_is_not_missing() -> None:
    """Skeletons are captured unless sites.yml says otherwise; trails are not."""
    site = Site("shop", 1, "Shop", "UTC", ("*",))
    assert lacking.capture(site, ["no skeletons", "no web vitals"]) == ""
    written: dict[str, Any] = yaml.safe_load(lacking.capture(site, ["no trails"]))
    assert written == {"sites": {"shop": {"capture": {"skeleton": 0.1, "trail": 1}}}}
