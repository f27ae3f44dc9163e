"""Revenue: one order an order_id, servers over pages, no currencies added up, intervals that keep their promise."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, UnknownName, between, where
from collector.query.definitions import JUDGED_FROM, MONEY_FROM
from collector.query.mean import Estimate, Sums, differs, mean, ratio, total
from collector.query.rate import adjusted
from tests.query.test_goals import publish
from tests.query.test_plots import drawn
from tests.query.worlds import DAY, HOUR, at, ms, number, save, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.query import Site
    from collector.store import Store

ZONE = "Europe/Berlin"
FIRST, LAST = "2026-10-24", "2026-10-31"
PERIOD = between(FIRST, LAST)
START, END = ms(FIRST, ZONE), ms(LAST, ZONE)
Event = dict[str, Any]


def told(store: Store, site_id: int, outcomes: Iterable[dict[str, Any]]) -> None:
    """Store outcomes; later ones of the same source and id replace earlier ones."""
    defaults = {"source": "shop", "kind": "order", "ts": START, "value": Decimal(0), "currency": "", "order_id": "",
                "goal": "", "visitor_id": 0, "person_id": 0, "quality": "", "stage": "", "props": "{}"}  # fmt: skip
    rows = [
        {**defaults, **each, "site_id": site_id, "version": place, "received_at": at(START + place), "digest": place}
        for place, each in enumerate(outcomes, 1)
    ]
    for row in rows:
        row["ts"] = at(row["ts"])
    if rows:
        store.insert("outcomes", {name: [row[name] for row in rows] for name in rows[0]})


def world(seed: int) -> tuple[list[Event], list[dict[str, Any]]]:
    """Visits that order, some twice, some again a week later, some without an id; and what the shop says of them."""
    random_ = random.Random(seed)
    events: list[Event] = []
    for index in range(1, 151):
        when = START + random_.randrange(-2 * DAY, END - START + DAY) // HOUR * HOUR + random_.choice([0, -1, 1])
        who = {
            "visitor_id": random_.randrange(1, 60), "session_id": index, "page_id": index,
            "channel": random_.choice(["Email", "Direct"]), "device": random_.choice(["mobile", "desktop"]),
            "bot_class": random_.choice(["", "", "", "", "crawler"]),
        }  # fmt: skip
        events.append({**who, "at": when, "kind": "page_view"})
        events += [
            {
                **who, "at": when + random_.choice([0, 1, HOUR]), "kind": "conversion", "goal": "purchase",
                "value": Decimal(random_.randrange(0, 20_000)) / 100, "currency": random_.choice(["EUR", "EUR", "USD"]),
                "order_id": random_.choice(["", f"A-{random_.randrange(60)}"]),
            }
            for _ in range(random_.choice([0, 0, 1, 1, 2]))
        ]  # fmt: skip
    number(random_, events)
    ids = [f"A-{index}" for index in range(0, 60, 3)]
    outcomes = []
    for index, order_id in enumerate(ids):
        value = Decimal(random_.randrange(100, 10_000)) / 100
        more = {"order_id": order_id, "currency": random_.choice(["EUR", "USD"])}
        kind = random_.choice(["order", "refund", "order+refund", "cancellation", "empty"])
        if "order" in kind:
            outcomes += [{"id": f"o{index}", "value": value + each, **more} for each in (1, 0)]
        if kind == "empty":
            outcomes.append({"id": f"o{index}", "order_id": order_id})
        if "refund" in kind:
            outcomes += [{"id": f"r{index}-{part}", "kind": "refund", "value": value / 4, **more} for part in (1, 2)]
        if kind == "cancellation":
            outcomes.append({"id": f"c{index}", "kind": "cancellation", "order_id": order_id})
    return events, outcomes


def orders_of(events: list[Event], outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every order of people, by the words of the definition."""
    newest = {each["id"]: {"kind": "order", "value": Decimal(0), "currency": "", **each} for each in outcomes}
    found: dict[Any, Event] = {}
    bought = [e for e in events if e["kind"] == "conversion" and not e["bot_class"]]
    for each in sorted(bought, key=lambda e: (e["at"], e["page_id"], e["n"])):
        found.setdefault(each["order_id"] or (each["page_id"], each["n"]), each)
    orders = []
    for each in found.values():
        said = [one for one in newest.values() if each["order_id"] and one["order_id"] == each["order_id"]]
        paid, money = each["value"], each["currency"]
        for one in said:
            if one["kind"] == "order" and one["currency"]:
                paid, money = one["value"], one["currency"]
        back = sum((one["value"] for one in said if one["kind"] == "refund" and one["currency"] == money), Decimal(0))
        gone = any(one["kind"] == "cancellation" for one in said)
        orders.append({**each, "net": paid - back, "currency": money, "cancelled": gone, "back": back})
    return orders


