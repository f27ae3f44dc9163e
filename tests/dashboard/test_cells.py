"""What a cell says of a change: points of a rate, a share of other numbers, with the interval where there is one."""

from __future__ import annotations

import pytest

from collector.dashboard.cells import change_of
from collector.query.compare import ChangeRow

JUDGED = ChangeRow("", "conversion", 0.1, 0.15, 0.05, 0.01, 0.09, 0.5, 0.03, proportion=True, better="more")
FEW = ChangeRow("", "conversion", 0.1, 0.15, 0.05, -0.2, 0.3, 0.5, None, proportion=True, better="more")
MONEY = ChangeRow("", "rpv", 8.0, 6.0, -2.0, -3.25, -0.5, -0.25, None, better="more")
COUNT = ChangeRow("", "sessions", 1000, 1100, 100, None, None, 0.1, None, better="more")
SPEED = ChangeRow("", "p75", 2000, 1800, -200, None, None, -0.1, None, better="less")
EXITS = ChangeRow("", "exits", 100, 350, 250, None, None, 2.5, None)


@pytest.mark.parametrize(
    ("found", "text", "title", "tone", "sure"),
    [
        (JUDGED, "+5.0 pp", "before 10.0 %; change +1.0 to +9.0 points (95 %), q = 0.03", "better", True),
        (FEW, "+5.0 pp", "before 10.0 %; change -20.0 to +30.0 points (95 %), not judged", "better", False),
        (MONEY, "−25 %", "before 8; change -3.25 to -0.5 (95 %), not judged", "worse", False),
        (COUNT, "+10 %", "before 1,000", "better", False),
        (SPEED, "−10 %", "before 2,000", "better", False),
        (EXITS, "+250 %", "before 100", "", False),
    ],
)  # fmt: skip
def test_a_change_is_told_in_its_own_unit(found: ChangeRow, text: str, title: str, tone: str, sure: bool) -> None:
    change = change_of(found)
    assert change is not None
    assert (change.text, change.title, change.tone, change.sure) == (text, title, tone, sure)


def test_what_was_not_there_before_has_no_change() -> None:
    assert change_of(ChangeRow("", "rpv", None, 6.0, None, None, None, None, None)) is None
