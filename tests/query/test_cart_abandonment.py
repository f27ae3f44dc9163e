"""Carts and what becomes of them equal a plain answer in Python."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, UnknownName, between, conversion, event, form, page, where
from tests.query.test_goals import GOALS, carts, publish
from tests.query.test_plots import drawn
from tests.query.worlds import DAY, HOUR, at, ms, number, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

ZONE = "America/New_York"
FIRST, LAST = "2026-10-30", "2026-11-04"
PERIOD = between(FIRST, LAST)
START, END = ms(FIRST, ZONE), ms(LAST, ZONE)
NOW = END + DAY // 2
Event = dict[str, Any]
KINDS = {"add": "custom", "buy": "conversion", "view": "page_view", "field": "field", "form": "form"}


def world(seed: int) -> list[Event]:
    """Visitors with carts around midnights, with ties; a session is a visitor's some hours."""
    random_ = random.Random(seed)
    events = []
    for index in range(400):
        visitor = random_.randrange(1, 40)
        hours = random_.randrange(-50, 24 * 5 + 40)
        what = random_.choice(["add", "add", "buy", "view", "view", "field", "form"])
        events.append({
            "at": START + hours * HOUR + random_.choice([0, 0, 1, -1]), "visitor_id": visitor,
            "session_id": visitor * 1000 + (hours + 50) // 6, "page_id": index // 3 + 1, "kind": KINDS[what],
            "path": random_.choice(["/p", "/cart", "/checkout"]), "device": random_.choice(["mobile", "desktop"]),
            "bot_class": "crawler" if visitor == 7 else "",
            "custom_name": "add_to_cart" if what == "add" else "", "goal": "purchase" if what == "buy" else "",
            "form": "checkout" if what in ("field", "form") else "", "field": random_.choice(["email", "card"]),
            "step": random_.choice(["start", "attempt", "error", "ok"]) if what == "form" else "",
        })  # fmt: skip
    return number(random_, events)


def began(events: list[Event], within: int, owner: str) -> list[tuple[Event, str]]:
    """(the event that begins it, state) of the carts of the period."""
    found = []
    people = [each for each in events if not each["bot_class"]]
    for when, session, state in carts(people, NOW, within, owner):
        if START <= when < END:
            at_once = [e for e in people if (e["at"], e["session_id"]) == (when, session) and e["custom_name"]]
            found.append((min(at_once, key=lambda e: (e["page_id"], e["n"])), state))
    return found


def came_last(events: list[Event], cart: Event, what: str, within: int, owner: str) -> str:
    names = {
        ("page", "page_view"): lambda e: e["path"],
        ("page", "custom"): lambda e: e["path"],
        ("field", "field"): lambda e: f"checkout/{e['field']}",
        ("step", "form"): lambda e: f"form checkout, step {e['step']}" if e["step"] == "start" else "",
        ("step", "page_view"): lambda e: "page /cart" if e["path"] == "/cart" else "",
    }
    later = [
        e for e in sorted(events, key=lambda e: (e["at"], e["page_id"], e["n"]))
        if e["visitor_id"] == cart["visitor_id"] and e[owner] == cart[owner]
        and (e["at"], e["page_id"], e["n"]) >= (cart["at"], cart["page_id"], cart["n"])
        and e["at"] <= cart["at"] + within
    ]  # fmt: skip
    said = [names[what, e["kind"]](e) for e in later if (what, e["kind"]) in names]
    return next((each for each in reversed(said) if each), "")


@pytest.mark.parametrize("within", ["24h", "3h", "session"])
@pytest.mark.parametrize("seed", range(2))
def test_carts_equal_a_plain_answer(shared: Store, new_site: Callable[[], int], seed: int, within: str) -> None:
    """By day and device, with what came last, over a change of the clock; open ones apart."""
    events, site_id = world(seed), new_site()
    save(shared, site_id, events, ZONE)
    asked = site(shared, site_id, now_ms=NOW)
    length = {"24h": DAY, "3h": 3 * HOUR, "session": DAY}[within]
    owner = "session_id" if within == "session" else "visitor_id"
    found = began(events, length, owner)
    (row,) = asked.cart_abandonment(PERIOD, within).rows
    states = Counter(state for _, state in found)
    assert (row.abandoned.k, row.abandoned.n, row.open) == (
        states["abandoned"], states["abandoned"] + states["ordered"], states["open"],
    )  # fmt: skip
    assert row.abandoned.k > 0
    from zoneinfo import ZoneInfo

    for by, name in {
        "device": lambda e: e["device"],
        "day": lambda e: at(e["at"]).astimezone(ZoneInfo(ZONE)).date().isoformat(),
    }.items():
        groups = Counter((name(cart), state) for cart, state in found)
        for each in asked.cart_abandonment(PERIOD, within, by=by).rows:
            left, ordered = groups[each.group, "abandoned"], groups[each.group, "ordered"]
            assert (each.abandoned.k, each.abandoned.n, each.open) == (left, left + ordered, groups[each.group, "open"])
    steps = [page("/cart"), form("checkout", "start")]
    people = [each for each in events if not each["bot_class"]]
    for what in ("page", "field", "step"):
        expected = Counter(
            came_last(people, cart, what, length, owner) for cart, state in found if state == "abandoned"
        )
        rows = asked.cart_abandonment(PERIOD, within, last=what, steps=steps).rows  # type: ignore[arg-type]
        assert {each.last: each.abandoned.k for each in rows} == dict(expected)
        assert {each.abandoned.n for each in rows} == {states["abandoned"]}


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """500 visitors with one cart each, and a session of their own."""
    random_, events = random.Random(2), []
    for index in range(1, 501):
        who = {"visitor_id": index, "session_id": index, "page_id": index, "at": START + random_.randrange(END - START)}
        who["device"] = random_.choice(["mobile", "desktop"])
        events += [
            {**who, "n": 0, "path": "/p"},
            {**who, "n": 1, "kind": "click", "element_name": random_.choice(["Add to cart", "In den Warenkorb"])},
        ]
        if random_.random() < 0.6:
            events.append({**who, "n": 2, "path": "/checkout", "page_type": "checkout", "at": who["at"] + 1000})
        if random_.random() < (0.2 if who["device"] == "mobile" else 0.5):
            events.append({**who, "n": 3, "kind": "conversion", "goal": "purchase", "at": who["at"] + 2000})
    save(shared, site_id := new_site(), events, ZONE)
    publish(shared, site_id, {key: GOALS[key] for key in ("cart_abandoned",)} | {
        "bought": {"class": "macro", "match": {"conversion": "purchase"}}
    })  # fmt: skip
    return site(shared, site_id, now_ms=END + 2 * DAY)