def expected(
    events: list[Event], outcomes: list[dict[str, Any]], unit: str, by: str | None
) -> tuple[dict[str, int], dict[Any, list[dict[str, Any]]]]:
    """Units by group, and orders by group and currency."""
    people = sorted((e for e in events if not e["bot_class"]), key=lambda e: (e["at"], e["page_id"], e["n"]))
    groups: dict[Any, str] = {}
    for each in people:
        key = each[f"{unit}_id"]
        if unit == "session":
            first = next(e for e in people if e["session_id"] == key)
            inside, name = START <= first["at"] < END, _name(first, by)
        else:
            inside, name = START <= each["at"] < END, _name(each, by)
        if inside:
            groups.setdefault((key, name if by == "day" else ""), name)
    units: dict[str, int] = defaultdict(int)
    for name in groups.values():
        units[name] += 1
    orders: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for each in orders_of(events, outcomes):
        own = _name(each, by) if by == "day" and unit == "visitor" else None
        keys = [key for key in groups if key[0] == each[f"{unit}_id"] and (own is None or key[1] == own)]
        if keys and (unit == "session" or START <= each["at"] < END):
            orders[groups[keys[0]], each["currency"]].append(each)
    return units, orders


def _name(each: Event, by: str | None) -> str:
    if by == "day":
        from zoneinfo import ZoneInfo

        return at(each["at"]).astimezone(ZoneInfo(ZONE)).date().isoformat()
    return str(each[by]) if by else ""


@pytest.mark.parametrize("by", [None, "channel", "day"])
@pytest.mark.parametrize("unit", ["session", "visitor"])
@pytest.mark.parametrize("seed", range(3))
def test_revenue_equals_a_plain_answer(
    shared: Store, new_site: Callable[[], int], seed: int, unit: Any, by: str | None
) -> None:
    """Over a change of the clock, with copies of orders, refunds, cancellations and corrections."""
    events, outcomes = world(seed)
    site_id = new_site()
    save(shared, site_id, events, ZONE)
    told(shared, site_id, outcomes)
    answer = site(shared, site_id).revenue(PERIOD, unit=unit, by=by)
    units, orders = expected(events, outcomes, unit, by)
    seen = set()
    for row in answer.rows:
        here = orders.get((row.group, row.currency), [])
        counted = [each for each in here if not each["cancelled"]]
        assert (row.units, row.orders, row.cancelled) == (
            units.get(row.group, 0), len(counted), len(here) - len(counted),
        )  # fmt: skip
        assert row.revenue == sum(each["net"] for each in counted)
        assert row.refunded == sum(each["back"] for each in counted)
        assert row.buyers == len({each[f"{unit}_id"] for each in counted})
        if counted:
            assert row.aov == pytest.approx(float(row.revenue) / len(counted))
            assert row.rpv == pytest.approx(float(row.revenue) / row.units)
            seen.add((row.group, row.currency))
            listed = answer.orders(group=row.group if by else None, currency=row.currency).rows
            assert len(listed) == row.orders + row.cancelled
            assert sum(each.net for each in listed) == row.revenue
    assert seen == {key for key, each in orders.items() if any(not one["cancelled"] for one in each)}


