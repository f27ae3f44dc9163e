"""Segments: nothing is found where nothing is, and what was planted is found; counts are those of other reports."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, at_least, between, conversion, did, page, segment_sql
from collector.query.segment_scan import judge
from tests.query.worlds import DAY, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")
COLUMNS = {"device": ["a", "b", "c"], "browser": ["p", "q", "r", "s"], "country": ["x", "y"], "source": ["u", "v"]}
Unit = tuple[dict[str, str], bool]
"""The values of its columns, and whether it won."""
Planted = dict[tuple[tuple[str, str], ...], float]


def world(random_: random.Random, planted: Planted, size: int = 3000) -> dict[Any, tuple[int, int]]:
    """(k, n) of all segments of units whose columns are independent; the rate is 0.3 but in what is planted."""
    units = []
    for _ in range(size):
        unit = {name: random_.choice(values) for name, values in COLUMNS.items()}
        rate = next((r for segment, r in planted.items() if all(unit[name] == v for name, v in segment)), 0.3)
        units.append((unit, random_.random() < rate))
    return counts_of(units)


def counts_of(units: list[Unit]) -> dict[Any, tuple[int, int]]:
    hits: Counter[Any] = Counter()
    every: Counter[Any] = Counter()
    for unit, won in units:
        for conditions in itertools.chain([()], ((c,) for c in unit.items()), itertools.combinations(unit.items(), 2)):
            every[conditions] += 1
            hits[conditions] += won
    return {each: (hits[each], n) for each, n in every.items()}


def test_in_worlds_without_differences_hardly_one_in_twenty_finds_any() -> None:
    """200 worlds: 5 % is 10; more than 18 would have a probability below 1 %."""
    false = sum(any(each.found for each in judge(world(random.Random(seed), {}, 1500))) for seed in range(200))
    assert false <= 18


def test_beside_a_planted_difference_few_of_the_findings_are_false() -> None:
    """One value differs: findings about other columns, and pairs, are false; their mean share is within 5 %."""
    shares = []
    for seed in range(60):
        found = [
            each.segment for each in judge(world(random.Random(1000 + seed), {(("device", "a"),): 0.15})) if each.found
        ]
        assert (("device", "a"),) in found
        false = [each for each in found if len(each) == 2 or each[0][0] != "device"]
        shares.append(len(false) / len(found))
    assert sum(shares) / len(shares) <= 0.05


def test_a_planted_pair_is_found_among_its_parents() -> None:
    planted = (("device", "a"), ("browser", "p"))
    for seed in range(20):
        judged = {each.segment: each for each in judge(world(random.Random(seed), {planted: 0.02}, 6000))}
        assert judged[planted].found


def test_small_segments_are_not_judged() -> None:
    counts = {(): (300, 1000), (("device", "a"),): (0, 99), (("device", "b"),): (300, 901)}
    assert [each.q for each in judge(counts)] == [None, None]


def visits(site_id: int, store: Store, rate: Callable[[str, str], int]) -> list[dict[str, Any]]:
    """2,400 sessions of three devices and two browsers; of each hundred `rate` convert."""
    events = []
    for index in range(2400):
        device, browser = ["desktop", "mobile", "tablet"][index % 3], ["Firefox", "Safari"][index // 3 % 2]
        who = {
            "visitor_id": index // 12 * 6 + index % 6 + 1,
            "session_id": index + 1,
            "page_id": index + 1,
            "device": device,
        }
        who |= {"browser": browser, "path": "/p"}
        events.append({**who, "at": START + index, "n": 0})
        if (index // 6 * 37) % 100 < rate(device, browser):
            events.append({**who, "at": START + index + 5000, "n": 1, "kind": "conversion", "goal": "purchase"})
    events.append({**events[0], "at": START - 40 * DAY, "session_id": 9999, "page_id": 9999})
    save(store, site_id, events)
    return events


NAMES = ["device", "browser", "visitor_type"]


@pytest.mark.parametrize(
    ("rate", "minimal", "verdict"),
    [
        (lambda device, _: 10 if device == "mobile" else 40, "device = mobile", "Concentrated in device = mobile"),
        (
            lambda device, browser: 4 if (device, browser) == ("mobile", "Safari") else 40,
            "device = mobile, browser = Safari",
            "Concentrated in device = mobile, browser = Safari",
        ),
        (lambda *_: 30, None, "Spread: none of"),
    ],
    ids=["one value", "two values", "nowhere"],
)
def test_what_was_planted_is_the_minimal_segment(
    shared: Store, new_site: Callable[[], int], rate: Any, minimal: str | None, verdict: str
) -> None:
    site_id = new_site()
    visits(site_id, shared, rate)
    answer = site(shared, site_id).segments(PERIOD, goal="purchase", columns=NAMES)
    assert (answer.minimal.segment if answer.minimal else None) == minimal
    assert answer.verdict.startswith(verdict)
    assert answer.verdict in str(answer)


VALUES = {
    "device": ["desktop", "mobile"],
    "browser": ["Firefox", "Safari", "Edge"],
    "country": ["DE", "FR", "IT", "AT"],
}


def units_of(seed: int) -> list[Unit]:
    """3,000 units; a value and a pair have lower rates than the others, each a seed's own."""
    random_ = random.Random(seed)
    rates = {
        tuple(sorted((name, random_.choice(VALUES[name])) for name in random_.sample(list(VALUES), size))): rate
        for size, rate in ((1, 0.2), (2, 0.05))
    }
    units = []
    for _ in range(3000):
        unit = {name: random_.choice(values) for name, values in VALUES.items()}
        rate = min(
            (rate for segment, rate in rates.items() if all(unit[name] == v for name, v in segment)), default=0.3
        )
        units.append((unit, random_.random() < rate))
    return units


