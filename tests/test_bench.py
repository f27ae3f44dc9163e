"""The benchmarks ask what can be asked: a report with a new argument is not forgotten there."""

from __future__ import annotations

import pytest

from bench import questions
from collector.query.report import REPORTS


@pytest.mark.parametrize("name", sorted(set(REPORTS) - questions.SKIPPED))
def test_the_benchmark_of_questions_says_what_a_report_must_be_told(name: str) -> None:
    options = {option.name: option for option in REPORTS[name].options}
    said = {"period", *questions.SAID.get(name, {})}
    assert set(questions.SAID.get(name, {})) <= set(options)
    assert {each for each, option in options.items() if option.required} <= said
