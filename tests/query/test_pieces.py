"""A session that is stored in pieces, since its events came one after the other, is one in every report."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import between, did, page, where
from tests.query.shop import ZONES, days, shop
from tests.query.worlds import save, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.query import Site
    from collector.store import Store

PIECES = 60
ASKED: dict[str, dict[str, Any]] = {
    "sessions": {"limit": 1000},
    "traffic": {},
    "landing_pages": {},
    "exit_pages": {},
    "conversion_rate": {"goal": "purchase", "unit": "session", "by": "device"},
    "segments": {"goal": "purchase"},
    "activity": {},
    "paths": {},
    "attribution": {"goal": "purchase"},
}
CHOSEN = {"all": None, "of a filter": where(device="mobile"), "without a page": ~did(page("/cart"))}


@pytest.fixture(scope="module")
def sites(shared: Store, new_site: Callable[[], int]) -> Iterator[list[tuple[Site, Site, Any]]]:
    """The same visits, around midnights: stored at once, and in pieces that nothing merges; and the period."""
    shared.execute("SYSTEM STOP MERGES sessions")
    found = []
    for seed, zone in enumerate(ZONES):
        events = shop(seed, zone)
        whole, pieces = new_site(), new_site()
        save(shared, whole, events, zone)
        random.Random(seed).shuffle(events)
        for first in range(PIECES):
            save(shared, pieces, events[first::PIECES], zone)
        ((rows, sessions),) = shared.execute(
            "SELECT count(), uniqExact(session_id) FROM sessions WHERE site_id = {site:UInt32}", {"site": pieces}
        )
        assert rows > 3 * sessions
        day, last, *_ = days(zone)
        found.append((site(shared, whole), site(shared, pieces), between(day, last)))
    yield found
    shared.execute("SYSTEM START MERGES sessions")


@pytest.mark.parametrize("condition", CHOSEN.values(), ids=CHOSEN)
@pytest.mark.parametrize("report", ASKED)
def test_a_session_in_pieces_is_one(sites: list[tuple[Site, Site, Any]], report: str, condition: Any) -> None:
    seen = 0
    for whole, pieces, period in sites:
        answers = [getattr(each, report)(period=period, where=condition, **ASKED[report]) for each in (whole, pieces)]
        assert answers[0].rows == answers[1].rows
        seen += len(answers[0].rows)
    assert seen
