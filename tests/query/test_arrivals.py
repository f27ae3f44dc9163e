"""What arrived last comes first, by when it came and not by when it happened; what was refused says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion
from tests.query.worlds import HOUR, NOW_MS, at, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

MINUTE = 60_000


@pytest.fixture
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """A click that waited a day on its device, a bot, one that came too long ago, and two refused events."""
    site_id = new_site()
    click = {"kind": "click", "element_role": "button", "element_name": "Buy", "path": "/p", "n": 2}
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - 2 * MINUTE, "source": "Google", "path": "/"},
            {**click, "at": NOW_MS - 24 * HOUR, "received": NOW_MS - MINUTE},
            {"at": NOW_MS - 3 * MINUTE, "n": 3, "bot_class": "crawler", "kind": "conversion", "goal": "buy",
             "value": "9.5", "currency": "EUR"},
            {"at": NOW_MS - HOUR, "n": 4},
        ],
    )  # fmt: skip
    rejected = [("field", "x: not a number", 90_000), ("kind", "k: 'tap' is none", 10 * HOUR)]
    shared.insert(
        "rejected_events",
        {
            "site": [f"site-{site_id}"] * 2,
            "received_at": [at(NOW_MS - ago) for *_, ago in rejected],
            "reason": [reason for reason, *_ in rejected],
            "errors": [errors for _, errors, _ in rejected],
            "event": ["{}", "{}"],
        },
    )
    return site(shared, site_id)


def test_the_newest_arrival_comes_first_with_bots_and_refusals(shop: Site) -> None:
    rows = shop.arrivals().rows
    assert [(row.kind, row.what, row.refused) for row in rows] == [
        ("click", "button Buy", ""),
        ("", "x: not a number", "field"),
        ("page_view", "", ""),
        ("conversion", "buy 9.5 EUR", ""),
    ]
    assert [row.device for row in rows] == ["desktop", "", "desktop", "bot: crawler"]
    assert rows[2].source == "Google"
    assert rows[0].arrived == at(NOW_MS - MINUTE)


def test_how_far_back_and_how_many_can_be_said(shop: Site) -> None:
    assert len(shop.arrivals(within="24h").rows) == 6
    assert [row.what for row in shop.arrivals(limit=1).rows] == ["button Buy"]
    assert [row.refused for row in shop.arrivals(within="24h", refused=True).rows] == ["field", "kind"]


def test_another_sites_arrivals_are_not_told(shop: Site, shared: Store, new_site: Callable[[], int]) -> None:
    other = new_site()
    save(shared, other, [])
    assert site(shared, other).arrivals().rows == ()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"limit": 0}, "limit is 1 to 1,000"),
        ({"limit": 1001}, "limit is 1 to 1,000"),
        ({"within": "half an hour"}, "'half an hour' is not a length of time"),
    ],
)
def test_impossible_questions_are_refused(shop: Site, said: dict[str, Any], message: str) -> None:
    with pytest.raises(BadQuestion, match=message):
        shop.arrivals(**said)
