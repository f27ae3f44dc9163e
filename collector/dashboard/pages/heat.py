"""Where do people click on a page, how far down do they get, and what do they pass over?

Of one audience or of two, or of one now and before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from collector.dashboard.known import known
from collector.dashboard.page import Choice, Page, Panel
from collector.dashboard.versus import offers, versus
from collector.query import BadQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from collector.dashboard.page import Ask
    from collector.dashboard.versus import Versus
    from collector.query import Filter, Period, Result

_BOXES: Final = 80
_LAYERS: Final = (("both", "clicks and elements"), ("cells", "clicks"), ("boxes", "elements"))
_GROUNDS: Final = (("skeleton", "the page, drawn"), ("picture", "a picture"), ("none", "nothing"))


def _paths(ask: Ask) -> list[tuple[str, str]]:
    return [(path, path) for path in known(ask.site).of("page")]


def _path(ask: Ask) -> str:
    return ask.choice("path") or "/"


def _nothing(ask: Ask) -> str:
    seen = ask.view.get("path") or known(ask.site).of("page")
    return "" if seen else "No page was seen in the last 90 days."


def _nobody(ask: Ask) -> str:
    return _nothing(ask) or ("" if ask.view.get("versus") else "Choose whom to compare with.")


def _versus(ask: Ask) -> Versus | None:
    found: Versus | None = ask.once("versus", lambda: versus(ask))
    return found


def _first(ask: Ask) -> dict[str, Any]:
    """What the first audience is asked with."""
    found = _versus(ask)
    return _asked(ask, ask.period, ask.where if found is None else found.first)


def _other(ask: Ask) -> dict[str, Any]:
    found = _versus(ask)
    if found is None:
        raise BadQuestion("choose whom to compare with")
    return _asked(ask, found.earlier or ask.period, found.other)


def _asked(ask: Ask, period: Period, who: Filter | None) -> dict[str, Any]:
    return {"period": period, **({"where": who} if who is not None else {}), **_bots(ask)}


def _bots(ask: Ask) -> dict[str, Any]:
    return {"bots": True} if ask.bots else {}


def _goal(ask: Ask) -> dict[str, Any]:
    return {"goal": ask.goal} if ask.goal else {}


def _fared(said: Callable[[Ask], dict[str, Any]]) -> Callable[[Ask], dict[str, Any]]:
    """Also how many saw an element, and how many reached the goal after a click on it."""
    return lambda ask: {**_goal(ask), **said(ask)}


def _device(ask: Ask, views: dict[str, int], wanted: str = "") -> str:
    """The device whose clicks are drawn: the one that was chosen, else the one with the most page views."""
    for each in (ask.view.get("device"), wanted):
        if each in views:
            return each
    return max(views, key=lambda name: views[name], default="")


def _apart(ask: Ask) -> bool:
    """Whether no device has page views of both audiences, so that only all together can be compared."""
    found: bool = ask.once("apart", lambda: _are_apart(ask))
    return found


def _are_apart(ask: Ask) -> bool:
    first, other = (ask.site.scroll(_path(ask), **said(ask)).page_views for said in (_first, _other))
    return not set(first) & set(other)


def _compared(ask: Ask) -> Result[Any]:
    found = _versus(ask)
    by: dict[str, Any] = {"by": None} if _apart(ask) else {}
    others = {"before": found.earlier} if found and found.earlier else {"versus": _other(ask)["where"]}
    return ask.site.elements(_path(ask), **by, **others, **_first(ask))


def _compared_columns(ask: Ask) -> tuple[str, ...]:
    device = () if _apart(ask) else ("group",)
    return ("name", "item", "role", "zone", *device, "click_rate", "versus", "difference", "low", "high", "q_value")


def _word(place: int) -> Callable[[Ask], str]:
    def word(ask: Ask) -> str:
        found = _versus(ask)
        return found.words[place] if found is not None else ""

    return word


@dataclass(frozen=True, slots=True)
class Side:
    """An audience's half of the page. `map` is what the canvas draws, `reach` the rows of the device's curve, `drawn`
    which skeleton lies behind it."""

    words: str
    device: str
    drawn: str
    views: int
    clicks: int
    fixed: int
    map: dict[str, Any]
    reach: Sequence[Any]

    @property
    def attention(self) -> list[tuple[int, float]]:
        """Each band's beginning, %, and the seconds for which each page view that got there was in use with it."""
        return [(row.from_pct, row.engaged_s / row.reach.k if row.reach.k else 0.0) for row in self.reach]


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found = _versus(ask)
    views = [each.page_views for name in ("scroll", "scroll_other") if (each := answer(name).given) is not None]
    layer, ground = _chosen(ask, "layer", _LAYERS), _chosen(ask, "ground", _GROUNDS)
    more: dict[str, Any] = {"path": _path(ask), "sides": (), "views": {}, "device": "", "versus": None,
                            "layer": layer, "ground": ground, "layers": _LAYERS, "grounds": _GROUNDS,
                            "others": ask.view.hidden("versus"), "skeletons": {}}  # fmt: skip
    if answer("heat").given is None or answer("elements").given is None or not views:
        return more
    first = _side(ask, answer, "", _device(ask, views[0]))
    sides = [first]
    if len(views) > 1 and answer("heat_other").given is not None and answer("elements_other").given is not None:
        sides.append(_side(ask, answer, "_other", _device(ask, views[1], first.device)))
    devices = {name: [each.get(name, 0) for each in views] for name in dict.fromkeys([*views[0], *views[-1]])}
    top = max((cell[2] / max(1, side.views) for side in sides for cell in side.map["cells"]), default=0.0)
    best = max((box["rate"] for side in sides for box in side.map["boxes"]), default=0.0)
    for side in sides:
        side.map.update(top=top * max(1, side.views), best=best, skeleton=side.drawn)
    skeletons = {
        side.drawn: _skeleton(ask, side.device, said(ask)["period"])
        for side, said in zip(sides, (_first, _other), strict=False)
    }
    return more | {"sides": sides, "views": devices, "device": first.device, "versus": found, "skeletons": skeletons,
                   "map": first.map}  # fmt: skip


