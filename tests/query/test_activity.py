"""What is used and what comes of it equals a plain answer in Python, and adds up to the conversion rate."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, did, page, where
from tests.query.shop import ZONES, days, order, save_shops
from tests.query.test_goals import publish
from tests.query.test_plots import drawn
from tests.query.visits import sessions_of
from tests.query.worlds import DAY, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
seeds = st.integers(0, 10**6)
START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


def expected(sessions: list[list[Event]], of: str, by: str | None, path: str | None) -> dict[Any, tuple[int, ...]]:
    """By (group, element or path): times, sessions, converted at or after the first time, converted before alone."""
    found: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for series in sessions:
        kind, name = ("click", "element_key") if of == "element" else ("page_view", "path")
        first: dict[Any, Event] = {}
        group = series[0].get(by, "") if by else ""
        for each in series:
            if each["kind"] == kind and each[name] and (path is None or each["path"] == path):
                first.setdefault(each[name], each)
                found[group, each[name]][0] += 1
        won = [each for each in series if each.get("goal") == "purchase"]
        for item, began in first.items():
            row = found[group, item]
            row[1] += 1
            row[2] += any(order(each) >= order(began) for each in won)
            row[3] += bool(won) and all(order(each) < order(began) for each in won)
    return {key: tuple(row) for key, row in found.items()}


@examples(2)
@given(seed=seeds)
def test_activity_equals_a_plain_answer(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone)
        asked = site(shared, site_id)
        for of, by, path, bots in (
            ("element", None, None, False),
            ("page", "device", None, False),
            ("element", "country", "/cart", True),
        ):
            sessions = list(sessions_of(events, start, end, bots=bots).values())
            answer = asked.activity(between(first, last), "purchase", of, by=by, path=path, bots=bots)
            known = expected(sessions, of, by, path)
            rows = {(row.group, row.name if of == "page" else int(row.key, 16)): row for row in answer.rows}
            assert {key: (row.times, row.sessions, row.with_it.k, row.before) for key, row in rows.items()} == known, (
                zone,
                of,
            )
            for (group, _), row in rows.items():
                whole = answer.totals[group]
                assert row.with_it.n == row.sessions - row.before
                assert row.with_it.k + row.before + row.without.k == whole.k
                assert row.sessions + row.without.n == whole.n
            if of == "element" and path is None:
                clicks = [e for s in sessions for e in s if e["kind"] == "click"]
                for row in answer.rows:
                    latest = max((e for e in clicks if e["element_key"] == int(row.key, 16)), key=order)
                    assert (row.name, row.role) == (latest["element_name"], latest["element_role"])


@examples(1)
@given(seed=seeds)
def test_a_row_hands_over_its_sessions_and_totals_are_those_of_the_conversion_rate(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    for site_id, (zone, _) in save_shops(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, *_ = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        chosen = where(channel="Email") | did(page("/cart"))
        for of, by in (("element", "device"), ("page", "day")):
            answer = asked.activity(period, "purchase", of, by=by, where=chosen)
            for row in answer.rows:
                for only, count in (
                    ("all", row.sessions),
                    ("converted", row.with_it.k),
                    ("before", row.before),
                    ("not_converted", row.with_it.n - row.with_it.k),
                ):
                    assert len(answer.sessions(row, only).rows) == count
            rates = asked.conversion_rate("purchase", period, "session", by=by, where=chosen).rows
            assert {group: (rate.k, rate.n) for group, rate in answer.totals.items()} == {
                row.group: (row.rate.k, row.rate.n) for row in rates if row.rate.n
            }
    with pytest.raises(UnknownName, match="unknown choice of sessions 'convertd', did you mean 'converted'"):
        answer.sessions(answer.rows[0], "convertd")


def busy(seed: int = 5) -> list[Event]:
    """A thousand sessions: most open the menu, buyers press Buy, and the invoice comes after the order."""
    random_, events = random.Random(seed), []
    for index in range(1000):
        who = {"visitor_id": index, "session_id": index, "page_id": index, "path": "/p"}
        buys = random_.random() < 0.3
        wanted = [("Menu", 1, 0.6), ("Buy", 2, 1.0 if buys else 0.1), ("Gallery", 3, 0.5), ("Rare", 4, 0.05)]
        wanted += [(f"Small {n}", n, 0.02) for n in range(6, 14)]
        names = [each for each in wanted if random_.random() < each[2]]
        steps: list[Event] = [{"kind": "page_view"}]
        steps += [{"kind": "click", "element_key": key, "element_name": name} for name, key, _ in names]
        if buys:
            steps.append({"kind": "conversion", "goal": "purchase"})
            steps.append({"kind": "click", "element_key": 5, "element_name": "Invoice"})
        events += [{**who, **step, "at": START + n, "n": n} for n, step in enumerate(steps)]
    return events


def test_much_activity_without_an_outcome_is_found_and_what_comes_after_the_goal_is_not_blamed(
    shared: Store, new_site: Callable[[], int]
) -> None:
    save(shared, site_id := new_site(), busy())
    answer = site(shared, site_id).activity(PERIOD)
    rows = {row.name: row for row in answer.rows}
    assert {row.name for row in answer.flagged} == {"Menu", "Gallery"}
    assert "Much activity, no outcome: Menu, Gallery (2 in all)." in answer.meta.notes
    assert (rows["Buy"].difference or 0) > 0.5
    assert (rows["Buy"].q_value or 1) < 1e-9
    assert (rows["Invoice"].before, rows["Invoice"].with_it.n, rows["Invoice"].q_value) == (
        rows["Invoice"].sessions, 0, None,
    )  # fmt: skip
    assert rows["Rare"].q_value is None
    # What is flagged is what the words of the definition say.
    upper = np.quantile([row.sessions for row in answer.rows], 0.75)
    for row in answer.rows:
        judged = min(row.with_it.n, row.without.n) >= 100
        assert row.no_outcome == (row.sessions >= upper and judged and (row.low or 0) <= 0)
    assert site(shared, site_id).activity(PERIOD, limit=2).rows == answer.rows[:2]


def test_a_click_that_is_the_goal_counts_at_it(shared: Store, new_site: Callable[[], int]) -> None:
    save(shared, site_id := new_site(), busy())
    publish(shared, site_id, {"opened": {"class": "micro", "match": {"click": "Menu"}}})
    rows = {row.name: row for row in site(shared, site_id).activity(PERIOD, "opened").rows}
    assert (rows["Menu"].with_it.rate, rows["Menu"].without.rate, rows["Menu"].before) == (1, 0, 0)


def test_a_button_with_another_name_is_the_same_in_a_comparison(shared: Store, new_site: Callable[[], int]) -> None:
    later = [
        {**each, "at": each["at"] + DAY, "session_id": each["session_id"] + 5000, "page_id": each["page_id"] + 5000,
         **({"element_name": "Buy now"} if each.get("element_key") == 2 else {})}
        for each in busy(6)
    ]  # fmt: skip
    save(shared, site_id := new_site(), [*busy(), *later])
    changes = site(shared, site_id).activity(between("2026-11-03", "2026-11-04")).compare().rows
    (buy,) = [row for row in changes if row.measure == "with_it" and "Buy" in row.row]
    assert buy.row == "Buy now · 0000000000000002"
    assert buy.before is not None
    assert buy.after is not None


@pytest.mark.parametrize("goal", ["class:micro", "class:negative", "gone", "*"])
def test_goals_of_any_sort_are_counted_as_the_conversion_rate_does(
    shared: Store, new_site: Callable[[], int], goal: str
) -> None:
    """Also those that take a session to judge, and several at once."""
    save(shared, site_id := new_site(), busy())
    publish(shared, site_id, {
        "opened": {"class": "micro", "match": {"click": "Menu"}},
        "gone": {"class": "negative", "match": {"left_within": "5s"}},
    })  # fmt: skip
    asked = site(shared, site_id)
    (rate,) = asked.conversion_rate(goal, PERIOD, "session").rows
    answer = asked.activity(PERIOD, goal)
    assert (answer.totals[""].k, answer.totals[""].n) == (rate.rate.k, rate.rate.n)
    assert rate.rate.k > 0
    assert len(answer.rows) == 13


def test_pictures_mark_what_leads_to_nothing(shared: Store, new_site: Callable[[], int]) -> None:
    save(shared, site_id := new_site(), busy())
    asked = site(shared, site_id)
    figure = asked.activity(PERIOD).plot()
    colours = [patch.get_facecolor() for patch in figure.axes[0].patches]
    assert len(set(colours)) == 2
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["much activity, no outcome"]
    assert "the sessions without it (upright line)" in figure.get_supxlabel()
    assert drawn(figure) != drawn(asked.activity(PERIOD, of="page", by="device").plot(dark=True))
    assert drawn(asked.activity(between("2020-01-01", "2020-01-02")).plot())


def test_impossible_questions_are_refused(shared: Store, new_site: Callable[[], int]) -> None:
    save(shared, site_id := new_site(), busy())
    with pytest.raises(BadQuestion, match="limit is 1 to 10,000, not 0"):
        site(shared, site_id).activity(PERIOD, limit=0)
