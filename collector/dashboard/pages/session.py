"""What happened in one visit, in words and as it looked?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from collector.dashboard import connection
from collector.dashboard.page import Page, Panel
from collector.dashboard.pages.heat import drawn
from collector.query import QueryError, between

if TYPE_CHECKING:
    from collector.dashboard.page import Ask

_MOST: Final = 1500
_SKELETONS: Final = 20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS: Final = {"dead": "dead", "rage": "rage", "error": "then an error"}


def _id(ask: Ask) -> str:
    """The visit: that of the address, or the next one of the list after a place in it, with the same filters."""
    after = ask.view.get("after")
    if ask.view.get("id") or not after:
        return ask.view.get("id")
    listed = ask.once("next", lambda: ask.site.sessions(ask.period, limit=1, after=after, **ask.common)).rows
    return listed[0].session_id if listed else ""


def _needs(ask: Ask) -> str:
    if _id(ask):
        return ""
    return "That was the earliest visit." if ask.view.get("after") else "Choose a visit on the page Sessions."


def _more(ask: Ask, answer: Any) -> dict[str, Any]:
    found, replay = answer("session").given, answer("replay").given
    if found is None:
        return {"views": [], "rows": [], "replay": None}
    rows = found.rows[:_MOST]
    views = [(each[0].page, each) for _, lines in groupby(rows, lambda row: row.page_id) if (each := list(lines))]
    at = f"{round((rows[0].time - _EPOCH) / timedelta(milliseconds=1))}-{found.session_id}"
    more = {"views": views, "rows": rows, "found": found, "words": _WORDS,
            "here": ask.view.url(None, after=None, id=found.session_id),
            "next": ask.view.url(None, after=at, id=None)}  # fmt: skip
    if replay is None or not replay.rows:
        return {**more, "replay": None, "stumbles": {}, "duration": _ms(rows[-1].offset)}
    wrong = [row for row in replay.rows if row.friction]
    played = _played(ask, replay, rows)
    return {**more, "replay": played, "trails": replay.trails, "duration": played["duration"],
            "stumbles": {(row.page_id, row.offset): row.friction for row in wrong}}  # fmt: skip


def _played(ask: Ask, replay: Any, rows: Any) -> dict[str, Any]:
    """What the player needs: pages with their skeletons, and the moments as lists."""
    places = {page_id: place for place, page_id in enumerate(replay.pages)}
    shown: dict[tuple[str, str], int] = {}
    skeletons: list[dict[str, Any] | None] = []
    pages = []
    for page in replay.pages.values():
        key = page["path"], page["device"]
        if key not in shown and len(shown) < _SKELETONS:
            shown[key] = len(skeletons)
            skeletons.append(_skeleton(ask, *key, rows[0].time))
        pages.append({"path": page["path"], "device": page["device"], "viewport": list(page["viewport"]),
                      "document": list(page["document"]), "skeleton": shown.get(key, -1)})  # fmt: skip
    moments = [
        [row.offset, places[row.page_id], row.kind, row.x, row.y, row.what, row.left, row.top, row.width, row.height,
         row.friction]
        for row in replay.rows if row.page_id in places
    ]  # fmt: skip
    ends = (_ms(rows[-1].offset), moments[-1][0], *(page["ended"] for page in replay.pages.values()))
    return {"pages": pages, "skeletons": skeletons, "rows": moments, "duration": max(1, *ends)}


def _skeleton(ask: Ask, path: str, device: str, when: Any) -> dict[str, Any] | None:
    """The page as it looked on the day of the visit, or nearest to it; None: it was never drawn."""
    day = when.date()
    try:
        return drawn(ask.site.skeleton(path, between(day, day + timedelta(days=1)), device=device or None))
    except QueryError as error:
        if connection.is_away(error):
            raise
        return None


def _ms(offset: timedelta) -> int:
    return round(offset / timedelta(milliseconds=1))


PAGE = Page(
    title="Visit",
    question="What happened in one visit?",
    template="session.html",
    has_period=False,
    compares=False,
    panels=(
        Panel("session", "Everything in order", lambda ask: ask.site.session(_id(ask)), needs=_needs,
              limit=_MOST),
        Panel("replay", "Replay", lambda ask: ask.site.replay(_id(ask)), needs=_needs, limit=_MOST),
    ),
    more=_more,
)  # fmt: skip
