"""Where do people click on a page, how far down do they get, and what do they pass over?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.dashboard.known import known
from collector.dashboard.page import Choice, Page, Panel

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_BOXES = 60


def _paths(ask: Ask) -> list[tuple[str, str]]:
    return [(path, path) for path in known(ask.site).of("page")]


def _path(ask: Ask) -> str:
    return ask.choice("path") or "/"


def _nothing(ask: Ask) -> str:
    seen = ask.view.get("path") or known(ask.site).of("page")
    return "" if seen else "No page was seen in the last 90 days."


def _devices(ask: Ask) -> str:
    """The device whose clicks are drawn: the one that was chosen, else the one with the most page views."""
    found = ask.once("views", lambda: ask.site.scroll(_path(ask), ask.period, by="device", **ask.common))
    views = found.page_views
    chosen = ask.view.get("device")
    return chosen if chosen in views else max(views, key=views.get, default="")


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    heat, elements, scroll = (answer(name).given for name in ("heat", "elements", "scroll"))
    device = _devices(ask) if heat is not None else ""
    more: dict[str, Any] = {"device": device, "views": scroll.page_views if scroll is not None else {},
                            "path": _path(ask), "map": None, "reach": (), "fixed": 0}  # fmt: skip
    if heat is None or elements is None or scroll is None:
        return more
    cells = [row for row in heat.rows if row.group == device]
    boxes = [row for row in elements.rows if row.group == device and row.width and row.height]
    width = max((row.page_width for row in boxes), default=1280)
    more["map"] = {
        "width": width,
        "cells": [[row.x_pct, row.y_px, row.clicks] for row in cells if row.layer == "page"],
        "boxes": [
            [row.x / max(1, row.page_width), row.y, row.width / max(1, row.page_width), row.height,
             row.name or row.role, row.clicks, row.dead]
            for row in boxes[:_BOXES] if not row.fixed
        ],
    }  # fmt: skip
    more["fixed"] = sum(row.clicks for row in cells if row.layer != "page")
    more["clicks"] = heat.clicks.get(device, 0)
    more["reach"] = [row for row in scroll.rows if row.group == device]
    return more


def _visits(ask: Ask, name: str, row: Any) -> str:
    """From an element, its dead and its rage clicks to the visits that had them."""
    what = {"name": "did:click", "dead": "dead", "rage": "rage"}.get(name)
    if what is None or not row.name or not getattr(row, name):
        return ""
    filters = [*ask.view.all("where"), f"{what}:{row.name}"]
    return ask.view.url("sessions", where=filters)


def _goal(ask: Ask) -> dict[str, Any]:
    return {"goal": ask.goal} if ask.goal else {}


PAGE = Page(
    title="Page",
    question="Where do people click, how far down do they get, and what do they pass over?",
    group="Behaviour",
    order=1,
    template="heat.html",
    has_goal=True,
    choices=(Choice("path", "Page", _paths, closed=False),),
    panels=(
        Panel("heat", "Clicks", lambda ask: ask.site.heatmap(_path(ask), ask.period, **ask.common),
              needs=_nothing),
        Panel("scroll", "How far down", lambda ask: ask.site.scroll(_path(ask), ask.period, **ask.common), limit=80,
              needs=_nothing, heads={"group": "device"}),
        Panel("elements", "What is clicked", lambda ask: ask.site.elements(_path(ask), ask.period, **ask.common),
              columns=("name", "item", "role", "zone", "group", "clicks", "click_rate", "dead", "rage", "visitors"),
              bar="clicks", limit=40, needs=_nothing, heads={"group": "device"}, href=_visits),
        Panel("zones", "What is seen", lambda ask: ask.site.zones(_path(ask), ask.period, **_goal(ask), **ask.common),
              columns=("zone", "group", "exposure", "visible_ms", "click_rate", "attractiveness", "ignored",
                       "converted", "others", "q_value"),
              needs=_nothing, heads={"group": "device"}, note="Zones from the top of the page down: seen, and clicked.",
              empty="No zone of this page was seen. Mark one: <section data-footpath-zone=\"reviews\">."),
    ),
    more=_more,
)  # fmt: skip