def _chosen(ask: Ask, name: str, options: Sequence[tuple[str, str]]) -> str:
    said = ask.view.get(name)
    return said if said in [value for value, _ in options] else options[0][0]


def _side(ask: Ask, answer: Any, name: str, device: str) -> Side:
    heat, elements, scroll = (answer(f"{each}{name}").given for each in ("heat", "elements", "scroll"))
    versus_ = _versus(ask)
    cells = [row for row in heat.rows if row.group == device]
    rows = [row for row in elements.rows if row.group == device and row.width and row.height]
    boxes = [
        {
            "x": row.x / max(1, row.page_width), "y": row.y, "w": row.width / max(1, row.page_width), "h": row.height,
            "name": " · ".join(filter(None, (row.name or row.role or row.selector, row.item))), "clicks": row.clicks,
            "dead": row.dead, "rage": row.rage, "rate": row.click_rate.rate or 0.0, "fixed": row.fixed,
            "href": _visits(ask, "name", row) if versus_ is None else "",
        }
        for row in rows
    ]  # fmt: skip
    reached = [row for row in scroll.rows if row.group == device]
    return Side(
        words=versus_.words[1 if name else 0] if versus_ is not None else "",
        device=device,
        drawn=f"{device} before" if name and versus_ is not None and versus_.earlier is not None else device,
        views=scroll.page_views.get(device, 0),
        clicks=heat.clicks.get(device, 0),
        fixed=sum(row.clicks for row in cells if row.layer != "page"),
        map={
            "width": max((row.page_width for row in rows), default=1280),
            "cells": [[row.x_pct, row.y_px, row.clicks] for row in cells],
            "boxes": boxes[:_BOXES],
            "reach": [[row.from_pct, row.reach.rate or 0.0] for row in reached],
        },
        reach=reached,
    )


def _skeleton(ask: Ask, device: str, when: Period) -> dict[str, Any] | None:
    """The page as it was drawn last on the device, with when that was; None: it never was."""
    if not device:
        return None
    found = _seen(ask, device, when)
    shown = drawn(found)
    if shown is not None and found.seen is not None:
        several = f", the last of {found.versions} layouts in this period" if found.versions > 1 else ""
        shown["said"] = f"The page as it looked on {found.seen:%Y-%m-%d}{several}."
    return shown


