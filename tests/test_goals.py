"""goals.yml: what it may say, what is wrong with what it may not, and that the loader publishes it."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from collector import load, resources
from collector.config import ConfigError
from collector.goals import DETECTED, Abandoned, Happening, Left, LiveGoals, Published, goals_of, published, read_goals
from collector.sites import Site
from collector.store import Store

if TYPE_CHECKING:
    from pathlib import Path

SITES = ["demo-shop"]


def written(folder: Path, text: str) -> Path:
    (folder / "goals.yml").write_text(text)
    return folder


def one(folder: Path, entry: str) -> str:
    """The file with one goal `buy`."""
    written(folder, f"goals: {{demo-shop: {{buy: {entry}}}}}")
    return str(folder)


def test_no_file_is_no_goals(tmp_path: Path) -> None:
    """goals.yml is not needed."""
    assert read_goals(tmp_path, SITES) == {}
    assert read_goals(written(tmp_path, "# nothing yet\n"), SITES) == {}
    assert read_goals(written(tmp_path, "goals:\n  demo-shop:\n"), SITES) == {"demo-shop": {}}


def test_a_goal_says_class_what_it_matches_its_value_and_its_stage(tmp_path: Path) -> None:
    """Every key of an entry."""
    one(tmp_path, "{class: macro, match: {page: /thanks}, value: 12.50 EUR, stage: decision}")
    (goal,) = read_goals(tmp_path, SITES)["demo-shop"].values()
    assert (goal.name, goal.kind, goal.value, goal.currency, goal.stage) == (
        "buy", "macro", Decimal("12.50"), "EUR", "decision",
    )  # fmt: skip
    assert goal.match == (Happening({"what": "page", "path": "/thanks"}),)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("{page: /a*}", Happening({"what": "page", "path": "/a*"})),
        ("{page_type: pricing}", Happening({"what": "page", "type": "pricing"})),
        ("{click: Buy, zone: hero}", Happening({"what": "click", "name": "Buy", "zone": "hero"})),
        ("{click: Buy, page: /}", Happening({"what": "click", "name": "Buy", "page": "/"})),
        ("{click: '*', key: '0f'}", Happening({"what": "click", "name": "*", "key": "0f"})),
        ("{form: contact, step: ok}", Happening({"what": "form", "name": "contact", "step": "ok"})),
        ("{conversion: bought}", Happening({"what": "conversion", "goal": "bought"})),
        (
            "{event: plan, props: {size: 42, paid: true}}",
            Happening({"what": "event", "name": "plan", "props": {"size": "42", "paid": "true"}}),
        ),
        ("{left_within: 5s}", Left(5000)),
        ("{abandoned: add_to_cart, without: purchase}", Abandoned("add_to_cart", "purchase", 86_400_000)),
        ("{abandoned: a, without: b, within: 30m}", Abandoned("a", "b", 1_800_000)),
    ],
)
def test_what_a_goal_matches(tmp_path: Path, said: str, meant: object) -> None:
    """Each sort of match, alone and in a list."""
    one(tmp_path, f"{{class: micro, match: {said}}}")
    assert read_goals(tmp_path, SITES)["demo-shop"]["buy"].match == (meant,)
    one(tmp_path, f"{{class: micro, match: [{said}, {{page: /x}}]}}")
    assert read_goals(tmp_path, SITES)["demo-shop"]["buy"].match[0] == meant


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{clas: macro, match: {page: /}}", "goal buy: unknown key 'clas', did you mean 'class'"),
        ("{class: makro, match: {page: /}}", "goal buy: class: unknown word 'makro', did you mean 'macro'"),
        ("{match: {page: /}}", "goal buy: class is missing; write one of macro, micro, negative"),
        ("{class: macro}", "goal buy: match is missing"),
        ("{class: macro, match: []}", "goal buy: match is missing"),
        ("{class: macro, match: {paeg: /}}", "goal buy: match: unknown key 'paeg', did you mean 'page'"),
        ("{class: macro, match: {click: Buy, zoen: a}}", "unknown key 'zoen', did you mean 'zone'.*beside click"),
        ("{class: macro, match: {form: f, step: sent}}", "goal buy: match: step: unknown word 'sent'"),
        ("{class: macro, match: {click: Buy, key: xyz}}", "key 'xyz' is none of an element"),
        ("{class: macro, match: {event: a, props: {a b: c}}}", "'a b' is no name of a property"),
        ("{class: macro, match: {page: no}}", "goal buy: match: page must be a text"),
        ("{class: macro, match: /thanks}", "'/thanks' says nothing to look for"),
        ("{class: macro, match: {page: /}, value: 12}", "value 12 must be an amount and a currency"),
        ("{class: macro, match: {page: /}, value: -1 EUR}", "value '-1 EUR' must be an amount"),
        (
            "{class: macro, match: {page: /}, stage: desision}",
            "stage: unknown word 'desision', did you mean",
        ),
        ("{class: negative, match: {left_within: soon}}", "left_within 'soon' is no length of time"),
        ("{class: negative, match: {left_within: 0s}}", "left_within '0s' is no length of time"),
        ("{class: negative, match: {abandoned: a}}", "abandoned needs without"),
        ("{class: negative, match: [{left_within: 5s}, {abandoned: buy, without: x}]}", "'buy' takes a whole session"),
        ("purchase", "goal buy: expected class and match"),
    ],
)
def test_what_is_wrong_is_said_with_the_site_and_the_goal(tmp_path: Path, entry: str, message: str) -> None:
    """And with the nearest valid name, where a name is wrong."""
    one(tmp_path, entry)
    with pytest.raises(ConfigError, match=f"goals.yml: site demo-shop: .*{message}"):
        read_goals(tmp_path, SITES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("goals: {demo-shp: {}}", "unknown site 'demo-shp', did you mean 'demo-shop'"),
        ("goal: {}", "expected `goals:`"),
        ("goals: [a]", "expected `goals:`"),
        ("goals: {demo-shop: [a]}", "site demo-shop: expected goals by name"),
        ("goals: {demo-shop: {'a*': {}}}", "neither"),
        ("goals: {", "cannot be read"),
    ],
)
def test_a_file_that_is_no_list_of_goals_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The shape of the whole."""
    with pytest.raises(ConfigError, match=message):
        read_goals(written(tmp_path, text), SITES)