BOUGHT = {"kind": "conversion", "goal": "purchase", "value": 100, "currency": "EUR", "order_id": "1"}
SIMPLE = [
    {"at": START, "n": 0},
    {"at": START, "n": 1, **BOUGHT},
    {"at": START + 5, "n": 2, **BOUGHT},
    {"at": START, "n": 0, "visitor_id": 2, "session_id": 2, "page_id": 2},
    {"at": START, "n": 0, "visitor_id": 3, "session_id": 3, "page_id": 3, **BOUGHT, "value": 50, "currency": "USD",
     "order_id": "2"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "left"),
    [
        ([], ("100", "50", 0)),
        ([{"id": "a", "order_id": "1", "value": 90, "currency": "EUR"}], ("90", "50", 0)),
        ([{"id": "a", "order_id": "1", "value": 90, "currency": "USD"}], (None, "140", 0)),
        ([{"id": "a", "order_id": "1"}], ("100", "50", 0)),
        ([{"id": "r", "kind": "refund", "order_id": "1", "value": 30, "currency": "EUR"}], ("70", "50", 0)),
        ([{"id": "r", "kind": "refund", "order_id": "1", "value": 30, "currency": "USD"}], ("100", "50", 0)),
        ([{"id": "c", "kind": "cancellation", "order_id": "1"}], ("0", "50", 1)),
        ([{"id": "t", "kind": "trial", "order_id": "1", "value": 9, "currency": "EUR"}], ("100", "50", 0)),
    ],
)
def test_servers_have_the_last_word(
    shared: Store,
    new_site: Callable[[], int],
    outcomes: list[dict[str, Any]],
    left: tuple[str | None, str, int],
) -> None:
    """An order's value, its refunds and its cancellation; never one currency from another."""
    (euro, dollar, cancelled), site_id = left, new_site()
    save(shared, site_id, SIMPLE)
    told(shared, site_id, outcomes)
    rows = {row.currency: row for row in site(shared, site_id, tz=ZONE).revenue(PERIOD).rows}
    found = rows.get("EUR")
    assert (found and found.revenue) == (euro and Decimal(euro))
    assert rows["USD"].revenue == Decimal(dollar)
    assert sum(row.cancelled for row in rows.values()) == cancelled
    assert {row.units for row in rows.values()} == {3}