def test_one_cart_a_visitor_is_the_number_of_the_funnel_and_of_the_negative_goal(shop: Site) -> None:
    (row,) = shop.cart_abandonment(PERIOD).rows
    steps = shop.funnel([conversion("add_to_cart"), conversion("purchase")], PERIOD, "24h").rows
    assert (
        (row.abandoned.n, row.abandoned.n - row.abandoned.k)
        == (steps[0].count, steps[1].count)
        == (500, steps[1].count)
    )
    rate = shop.conversion_rate("cart_abandoned", PERIOD, "visitor").rows[0].rate
    assert (rate.k, rate.n) == (row.abandoned.k, row.abandoned.n)


@pytest.mark.parametrize("last", [None, "page", "step", "field"])
@pytest.mark.parametrize("by", [None, "device", "day"])
def test_a_row_hands_over_its_sessions(shop: Site, last: Any, by: str | None) -> None:
    answer = shop.cart_abandonment(PERIOD, last=last, by=by)
    for row in answer.rows:
        group, came = row.group if by else None, row.last if last else None
        assert len(answer.sessions(group=group, last=came).rows) == row.abandoned.k
        if not last:
            assert len(answer.sessions(group=group, ordered=True).rows) == row.abandoned.n - row.abandoned.k


def test_groups_are_judged_and_filters_hold(shop: Site) -> None:
    rows = {row.group: row for row in shop.cart_abandonment(PERIOD, by="device").rows}
    assert (rows["mobile"].q_value or 1) < 0.01
    (only,) = shop.cart_abandonment(PERIOD, where=where(device="mobile")).rows
    assert only.abandoned == rows["mobile"].abandoned
    parts = shop.cart_abandonment(PERIOD, by="day").rows
    assert sum(row.abandoned.n for row in parts) == 500


def test_open_carts_are_told(shop: Site, shared: Store) -> None:
    early = site(shared, shop.place.site_id, now_ms=END - DAY // 2)
    answer = early.cart_abandonment(PERIOD)
    (row,) = answer.rows
    assert row.open > 0
    assert row.abandoned.n + row.open <= 500
    assert f"{row.open} carts are open" in answer.to_table()
    assert answer.meta.incomplete_from == at(END - DAY - DAY // 2)


def test_names_and_impossible_questions(shop: Site) -> None:
    for ask, message in (
        (lambda: shop.cart_abandonment(PERIOD, order="purchas"), "unknown goal 'purchas'"),
        (lambda: shop.cart_abandonment(PERIOD, last="pages"), "unknown last 'pages', did you mean 'page'"),  # type: ignore[arg-type]
        (lambda: shop.cart_abandonment(PERIOD, last="step", steps=[event("nothing")]), "event"),
    ):
        with pytest.raises(UnknownName, match=message):
            ask()
    with pytest.raises(BadQuestion, match="judged by a whole session"):
        shop.cart_abandonment(PERIOD, order="cart_abandoned")
    with pytest.raises(BadQuestion, match="does not know what came last"):
        shop.cart_abandonment(PERIOD).sessions(last="/cart")
    (row,) = shop.cart_abandonment(between("2020-01-01", "2020-01-02")).rows
    assert row.abandoned.rate is None


def test_pictures(shop: Site) -> None:
    over_time = shop.cart_abandonment(PERIOD, by="day").plot()
    assert len(over_time.axes[0].lines) == 1
    last = shop.cart_abandonment(PERIOD, last="step").plot(dark=True)
    names = [label.get_text() for label in last.axes[0].get_yticklabels()]
    assert sorted(names) == ["no step", "page checkout"]
    assert drawn(over_time) != drawn(last)
    assert drawn(shop.cart_abandonment(between("2020-01-01", "2020-01-02"), last="field").plot())
    assert drawn(shop.cart_abandonment(between("2020-01-01", "2020-01-03"), by="day").plot())
