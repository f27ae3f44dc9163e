"""Figures have what they should have, on light and dark ground, with and without a picture of the page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import UnknownName, between, click, conversion, page
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


def test_empty_answers_are_drawn_too(shop: Site) -> None:
    empty = between("2020-01-01", "2020-01-02")
    assert drawn(shop.heatmap("/p", empty).plot())
    assert drawn(shop.elements("/p", empty).plot())
    assert drawn(shop.scroll("/p", empty, by=None).plot())
    assert drawn(shop.scroll("/p", empty).plot())
    assert drawn(shop.funnel([page("/p"), click("Chat")], empty).plot())
    assert drawn(shop.funnel([page("/p"), click("Chat")], empty, by="device").plot())


def test_an_unknown_group_names_the_nearest(shop: Site) -> None:
    with pytest.raises(UnknownName, match="unknown group 'mobil', did you mean 'mobile'"):
        shop.heatmap("/p", PERIOD).plot(group="mobil")
