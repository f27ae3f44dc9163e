"""Names: what does not exist is an error that names the nearest; what exists but is empty is an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import resources
from collector.query import (
    BadQuestion,
    Connection,
    Filter,
    Step,
    UnknownName,
    at_least,
    at_most,
    between,
    click,
    conversion,
    dead,
    did,
    dropped,
    error_click,
    event,
    field,
    form,
    page,
    rage,
    slow,
    stall,
    where,
)
from collector.query.columns import COLUMNS, ENUMS, NOT_ASKED
from tests.query.worlds import NOW_MS, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": START, "path": "/pricing", "n": 0, "click_id_type": "gclid", "click_id": "Cj0"},
            {"at": START, "path": "/cart", "n": 1, "kind": "click", "element_name": "Apply promo", "element_key": 5},
            {"at": START, "kind": "conversion", "goal": "purchase", "n": 2},
            {"at": START, "kind": "form", "form": "checkout", "step": "view", "n": 3},
            {"at": START, "kind": "field", "form": "checkout", "field": "email", "n": 4},
            {"at": START, "kind": "custom", "custom_name": "plan", "props": {"size": "42"}, "n": 5},
            {"at": START - 10**9, "path": "/old", "n": 6, "page_id": 2, "session_id": 2},
        ],
    )
    return site(shared, site_id)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.heatmap("/pricng", PERIOD), "unknown page '/pricng', did you mean '/pricing'"),
        (lambda s: s.scroll("/prod/*", PERIOD), "unknown page '/prod/\\*', did you mean"),
        (lambda s: s.conversion_rate("purchas", PERIOD, "session"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.conversion_rate(["purchase", "leed"], PERIOD, "session"), "unknown goal 'leed'"),
        (lambda s: s.revenue(PERIOD, "purchas"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.cart_abandonment(PERIOD, cart="add_to_crt"), "unknown goal 'add_to_crt', did you mean 'add_to_c"),
        (lambda s: s.net_score(PERIOD, "visiter"), "unknown unit 'visiter', did you mean 'visitor'"),
        (lambda s: s.form("chekout", PERIOD), "unknown form 'chekout', did you mean 'checkout'"),
        (
            lambda s: s.sessions(PERIOD, where=rage("Aply promo")),
            "unknown element 'Aply promo', did you mean 'Apply promo'",
        ),
        (
            lambda s: s.sessions(PERIOD, where=~did(field("checkout", "emial"))),
            "unknown field of form 'checkout' 'emial'",
        ),
        (lambda s: s.sessions(PERIOD, where=did(click(key="6"))), "no click has the key '6'"),
        (lambda s: s.sessions(PERIOD, where=where(goal="lead")), "unknown goal 'lead'"),
        (lambda s: s.funnel([page("/cat"), event("plan")], PERIOD), "unknown page '/cat'"),
        (lambda s: s.heatmap("/pricing", PERIOD, by="devise"), "unknown column 'devise', did you mean 'device'"),
        (lambda s: s.heatmap("/pricing", PERIOD, by="goal"), "unknown column of page views 'goal'"),
        (lambda s: s.paths(PERIOD, end=conversion("purchas")), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.replay("ff"), "unknown session '00000000000000ff'"),
        (lambda s: s.skeleton("/pricng", PERIOD), "unknown page '/pricng', did you mean '/pricing'"),
        (lambda s: s.skeleton("/pricing", PERIOD, "mobil"), "unknown device 'mobil', did you mean 'mobile'"),
        (lambda s: s.session("ff"), "unknown session '00000000000000ff'"),
        (lambda s: s.traffic(PERIOD, goal="purchas"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.traffic(PERIOD, every="dai"), "unknown length of a bucket 'dai', did you mean 'day'"),
        (lambda s: s.traffic(PERIOD).sessions(only="convert"), "unknown choice of sessions 'convert', did you mean"),
        (lambda s: s.landing_pages(PERIOD, by="devise"), "unknown column 'devise', did you mean 'device'"),
        (lambda s: s.exit_pages(PERIOD, where=where(path="/cat")), "unknown page '/cat'"),
        (lambda s: s.activity(PERIOD, "purchas"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.activity(PERIOD, of="elements"), "unknown sort of activity 'elements', did you mean 'element'"),
        (lambda s: s.activity(PERIOD, path="/cat"), "unknown page '/cat'"),
        (lambda s: s.ad_clicks(PERIOD, "purchas"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.ad_clicks(PERIOD, types="gclick"), "unknown click id 'gclick', did you mean 'gclid'"),
        (lambda s: s.attribution("purchas", PERIOD), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda s: s.attribution("purchase", PERIOD, "chanel"), "unknown column 'chanel', did you mean 'channel'"),
        (lambda s: s.retention(PERIOD, start_step=page("/cat")), "unknown page '/cat'"),
        (
            lambda s: s.time_to_value(page("/old"), event("plans"), PERIOD),
            "unknown event 'plans', did you mean 'plan'",
        ),
        (lambda _: where(devise="mobile"), "unknown column 'devise', did you mean 'device'"),
        (lambda _: at_least(page_veiws=3), "unknown amount of a session 'page_veiws', did you mean 'page_views'"),
        (lambda s: s.sessions(PERIOD, where=dropped([page("/p"), page("/cart")], at=1)), "unknown page '/p'"),
        (lambda s: s.segments(PERIOD, goal="purchas"), "unknown goal 'purchas', did you mean 'purchase'"),
        (lambda _: where(device="mobil"), "unknown device 'mobil', did you mean 'mobile'"),
        (lambda _: form("checkout", "sent"), "unknown step of a form 'sent'"),
        (lambda _: Step.from_dict({"what": "pge"}), "unknown step 'pge', did you mean 'page'"),
        (lambda _: Filter.from_dict({"when": {}}), "unknown filter 'when', did you mean 'where'"),
    ],
)
def test_what_does_not_exist_is_an_error(shop: Site, ask: Callable[[Site], Any], message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        ask(shop)


def test_an_unknown_site_lists_those_that_exist(shared: Store, shop: Site) -> None:
    with pytest.raises(UnknownName, match=r"unknown site 'site-x', did you mean 'site-\d+'\? Known: '"):
        Connection(shared).site("site-x")
    assert shop.key in Connection(shared).sites()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.heatmap("/pricing", PERIOD, where=where(goal="purchase")), "'goal' belongs to single events"),
        (lambda s: s.sessions(PERIOD, limit=0), "limit is 1 to 10,000"),
        (lambda s: s.sessions(PERIOD, after="x"), "'x' is no `next`"),
        (lambda s: s.session("nonsense"), "write its 16 hex digits"),
        (lambda _: where(status="many"), "'many' is no value of column 'status'"),
        (lambda _: where(**{"props.a b": "c"}), "is no name of a property"),
        (lambda _: event("plan", **{"a;b": 1}), "is no name of a property"),
        (lambda _: page(), "needs one of: path, type, channel"),
        (lambda _: where(path="\ud800"), "not valid Unicode"),
    ],
)
def test_impossible_questions_are_refused(shop: Site, ask: Callable[[Site], Any], message: str) -> None:
    with pytest.raises((BadQuestion, UnknownName), match=message):
        ask(shop)


def test_an_existing_page_without_visits_in_the_period_is_an_empty_answer(shop: Site) -> None:
    assert shop.heatmap("/old", PERIOD).rows == ()
    assert shop.elements("/old", PERIOD).rows == ()
    assert [row.reach.rate for row in shop.scroll("/old", PERIOD, by=None).rows] == [None] * 20
    empty = between("2020-01-01", "2020-01-02")
    assert shop.sessions(empty).rows == ()
    assert shop.conversion_rate("purchase", empty, "visitor").rows[0].rate.rate is None
    assert shop.form("checkout", empty).totals[0].viewed == 0
    assert [row.count for row in shop.funnel([page("/old"), conversion("purchase")], empty).rows] == [0, 0]
    assert shop.funnel([page("/old"), conversion("purchase")], empty, by="device", times=True).rows == ()
    assert shop.conversion_rate("purchase", empty, "session", by="device").rows == ()


def test_custom_properties_are_asked_by_name(shop: Site) -> None:
    assert len(shop.sessions(PERIOD, where=did(event("plan", size=42))).rows) == 1
    assert len(shop.sessions(PERIOD, where=where(**{"props.size": "4*"})).rows) == 1
    assert len(shop.sessions(PERIOD, where=where(**{"props.size": "43"})).rows) == 0
    grouped = shop.funnel([event("plan"), event("plan")], PERIOD, by="props.size")
    assert [(row.group, row.count) for row in grouped.rows] == [("42", 1), ("42", 0)]


HOSTILE = [
    "'",
    "''",
    "\\",
    "\\'",
    "' OR 1=1 --",
    "{p1:String}",
    "%",
    "_",
    "a%b",
    "\x00",
    "\n",
    "é\u202e😀",
    "NULL",
    "\\N",
    "';DROP TABLE events;--",
    "`",
    '"',
    "?",
    "$1",
]


@examples(8)
@given(extra=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), max_size=4))
def test_any_text_is_a_value_and_nothing_else(shared: Store, new_site: Callable[[], int], extra: list[str]) -> None:
    names = list(dict.fromkeys(name.replace("*", "") or "x" for name in [*HOSTILE, *extra]))
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": START + index, "visitor_id": index + 1, "session_id": index + 1, "path": name, "n": 0}
            for index, name in enumerate(names)
        ],
    )
    asked = site(shared, site_id)
    for index, name in enumerate(names):
        assert [row.visitor_id for row in asked.sessions(PERIOD, where=did(page(name))).rows] == [f"{index + 1:016x}"]
        prefixed = asked.sessions(PERIOD, where=where(path=f"{name}*"), limit=999).rows
        assert len(prefixed) == sum(other.startswith(name) for other in names)


def test_the_columns_of_questions_are_those_of_the_table() -> None:
    sql = (resources.folder("schema") / "clickhouse" / "0001_events.sql").read_text()
    documented = set(re.findall(r"^    ([a-z_]+) [A-Z]", sql, re.MULTILINE)) - {"session"}
    documented |= {"session_id"}
    assert set(COLUMNS) | NOT_ASKED == documented
    for name, values in ENUMS.items():
        declared = re.search(rf"^    {name} Enum8\(([^)]*)\)", sql, re.MULTILINE)
        assert declared is not None
        assert tuple(re.findall(r"'([a-z_]+)'", declared[1])) == values


def test_every_column_can_be_asked_for(shop: Site) -> None:
    examples = {"int": 1, "float": 1.5, "bool": True, "id": "0a", "decimal": "12.5", "text": "x*"}
    for name, kind in COLUMNS.items():
        if name in ("path", "goal", "form", "element_name", "entry_path"):
            continue
        value = examples[kind] if kind in examples else ENUMS[name][0]
        shop.sessions(PERIOD, where=where(**{name: value}))
        shop.sessions(PERIOD, where=where(**{name: value}), bots=True)
        shop.conversion_rate("purchase", PERIOD, "visitor", by=name)
        shop.conversion_rate("purchase", PERIOD, "session", by=name)


STEPS = [
    page("/a*"),
    page(type="product"),
    click("Add", role="button", key="0f", zone="z", page="/p"),
    conversion("g"),
    field("f", "e"),
    form("f"),
    form("f", "ok"),
    event("e", plan="pro", paid=True),
]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_steps_survive_being_stored(step: Step) -> None:
    assert Step.from_dict(step.to_dict()) == step


@pytest.mark.parametrize(
    "condition",
    [
        at_least(engaged="10s", clicks=3) & ~at_most(page_views=1) & dropped([page("/a"), page("/b")], at=1),
        where(device="mobile", channel=["Email", "Direct"]) & did(page("/cart")) & ~rage(element="Apply promo"),
        error_click("Buy", page="/cart") | ~stall("/cart") & slow(),
        dead(page="/cart") | ~(where(status=404) | did(event("e", plan="pro"))),
    ],
    ids=["amounts", "and", "signals", "or"],
)
def test_filters_survive_being_stored(condition: Filter) -> None:
    assert Filter.from_dict(condition.to_dict()) == condition


def test_a_property_of_a_session_is_read_at_its_first_event(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": START, "device": "mobile", "n": 0}, {"at": START + 1, "device": "desktop", "n": 1}])
    asked = site(shared, site_id, now_ms=NOW_MS)
    for bots in (False, True):
        assert len(asked.sessions(PERIOD, where=where(device="mobile"), bots=bots).rows) == 1
        assert len(asked.sessions(PERIOD, where=where(device="desktop"), bots=bots).rows) == 0
