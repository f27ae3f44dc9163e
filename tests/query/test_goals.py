"""A goal is one thing in every question: of goals.yml, of the wire, or a detected micro step; new ones hold for all
history."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from collector.goals import goals_of, published
from collector.query import BadQuestion, Connection, UnknownName, between, conversion, did, page
from tests.query.worlds import DAY, HOUR, NOW_MS, at, ms, number, save, site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.query import Site
    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-01", "2026-11-08")
GOALS: dict[str, Any] = {
    "bought": {"class": "macro", "match": [{"page": "/thanks"}, {"conversion": "purchase"}], "value": "2.50 EUR"},
    "purchase": {"class": "macro", "match": {"event": "paid", "props": {"plan": "pro"}}},
    "asked": {"class": "micro", "match": [{"click": "Ask*"}, {"form": "contact", "step": "ok"}]},
    "unsubscribed": {"class": "negative", "match": {"event": "unsubscribed"}},
    "left_5s": {"class": "negative", "match": {"left_within": "5s"}},
    "cart_abandoned": {"class": "negative", "match": {"abandoned": "add_to_cart", "without": "bought"}},
}


def publish(store: Store, site_id: int, goals: dict[str, Any], when: int = 1_790_000_000_000) -> None:
    """As the loader does."""
    told = published(goals_of(goals, "").values())
    rows = {"site_id": [site_id], "goals": [told.goals], "version": [told.version], "updated_at": [at(when)]}
    store.insert("goals", rows)


def world() -> list[dict[str, Any]]:
    """One visitor a way to convert, in one session each."""
    happened: list[dict[str, Any]] = [
        {"path": "/thanks"},
        {"kind": "conversion", "goal": "purchase"},
        {"kind": "custom", "custom_name": "paid", "props": {"plan": "pro"}},
        {"kind": "custom", "custom_name": "paid", "props": {"plan": "free"}},
        {"kind": "click", "element_name": "Ask us"},
        {"kind": "form", "form": "contact", "step": "ok"},
        {"kind": "form", "form": "contact", "step": "start"},
        {"kind": "custom", "custom_name": "unsubscribed"},
        {"kind": "click", "element_name": "In den Warenkorb"},
        {"path": "/p", "page_type": "product"},
        {"kind": "conversion", "goal": "lead"},
    ]
    events = []
    for index, each in enumerate(happened, 1):
        who = {"visitor_id": index, "session_id": index, "page_id": index}
        events.append({**who, "at": START, "path": "/", "n": 0})
        events.append({**who, "at": START + 60_000, "kind": "engagement", "foreground_ms": 9000, "n": 1})
        events.append({**who, "path": "/", "at": START + 1000, "n": 2, **each})
    return events


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id = new_site()
    save(shared, site_id, world())
    publish(shared, site_id, GOALS)
    return site(shared, site_id)


CONVERTED = [
    ("bought", {1, 2}),
    ("purchase", {3}),
    ("asked", {5, 6}),
    ("unsubscribed", {8}),
    ("lead", {11}),
    ("add_to_cart", {9}),
    ("product_view", {10}),
    ("form_start", {7}),
    ("*", {1, 2, 3, 5, 6, 11}),
    ("b*t", {1, 2}),
]


@pytest.mark.parametrize(("goal", "who"), CONVERTED)
def test_a_goal_is_the_same_in_every_question(shop: Site, goal: str, who: set[int]) -> None:
    """A rate, a filter, a step of a funnel and its people."""
    for unit in ("session", "visitor", "person"):
        rate = shop.conversion_rate(goal, PERIOD, unit).rows[0].rate
        assert (rate.k, rate.n) == (len(who), 11), unit
    listed = shop.sessions(PERIOD, where=did(conversion(goal))).rows
    assert {int(row.visitor_id, 16) for row in listed} == who
    funnel = shop.funnel([page("/"), conversion(goal)], PERIOD)
    assert {int(row.id, 16) for row in funnel.actors(2).rows} == who
    others = shop.sessions(PERIOD, where=~did(conversion(goal)))
    assert len(others.rows) == 11 - len(who)


def test_a_class_is_any_goal_of_it(shop: Site) -> None:
    rate = shop.conversion_rate("class:macro", PERIOD, "visitor").rows[0].rate
    assert rate.k == 3
    with pytest.raises(UnknownName, match="unknown class of goals 'makro', did you mean 'macro'"):
        shop.conversion_rate("class:makro", PERIOD, "visitor")


def test_a_new_goal_holds_for_all_history(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, world())
    with pytest.raises(UnknownName, match="unknown goal 'bought'"):
        site(shared, site_id).conversion_rate("bought", PERIOD, "visitor")
    publish(shared, site_id, GOALS)
    asked = site(shared, site_id)
    assert asked.conversion_rate("bought", PERIOD, "visitor").rows[0].rate.k == 2
    publish(shared, site_id, {}, when=1_790_000_000_001)
    assert site(shared, site_id).conversion_rate("purchase", PERIOD, "visitor").rows[0].rate.k == 1


def test_answers_name_the_version_of_the_goals(shop: Site, shared: Store) -> None:
    version = published(goals_of(GOALS, "").values()).version
    answer = shop.conversion_rate("bought", PERIOD, "visitor")
    assert answer.meta.goals == version
    assert version in answer.to_table()
    assert json.loads(answer.to_json())["meta"]["goals"] == version


def test_other_goals_are_tried_from_a_file_without_publishing(shop: Site, shared: Store, tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text(f"goals: {{{shop.key}: {{bought: {{class: macro, match: {{click: Ask us}}}}}}}}")
    mine = Connection(shared, clock=lambda: NOW_MS, goals=file).site(shop.key)
    assert mine.conversion_rate("bought", PERIOD, "visitor").rows[0].rate.k == 1
    assert shop.conversion_rate("bought", PERIOD, "visitor").rows[0].rate.k == 2
    file.write_text(f"goals: {{{shop.key}: {{bought: {{clas: macro}}}}}}")
    with pytest.raises(BadQuestion, match="goal bought: unknown key 'clas', did you mean 'class'"):
        Connection(shared, goals=file).site(shop.key)


@pytest.mark.parametrize("goal", ["left_5s", "cart_abandoned"])
def test_a_goal_by_session_is_no_step_and_the_error_says_so(shop: Site, goal: str) -> None:
    for ask in (
        lambda: shop.funnel([page("/"), conversion(goal)], PERIOD),
        lambda: shop.sessions(PERIOD, where=did(conversion(goal))),
    ):
        with pytest.raises(BadQuestion, match=f"goal '{goal}' is judged by a whole session.*conversion_rate"):
            ask()


def test_a_goal_without_any_event_yet_is_zero_and_no_error(shop: Site) -> None:
    empty = between("2020-01-01", "2020-01-02")
    assert shop.conversion_rate("cart_abandoned", empty, "session").rows[0].rate.n == 0
    assert shop.conversion_rate("checkout_view", PERIOD, "session").rows[0].rate.k == 0
    with pytest.raises(UnknownName, match="unknown goal 'boght', did you mean 'bought'"):
        shop.conversion_rate("boght", PERIOD, "session")


def test_left_within_five_seconds(shared: Store, new_site: Callable[[], int]) -> None:
    """One page view, visible for at most 5,000 ms, and the session has ended."""

    def visit(index: int, foreground: list[int], views: int = 1, **more: Any) -> list[dict[str, Any]]:
        who = {"visitor_id": index, "session_id": index, "at": START, **more}
        found = [{**who, "page_id": 10 * index + view, "n": 0} for view in range(views)]
        reports = [{**who, "kind": "engagement", "foreground_ms": each} for each in foreground]
        return [*found, *({**each, "page_id": 10 * index, "n": n} for n, each in enumerate(reports, 1))]

    now = START + DAY
    events = [
        *visit(1, [5000]),
        *visit(2, [5001]),
        *visit(3, [2000, 3001]),
        *visit(4, [100], views=2),
        *visit(5, []),
        *visit(6, [10], bot_class="crawler"),
        *visit(7, [10], at=now - HOUR // 2 + 1),
        *visit(8, [10], at=now - HOUR // 2),
    ]
    site_id = new_site()
    save(shared, site_id, events)
    publish(shared, site_id, GOALS)
    asked = site(shared, site_id, now_ms=now)
    for unit in ("session", "visitor", "person"):
        rate = asked.conversion_rate("left_5s", PERIOD, unit).rows[0].rate
        assert (rate.k, rate.n) == (3, 7)
        assert asked.conversion_rate("left_5s", PERIOD, unit, bots=True).rows[0].rate.k == 4


@pytest.mark.parametrize("seed", range(6))
def test_abandoned_carts_equal_a_plain_answer(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    """Sessions in which a cart began that no order followed within a day."""
    random_ = random.Random(seed)
    events = []
    for index in range(120):
        when = (
            START + random_.choice([-30, -24, -1, 0, 0, 5, 23, 24, 25, 60, 140]) * HOUR + random_.choice([0, 0, 1, -1])
        )
        kind = random_.choice(["add", "add", "buy", "view"])
        events.append({
            "at": when, "visitor_id": random_.randrange(1, 16), "session_id": index + 1, "page_id": index // 2 + 1,
            "kind": {"add": "custom", "buy": "conversion", "view": "page_view"}[kind],
            "custom_name": "add_to_cart" if kind == "add" else "", "goal": "purchase" if kind == "buy" else "",
        })  # fmt: skip
    number(random_, events)
    site_id, now = new_site(), START + 150 * HOUR
    save(shared, site_id, events)
    publish(shared, site_id, GOALS)
    expected = {
        session
        for begun, session, state in carts(events, now)
        if state == "abandoned" and ms("2026-11-01") <= begun < ms("2026-11-08")
    }
    asked = site(shared, site_id, now_ms=now)
    assert asked.conversion_rate("cart_abandoned", PERIOD, "session").rows[0].rate.k == len(expected) > 0


def carts(events: list[dict[str, Any]], now: int, within: int = DAY, owner: str = "visitor_id") -> list[Any]:
    """(begun, session, state) of every cart, by the words of the definition."""
    found = []
    by_owner: dict[Any, list[dict[str, Any]]] = {}
    for each in sorted(events, key=lambda e: (e["at"], e["page_id"], e["n"])):
        by_owner.setdefault((each["visitor_id"], each[owner]), []).append(each)
    for series in by_owner.values():
        before = None
        for place, each in enumerate(series):
            if each["goal"] == "purchase":
                before = None
            if each["custom_name"] != "add_to_cart":
                continue
            begins = before is None or each["at"] - before > within
            before = each["at"]
            if begins:
                later = [e["at"] for e in series[place:] if e["goal"] == "purchase" and e["at"] - each["at"] <= within]
                state = "open" if each["at"] + within > now else "ordered" if later else "abandoned"
                found.append((each["at"], each["session_id"], state))
    return found
