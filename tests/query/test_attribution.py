"""Attribution equals a plain sum over paths in Python; published examples come out as published."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import UnknownName, between, where
from collector.query.attribution_sql import RULES
from tests.query.shop import ZONES, days, order
from tests.query.visits import Event, save_visits, sessions_of, units_of
from tests.query.worlds import DAY, HOUR, NOW_MS, at, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

seeds = st.integers(0, 10**6)
Path = list[Event]


def credit(path: Path, won: Event, half_life: int) -> dict[str, list[Fraction]]:
    """The credit of each touch by each rule, by the words of the definition."""
    count = len(path)
    last = count - 1
    paid = [place for place, touch in enumerate(path) if touch["channel"] != "Direct"]

    def only(place: int) -> list[Fraction]:
        return [Fraction(each == place) for each in range(count)]

    def ends(first: str, end: str, of_two: str) -> list[Fraction]:
        if count == 1:
            return [Fraction(1)]
        if count == 2:
            return [Fraction(of_two), 1 - Fraction(of_two)]
        between_ = (1 - Fraction(first) - Fraction(end)) / (count - 2)
        return [Fraction(first), *[between_] * (count - 2), Fraction(end)]

    weights = [Fraction(2.0 ** (-(won["at"] - touch["at"]) / half_life)) for touch in path]
    return {
        "first": only(0),
        "last": only(last),
        "last_non_direct": only(paid[-1] if paid else last),
        "linear": [Fraction(1, count)] * count,
        "time_decay": [weight / sum(weights) for weight in weights],
        "u_shaped": ends("0.4", "0.4", "0.5"),
        "j_shaped": ends("0.2", "0.6", "0.25"),
        "inverse_j": ends("0.6", "0.2", "0.75"),
    }


def conversions_of(events: list[Event], goal: str, start: int, end: int, *, bots: bool) -> list[Event]:
    """Conversions of the period, each order once."""
    found, orders = [], set()
    for each in sorted(events, key=order):
        if each.get("goal") != goal or (each["bot_class"] and not bots) or each["at"] >= end:
            continue
        if each["order_id"] and each["order_id"] in orders:
            continue
        orders.add(each["order_id"])
        if each["at"] >= start:
            found.append(each)
    return found


def paths_of(
    events: list[Event], won: list[Event], unit: str, lookback: int, *, bots: bool
) -> list[tuple[Event, Path]]:
    """Each conversion with the first events of the sessions that led to it."""
    sessions = sessions_of(events, 0, NOW_MS, bots=bots)
    units = units_of(events, unit, bots=bots)
    found = []
    for each in won:
        own = sessions[each["session_id"]][0]
        touches = sorted((s[0] for s in sessions.values() if units[order(s[0])] == units[order(own)]), key=order)
        path = [
            touch
            for touch in touches
            if order(touch) <= order(each) and (each["at"] - touch["at"] <= lookback or touch is own)
        ]
        found.append((each, path))
    return found


@examples(2)
@given(seed=seeds)
def test_credit_equals_a_plain_sum_over_paths_and_adds_up_exactly(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=2, after=8)
        asked, period = site(shared, site_id), between(first, last)
        for by, unit, lookback, half_life, bots in (
            ("channel", "visitor", "30d", "7d", False),
            ("campaign", "person", "8d", "1d", False),
            ("device", "person", "7d", "12h", True),
            ("entry_path", "visitor", "1h", "1m", True),
            ("lang", "visitor", "30d", "7d", False),
        ):
            length, half = _ms(lookback), _ms(half_life)
            answer = asked.attribution(
                "purchase", period, by, lookback=lookback, half_life=half_life, unit=unit, currency="EUR", bots=bots
            )
            won = conversions_of(events, "purchase", start, end, bots=bots)
            credits: Counter[Any] = Counter()
            values: Counter[Any] = Counter()
            took_part: Counter[str] = Counter()
            for each, path in paths_of(events, won, unit, length, bots=bots):
                groups = [touch["path"] if by == "entry_path" else touch.get(by, "") for touch in path]
                took_part.update(set(groups))
                worth = Fraction(str(each["value"])) if each["currency"] == "EUR" else Fraction(0)
                for rule, shares in credit(path, each, half).items():
                    for group, share in zip(groups, shares, strict=True):
                        credits[group, rule] += share
                        values[group, rule] += share * worth
            assert {row.group: row.participation for row in answer.rows} == took_part
            for row in answer.rows:
                for rule in RULES:
                    assert getattr(row, rule) == pytest.approx(float(credits[row.group, rule]), abs=1e-6)
                    assert float(getattr(row, f"{rule}_value")) == pytest.approx(
                        float(values[row.group, rule]), abs=0.01
                    )
                assert (row.low, row.high) == (
                    min(getattr(row, rule) for rule in RULES),
                    max(getattr(row, rule) for rule in RULES),
                )
            worth_in_all = sum(
                (Decimal(str(each["value"])) for each in won if each["currency"] == "EUR"), start=Decimal(0)
            )
            assert (answer.conversions_in_all, answer.value) == (len(won), worth_in_all)
            for rule in RULES:
                assert sum(round(getattr(row, rule) * 10**9) for row in answer.rows) == len(won) * 10**9
                assert sum((getattr(row, f"{rule}_value") for row in answer.rows), start=Decimal(0)) == worth_in_all


@examples(1)
@given(seed=seeds)
def test_a_group_hands_over_its_conversions(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=2, after=8)
        answer = site(shared, site_id).attribution("purchase", between(first, last), where=where(device="mobile"))
        won = [
            each for each in conversions_of(events, "purchase", start, end, bots=False) if each["device"] == "mobile"
        ]
        expected = [
            (each["session_id"], len(path)) for each, path in paths_of(events, won, "visitor", 30 * DAY, bots=False)
        ]
        listed = answer.conversions().rows
        assert sorted((int(row.session_id, 16), row.touches) for row in listed) == sorted(expected)
        for row in answer.rows:
            assert len(answer.conversions(row.group).rows) == row.participation
        earned = site(shared, site_id).revenue(between(first, last), where=where(device="mobile")).rows
        assert sum(row.orders for row in earned) == answer.conversions_in_all
        assert sum(row.revenue for row in earned if row.currency == answer.currency) == answer.value


def world(shared: Store, site_id: int, touches: list[tuple[float, str]], **won: Any) -> Any:
    """A visitor whose sessions begin so many days before the conversion, in the last of them, from these campaigns."""
    when = ms("2026-11-20T12:00:00")
    events: list[Event] = [
        {
            "at": round(when - days_before * DAY),
            "session_id": index,
            "page_id": index,
            "n": 0,
            "campaign": name,
            "channel": "Direct" if name == "direct" else "Paid Search",
        }
        for index, (days_before, name) in enumerate(touches)
    ]
    events.append({**events[-1], "at": when, "n": 1, "kind": "conversion", "goal": "purchase", **won})
    save(shared, site_id, events)
    return site(shared, site_id)


PERIOD = between("2026-11-20", "2026-11-21")
# Google Ads help, "About attribution models": four searches lead to a booking at a hotel in Florence.
FLORENCE = ["restaurant tuscany", "restaurant florence", "3 star restaurant florence", "3 star restaurant hotel roma"]


@pytest.mark.parametrize(
    ("touches", "rule", "expected"),
    [
        ([(3, FLORENCE[0]), (2, FLORENCE[1]), (1, FLORENCE[2]), (0, FLORENCE[3])], "last", [0, 0, 0, 1]),
        ([(3, FLORENCE[0]), (2, FLORENCE[1]), (1, FLORENCE[2]), (0, FLORENCE[3])], "first", [1, 0, 0, 0]),
        ([(3, FLORENCE[0]), (2, FLORENCE[1]), (1, FLORENCE[2]), (0, FLORENCE[3])], "linear", [0.25] * 4),
        ([(3, FLORENCE[0]), (2, FLORENCE[1]), (1, FLORENCE[2]), (0, FLORENCE[3])], "u_shaped", [0.4, 0.1, 0.1, 0.4]),
        # Google Ads help: with a half-life of 7 days, a click 8 days before gets half of what one a day before gets.
        ([(8, "early"), (1, "late")], "time_decay", [1 / 3, 2 / 3]),
        ([(14, "a"), (7, "b"), (0, "c")], "time_decay", [1 / 7, 2 / 7, 4 / 7]),
        # Mixpanel, attributed by: U 40/20/40, J 20/20/60, inverse J 60/20/20; two touches 50/50, 25/75, 75/25.
        ([(2, "a"), (1, "b"), (0, "c")], "u_shaped", [0.4, 0.2, 0.4]),
        ([(2, "a"), (1, "b"), (0, "c")], "j_shaped", [0.2, 0.2, 0.6]),
        ([(2, "a"), (1, "b"), (0, "c")], "inverse_j", [0.6, 0.2, 0.2]),
        ([(2, "a"), (0, "c")], "u_shaped", [0.5, 0.5]),
        ([(2, "a"), (0, "c")], "j_shaped", [0.25, 0.75]),
        ([(2, "a"), (0, "c")], "inverse_j", [0.75, 0.25]),
        ([(2, "a"), (1, "b"), (0, "direct")], "last_non_direct", [0, 1, 0]),
        ([(2, "a"), (0, "direct")], "last", [0, 1]),
        ([(2, "direct"), (0, "direct")], "last_non_direct", [1]),
        ([(40, "too early"), (0, "c")], "first", [1]),
        ([(2, "a"), (1, "b"), (1, "a"), (0, "c")], "linear", [0.5, 0.25, 0.25]),
    ],
)
def test_published_examples(
    shared: Store, new_site: Callable[[], int], touches: list[tuple[float, str]], rule: str, expected: list[float]
) -> None:
    answer = world(shared, new_site(), touches).attribution("purchase", PERIOD, "campaign")
    names = [name for name in dict.fromkeys(name for _, name in touches) if name != "too early"]
    got = {row.group: getattr(row, rule) for row in answer.rows}
    assert got == pytest.approx(dict(zip(names, expected, strict=True)), abs=1e-8)


def test_an_order_that_is_reported_again_counts_once_with_its_first_value(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    again = {"n": 2, "kind": "conversion", "goal": "purchase", "order_id": "A1", "value": 99, "currency": "EUR"}
    asked = world(shared, site_id, [(1, "a"), (0, "b")], order_id="A1", value=40, currency="EUR")
    save(shared, site_id, [{**again, "at": ms("2026-11-20T13:00:00"), "session_id": 1, "page_id": 1, "campaign": "b"}])
    answer = asked.attribution("purchase", PERIOD, "campaign")
    assert (answer.conversions_in_all, answer.value, answer.currency) == (1, Decimal(40), "EUR")
    assert {row.group: row.linear_value for row in answer.rows} == {"a": Decimal(20), "b": Decimal(20)}


def test_values_are_of_one_currency_and_the_others_are_named(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, when = new_site(), ms("2026-11-20T12:00:00")
    coins = ["USD", "EUR", "EUR"]
    save(
        shared,
        site_id,
        [
            {"at": when, "n": n, "kind": "conversion", "goal": "purchase", "value": 10, "currency": coin}
            for n, coin in enumerate(coins)
        ],
    )
    answer = site(shared, site_id).attribution("purchase", PERIOD)
    assert (answer.conversions_in_all, answer.value, answer.currency) == (3, Decimal(20), "EUR")
    assert "1 in USD" in answer.meta.notes[1]
    dollars = site(shared, site_id).attribution("purchase", PERIOD, currency="USD")
    assert (dollars.conversions_in_all, dollars.value) == (3, Decimal(10))


def test_a_session_that_began_before_the_lookback_is_still_a_touch_of_its_own_conversion(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, when = new_site(), ms("2026-11-20T12:00:00")
    save(
        shared,
        site_id,
        [
            {"at": when - 2 * HOUR, "n": 0, "channel": "Email"},
            {"at": when, "n": 1, "kind": "conversion", "goal": "purchase", "channel": "Email"},
        ],
    )
    answer = site(shared, site_id).attribution("purchase", PERIOD, lookback="1h")
    assert [(row.group, row.first) for row in answer.rows] == [("Email", 1)]
    assert answer.conversions().rows[0].time == at(when)


def test_a_session_is_no_unit_of_attribution(shared: Store, new_site: Callable[[], int]) -> None:
    asked = world(shared, new_site(), [(0, "a")])
    with pytest.raises(UnknownName, match="unknown unit of attribution 'session'"):
        asked.attribution("purchase", PERIOD, unit="session")
    assert asked.attribution("purchase", between("2020-01-01", "2020-01-02")).rows == ()


def _ms(length: str) -> int:
    return int(length[:-1]) * {"d": DAY, "h": HOUR, "m": 60_000}[length[-1]]
