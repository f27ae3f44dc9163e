"""Every page in a real browser: axe finds nothing serious, the browser complains of nothing, nothing is cut off."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from collector.dashboard import page
from tests.dashboard.conftest import BEGIN, SESSION, WHEN
from tests.dashboard.test_pages import said

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.dashboard.conftest import World

OTHERS = ("/people", "/account", "/definitions", f"/sites/site-1/overview/share?{WHEN}")


@pytest.mark.parametrize("look", [("light", 390), ("dark", 1360)])
def test_pages_can_be_used_by_everybody(
    world: World, dashboard_url: str, address: str, chromium: Browser, look: Any
) -> None:
    """With a screen reader, by keyboard, with any colour vision, on a telephone; as far as axe can tell."""
    scheme, width = look
    world.state.annotate("site-1", date.fromisoformat(BEGIN), "New checkout", kind="release", by="owner")
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(f"{address}/login")
    paths = [f"/sites/site-1/{name}?{said(name, dashboard_url, 'site-1')}" for name in page.found()]
    wrong = {"/login": _serious(tab)}
    owner = next(each for each in world.state.users() if each.name == "owner")
    context.add_cookies([{"name": SESSION, "value": world.state.open_session(owner.id), "url": address}])
    for path in (*paths, *OTHERS):
        tab.goto(address + path)
        wrong[path] = _serious(tab)
        if tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong[path].append("wider than the window")
    context.close()
    assert "\n".join(f"{path}: {each}" for path, found in wrong.items() for each in found) == ""
    assert complaints == []


def test_every_colour_of_the_matrix_can_be_read() -> None:
    """4.5 to 1 between a cell's ground and its figures, in each of the three palettes (WCAG 2.2, 1.4.3)."""
    css = (Path(page.__file__).parent / "static" / "dashboard.css").read_text()
    inks = re.findall(r"--ink: (#[0-9a-f]{6})", css)
    palettes = [
        dict(re.findall(r"--(h\d|on-h9): (#[0-9a-f]{6})", line)) for line in css.splitlines() if "--h1:" in line
    ]
    assert len(inks) == len(palettes) == 3
    for ink, palette in zip(inks, palettes, strict=True):
        for place in range(1, 10):
            text = palette["on-h9"] if place > 7 else ink
            assert _contrast(palette[f"h{place}"], text) >= 4.5, (place, palette)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_notes_stand_in_the_trend_for_eyes_keyboards_and_screen_readers(
    world: World, address: str, chromium: Browser
) -> None:
    """A pin at the day, with its words on focus; Enter leads to the list; two of a day share one."""
    for text in ("New checkout", "Mail to all"):
        world.state.annotate("site-1", date.fromisoformat(BEGIN), text, by="owner")
    world.state.annotate("site-1", datetime.fromisoformat(f"{BEGIN}T22:30+00:00"), "Down", by="owner")
    context = chromium.new_context(viewport={"width": 1360, "height": 900})
    owner = next(each for each in world.state.users() if each.name == "owner")
    context.add_cookies([{"name": SESSION, "value": world.state.open_session(owner.id), "url": address}])
    tab = context.new_page()
    tab.goto(f"{address}/sites/site-1/overview?{WHEN}")
    pins = tab.locator(".pin")
    assert pins.count() == 2
    first, second = (pins.nth(each).bounding_box() for each in (0, 1))
    assert first
    assert second
    assert first["x"] < second["x"]
    pins.nth(0).focus()
    assert tab.locator(".pin:focus .tip").is_visible()
    assert "New checkout" in tab.locator(".pin:focus .tip").inner_text()
    assert "Mail to all" in (pins.nth(0).get_attribute("aria-label") or "")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.querySelector(':target .said').textContent") == "New checkout"
    tab.set_viewport_size({"width": 700, "height": 900})
    tab.wait_for_function(f"document.querySelectorAll('.pin')[1].getBoundingClientRect().x < {second['x']} - 50")
    assert tab.locator(".pin").count() == 2
    context.close()


def _serious(tab: Any) -> list[str]:
    """What axe finds that is serious or critical: the rule, and where."""
    found = Axe().run(tab).response["violations"]
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
