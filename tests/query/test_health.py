"""What came in is counted once, by its fate; what cannot be trusted is told."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import last
from tests.query.worlds import DAY, HOUR, NOW_MS, at, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

SECOND = 1000


def _events() -> list[dict[str, Any]]:
    """Twenty events, 1 to 20 s late; of them two of a bot, three by the collector's clock, one kept on the device."""
    return [
        {
            "at": NOW_MS - HOUR - i * SECOND,
            "received": NOW_MS - HOUR - i * SECOND + (i + 1) * SECOND,
            "n": i,
            "kind": "click" if i % 4 == 0 else "page_view",
            "bot_class": "crawler" if i < 2 else "",
            "clock": "received" if i < 2 else "clamped" if i == 2 else "offset",
            "stored": i == 7,
        }
        for i in range(20)
    ]


@pytest.fixture
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """Twenty accepted events, and one before the period; three refused, one of them before; two set aside."""
    site_id = new_site()
    save(shared, site_id, [*_events(), {"at": NOW_MS - 3 * DAY, "n": 99}])
    refused = [("field", HOUR), ("field", 2 * HOUR), ("kind", HOUR), ("kind", 3 * DAY)]
    shared.insert(
        "rejected_events",
        {
            "site": [f"site-{site_id}"] * len(refused),
            "received_at": [at(NOW_MS - ago) for _, ago in refused],
            "reason": [reason for reason, _ in refused],
            "errors": [""] * len(refused),
            "event": ["{}"] * len(refused),
        },
    )
    shared.insert(
        "dead_events",
        {
            "site_id": [site_id] * 2, "visitor_id": [1, 1], "page_id": [1, 1], "n": [50, 51],
            "received_at": [at(NOW_MS - HOUR)] * 2, "error": ["", ""], "event": ["{}", "{}"],
        },
    )  # fmt: skip
    return site(shared, site_id)


def test_every_event_that_came_has_one_fate(shop: Site) -> None:
    rows = shop.health(last("24h")).rows
    kinds = Counter(event["kind"] for event in _events())
    assert [(row.fate, row.what, row.events) for row in rows] == [
        ("accepted", "page_view", kinds["page_view"]),
        ("accepted", "click", kinds["click"]),
        ("refused", "field", 2),
        ("refused", "kind", 1),
        ("set aside", "by the database", 2),
    ]
    assert sum(row.share.k for row in rows) == rows[0].share.n == 25
    assert rows[0].last == at(max(e["received"] for e in _events() if e["kind"] == "page_view"))


def test_bots_delays_and_clocks_are_told(shop: Site) -> None:
    answer = shop.health(last("24h"))
    assert (answer.from_bots.k, answer.offline.k, answer.corrected.k) == (2, 1, 3)
    assert answer.from_bots.n == answer.offline.n == answer.corrected.n == 20
    assert answer.delay is not None
    assert answer.delay_p95 is not None
    assert timedelta(seconds=9) <= answer.delay <= timedelta(seconds=12)
    assert timedelta(seconds=18) <= answer.delay_p95 <= timedelta(seconds=20)
    assert any(line.startswith("delay 1") for line in answer.about())


def test_longer_than_refused_events_are_kept_is_said(shop: Site) -> None:
    assert shop.health(last("24h")).meta.notes == ()
    assert any("kept for 7 days" in note for note in shop.health(last("30d")).meta.notes)


def test_nothing_came(shared: Store, new_site: Callable[[], int]) -> None:
    empty = new_site()
    save(shared, empty, [])
    answer = site(shared, empty).health(last("24h"))
    assert (answer.rows, answer.delay, answer.from_bots.n) == ((), None, 0)


def test_when_old_events_were_received_is_forgotten(shared: Store, new_site: Callable[[], int]) -> None:
    """Their delay is then unknown, and nothing else is."""
    old = new_site()
    save(shared, old, [{"at": NOW_MS - HOUR, "received": 0}])
    answer = site(shared, old).health(last("24h"))
    assert (answer.delay, answer.delay_p95, answer.from_bots.n) == (None, None, 1)


def test_another_site_is_not_counted(shop: Site, shared: Store, new_site: Callable[[], int]) -> None:
    other = new_site()
    save(shared, other, [{"at": NOW_MS - HOUR}])
    assert [row.events for row in site(shared, other).health(last("24h")).rows] == [1]
