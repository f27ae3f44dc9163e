"""Figures have what they should have, on light and dark ground, with and without a picture of the page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, UnknownName, between, click, conversion, page
from collector.query.reports.traffic import MEASURES
from tests.query.worlds import HOUR, ms, save, site

pytest.importorskip("matplotlib")

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

PERIOD = between("2026-11-02", "2026-11-03")
START = ms("2026-11-02T12:00:00")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id, events = new_site(), []
    for index in range(30):
        view = {
            "page_at": START,
            "path": "/p",
            "visitor_id": index + 1,
            "session_id": index + 1,
            "page_id": index + 1,
            "device": "mobile" if index % 3 else "desktop",
        }
        events += [
            {**view, "at": START, "n": 0},
            {**view, "at": START + 1, "kind": "engagement", "reached": [0, 1], "n": 1},
            {
                **view,
                "at": START + 2,
                "kind": "click",
                "element_key": 1,
                "element_name": "Buy $x_1$ <b>",
                "x": 500,
                "y": 400,
                "element_x": 450,
                "element_y": 380,
                "element_width": 100,
                "element_height": 40,
                "n": 2,
            },
            {
                **view,
                "at": START + 3,
                "kind": "click",
                "element_key": 2,
                "element_name": "Chat",
                "element_fixed": True,
                "vx": 900,
                "vy": 700,
                "element_x": 880,
                "element_y": 680,
                "element_width": 40,
                "element_height": 40,
                "n": 3,
            },
        ]
    events.append({"at": START + HOUR, "kind": "conversion", "goal": "purchase", "visitor_id": 1, "n": 9})
    save(shared, site_id, events)
    return site(shared, site_id)


@pytest.fixture(scope="module")
def picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (1000, 1500), "white").save(out, "PNG")
    return out.getvalue()


def drawn(figure: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


@pytest.mark.parametrize("dark", [False, True])
def test_a_heatmap_has_a_layer_for_the_page_and_one_for_what_is_fixed(
    shop: Site, picture: bytes, *, dark: bool
) -> None:
    figure = shop.heatmap("/p", PERIOD).plot(background=picture, dark=dark)
    page_axes, fixed_axes, legend = figure.axes
    assert [len(axes.images) for axes in (page_axes, fixed_axes)] == [2, 1]
    assert not page_axes.patches
    assert "clicks per cell" in legend.get_ylabel()
    title = figure.get_suptitle()
    assert "/p, mobile" in title
    assert "n = 40 clicks, 20 page views" in title
    assert "2026-11-02" in title
    assert drawn(figure).startswith(b"\x89PNG")


def test_without_a_picture_the_elements_are_outlined(shop: Site) -> None:
    figure = shop.heatmap("/p", PERIOD).plot(group="desktop")
    assert len(figure.axes[0].patches) == 1
    assert [text.get_text() for text in figure.axes[0].texts] == [r"Buy \$x_1\$ <b>"]
    assert drawn(figure)


def test_elements_are_boxes_with_their_clicks(shop: Site, picture: bytes, tmp_path: Any) -> None:
    file = tmp_path / "page.png"
    file.write_bytes(picture)
    figure = shop.elements("/p", PERIOD, by=None).plot(background=file)
    assert len(figure.axes[0].patches) == 2
    assert sorted(text.get_text() for text in figure.axes[0].texts) == [r"Buy \$x_1\$ <b> · 30", "Chat · 30"]
    assert drawn(figure)


def test_scroll_is_a_curve_and_a_band_for_each_group(shop: Site, picture: bytes) -> None:
    alone = shop.scroll("/p", PERIOD).plot()
    assert [len(alone.axes[0].lines), len(alone.axes[0].collections)] == [2, 2]
    beside = shop.scroll("/p", PERIOD, by=None).plot(background=picture, dark=True)
    assert [len(beside.axes), len(beside.axes[0].images), len(beside.axes[1].lines)] == [2, 1, 1]
    assert drawn(alone) != drawn(beside)


def test_a_funnel_is_a_bar_a_whisker_and_a_label_for_each_step_and_group(shop: Site) -> None:
    steps = [page("/p"), click("Buy*"), conversion("purchase")]
    axes = shop.funnel(steps, PERIOD, by="device").plot().axes[0]
    assert [len(axes.patches), len(axes.texts)] == [6, 6]
    assert len(axes.containers) == 12
    assert "lost after it" in axes.texts[1].get_text()
    assert drawn(shop.funnel(steps, PERIOD).plot(dark=True))


def test_paths_are_a_column_for_each_step_and_a_band_for_each_way(shop: Site) -> None:
    axes = shop.paths(PERIOD, of="click", depth=2).plot().axes[0]
    assert [text.get_text().splitlines()[0] for text in axes.texts] == ["(entry)", "/p", r"click Buy \$x_1\$ <b>"]
    assert len(axes.collections) == 2
    backward = shop.paths(PERIOD, end=page("/p"), depth=2).plot(dark=True)
    assert [tick.get_text() for tick in backward.axes[0].get_xticklabels()] == ["1 before", "end"]
    assert drawn(backward)


def test_a_session_is_a_band_for_each_page_view_and_a_mark_for_what_happened(shop: Site) -> None:
    axes = shop.session(1).plot().axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["/p"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["click", "conversion"]
    assert [text.get_text() for text in axes.texts] == ["converted: purchase"]
    assert drawn(shop.session(1).plot(dark=True))


def test_segments_are_a_mark_with_its_interval_each(shop: Site) -> None:
    axes = shop.segments(PERIOD, goal="purchase", columns=["device", "browser"]).plot(dark=True).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["device = mobile", "device = desktop"]
    assert [text.get_text().split(" · ")[1] for text in axes.texts] == ["not judged"] * 2
    assert drawn(shop.segments(PERIOD, goal="purchase").plot())


def test_empty_answers_are_drawn_too(shop: Site) -> None:
    empty = between("2020-01-01", "2020-01-02")
    assert drawn(shop.heatmap("/p", empty).plot())
    assert drawn(shop.elements("/p", empty).plot())
    assert drawn(shop.scroll("/p", empty, by=None).plot())
    assert drawn(shop.scroll("/p", empty).plot())
    assert drawn(shop.funnel([page("/p"), click("Chat")], empty).plot())
    assert drawn(shop.paths(empty).plot())
    assert drawn(shop.segments(empty, goal="purchase").plot())
    assert drawn(shop.funnel([page("/p"), click("Chat")], empty, by="device").plot())


def test_an_unknown_group_names_the_nearest(shop: Site) -> None:
    with pytest.raises(UnknownName, match="unknown group 'mobil', did you mean 'mobile'"):
        shop.heatmap("/p", PERIOD).plot(group="mobil")


def test_traffic_is_a_trend_over_the_period_before_or_a_row_for_each_group(shop: Site) -> None:
    week = between("2026-10-30", "2026-11-06")
    trend = shop.traffic(week, goal="purchase").plot()
    assert len(trend.axes) == 3
    assert [text.get_text() for text in trend.axes[0].get_legend().get_texts()] == ["this period", "the earlier period"]
    assert "n = 30 sessions of 30 visitors" in trend.get_suptitle()
    assert len(shop.traffic(week).plot(previous=False, dark=True).axes[0].lines) == 1
    groups = shop.traffic(week, by="device", goal="purchase").plot(dark=True)
    assert [len(groups.axes), len(groups.axes[0].patches), len(groups.axes[1].containers)] == [3, 2, 2]
    assert drawn(trend) != drawn(groups)


def test_one_measure_of_traffic_is_drawn_as_its_rows_say(shop: Site) -> None:
    """Each by itself, rates with their band, the earlier period faintly; a measure that was not asked for is said."""
    week = between("2026-10-30", "2026-11-06")
    asked = shop.traffic(week, goal="purchase")
    for name in MEASURES:
        (axes,) = asked.plot(measure=name).axes
        assert axes.get_ylabel().startswith(MEASURES[name])
        assert axes.get_ylim()[0] == 0
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["this period", "the earlier period"]
    (axes,) = asked.plot(measure="sessions", previous=False).axes
    assert [*axes.lines[0].get_ydata()] == [row.sessions for row in asked.rows]
    rated = [row for row in asked.rows if row.conversion is not None and row.conversion.rate is not None]
    assert rated
    (axes,) = asked.plot(measure="conversion", previous=between("2026-10-23", "2026-10-30"), dark=True).axes
    assert [*axes.lines[1].get_ydata()] == [100 * row.conversion.rate for row in rated]  # type: ignore[union-attr, operator]
    assert len(axes.collections) == 1
    with pytest.raises(UnknownName, match="unknown measure 'convers', did you mean 'conversion'"):
        asked.plot(measure="convers")
    with pytest.raises(BadQuestion, match="revenue is about a goal: ask with goal="):
        shop.traffic(week).plot(measure="revenue")
    with pytest.raises(BadQuestion, match="visitors is drawn over time: ask with every='day'"):
        shop.traffic(week, by="device").plot(measure="visitors")


def test_landing_and_exit_pages_are_bars_and_whiskers(shop: Site) -> None:
    landing = shop.landing_pages(PERIOD, goal="purchase").plot()
    assert [len(axes.containers) for axes in landing.axes] == [1, 1, 1]
    exits = shop.exit_pages(PERIOD, by="device").plot(dark=True)
    assert exits.axes[0].get_yticklabels()[0].get_text() == "/p · mobile"
    assert drawn(landing)
    assert drawn(exits)


def test_attribution_has_a_mark_for_each_rule(shop: Site) -> None:
    figure = shop.attribution("purchase", PERIOD).plot()
    assert len(figure.axes[0].lines) == 1 + 8
    assert [text.get_text() for text in figure.legends[0].get_texts()][:3] == ["first", "last", "last non-direct"]
    assert drawn(figure)
    assert drawn(shop.attribution("purchase", PERIOD).plot(dark=True))


def test_retention_is_a_triangle_with_empty_cells_or_a_curve_for_each_group(shop: Site) -> None:
    weeks = between("2026-11-02", "2026-11-23")
    triangle = shop.retention(weeks, length=2).plot()
    texts = [text.get_text() for text in triangle.axes[0].texts]
    # Of three weeks the clock has seen the first three and no more, and only the first has visitors.
    assert texts == ["100", "0", "0", "100", "0", "0"]
    curves = shop.retention(weeks, by="device", length=2).plot(dark=True)
    assert len(curves.axes[0].lines) == 2
    assert drawn(triangle) != drawn(curves)


def test_time_to_value_is_a_curve_with_a_band_for_each_group(shop: Site) -> None:
    figure = shop.time_to_value(page("/p"), conversion("purchase"), PERIOD, by="device").plot()
    assert [len(figure.axes[0].lines), len(figure.axes[0].collections)] == [3, 2]
    assert figure.axes[0].get_xlabel().startswith("days after page /p")
    assert drawn(figure)


def test_empty_answers_of_acquisition_are_drawn_too(shop: Site) -> None:
    empty = between("2020-01-01", "2020-01-02")
    assert drawn(shop.traffic(empty).plot())
    assert drawn(shop.traffic(empty, by="device").plot())
    assert drawn(shop.landing_pages(empty).plot())
    assert drawn(shop.exit_pages(empty).plot())
    assert drawn(shop.attribution("purchase", empty).plot())
    assert drawn(shop.retention(empty).plot())
    assert drawn(shop.retention(empty, by="device").plot())
    assert drawn(shop.time_to_value(page("/p"), conversion("purchase"), empty).plot())
    assert drawn(shop.time_to_value(page("/p"), conversion("purchase"), empty, by="device").plot())
