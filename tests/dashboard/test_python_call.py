"""The Python that is shown says what was asked, whatever it was."""

from __future__ import annotations

from typing import Any

import pytest

from collector import query
from collector.dashboard.python_call import _value
from collector.query import (
    at_least,
    at_most,
    between,
    click,
    conversion,
    dead,
    did,
    dropped,
    error_click,
    event,
    field,
    form,
    last,
    page,
    quick_back,
    rage,
    stall,
    where,
)
from collector.query.period import Period, parse

ODD = 'it\'s "odd" \\ {x} \n'


@pytest.mark.parametrize(
    "value",
    [
        page("/cart"), page(type="product"), page("/a*", channel="Paid*"), click("Add to cart"), click(key="0f"),
        click(ODD, role="button", zone="hero", page="/"), conversion("purchase"), field("checkout", "email"),
        form("checkout"), form("checkout", "ok"), event("plan", size="42"), event("plan", **{"from": "x"}),
        where(device="mobile"), where(device=["mobile", "tablet"], country="DE"), where(**{"props.plan": "pro"}),
        where(campaign=ODD), ~where(device="mobile"), where(device="mobile") & where(country="DE"),
        (where(device="mobile") | where(country="DE")) & ~did(page("/cart")), rage(), rage("Apply promo"),
        rage("Apply", page="/cart"), dead(page="/cart"), error_click("x"), stall("/checkout"), quick_back(),
        at_least(engaged="10s", page_views=3), at_most(clicks=2), dropped([page("/"), conversion("x")], at=1),
        [page("/"), click("Buy")], "7d", 20, True, None, ["purchase", "lead"],
    ],
    ids=str,
)  # fmt: skip
def test_values_are_read_back(value: Any) -> None:
    """Evaluated, with no names but those that it imports, the text is the value again."""
    names: set[str] = set()
    text = _value(value, names)
    assert eval(text, {"__builtins__": {}} | {name: getattr(query, name) for name in names}) == value


@pytest.mark.parametrize("period", [last("28d"), last("24h"), between("2026-11-01", "2026-11-15")], ids=str)
def test_periods_are_read_back(period: Period) -> None:
    """As text where there is a word for it, as every report takes them."""
    names: set[str] = set()
    found = eval(_value(period, names), {name: getattr(query, name) for name in names})
    assert parse(found) == period
