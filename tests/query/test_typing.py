"""User code is checked by mypy: answers have their types, and a wrong call is found before it runs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

RIGHT = """
from datetime import timedelta

from collector.query import Rate, Result, Site, between, click, connect, conversion, did, last, page, rage, where

def questions(site: Site) -> None:
    funnel = site.funnel([page("/p"), click(name="Buy")], last("28d"), window="7d", by="device", unit="session")
    rate: Rate = funnel.rows[0].from_first
    step: int = funnel.rows[0].step
    people = funnel.actors(1, dropped=True).sessions(limit=5)
    following: str | None = people.next
    engaged: timedelta = people.rows[0].engaged
    cells: int = site.heatmap("/p", between("2026-11-01", "2026-11-15")).rows[0].clicks
    filters = where(device="mobile") & ~did(conversion("purchase")) | rage("Apply promo")
    dead: int = site.elements("/p", "7d", where=filters).rows[0].dead
    hazard: Rate = site.form("checkout", "7d", by="device").rows[0].hazard
    change: float | None = site.conversion_rate("purchase", "7d", "visitor").compare().rows[0].change
    stored = site.scroll("/p", "7d").spec
    again: Result[object] = site.ask(stored)
    text: tuple[str, ...] = site.explain.session("00").sql
    table = site.sql("SELECT {a:UInt8}", a=1).to_pandas()
    print(rate, step, following, engaged, cells, dead, hazard, change, again, text, table)

questions(connect().site("demo-shop", tz="Europe/Berlin"))
"""
WRONG = """
from collector.query import Site, page

def questions(site: Site) -> None:
    site.funnel([page("/p")], "7d", unit="sessions")  # 5
    site.conversion_rate("purchase", "7d")  # 6
    site.heatmap("/p", "7d", devise="mobile")  # 7
    site.scroll(7, "7d")  # 8
    site.sessions("7d", limit="5")  # 9
    site.funel([], "7d")  # 10
"""


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int]]:
    """(file, line) of what mypy says against both, in one run."""
    folder = tmp_path_factory.mktemp("user")
    files = {"right": RIGHT, "wrong": WRONG}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    # In a process of its own: it raises the limit of recursion, on which other tests rely.
    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"),
         *(str(folder / f"{name}.py") for name in files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not told.stderr
    return {(name, int(line)) for name, line in re.findall(r"(\w+)\.py:(\d+): error", told.stdout)}


@pytest.mark.slow
def test_right_questions_pass_the_strictest_check(errors: set[tuple[str, int]]) -> None:
    assert not [line for name, line in errors if name != "wrong"]


@pytest.mark.slow
def test_wrong_questions_are_found(errors: set[tuple[str, int]]) -> None:
    assert errors == {("wrong", line) for line in range(5, 11)}
