"""The reports find what was planted; and a report that did not would be found out."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from collector.truth import command, score
from collector.truth.walk import Counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.truth.score import World


@pytest.fixture(scope="module")
def worlds() -> Iterator[list[World]]:
    """Three small sites; of a large sample only the command can judge how often breakdowns find something."""
    with command.worlds(3, 400, "test", Console(file=io.StringIO())) as filled:
        yield filled


@pytest.mark.slow
def test_the_reports_find_what_was_planted(worlds: list[World]) -> None:
    found = [each(worlds) for each in score.SCORES if each is not score._broken]
    assert len(found) == len(score.SCORES) - 1
    assert [each for each in found if not each.good] == []
    assert command.markdown(found).count("\n") == len(found) + 1
    assert all(world.site.sessions("48h", limit=1000).rows for world in worlds)


@pytest.mark.slow
def test_a_report_that_is_wrong_is_found_out(worlds: list[World]) -> None:
    """The same answers, held against other truths."""
    lies = [
        replace(
            world,
            planted=replace(
                world.planted,
                add={device: rate / 2 for device, rate in world.planted.add.items()},
                leaves=0.3,
                reach=tuple(rate / 2 for rate in world.planted.reach),
            ),
            counted=Counted(1, 1, {"Add to cart": 1}, {}),
        )
        for world in worlds
    ]
    judged = [score._conversion_rates, score._steps, score._hazards, score._reach, score._clicks, score._dead]
    assert [each(lies).good for each in judged] == [False] * len(judged)
