"""Conversions with the click on an ad before them: equal to a plain search in Python, and ready for an upload."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, between, did, page, where
from tests.query.shop import ZONES, days, order
from tests.query.test_goals import publish
from tests.query.test_revenue import told
from tests.query.visits import sessions_of, visits
from tests.query.worlds import DAY, HOUR, examples, ms, save, save_all, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
seeds = st.integers(0, 10**6)
TYPES = ["", "", "gclid", "fbclid"]
START = ms("2026-11-20T12:00:00.250", "Europe/Berlin")


def advertised(seed: int, zone: str) -> list[Event]:
    """Visits of which half come with a click id, which is on every event of the session."""
    random_ = random.Random(seed)
    ids: dict[int, tuple[str, str]] = {}
    events = visits(seed, zone)
    for each in events:
        kind = random_.choice(TYPES)
        known = ids.setdefault(each["session_id"], (kind, f"{kind}-{each['session_id']}" if kind else ""))
        each["click_id_type"], each["click_id"] = known
    return events


def expected(
    events: list[Event], start: int, end: int, lookback: int, types: list[str], *, bots: bool = False
) -> list[tuple[Any, ...]]:
    """(type, id, clicked, converted, value, currency, order id) by the words of the definition."""
    people = sorted((e for e in events if bots or not e["bot_class"]), key=order)
    bought: dict[Any, Event] = {}
    for each in people:
        if each.get("goal") == "purchase" and each["at"] < end:
            bought.setdefault(each["order_id"] or (each["visitor_id"], each["page_id"], each["n"]), each)
    clicks: dict[int, Event] = {}
    for each in people:
        if (
            each["kind"] in {"page_view", "conversion"}
            and each["click_id"]
            and (not types or each["click_id_type"] in types)
        ):
            clicks.setdefault(each["session_id"], each)
    found = []
    for sale in sorted(bought.values(), key=order):
        before = [
            click
            for click in sorted(clicks.values(), key=order)
            if click["visitor_id"] == sale["visitor_id"]
            and order(click) <= order(sale)
            and (sale["at"] - click["at"] <= lookback or click["session_id"] == sale["session_id"])
        ]
        if start <= sale["at"] and before:
            click = before[-1]
            found.append((
                click["click_id_type"], click["click_id"], click["at"] // 1000, sale["at"] // 1000,
                Decimal(str(sale["value"])), sale["currency"], sale["order_id"],
            ))  # fmt: skip
    return found


def said(rows: Any) -> list[tuple[Any, ...]]:
    """The same of rows."""
    return [
        (
            row.click_id_type, row.click_id, int(row.clicked_at.timestamp()), int(row.converted_at.timestamp()),
            row.value, row.currency, row.order_id,
        )
        for row in rows
    ]  # fmt: skip


@examples(2)
@given(seed=seeds)
def test_clicks_and_conversions_equal_a_plain_search(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    worlds = {new_site(): (zone, advertised(seed + place, zone)) for place, zone in enumerate(ZONES)}
    save_all(shared, {key: each for key, (_, each) in worlds.items()}, {key: zone for key, (zone, _) in worlds.items()})
    listed = 0
    for site_id, (zone, events) in worlds.items():
        first, last, start, end = days(zone, before=1, after=8)
        asked, period = site(shared, site_id), between(first, last)
        for lookback, types, bots in (
            ("30d", [], False),
            ("1d", [], False),
            ("3h", ["gclid"], False),
            ("8d", [], True),
        ):
            length = {"30d": 30 * DAY, "1d": DAY, "3h": 3 * HOUR, "8d": 8 * DAY}[lookback]
            answer = asked.ad_clicks(period, lookback=lookback, types=types, bots=bots)
            assert said(answer.rows) == expected(events, start, end, length, types, bots=bots), (zone, lookback)
            listed += len(answer.rows)
            whole = asked.revenue(period, bots=bots)
            assert answer.conversions in {sum(row.orders for row in whole.rows), 0}
        chosen = where(channel="Email") | did(page("/cart"))
        sessions = sessions_of(events, start - 3 * DAY, end + 3 * DAY)
        allowed = {
            key for key, each in sessions.items()
            if each[0]["channel"] == "Email" or any(e["kind"] == "page_view" and e["path"] == "/cart" for e in each)
        }  # fmt: skip
        sold = {(e["at"] // 1000, e["order_id"]) for key in allowed for e in sessions[key] if e["kind"] == "conversion"}
        assert all((row[3], row[6]) in sold for row in said(asked.ad_clicks(period, where=chosen).rows))
    assert listed > 20


CLICK = {"click_id_type": "gclid", "click_id": "Cj0K_x-Y"}
BOUGHT = {"kind": "conversion", "goal": "purchase", "value": 10, "currency": "EUR"}


def sale(after: int, **more: Any) -> list[Event]:
    """A visit with a click on an ad, and an order so much later, in another session."""
    later = {"at": START + after, "session_id": 2, "page_id": 2}
    return [
        {"at": START, "n": 0, **CLICK},
        {**later, "n": 0},
        {**later, "n": 1, **BOUGHT, "order_id": "A-1", **more},
    ]


@pytest.mark.parametrize(("after", "listed"), [(DAY, 1), (30 * DAY, 1), (30 * DAY + 1, 0), (-1, 0)])
def test_the_look_back_ends_after_its_last_millisecond(
    shared: Store, new_site: Callable[[], int], after: int, listed: int
) -> None:
    save(shared, site_id := new_site(), sale(after), "Europe/Berlin")
    answer = site(shared, site_id, now_ms=START + 60 * DAY).ad_clicks(between("2026-11-01", "2027-01-01"))
    assert len(answer.rows) == listed
    assert ("No conversion of the period has a click id." in answer.meta.notes) == (not listed)


def test_the_csv_has_what_an_upload_wants(shared: Store, new_site: Callable[[], int]) -> None:
    """Whole seconds with the offset of the zone, the name of the goal, and money with its currency."""
    save(shared, site_id := new_site(), sale(DAY), "Europe/Berlin")
    answer = site(shared, site_id).ad_clicks(between("2026-11-01", "2026-12-01"))
    (row,) = csv.DictReader(io.StringIO(answer.to_csv()))
    assert row == {
        "click_id_type": "gclid", "click_id": "Cj0K_x-Y", "clicked_at": "2026-11-20T12:00:00+01:00",
        "conversion": "purchase", "converted_at": "2026-11-21T12:00:00+01:00", "value": "10.00", "currency": "EUR",
        "order_id": "A-1",
    }  # fmt: skip
    assert datetime.fromisoformat(row["converted_at"]).utcoffset() is not None
    assert str(answer.rows[0].converted_at) == "2026-11-21 12:00:00+01:00"
    assert "1 of 1 conversions have a click id" in answer.meta.notes[0]


@pytest.mark.parametrize(
    ("outcomes", "value"),
    [
        ([{"id": "o", "order_id": "A-1", "value": 8, "currency": "USD"}], ["8.00 USD"]),
        ([{"id": "r", "kind": "refund", "order_id": "A-1", "value": 4, "currency": "EUR"}], ["6.00 EUR"]),
        ([{"id": "r", "kind": "refund", "order_id": "A-1", "value": 15, "currency": "EUR"}], ["-5.00 EUR"]),
        ([{"id": "c", "kind": "cancellation", "order_id": "A-1"}], []),
    ],
)
def test_servers_have_the_last_word(
    shared: Store, new_site: Callable[[], int], outcomes: list[dict[str, Any]], value: list[str]
) -> None:
    save(shared, site_id := new_site(), sale(DAY), "Europe/Berlin")
    told(shared, site_id, outcomes)
    answer = site(shared, site_id).ad_clicks(between("2026-11-01", "2026-12-01"))
    assert [f"{row['value']} {row['currency']}" for row in csv.DictReader(io.StringIO(answer.to_csv()))] == value


def test_the_latest_click_counts_and_only_of_the_types_asked_for(shared: Store, new_site: Callable[[], int]) -> None:
    later = {"at": START + HOUR, "session_id": 3, "page_id": 3, "n": 0, "click_id_type": "fbclid", "click_id": "IwAR1"}
    other = {**later, "visitor_id": 9, "session_id": 4, "page_id": 4, "at": START + 2 * HOUR}
    save(shared, site_id := new_site(), [*sale(DAY), later, other], "Europe/Berlin")
    asked, period = site(shared, site_id), between("2026-11-01", "2026-12-01")
    assert [row.click_id for row in asked.ad_clicks(period).rows] == ["IwAR1"]
    assert [row.click_id for row in asked.ad_clicks(period, types="gclid").rows] == ["Cj0K_x-Y"]
    assert [row.click_id for row in asked.ad_clicks(period, types=["gclid", "fbclid"]).rows] == ["IwAR1"]


def test_a_goal_that_takes_a_session_has_no_moment_to_report(shared: Store, new_site: Callable[[], int]) -> None:
    save(shared, site_id := new_site(), sale(DAY), "Europe/Berlin")
    publish(shared, site_id, {"gone": {"class": "negative", "match": {"left_within": "5s"}}})
    with pytest.raises(BadQuestion, match="'gone' takes a whole session to judge"):
        site(shared, site_id).ad_clicks(between("2026-11-01", "2026-12-01"), "gone")