def test_what_is_published_says_the_same_goals(tmp_path: Path) -> None:
    """Analysts without the file read the JSON; the version is that of the meaning, not of the order of lines."""
    first = "{class: macro, match: {page: /thanks}}"
    written(tmp_path, f"goals: {{demo-shop: {{a: {first}, b: {first}}}}}")
    goals = read_goals(tmp_path, SITES)["demo-shop"]
    told = published(goals.values())
    assert goals_of(json.loads(told.goals), "") == goals
    assert published(reversed(goals.values())) == told
    assert published([goals["a"]]).version != told.version


def test_goals_are_read_again_and_kept_while_the_file_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As sites.yml is."""
    monkeypatch.setattr("collector.goals.time.monotonic", lambda: next(clock))
    clock = iter(range(0, 10**6, 3))
    live = LiveGoals(written(tmp_path, "goals: {demo-shop: {}}"), lambda: SITES)
    first = live()
    assert first == {"demo-shop": Published("{}", published([]).version)}
    assert live() is first
    one(tmp_path, "{clas: macro}")
    assert live() is first
    assert "unknown key 'clas'" in caplog.text
    one(tmp_path, "{class: macro, match: {page: /thanks}}")
    second = live()
    assert second is not None
    assert "thanks" in second["demo-shop"].goals


def test_a_file_that_is_wrong_from_the_start_publishes_nothing(tmp_path: Path) -> None:
    """What was published before stays."""
    assert LiveGoals(written(tmp_path, "goals: 5"), lambda: SITES)() is None


def test_the_loader_publishes_the_goals_of_each_site(tmp_path: Path, database_url: str) -> None:
    """Changed goals are published again; a site without goals has none, also where it had some."""
    folder = tmp_path / "config"
    folder.mkdir()
    one(folder, "{class: macro, match: {page: /thanks}}")
    sites = {key: Site(key, number, key, "UTC", ("*",)) for number, key in enumerate(("demo-shop", "other"), 1)}
    live = LiveGoals(folder, lambda: sites)
    worker = load.Loader(tmp_path / "spool", lambda: database_url, lambda: sites, goals=live)
    store = Store(database_url)
    asked = "SELECT site_id, argMax(goals, updated_at), argMax(version, updated_at) FROM goals GROUP BY 1 ORDER BY 1"
    worker.step()
    (number, text, version), other = store.execute(asked)
    assert (number, list(json.loads(text)), other) == (1, ["buy"], (2, "{}", ""))
    assert version == published(read_goals(folder, sites)["demo-shop"].values()).version
    (folder / "goals.yml").unlink()
    deadline = time.monotonic() + 20
    while store.execute(asked)[0][1] != "{}":
        assert time.monotonic() < deadline
        worker.step()
        time.sleep(0.1)
    store.close()


def test_the_demo_and_the_template_are_valid(tmp_path: Path) -> None:
    """Also with every commented example taken in."""
    demo = resources.folder("demo")
    assert read_goals(demo, SITES)["demo-shop"]
    text = (demo / "goals.template.yml").read_text()
    plain = read_goals(written(tmp_path, text), ["my-shop"])["my-shop"]
    every = "".join(line.replace("#-", "  ", 1) for line in text.splitlines(keepends=True))
    taken_in = read_goals(written(tmp_path, every), ["my-shop"])["my-shop"]
    assert len(taken_in) > len(plain) > 0
    assert {goal.kind for goal in taken_in.values()} == {"macro", "micro", "negative"}


def test_detected_steps_are_micro_and_no_session_is_needed() -> None:
    """What needs no file."""
    assert {(goal.kind, goal.by_session) for goal in DETECTED.values()} == {("micro", False)}
