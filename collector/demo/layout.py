"""Where everything stands on the shop's pages, as measured in a browser (demo/tools)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from collector import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

Device = Literal["desktop", "tablet", "mobile"]
Size = tuple[int, int]
Rect = tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """An element on a page: its description as on the wire, without `rect`, and its rectangle per device.

    Rectangles are x, y, width, height in CSS px of a page that is not scrolled.
    """

    element: Mapping[str, Any]
    rects: Mapping[Device, Rect]


@dataclass(frozen=True)
class Page:
    """A page of the shop.

    `places` names what a visitor can aim at: `link:/cart`, `add:cairn-mug`, `zone:film`. `skeletons` has per device the
    fields of a `skeleton` event: what the page looks like.
    """

    path: str
    title: str
    type: str
    documents: Mapping[Device, Size]
    places: Mapping[str, tuple[Place, ...]]
    skeletons: Mapping[Device, Mapping[str, Any]]


@dataclass(frozen=True)
class Layout:
    """All measured pages.

    `sticky` is how far a page scrolls, in px, before its header sticks to the top; `prices` are in euros.
    """

    viewports: Mapping[Device, Size]
    sticky: Mapping[Device, int]
    prices: Mapping[str, int]
    pages: Mapping[str, Page]


@cache
def measured() -> Layout:
    """The layout that ships with the shop.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    raw, drawn = (_read(name) for name in ("layout.json", "skeletons.json"))
    pages = {
        address: _page(address, page, raw["elements"], _skeletons(drawn["pages"][address], drawn["boxes"]))
        for address, page in raw["pages"].items()
    }
    viewports = {device: (size[0], size[1]) for device, size in raw["viewports"].items()}
    return Layout(viewports, raw["sticky"], raw["prices"], pages)


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((resources.folder("demo") / name).read_text(encoding="utf-8"))
    return found


def _skeletons(drawn: dict[Device, dict[str, Any]], boxes: list[Any]) -> dict[Device, dict[str, Any]]:
    return {device: told | {"boxes": [boxes[place] for place in told["boxes"]]} for device, told in drawn.items()}


def _page(
    address: str, raw: dict[str, Any], elements: list[dict[str, Any]], skeletons: Mapping[Device, Mapping[str, Any]]
) -> Page:
    documents: dict[Device, Size] = {device: (size[0], size[1]) for device, size in raw["documents"].items()}
    places = {
        handle: tuple(
            Place(elements[index], {name: _rect(box) for name, box in rects.items()}) for index, rects in found
        )
        for handle, found in raw["places"].items()
    }
    return Page(address.partition("#")[0], raw["title"], raw["type"], documents, places, skeletons)


def _rect(box: list[int]) -> Rect:
    return (box[0], box[1], box[2], box[3])