def minimal_of(units: list[Unit], sign: int) -> Any:
    """As the definition says, by leaving the segment's units out and judging all again."""

    def worse(left: list[Unit]) -> list[Any]:
        return [each for each in judge(counts_of(left)) if each.found and each.difference * sign > 0]

    first = sorted(worse(units), key=lambda each: (each.q, -each.n))[:8]
    for each in sorted(first, key=lambda each: each.n):
        if not worse([unit for unit in units if not all(unit[0][name] == v for name, v in each.segment)]):
            return each.segment
    return None


@pytest.mark.parametrize("most", [segment_sql._WORST, 1, 0])
@pytest.mark.parametrize("seed", range(4))
def test_the_minimal_segment_is_that_of_the_definition(
    shared: Store, new_site: Callable[[], int], monkeypatch: pytest.MonkeyPatch, seed: int, most: int
) -> None:
    """Also where the scan does not look into the values that it turns out to need, and has to read the units again."""
    monkeypatch.setattr(segment_sql, "_WORST", most)
    site_id, units = new_site(), units_of(seed)
    events = []
    for index, (unit, won) in enumerate(units):
        who = {"visitor_id": index + 1, "session_id": index + 1, "page_id": index + 1, "path": "/p", **unit}
        events.append({**who, "at": START + index, "n": 0})
        if won:
            events.append({**who, "at": START + index + 5000, "n": 1, "kind": "conversion", "goal": "purchase"})
    save(shared, site_id, events)
    asked = site(shared, site_id)
    goal = asked.segments(PERIOD, goal="purchase", columns=list(VALUES), limit=1000)
    signal = asked.segments(PERIOD, signal=~did(conversion("purchase")), columns=list(VALUES))
    assert goal.overall.k == sum(won for _, won in units)
    counts = counts_of(units)
    assert all((row.rate.k, row.rate.n) == counts[row.conditions] for row in goal.rows)
    assert {each for each in counts if len(each) == 1} <= {row.conditions for row in goal.rows}
    assert (goal.minimal.conditions if goal.minimal else None) == minimal_of(units, -1)
    lost = [(unit, not won) for unit, won in units]
    assert (signal.minimal.conditions if signal.minimal else None) == minimal_of(lost, 1)
    if most == 0:
        assert sum("AS inside" in each.sql for each in goal.statements) == 1