def test_an_order_that_only_the_server_knows_is_told_and_not_counted(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    save(shared, site_id, SIMPLE)
    told(shared, site_id, [{"id": "x", "order_id": "9", "value": 7, "currency": "EUR"}])
    answer = site(shared, site_id, tz=ZONE).revenue(PERIOD)
    assert sum(row.orders for row in answer.rows) == 2
    assert "orders that only servers know, 1 (7.00 EUR)" in answer.to_table()


def test_a_thanks_page_that_is_loaded_again_next_week_is_no_new_order(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    again = {**SIMPLE[1], "at": START + 5 * DAY, "session_id": 9, "page_id": 9}
    save(shared, site_id, [*SIMPLE, again])
    asked = site(shared, site_id, tz=ZONE)
    later = between("2026-10-28", "2026-10-31")
    assert [row.orders for row in asked.revenue(later).rows] == [0]
    assert sum(row.orders for row in asked.revenue(PERIOD, by="day").rows) == 2


def test_a_goal_can_have_its_worth_from_the_file(shared: Store, new_site: Callable[[], int]) -> None:
    """Each event of it is an order; a goal without a worth has that of its events."""
    site_id = new_site()
    save(shared, site_id, SIMPLE)
    publish(shared, site_id, {
        "visit": {"class": "micro", "match": {"page": "/"}, "value": "2.50 CHF"},
        "sale": {"class": "macro", "match": {"conversion": "purchase"}},
    })  # fmt: skip
    asked = site(shared, site_id, tz=ZONE)
    (row,) = asked.revenue(PERIOD, "visit").rows
    assert (row.currency, row.orders, row.revenue, row.aov) == ("CHF", 2, Decimal("5.00"), 2.5)
    assert {row.currency: row.revenue for row in asked.revenue(PERIOD, "sale").rows} == {"EUR": 100, "USD": 50}


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """A thousand visitors over a week; mobile ones spend less; one order is out of all bounds."""
    random_ = random.Random(8)
    events: list[Event] = []
    for index in range(1, 1001):
        who = {"visitor_id": index, "session_id": index, "page_id": index, "at": START + random_.randrange(END - START)}
        who["device"] = random_.choice(["mobile", "desktop", "tablet"])
        events.append({**who, "n": 0})
        if random_.random() < 0.25:
            mean_ = 20 if who["device"] == "mobile" else 80
            value = 50_000 if index == 500 else Decimal(f"{random_.lognormvariate(0, 0.5) * mean_:.2f}")
            events.append({
                **who, "n": 1, "kind": "conversion", "goal": "purchase", "currency": "EUR", "value": value,
                "order_id": f"B-{index}",
            })  # fmt: skip
    save(shared, site_id := new_site(), events, ZONE)
    return site(shared, site_id)


def test_winsorised_a_giant_order_does_not_make_the_mean(shop: Site) -> None:
    (plain,) = shop.revenue(PERIOD).rows
    (tamed,) = shop.revenue(PERIOD, winsorize=0.99).rows
    paid = sorted(float(each.net) for each in shop.revenue(PERIOD).orders().rows)
    place = 0.99 * (len(paid) - 1)
    limit = paid[int(place)] + (place % 1) * (paid[int(place) + 1] - paid[int(place)])
    assert float(tamed.revenue) == pytest.approx(sum(min(each, limit) for each in paid))
    assert tamed.orders == plain.orders
    assert tamed.revenue < plain.revenue
    assert "Winsorised at 0.99" in shop.revenue(PERIOD, winsorize=0.99).to_table()
    for wrong in (0.2, 1.0):
        with pytest.raises(BadQuestion, match="winsorize is a quantile"):
            shop.revenue(PERIOD, winsorize=wrong)


def test_groups_are_judged_by_what_a_visitor_brings(shop: Site) -> None:
    rows = {row.group: row for row in shop.revenue(PERIOD, by="device", winsorize=0.95).rows}
    assert (rows["mobile"].rpv or 0) < (rows["desktop"].rpv or 0)
    assert (rows["mobile"].q_value or 1) < 0.05
    assert sum(row.units for row in rows.values()) == 1000


def test_parts_add_up_to_the_whole(shop: Site) -> None:
    (whole,) = shop.revenue(PERIOD).rows
    for by in ("hour", "day", "week", "device"):
        rows = shop.revenue(PERIOD, by=by).rows
        assert sum(row.revenue for row in rows) == whole.revenue
        assert sum(row.orders for row in rows) == whole.orders
    assert whole.buyers == shop.conversion_rate("purchase", PERIOD, "visitor").rows[0].rate.k
    filtered = [shop.revenue(PERIOD, where=where(device=each)).rows[0] for each in ("mobile", "desktop", "tablet")]
    assert sum(row.revenue for row in filtered) == whole.revenue
    assert sum(row.units for row in filtered) == whole.units


def test_an_answer_without_a_counterpart_is_compared_and_shown(shop: Site) -> None:
    changes = shop.revenue(PERIOD).compare("2020-01-01..2020-01-08")
    assert "EUR" in changes.to_table()
    assert f"{shop.revenue(PERIOD).rows[0].aov:,.2f}" in shop.revenue(PERIOD).to_table()


def test_names_and_empty_periods(shop: Site) -> None:
    (row,) = shop.revenue(between("2020-01-01", "2020-01-02")).rows
    assert (row.revenue, row.aov, row.rpv) == (0, None, None)
    assert shop.revenue(between("2020-01-01", "2020-01-02"), by="device").rows == ()
    with pytest.raises(UnknownName, match="unknown goal 'purchas'"):
        shop.revenue(PERIOD, "purchas")
    with pytest.raises(UnknownName, match="unknown currency 'EUX', did you mean 'EUR'"):
        shop.revenue(PERIOD).plot(currency="EUX")


def test_pictures(shop: Site) -> None:
    over_time = shop.revenue(PERIOD, by="day").plot()
    assert [len(axes.patches) for axes in over_time.axes] == [7, 0]
    assert len(over_time.axes[1].lines) == 1
    by_device = shop.revenue(PERIOD, by="device").plot(dark=True)
    assert [len(axes.texts) for axes in by_device.axes] == [3, 3]
    assert drawn(over_time) != drawn(by_device)
    assert drawn(shop.revenue(between("2020-01-01", "2020-01-02"), by="device").plot())
    assert drawn(shop.revenue(between("2020-01-01", "2020-01-03"), by="day").plot())


def sums_of(units: int, spent: Any, orders: Any) -> Sums:
    """The sums over so many units of whom these have orders: their money and how many."""
    return Sums(
        units, len(spent), float(spent.sum()), float(orders.sum()), float((spent**2).sum()),
        float((orders**2).sum()), float((spent * orders).sum()),
    )  # fmt: skip


def test_intervals_of_many_orders_are_those_of_the_bootstrap() -> None:
    """Where there are 1,300 orders no method matters: 2,000 resamples of the visitors agree to a tenth of the width."""
    import numpy as np
    from scipy import stats

    random_ = np.random.default_rng(1)
    orders = random_.poisson(0.4, 4000)
    spent = np.array([random_.lognormal(3, 0.8, each).sum() for each in orders])
    sums = sums_of(4000, spent[orders > 0], orders[orders > 0])
    for found, statistic in (
        (ratio(sums), lambda x, y, axis: x.sum(axis) / y.sum(axis)),
        (mean(sums), lambda x, _, axis: x.sum(axis) / 4000),
    ):
        resampled = stats.bootstrap(
            (spent, orders), statistic, paired=True, vectorized=True, n_resamples=2000, method="percentile",
            rng=np.random.default_rng(2),
        ).confidence_interval  # fmt: skip
        assert found.low is not None
        assert found.high is not None
        width = 0.1 * (found.high - found.low)
        assert (found.low, found.high) == pytest.approx((resampled.low, resampled.high), abs=width)


@pytest.mark.parametrize(("buyers", "aov_holds", "rpv_holds"), [(8, 0.88, 0.93), (30, 0.90, 0.92), (200, 0.93, 0.93)])
def test_intervals_hold_the_truth_of_few_skewed_orders(buyers: int, aov_holds: float, rpv_holds: float) -> None:
    """In 1,000 shops that sell so often to 2,000 visits; none is short, none useless (docs/truth.md has the shares)."""
    import numpy as np

    random_ = np.random.default_rng(4)
    truth, held, judged = float(np.exp(3 + 0.8**2 / 2)), [0, 0], 0
    for _ in range(1000):
        orders = 1 + random_.poisson(0.15, random_.binomial(2000, buyers / 2000))
        values = random_.lognormal(3, 0.8, orders.sum())
        spent = np.bincount(np.repeat(np.arange(len(orders)), orders), weights=values)
        sums = sums_of(2000, spent, orders)
        aov, rpv = ratio(sums), mean(sums)
        if aov.low is None or aov.high is None or rpv.low is None or rpv.high is None:
            assert len(orders) < MONEY_FROM
            continue
        judged += 1
        held[0] += aov.low <= truth <= aov.high
        held[1] += rpv.low <= truth * 1.15 * buyers / 2000 <= rpv.high
    assert judged > 980
    assert aov_holds < held[0] / judged < 0.97
    assert rpv_holds < held[1] / judged < 0.97


def test_intervals_where_there_is_little_to_say() -> None:
    """Too few orders have none; free ones, and refunds of more than was paid, have no logarithm; all may order."""
    assert ratio(Sums(0)) == mean(Sums(0)) == Estimate()
    assert ratio(Sums(9)) == Estimate()
    assert mean(Sums(9)) == Estimate(0.0)
    two = Sums(100, 2, 30.0, 2.0, 500.0, 2.0, 30.0)
    assert (ratio(two), mean(two)) == (Estimate(15.0), Estimate(0.3))
    free = Sums(100, 5, 0.0, 5.0, 0.0, 5.0, 0.0)
    assert ratio(free) == mean(free) == Estimate(0.0, 0.0, 0.0)
    back = Sums(100, 4, -20.0, 4.0, 200.0, 4.0, -20.0)
    for found, value in ((ratio(back), -5.0), (mean(back), -0.2)):
        assert found.value == value
        assert (found.low or 0) < value < (found.high or 0)
    alike = Sums(4, 4, 40.0, 4.0, 400.0, 4.0, 40.0)
    assert ratio(alike) == Estimate(10.0, 10.0, 10.0)
    assert mean(alike).high == pytest.approx(10.0)
    assert 4 < (mean(alike).low or 0) < 6


def test_breakdowns_that_make_no_difference_seldom_have_a_finding() -> None:
    """200 shops that sell to 2 % of the visits, orders skewed, in nine groups by chance: at most 5 % tell one.

    Among 144 visits of a group often none, or two alike, are orders: its own variance would call that a finding.
    """
    import numpy as np

    random_, findings = np.random.default_rng(5), 0
    for _ in range(200):
        groups = []
        for visits in [1150, *[144] * 8]:
            spent = random_.lognormal(3, 0.8, random_.binomial(visits, 0.02))
            groups.append(Sums(visits, len(spent), spent.sum(), xx=(spent**2).sum()))
        every = total(groups)
        q_values = adjusted([differs(each, every.minus(each), JUDGED_FROM) for each in groups])
        findings += any(q is not None and q < 0.05 for q in q_values)
    assert findings / 200 <= 0.05


def test_a_difference_in_what_visits_bring_is_found() -> None:
    """Of 100 shops in which one of two groups sells a third more often, most tell it."""
    import numpy as np

    random_, found = np.random.default_rng(6), 0
    for _ in range(100):
        groups = []
        for visits, rate in ((4000, 0.15), (1500, 0.2)):
            spent = random_.lognormal(3, 0.8, random_.binomial(visits, rate))
            groups.append(Sums(visits, len(spent), spent.sum(), xx=(spent**2).sum()))
        found += (differs(groups[0], groups[1], JUDGED_FROM) or 0) < 0.05
    assert found > 70
