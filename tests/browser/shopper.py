"""Somebody with a mouse and a keyboard in a real tab, who writes down what they did and what they saw."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CONTROL = "a, button, input, select, summary, label"

_MEASURE = """([x, y, control]) => {
  const hit = document.elementFromPoint(x, y);
  const box = (hit.closest(control) || hit).getBoundingClientRect();
  return {
    x: x + scrollX, y: y + scrollY, vx: x, vy: y,
    ex: Math.round((x - box.x) / box.width * 1000), ey: Math.round((y - box.y) / box.height * 1000),
    element_width: Math.round(box.width), element_height: Math.round(box.height),
  };
}"""
_PLACE = "[scrollY, innerHeight, document.documentElement.scrollHeight, document.documentElement.scrollWidth]"


@dataclass
class Stay:
    """A page as the visitor knows it; times are Unix ms, lengths CSS px.

    It was `asked` for; it was `left` by a click, and `gone` once the next one was there.
    """

    path: str
    title: str
    asked: float
    clicks: list[dict[str, Any]] = field(default_factory=list)
    first_input: float = 0.0
    left: float = 0.0
    gone: float = 0.0
    bottom: int = 0
    height: int = 0
    width: int = 0

    @property
    def depth_pct(self) -> float:
        """The lowest line that was in view, in % of the height."""
        return 100 * self.bottom / self.height


class Shopper:
    """Moves through a tab; `stays` are the pages in their order."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.stays: list[Stay] = []

    @property
    def here(self) -> Stay:
        """The page that is open now."""
        return self.stays[-1]

    def arrive(self, url: str = "") -> None:
        """Open an address, or take note of the page that a click has just opened."""
        asked = self.here.left if self.stays else now()
        if url:
            self.tab.goto(url)
        self.tab.wait_for_load_state()
        path = str(self.tab.evaluate("location.pathname"))
        self.stays.append(Stay(path, self.tab.title(), asked))
        self.pause(700)

    def pause(self, ms: float) -> None:
        """Wait; then see where on the page that is."""
        self.tab.wait_for_timeout(ms)
        top, view, self.here.height, self.here.width = self.tab.evaluate(_PLACE)
        self.here.bottom = max(self.here.bottom, round(top + view))

    def click(self, target: Locator, across: float = 0.5, down: float = 0.5, times: int = 1) -> None:
        """Click at a share of the element's box, `times` in quick succession."""
        x, y = self._aim(target, across, down)
        for _ in range(times):
            self._note(self.tab.evaluate(_MEASURE, [x, y, CONTROL]) | {"pointer": "mouse"})
            self.tab.mouse.click(x, y)

    def double_click(self, target: Locator, across: float = 0.5, down: float = 0.5) -> None:
        """Two clicks that the browser calls a double click."""
        x, y = self._aim(target, across, down)
        for _ in range(2):
            self._note(self.tab.evaluate(_MEASURE, [x, y, CONTROL]) | {"pointer": "mouse"})
        self.tab.mouse.dblclick(x, y)

    def follow(self, target: Locator, across: float = 0.5, down: float = 0.5) -> None:
        """Click something that leads to another page, and wait for that."""
        with self.tab.expect_navigation():
            self.click(target, across, down)
            self.here.left = now()
        self.here.gone = now()
        self.arrive()

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Activate what has the focus by key; its click is in its middle."""
        box = target.evaluate("(node) => { const {x, y, width, height} = node.getBoundingClientRect();"
                              " return [x + width / 2, y + height / 2]; }")  # fmt: skip
        assert target.evaluate("(node) => node === document.activeElement"), "the focus is elsewhere"
        found = self.tab.evaluate(_MEASURE, [*box, CONTROL])
        whole = {name: int(found[name] + 0.5) for name in ("x", "y", "vx", "vy")}
        self._note(found | whole | {"ex": 500, "ey": 500, "pointer": "keyboard"})
        self.tab.keyboard.press(key)

    def keys(self, *keys: str) -> None:
        """Press keys or chords, one after another."""
        for key in keys:
            self.tab.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type letter by letter."""
        self.tab.keyboard.type(text, delay=8)

    def scroll_to(self, top: int) -> None:
        """Turn the wheel until this line is at the top of the window."""
        self._touch()
        self.tab.mouse.wheel(0, top - int(self.tab.evaluate("scrollY")))
        self.tab.wait_for_function("(top) => Math.abs(scrollY - top) < 1", arg=top)
        self.pause(400)

    def close(self) -> None:
        """Close the tab as a person does."""
        self.here.left = now()
        self.tab.close(run_before_unload=True)
        self.here.gone = now()

    def _aim(self, target: Locator, across: float, down: float) -> tuple[int, int]:
        box = target.bounding_box()
        assert box, "it is not on the page"
        x, y = int(box["x"] + box["width"] * across), int(box["y"] + box["height"] * down)
        assert target.evaluate("(node, [x, y]) => node.contains(document.elementFromPoint(x, y))", [x, y]), (
            f"something else is at {x}, {y}"
        )
        return x, y

    def _note(self, click: dict[str, Any]) -> None:
        self._touch()
        self.here.clicks.append(click | {"at": now(), "path": self.here.path, "width": self.here.width})

    def _touch(self) -> None:
        self.here.first_input = self.here.first_input or now()


def now() -> float:
    """Unix ms."""
    return time.time_ns() / 1e6
