"""Errors: for how many, since when, after which clicks, and the very sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, UnknownName, between
from tests.query.worlds import DAY, at, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Any:
    """Ten sessions, of which four meet `x is undefined`, two of them after a click on Buy; it was there days before."""
    events: list[dict[str, Any]] = []
    broken = {"kind": "error", "error_type": "js", "error_message": "x is undefined", "error_source": "/a.js"}
    for index in range(1, 11):
        view = {
            "at": START,
            "path": "/p" if index < 9 else "/q",
            "session_id": index,
            "visitor_id": index,
            "page_id": index,
        }
        events.append({**view, "n": 0})
        if index <= 2:
            events.append({**view, "kind": "click", "element_name": "Buy", "element_key": 1, "at": START + 10, "n": 1})
        if index <= 4:
            events += [{**view, **broken, "at": START + late, "page_at": START, "n": late} for late in (20, 1020)]
    elder = {"session_id": 99, "visitor_id": 99, "page_id": 99, "path": "/p"}
    events.append({**elder, **broken, "at": START - 9 * DAY})
    events.append({**events[0], **broken, "n": 90, "session_id": 50, "visitor_id": 50, "bot_class": "crawler"})
    site_id = new_site()
    save(shared, site_id, events)
    return site(shared, site_id)


def test_an_error_has_its_sessions_its_first_time_and_its_clicks(shop: Any) -> None:
    answer = shop.errors(PERIOD)
    (row,) = answer.rows
    assert (row.type, row.message, row.source, row.errors) == ("js", "x is undefined", "/a.js", 8)
    assert (row.rate.k, row.rate.n) == (4, 10)
    assert (row.first_seen, row.last_seen) == (at(START - 9 * DAY), at(START + 1020))
    assert row.after_clicks == {"Buy": 2}
    found = answer.sessions(row.message, type=row.type, source=row.source)
    assert {each.session_id for each in found.rows} == {f"{index:016x}" for index in range(1, 5)}
    assert answer.sessions("y*").rows == ()


def test_a_page_alone_is_counted_over_its_own_sessions(shop: Any) -> None:
    (row,) = shop.errors(PERIOD, path="/p", pages=True).rows
    assert (row.page, row.rate.k, row.rate.n) == ("/p", 4, 8)
    assert shop.errors(PERIOD, path="/q").rows == ()
    assert shop.errors(PERIOD, error_ms=5).rows[0].after_clicks == {}


def test_impossible_questions_are_refused(shop: Any) -> None:
    with pytest.raises(UnknownName, match="unknown page '/x'"):
        shop.errors(PERIOD, path="/x")
    with pytest.raises(BadQuestion, match="limit is 1 to 1,000"):
        shop.errors(PERIOD, limit=0)
