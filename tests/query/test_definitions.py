"""Each definition is written once; the page for readers shows the same text."""

from __future__ import annotations

import re
from pathlib import Path

from collector.query import definitions

PAGE = Path(__file__).parents[2] / "docs" / "definitions.md"


def test_the_page_shows_every_definition_as_the_code_has_it() -> None:
    text = PAGE.read_text()
    assert text.endswith(definitions.page())
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == sorted(definitions.DEFINITIONS)


def test_every_definition_is_complete() -> None:
    for name, each in definitions.DEFINITIONS.items():
        assert name == each.name
        assert each.version >= 1
        assert all((each.unit, each.formula, each.threshold, each.source))


def test_thresholds_in_words_are_those_in_the_questions() -> None:
    assert definitions.RAGE.threshold == "at least 3 clicks, gap 1000 ms, spread 30 px"
    assert definitions.DEAD.threshold == "T = 2500 ms"
    assert str(definitions.JUDGED_FROM) in definitions.DIFFERENCE.threshold
    assert definitions.FORM_ABANDON.threshold == "30 min"
