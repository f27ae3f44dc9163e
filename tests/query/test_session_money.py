"""Revenue per session of `traffic` and `landing_pages` is that of `revenue`, for the same sessions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, between, did, page, where
from tests.query.shop import ZONES, days
from tests.query.test_goals import publish
from tests.query.test_plots import drawn
from tests.query.test_revenue import BOUGHT, FIRST, LAST, START, ZONE, told, world
from tests.query.visits import save_visits
from tests.query.worlds import DAY, examples, save, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.store import Store

seeds = st.integers(0, 10**6)


def money(row: Any) -> tuple[Any, ...]:
    """What a row says of money, of either report; the last digits of sums depend on their order."""
    return tuple(
        None if each is None else pytest.approx(each, abs=1e-9) for each in (row.rpv, row.rpv_low, row.rpv_high)
    )


def by_group(rows: Iterable[Any], currency: str) -> dict[str, Any]:
    """Rows of `revenue` in one currency."""
    return {row.group: row for row in rows if row.currency == currency}


@examples(1)
@given(seed=seeds)
def test_every_group_brings_what_revenue_says(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, _) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, *_ = days(zone, before=9, after=3)
        asked, period = site(shared, site_id), between(first, last)
        for more in ({}, {"where": where(channel="Email") | did(page("/cart"))}, {"bots": True}):
            for currency, by in (("EUR", "device"), ("USD", "campaign"), ("EUR", "title")):
                said = {"goal": "purchase", "by": by, **more}
                known = by_group(asked.revenue(period, unit="session", **said).rows, currency)
                rows = asked.traffic(period, currency=currency, **said).rows
                assert {row.group for row in rows} >= set(known)
                for row in rows:
                    if row.group in known:
                        there = known[row.group]
                        assert (row.sessions, row.revenue, *money(row)) == (
                            there.units, there.revenue, there.rpv, there.rpv_low, there.rpv_high,
                        )  # fmt: skip
                        assert row.q_rpv == there.q_value
                    else:
                        assert row.revenue == 0


@examples(1)
@given(seed=seeds)
def test_hours_days_and_landing_pages_add_up_to_the_revenue(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    for site_id, (zone, _) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, *_ = days(zone, before=2, after=2)
        asked, period = site(shared, site_id), between(first, last)
        for currency in ("EUR", "USD"):
            (whole,) = by_group(asked.revenue(period, unit="session").rows, currency).values() or (None,)
            if whole is None:
                continue
            said = {"goal": "purchase", "currency": currency}
            for answer in (
                asked.traffic(period, every="hour", by="device", **said),
                asked.traffic(period, every="day", **said),
            ):
                assert sum(row.revenue for row in answer.rows) == answer.total.revenue == whole.revenue
                assert money(answer.total) == (whole.rpv, whole.rpv_low, whole.rpv_high)
            landing = asked.landing_pages(period, **said)
            assert sum(row.revenue for row in landing.rows) == whole.revenue
            assert money(landing.totals[""]) == (whole.rpv, whole.rpv_low, whole.rpv_high)
            daily = by_group(asked.revenue(period, unit="session", by="day").rows, currency)
            for row in asked.traffic(period, every="day", **said).rows:
                assert (row.revenue, row.rpv) == (daily[row.when].revenue, daily[row.when].rpv)


@pytest.mark.parametrize("seed", range(2))
def test_servers_refunds_and_cancellations_hold_here_too(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    site_id, (events, outcomes) = new_site(), world(seed)
    save(shared, site_id, events, ZONE)
    told(shared, site_id, outcomes)
    asked, period = site(shared, site_id), between(FIRST, LAST)
    for currency in ("EUR", "USD"):
        known = by_group(asked.revenue(period, unit="session", by="entry_path").rows, currency)
        for row in asked.landing_pages(period, goal="purchase", currency=currency).rows:
            there = known[row.page]
            assert (row.revenue, *money(row)) == (there.revenue, there.rpv, there.rpv_low, there.rpv_high)


def visits(count: int, money_of: Callable[[int], int], **more: Any) -> list[dict[str, Any]]:
    """As many sessions, each with an order of so much, which is none where that is 0."""
    events = []
    for index in range(count):
        who = {"at": START + DAY, "visitor_id": index, "session_id": index, "page_id": index, "path": f"/{index % 2}"}
        events.append({**who, "n": 0})
        if value := money_of(index):
            events.append({**who, **BOUGHT, "order_id": f"{index}", "value": value, "n": 1, **more})
    return events


def test_pages_are_judged_by_what_their_sessions_bring_and_small_ones_are_not(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    few = [{**each, "path": "/few", "session_id": 9000 + n, "visitor_id": 9000 + n, "page_id": 9000 + n}
           for n, each in enumerate(visits(30, lambda _: 0))]  # fmt: skip
    save(shared, site_id, [*visits(400, lambda n: (20 if n % 2 else 80) + n % 7), *few], ZONE)
    answer = site(shared, site_id).landing_pages(between(FIRST, LAST), goal="purchase")
    rows = {row.page: row for row in answer.rows}
    assert all(q is not None and q < 1e-6 for q in (rows["/0"].q_rpv, rows["/1"].q_rpv))
    assert rows["/few"].q_rpv is None
    assert (rows["/few"].revenue, rows["/few"].rpv) == (0, 0)
    listed = site(shared, site_id).landing_pages(between(FIRST, LAST), goal="purchase", limit=1)
    assert listed.rows[0].q_rpv == rows[listed.rows[0].page].q_rpv
    assert "RPV" in answer.to_table()


def test_pictures_have_a_panel_of_money_where_there_is_any(shared: Store, new_site: Callable[[], int]) -> None:
    save(shared, site_id := new_site(), visits(200, lambda n: n % 40), ZONE)
    asked, period = site(shared, site_id), between(FIRST, LAST)
    for answer in (
        asked.traffic(period, goal="purchase", by="entry_path"),
        asked.landing_pages(period, goal="purchase", by="device"),
    ):
        figure = answer.plot()
        assert [axes.get_xlabel() for axes in figure.axes][2:] == ["converted, %", "RPV, EUR"]
        assert [len(axes.containers) for axes in figure.axes] == [1, 2, 2, 2]
        assert drawn(figure) != drawn(answer.plot(dark=True))
    assert len(asked.landing_pages(period).plot().axes) == 2


def test_the_currency_is_that_of_most_orders_with_money_and_others_are_told(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    dollars = [{**each, "currency": "USD"} if each.get("currency") and each["session_id"] < 3 else each
               for each in visits(10, lambda n: 50 + n)]  # fmt: skip
    save(shared, site_id, dollars, ZONE)
    asked, period = site(shared, site_id), between(FIRST, LAST)
    answer = asked.traffic(period, goal="purchase", by="device")
    assert (answer.shape.currency, answer.total.revenue) == ("EUR", sum(50 + n for n in range(3, 10)))
    assert "EUR" in answer.title()[0]
    assert any("3 in USD" in note for note in answer.meta.notes)
    assert asked.traffic(period, goal="purchase", currency="USD").total.revenue == 50 + 51 + 52
    pounds = asked.traffic(period, goal="purchase", currency="GBP").total
    assert (pounds.revenue, pounds.rpv, pounds.rpv_low) == (0, 0, None)


def test_a_comparison_keeps_the_currency(shared: Store, new_site: Callable[[], int]) -> None:
    """Though most orders of the period before had another one."""
    site_id = new_site()
    before = [{**each, "at": START - 5 * DAY, "session_id": each["session_id"] + 500, "page_id": each["page_id"] + 500,
               "order_id": f"b{each['session_id']}" if each.get("order_id") else "",
               "currency": "USD" if each.get("currency") else ""} for each in visits(9, lambda _: 40)]  # fmt: skip
    save(shared, site_id, [*visits(5, lambda _: 10), *before], ZONE)
    for name in ("traffic", "landing_pages"):
        answer = getattr(site(shared, site_id), name)(between(FIRST, LAST), goal="purchase", by="device")
        changes = [row for row in answer.compare().rows if row.measure == "revenue"]
        assert {(row.before, row.after) for row in changes} <= {(0, 50), (0, 30), (0, 20)}
    rules = site(shared, site_id).attribution("purchase", between(FIRST, LAST)).compare()
    assert rules.before.currency == "EUR"  # type: ignore[attr-defined]


def test_without_a_goal_or_money_nothing_is_said_of_it(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, visits(4, lambda _: 10, goal="lead", value=Decimal(0), currency=""), ZONE)
    asked, period = site(shared, site_id), between(FIRST, LAST)
    for answer in (asked.traffic(period, by="device"), asked.traffic(period, by="device", goal="lead")):
        assert (answer.rows[0].revenue, answer.rows[0].rpv) == (None, None)
        assert "RPV" not in answer.to_table()
        assert not any(name.startswith("revenue") for name in answer.meta.definitions)
    assert len(asked.traffic(period).sql) == 1
    with pytest.raises(BadQuestion, match="currency is that of the orders of a goal"):
        asked.traffic(period, currency="EUR")


def test_goals_that_take_a_session_have_no_orders(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, visits(4, lambda _: 10), ZONE)
    publish(shared, site_id, {"gone": {"class": "negative", "match": {"left_within": "5s"}}})
    asked, period = site(shared, site_id), between(FIRST, LAST)
    assert asked.traffic(period, goal="gone").total.rpv is None
    assert asked.landing_pages(period, goal="gone").rows[0].rpv is None
    with pytest.raises(BadQuestion, match="'gone' takes a whole session to judge"):
        asked.landing_pages(period, goal="gone", currency="EUR")


def test_what_goals_are_worth_in_the_file_counts(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, visits(4, lambda _: 0), ZONE)
    publish(shared, site_id, {"visit": {"class": "micro", "match": {"page": "/0"}, "value": "2.50 CHF"}})
    total = site(shared, site_id).traffic(between(FIRST, LAST), goal="visit").total
    assert (total.revenue, total.rpv) == (Decimal("5.00"), 1.25)