@pytest.fixture(scope="module")
def asked(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id = new_site()
    visits(site_id, shared, lambda device, _: 10 if device == "mobile" else 40)
    return site(shared, site_id)


def test_one_value_that_explains_all_is_found_by_one_statement(asked: Site) -> None:
    answer = asked.segments(PERIOD, goal="purchase", columns=NAMES)
    assert answer.minimal is not None
    assert not any("AS inside" in each.sql for each in answer.statements)


def test_everybody_is_counted_where_a_column_has_more_values_than_are_listed(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, size = new_site(), segment_sql._LISTED + 200
    events = [
        {"at": START + i, "n": 0, "visitor_id": i + 1, "session_id": i + 1, "page_id": i + 1, "path": f"/{i}"}
        for i in range(size)
    ]
    events.append({**events[0], "at": START + 5000, "n": 1, "kind": "conversion", "goal": "purchase"})
    save(shared, site_id, events)
    answer = site(shared, site_id).segments(PERIOD, goal="purchase", columns=["entry_path", "device"])
    assert (answer.overall.k, answer.overall.n) == (1, size)


def test_the_counts_are_those_of_the_other_reports(asked: Site) -> None:
    goal = asked.segments(PERIOD, goal="purchase", columns=NAMES)
    rates = asked.conversion_rate("purchase", PERIOD, "session", by="device")
    assert {
        row.segment: row.rate.k for row in goal.rows if row.segment.startswith("device = ") and "," not in row.segment
    } == {f"device = {row.group}": row.rate.k for row in rates.rows}
    steps = [page("/p"), conversion("purchase")]
    for unit in ("session", "visitor"):
        scanned = asked.segments(PERIOD, steps=steps, columns=["device"], unit=unit)
        funnel = asked.funnel(steps, PERIOD, "session", unit=unit, by="device")
        assert {row.segment: (row.rate.k, row.rate.n) for row in scanned.rows} == {
            f"device = {row.group}": (row.from_previous.k, row.from_previous.n) for row in funnel.rows if row.step == 2
        }
        for row in scanned.rows:
            assert len(scanned.sessions(row).rows) == row.rate.k
            assert len(scanned.sessions(row, lost=True).rows) == row.rate.n - row.rate.k


def test_columns_outside_the_roll_up_give_the_same(asked: Site) -> None:
    rolled = {row.segment: row.rate.k for row in asked.segments(PERIOD, goal="purchase", columns=NAMES).rows}
    events = {row.segment: row.rate.k for row in asked.segments(PERIOD, goal="purchase", columns=[*NAMES, "lang"]).rows}
    assert {name: k for name, k in events.items() if "lang" not in name} == rolled


def test_new_visitors_are_those_without_an_earlier_session(asked: Site) -> None:
    rows = asked.conversion_rate("purchase", PERIOD, "session", by="visitor_type").rows
    assert {row.group: row.rate.n for row in rows} == {"new": 1199, "returning": 1201}


def test_a_signal_is_worse_where_it_is_more_frequent(asked: Site) -> None:
    answer = asked.segments(PERIOD, signal=at_least(conversions=1), columns=NAMES)
    assert not answer.verdict.startswith("Concentrated in device = mobile")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of: goal, steps, signal"),
        ({"goal": "purchase", "unit": "visitor"}, "of a goal or a signal are of sessions"),
        ({"goal": "purchase", "columns": []}, "columns are 1 to 12"),
        ({"steps": [page("/p"), conversion("purchase")], "at": 2}, "one of them but the last"),
    ],
)
def test_impossible_scans_are_refused(asked: Site, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(BadQuestion, match=message):
        asked.segments(PERIOD, **arguments)
