"""The benchmarks ask what can be asked: a report with a new argument is not forgotten there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import dashboard, questions
from collector.dashboard import page as pages
from collector.query.report import REPORTS


@pytest.mark.parametrize("name", sorted(set(REPORTS) - questions.SKIPPED))
def test_the_benchmark_of_questions_says_what_a_report_must_be_told(name: str) -> None:
    options = {option.name: option for option in REPORTS[name].options}
    said = {"period", *questions.SAID.get(name, {})}
    assert set(questions.SAID.get(name, {})) <= set(options)
    assert {each for each, option in options.items() if option.required} <= said


def test_the_benchmark_of_the_dashboard_runs() -> None:
    """On a small demo, in a browser too: a row a page, with figures where there are pictures."""
    # A process of its own: one has one driver of browsers.
    said = ["--runs", "1", "--visits", "20", "--only", "overview", "session", "heat"]
    told = subprocess.run(
        [sys.executable, "-m", "bench.dashboard", *said],
        check=True, capture_output=True, text=True, timeout=300, cwd=Path(__file__).resolve().parent.parent,
    ).stdout  # fmt: skip
    rows = [line.split("|")[1:-1] for line in told.splitlines() if line.startswith("| ")][1:]
    found = {name.strip(): [each.strip() for each in figures] for name, *figures in rows}
    assert list(found) == ["Overview", "Visit", "Page"]
    assert all(float(figure) >= 0 for figures in found.values() for figure in figures[:3])
    assert found["Overview"][3]
    assert found["Page"][3]


def test_the_benchmark_of_the_dashboard_knows_its_pages() -> None:
    """What it tells pages is for pages that there are."""
    assert set(dashboard.SAID) <= set(pages.found())
