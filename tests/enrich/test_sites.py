"""The lists, and what importing the enrichment costs."""

import re
import subprocess
import sys

import crawleruseragents
import pytest

from collector.enrich import LISTS_VERSION, bots, sites

LISTS = (*sites.KINDS, sites.DETOURS)
DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+(?:[a-z]{2,}|\*)")
PACKAGE = re.compile(r"app:[a-z0-9_]+(?:\.[a-z0-9_]+)+")
WORD = re.compile(r"[a-z0-9][a-z0-9 _-]*")


def test_the_version_is_that_of_the_newest_list() -> None:
    """Rows say with which lists they were classified, as yyyymmdd."""
    versions = [sites.read(name)["version"] for name in (*LISTS, sites.BOTS)]
    crawlers = [entry.get("addition_date", "") for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA]
    assert max(*versions, int(max(crawlers).replace("/", ""))) == LISTS_VERSION
    assert all(20260101 <= version <= 21001231 for version in [*versions, LISTS_VERSION])


def test_a_newer_list_of_crawlers_is_a_newer_version() -> None:
    """So that rows that an update of that package would class otherwise can be told."""
    program = (
        "import crawleruseragents as c; c.CRAWLER_USER_AGENTS_DATA.append({'pattern': 'x', 'addition_date': "
        "'2099/12/31'}); from collector.enrich import LISTS_VERSION; print(LISTS_VERSION)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "20991231\n"


@pytest.mark.parametrize("name", LISTS)
def test_entries_are_well_formed(name: str) -> None:
    """An entry that cannot match is a mistake in a list."""
    for site, entries in sites.read(name)["sites"].items():
        assert site == site.lower()
        for entry in entries:
            assert any(form.fullmatch(entry) for form in (DOMAIN, PACKAGE, WORD)), (site, entry)


def test_no_entry_is_listed_twice() -> None:
    """What stands in two lists would depend on their order."""
    seen: dict[str, tuple[str, str]] = {}
    for kind in LISTS:
        for name, entries in sites.read(kind)["sites"].items():
            for entry in {name, *entries} if kind != sites.DETOURS else set(entries):
                assert seen.setdefault(entry, (kind, name)) == (kind, name), entry


def test_every_class_of_a_rule_is_documented() -> None:
    """The lists give no class that nobody knows."""
    content = sites.read(sites.BOTS)
    assert {*content["classes"].values(), *(rule[0] for rule in content["own"])} == set(bots.CLASSES)


@pytest.mark.parametrize("module", ["device", "source", "place", "visitor"])
def test_a_module_imports_nothing_of_the_collector(module: str) -> None:
    """Who wants a device pays neither for Flask nor for the database's driver."""
    code = (
        f"import sys, collector.enrich.{module}\n"
        "print(*(name for name in sys.modules if name.partition('.')[0] in ('flask', 'clickhouse_driver')\n"
        "        or name.startswith('collector.') and not name.startswith('collector.enrich')))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_visitors_need_no_user_agent_parser() -> None:
    """The request path hashes visitors and must not load the parsers for it."""
    code = (
        "import sys, collector.enrich.visitor\n"
        "print('ua_parser' in sys.modules, 'tldextract' in sys.modules, 'maxminddb' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False", "False"]
