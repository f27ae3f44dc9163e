"""`footpath unlink` and `footpath relink`: what reports that count people say after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from collector import erase, links, personal
from collector.cli import main
from collector.query import between, event
from tests.query.worlds import at, ms, save, site
from tests.support import SITES_YML

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from collector.store import Store

START, PERIOD = ms("2026-11-02"), between("2026-11-02", "2026-11-09")
ONE, TWO = "0000000000000001", "0000000000000002"
SEVEN, EIGHT = "person:0000000000000007", "person:0000000000000008"


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A function that runs `footpath` with the test's database and the site demo-shop."""
    (tmp_path / "sites.yml").write_text(SITES_YML)
    monkeypatch.setenv("FOOTPATH_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("FOOTPATH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--site", "demo-shop"])


def identify(after: int, visitor: int, person: int, n: int = 1) -> dict[str, Any]:
    return {"at": START + after, "kind": "identify", "visitor_id": visitor, "person_id": person, "n": n}


def step(after: int, visitor: int, name: str = "a", n: int = 0) -> dict[str, Any]:
    return {"at": START + after, "kind": "custom", "custom_name": name, "visitor_id": visitor, "n": n}


def people(store: Store, name: str = "a") -> dict[str, int]:
    """Who did it, as a report with people as its unit has them, with how many steps of a, b they got to."""
    funnel = site(store, 1).funnel([event(name), event("b")], PERIOD, unit="person")
    return {row.id: row.reached for row in funnel.actors(1).rows} | {
        row.id: row.reached for row in funnel.actors(1, dropped=True).rows
    }


@pytest.fixture
def shop(store: Store) -> Store:
    """Person 7 does a in one browser and a, b in another."""
    save(store, 1, [
        step(0, 1), identify(5, 1, 7), identify(10, 2, 7), step(20, 2, n=2), step(30, 2, "b", n=3),
    ])  # fmt: skip
    return store


def test_unlinked_browsers_are_two_people_and_linked_again_they_are_one(
    shop: Store, run: Callable[..., Result]
) -> None:
    """Over and over, also when ClickHouse has merged; each time it says to how many rows, a second time to none."""
    assert people(shop) == {SEVEN: 2}
    for _ in range(3):
        told = run("unlink", TWO)
        assert (told.exit_code, told.stdout) == (0, f"{TWO} is {SEVEN} no longer: identifications undone: 1\n")
        assert people(shop) == {SEVEN: 1, TWO: 2}
        assert "no row written" in run("unlink", TWO, "--person", SEVEN).stdout
        shop.execute("OPTIMIZE TABLE identity FINAL")
        assert people(shop) == {SEVEN: 1, TWO: 2}
        told = run("relink", TWO, "--person", SEVEN)
        assert (told.exit_code, told.stdout) == (0, f"{TWO} is {SEVEN} again: identifications restored: 1\n")
        assert people(shop) == {SEVEN: 2}
        assert "no row written" in run("relink", TWO).stdout
        shop.execute("OPTIMIZE TABLE identity FINAL")
        assert people(shop) == {SEVEN: 2}


def test_what_was_undone_stays_so_when_the_event_comes_again(shop: Store, run: Callable[..., Result]) -> None:
    """As the loader may send it after a crash."""
    run("unlink", TWO)
    save(shop, 1, [identify(10, 2, 7)])
    assert people(shop) == {SEVEN: 1, TWO: 2}


def test_the_later_identify_wins(shop: Store, run: Callable[..., Result]) -> None:
    """Also for what was before it, where nothing of before holds; linked again, the earlier one has its time back."""
    run("unlink", TWO)
    save(shop, 1, [identify(25, 2, 8, n=4)])
    assert people(shop) == {SEVEN: 1, EIGHT: 2}
    run("relink", TWO)
    assert people(shop) == {SEVEN: 1}  # a is person 7's and b is person 8's
    assert people(shop, "b") == {EIGHT: 1}


def test_only_the_person_that_was_named_is_undone(store: Store, run: Callable[..., Result]) -> None:
    """On a device that two people share, the other one keeps it; each person has its line."""
    save(store, 1, [
        identify(0, 2, 7), identify(10, 2, 8, n=2), identify(20, 2, 8, n=3), step(30, 2, n=4), step(40, 1, "b"),
    ])  # fmt: skip
    assert people(store) == {EIGHT: 1}
    assert "undone: 2" in run("unlink", TWO, "--person", EIGHT.removeprefix("person:")).stdout
    assert people(store) == {SEVEN: 1}
    assert run("unlink", TWO).stdout == f"{TWO} is {SEVEN} no longer: identifications undone: 1\n"
    assert people(store) == {TWO: 1}
    assert len(run("relink", TWO).stdout.splitlines()) == 2
    assert people(store) == {EIGHT: 1}


def test_two_persons_of_the_same_millisecond_come_back_both(store: Store) -> None:
    """Each with a number of its own, also the second time."""
    save(store, 1, [identify(0, 2, 7), identify(0, 2, 8, n=2)])
    for _ in range(2):
        assert links.undo(store, (1, 2)) == {7: 1, 8: 1}
        assert links.restore(store, (1, 2), 8) == {8: 1}
        assert links.restore(store, (1, 2)) == {7: 1}
    held = "SELECT person_id FROM identity FINAL WHERE NOT undone ORDER BY person_id"
    assert store.execute(held) == [(7,), (8,)]
    assert {each for (each,) in store.execute("SELECT ts FROM identity")} == {at(START)}


def test_another_site_s_browser_of_the_same_id_keeps_its_person(shop: Store, run: Callable[..., Result]) -> None:
    """A command is about one site."""
    save(shop, 2, [identify(0, 2, 7)])
    run("unlink", TWO)
    assert shop.execute("SELECT max(undone) FROM identity WHERE site_id = 2") == [(False,)]


def test_links_that_were_undone_or_made_again_are_erased_with_the_visitor(shop: Store) -> None:
    """They name the visitor like every other row."""
    links.undo(shop, (1, 2))
    links.restore(shop, (1, 2))
    shop.execute("OPTIMIZE TABLE identity FINAL")
    assert personal.counts(shop, (1, 2))["identity"] == 2
    assert erase.erase(shop, {(1, 2): 1}, "run")["identity"] == 2
    assert shop.execute("SELECT DISTINCT visitor_id FROM identity") == [(1,)]


def test_the_query_log_names_no_visitor(shop: Store) -> None:
    """As with erasure and export."""
    links.undo(shop, (1, 2))
    shop.execute("SYSTEM FLUSH LOGS")
    named = "SELECT query FROM system.query_log WHERE current_database = currentDatabase() AND query LIKE {text:String}"
    found = shop.execute(named, {"text": "%FROM identity%"}, {"log_queries": 0})
    assert [query for (query,) in found if "visitor_id =" in query] == []


@pytest.mark.parametrize("command", ["unlink", "relink"])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((TWO, "--site", "demo-shpo"), "'demo-shpo' is not in"),
        ((TWO, "--site", "demo-shpo"), "did you mean 'demo-shop'? It has demo-shop"),
        (("2",), "a visitor's id has 16 hex digits"),
        ((TWO, "--person", "somebody"), "a person's id has 16 hex digits"),
        ((TWO, "--person", EIGHT), f"visitor {TWO} was never linked to {EIGHT}, only to {SEVEN}"),
        (("00000000000000ff",), "visitor 00000000000000ff was never linked to anybody"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    shop: Store, run: Callable[..., Result], command: str, arguments: tuple[str, ...], told: str
) -> None:
    """And writes nothing."""
    named = "--site" in arguments
    found = CliRunner().invoke(main, [command, *arguments]) if named else run(command, *arguments)
    assert (found.exit_code, found.stderr.count("\n")) == (1, 1)
    assert told in found.stderr
    assert shop.execute("SELECT count() FROM identity") == [(2,)]
