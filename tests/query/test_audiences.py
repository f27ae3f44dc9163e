"""Two audiences on a page, the way from a zone over a click to the goal, and who stands behind a form's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, UnknownName, between, where
from tests.query.shop import days, save_shops
from tests.query.worlds import DAY, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Any:
    """200 page views on telephones and 300 on desktops: 100 and 60 click Buy, and only desktops Help."""
    events: list[dict[str, Any]] = []
    for index in range(500):
        phone = index < 200
        view = {
            "at": START,
            "path": "/p",
            "device": "mobile" if phone else "desktop",
            "session_id": index,
            "visitor_id": index,
            "page_id": index,
        }
        events.append({**view, "n": 0})
        buys = index < 100 if phone else index < 260
        if buys:
            buy = {"kind": "click", "element_key": 1, "element_name": "Buy", "element_zone": "hero"}
            events.append({**view, **buy, "at": START + 100, "n": 1})
        if index % 2 == 0:
            seen = {"kind": "zone", "element_key": 9, "element_zone": "hero", "visible_ms": 400, "first_ms": 1}
            events.append({**view, **seen, "n": 2})
        if index >= 490:
            help_ = {"kind": "click", "element_key": 2, "element_name": "Help"}
            events.append({**view, **help_, "n": 3})
        if index in (0, 1, 300):
            late = 50 if index == 1 else 900
            events.append({**view, "kind": "conversion", "goal": "purchase", "at": START + late, "n": 4})
    site_id = new_site()
    save(shared, site_id, events)
    return site(shared, site_id)


def test_two_audiences_have_both_rates_and_their_difference(shop: Any) -> None:
    phones, desktops = where(device="mobile"), where(device="desktop")
    answer = shop.elements("/p", PERIOD, by=None, where=phones, versus=desktops)
    buy, help_ = answer.rows
    assert (buy.name, buy.click_rate.k, buy.click_rate.n, buy.versus.k, buy.versus.n) == ("Buy", 100, 200, 60, 300)
    assert buy.difference == pytest.approx(0.3)
    assert 0.21 < buy.low < 0.3 < buy.high < 0.39
    assert buy.q_value < 0.001
    assert (help_.clicks, help_.click_rate.k, help_.click_rate.n, help_.versus.k) == (0, 0, 200, 10)
    opposite = shop.elements("/p", PERIOD, by=None, where=desktops, versus=phones)
    assert {row.name: row.difference for row in opposite.rows} == {
        row.name: pytest.approx(-row.difference) for row in answer.rows
    }
    assert "against device = desktop" in answer.to_table()


def test_a_page_now_and_before(shared: Store, new_site: Callable[[], int]) -> None:
    """The same audience in two periods, judged; with another filter, that one holds before."""
    events: list[dict[str, Any]] = []
    for index in range(600):
        # 300 page views on each of two days, every other one on a telephone: 90 clicks before, 150 now.
        now, place = divmod(index, 300)
        view = {"at": START - (0 if now else DAY), "path": "/p", "device": ("mobile", "desktop")[index % 2],
                "session_id": index, "visitor_id": index, "page_id": index}  # fmt: skip
        events.append({**view, "n": 0})
        if place < (150 if now else 90):
            events.append({**view, "kind": "click", "element_key": 1, "element_name": "Buy", "n": 1})
    site_id = new_site()
    save(shared, site_id, events)
    asked = site(shared, site_id)
    (buy,) = asked.elements("/p", PERIOD, by=None, before="previous").rows
    assert (buy.click_rate.k, buy.click_rate.n, buy.versus.k, buy.versus.n) == (150, 300, 90, 300)
    assert buy.difference == pytest.approx(0.2)
    assert buy.low < 0.2 < buy.high
    assert buy.q_value < 0.001
    day_before = between("2026-11-01", "2026-11-02")
    said = asked.elements("/p", PERIOD, by=None, before=day_before)
    assert said.rows == (buy,)
    assert (said.versus, str(said.earlier)) == ("2026-11-01", "2026-11-01")
    assert "against 2026-11-01" in said.to_table()
    phones, desktops = where(device="mobile"), where(device="desktop")
    both = asked.elements("/p", PERIOD, by=None, where=phones, versus=desktops, before="previous")
    (row,) = both.rows
    assert (row.click_rate.k, row.click_rate.n, row.versus.k, row.versus.n) == (75, 150, 45, 150)
    assert both.versus == "device = desktop, 2026-11-01"
    (backward,) = asked.elements("/p", day_before, by=None, before=PERIOD).rows
    assert backward.difference == pytest.approx(-0.2)
    with pytest.raises(BadQuestion, match="'last year' is not a length of time"):
        asked.elements("/p", PERIOD, before="last year")


def test_a_call_to_action_is_seen_then_clicked_then_followed_by_the_goal(shop: Any) -> None:
    """Of 160 who clicked Buy one converted later, and one had converted before."""
    buy, help_ = shop.elements("/p", PERIOD, by=None, goal="purchase").rows
    assert (buy.converted.k, buy.converted.n) == (1, 160)
    seen_or_clicked = {index for index in range(500) if index % 2 == 0} | {*range(100), *range(200, 260)}
    assert (buy.exposure.k, buy.exposure.n) == (len(seen_or_clicked), 500)
    assert help_.exposure is None


@pytest.mark.parametrize("dark", [False, True])
def test_a_difference_is_a_bar_with_a_whisker(shop: Any, *, dark: bool) -> None:
    pytest.importorskip("matplotlib")
    answer = shop.elements("/p", PERIOD, by=None, where=where(device="mobile"), versus=where(device="desktop"))
    axes = answer.plot(dark=dark).axes[0]
    assert len(axes.patches) == 2
    assert "more by device = desktop" in axes.get_xlabel()
    with pytest.raises(UnknownName, match="unknown group 'x'"):
        answer.plot(group="x")
    earlier = shop.elements("/p", PERIOD, by=None, before="previous").plot(dark=dark)
    assert "Before and now on /p" in earlier.get_suptitle()
    assert "more by 2026-11-01  ·  right: more by 2026-11-02" in earlier.axes[0].get_xlabel()


def test_a_forms_sessions_are_as_many_as_its_numbers(shared: Store, new_site: Callable[[], int]) -> None:
    first = min(new_site() for _ in range(6))
    save_shops(shared, first, 77)
    since, until, *_ = days("Europe/Berlin")
    answer = site(shared, first).form("checkout", between(since, until), by="device")
    assert answer.rows
    for total in answer.totals:
        counts = {
            "viewed": total.viewed,
            "open": total.open,
            **{
                name: getattr(total, name).k
                for name in ("started", "not_started", "attempted", "failed", "succeeded", "resubmitted", "abandoned")
            },
        }
        for name, count in counts.items():
            assert len(answer.sessions(how_far=name, group=total.group).rows) == count, name
        assert total.started.k + total.not_started.k == total.viewed
    for row in answer.rows:
        assert len(answer.sessions(row.field, group=row.group).rows) == row.reached
        assert len(answer.sessions(row.field, left=True, group=row.group).rows) == row.last_field.k
    with pytest.raises(UnknownName, match="unknown field of form 'checkout' 'emial', did you mean 'email'"):
        answer.sessions("emial")
    with pytest.raises(UnknownName, match="unknown how_far 'startd', did you mean 'started'"):
        answer.sessions(how_far="startd")


def test_a_form_sent_twice_is_resubmitted(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    sent = {"at": START, "kind": "form", "form": "f", "step": "attempt"}
    events = [{**sent, "session_id": 1, "n": n} for n in (0, 1)]
    others = [{**sent, "session_id": 2, "n": 2}, {**sent, "session_id": 3, "n": 3, "step": "view"}]
    save(shared, site_id, [*events, *others])
    total = site(shared, site_id).form("f", PERIOD).totals[0]
    assert (total.resubmitted.k, total.resubmitted.n, total.not_started.k) == (1, 2, 1)


@pytest.mark.parametrize("dark", [False, True])
def test_a_form_is_a_ladder_of_its_fields(shared: Store, new_site: Callable[[], int], *, dark: bool) -> None:
    pytest.importorskip("matplotlib")
    first = min(new_site() for _ in range(6))
    save_shops(shared, first, 78)
    since, until, *_ = days("Europe/Berlin")
    answer = site(shared, first).form("checkout", between(since, until))
    reach, *others = answer.plot(dark=dark).axes
    assert [label.get_text() for label in reach.get_yticklabels()] == [row.field for row in answer.rows]
    assert len(others) == 3
    with pytest.raises(UnknownName, match="unknown group 'x'"):
        answer.plot(group="x")
    assert site(shared, first).form("checkout", between("2020-01-01", "2020-01-02")).plot(dark=dark).axes