def _seen(ask: Ask, device: str, when: Period) -> Any:
    """The page's skeleton on the device in that period."""
    return ask.once(f"skeleton {device} {when}", lambda: ask.site.skeleton(_path(ask), when, device, **_bots(ask)))


def _over_page(ask: Ask, result: Any) -> Figure:
    """The picture of clicks or elements over the page as it was drawn, on the device that is shown."""
    device = _device(ask, result.page_views)
    group = device if any(row.group == device for row in result.rows) else None
    ground = None
    if device and _chosen(ask, "ground", _GROUNDS) != "none":
        found = _seen(ask, device, result.call.arguments["period"])
        ground = found if found.rows else None
    drawn: Figure = result.plot(group=group, background=ground)
    return drawn


def drawn(found: Any) -> dict[str, Any] | None:
    """A skeleton as `skeleton.js` takes it; None: there is none."""
    if not found.rows:
        return None
    boxes = [[row.role, row.level, row.x, row.y, row.width, row.height, row.name] for row in found.rows]
    return {"width": found.page_width, "height": found.page_height, "boxes": boxes}


def _visits(ask: Ask, name: str, row: Any) -> str:
    """From an element, its dead and its rage clicks to the visits that had them."""
    what = {"name": "did:click", "dead": "dead", "rage": "rage"}.get(name)
    if what is None or not row.name or not getattr(row, name):
        return ""
    filters = [*ask.view.all("where"), f"{what}:{row.name}"]
    return ask.view.url("sessions", where=filters)


def _ask(report: str, said: Callable[[Ask], dict[str, Any]]) -> Callable[[Ask], Result[Any]]:
    def ask(ask: Ask) -> Result[Any]:
        found: Result[Any] = getattr(ask.site, report)(_path(ask), **said(ask))
        return found

    return ask


_DEVICE: Final = {"group": "device"}
_CLICKED: Final = (
    "name", "item", "role", "zone", "group", "exposure", "clicks", "click_rate", "dead", "rage", "visitors",
    "converted",
)  # fmt: skip

PAGE = Page(
    title="Page",
    question="Where do people click, how far down do they get, and what do they pass over?",
    group="Behaviour",
    order=1,
    template="heat.html",
    has_goal=True,
    choices=(
        Choice("path", "Page", _paths, closed=False),
        Choice("versus", "Side by side", offers, closed=False),
    ),
    panels=(
        Panel("heat", "Clicks", _ask("heatmap", _first), needs=_nothing, plot=_over_page),
        Panel("heat_other", "Clicks, the other side", _ask("heatmap", _other), needs=_nobody, plot=_over_page),
        Panel("scroll", "How far down", _ask("scroll", _first), limit=80, needs=_nothing, heads=_DEVICE),
        Panel("scroll_other", "How far down, the other side", _ask("scroll", _other), limit=80, needs=_nobody,
              heads=_DEVICE),
        Panel("compared", "What is clicked on either side", _compared, columns=_compared_columns, limit=40,
              needs=_nobody, compares=False, href=_visits,
              heads={**_DEVICE, "click_rate": _word(0), "versus": _word(1), "low": "from", "high": "to",
                     "q_value": "q"},
              note="Click rate: page views with a click on it. The difference is that of the first to the second, with "
                   "its 95 % interval; bold q of 0.05 or less: judged real."),
        Panel("elements", "What is clicked", _ask("elements", _fared(_first)), columns=_CLICKED,
              bar="clicks", limit=40, needs=_nothing, heads=_DEVICE, href=_visits, plot=_over_page),
        Panel("elements_other", "What is clicked, the other side", _ask("elements", _fared(_other)),
              columns=_CLICKED, bar="clicks", limit=40, needs=_nobody, heads=_DEVICE, href=_visits, plot=_over_page),
        Panel("zones", "What is seen", lambda ask: ask.site.zones(_path(ask), **_goal(ask), **_first(ask)),
              columns=("zone", "group", "exposure", "visible_ms", "click_rate", "attractiveness", "ignored",
                       "converted", "others", "q_value"),
              needs=_nothing, heads=_DEVICE, note="Zones from the top of the page down: seen, and clicked.",
              empty="No zone of this page was seen. Mark one: <section data-footpath-zone=\"reviews\">."),
    ),
    more=_more,
)  # fmt: skip
