"""Dated notes: added, removed, shown in every trend of the period, and told to scripts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, g, jsonify, redirect, request

from collector.dashboard import page as pages
from collector.dashboard.journal import journal
from collector.dashboard.reader import needs, sites, state
from collector.dashboard.view import View
from collector.query import QueryError
from collector.query.period import midnight, parse, zone_of
from collector.state import StateError

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as Answered

    from collector.dashboard.page import Ask
    from collector.state import Annotation

blueprint = Blueprint("annotations", __name__)
KINDS: Final = ("release", "campaign", "outage", "tracking")
"""What is offered as a kind; any other word may be typed."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is shown: `at` (Unix s) in the zone of the question, and `when` in words."""

    id: int
    at: int
    when: str
    kind: str
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The notes of a period in order, how many lie outside of it, and what day it is."""

    listed: tuple[Note, ...]
    others: int
    today: str
    zone: str


def of_period(ask: Ask) -> Notes:
    """The notes that a trend of this question shows."""
    zone = ask.site.tz
    asked = ask.period.resolve(zone, time.time_ns() // 1_000_000)
    found = [_shown(each, zone) for each in state().annotations(ask.view.site)]
    listed = sorted(
        (each for each in found if asked.start_ms <= each.at * 1000 < asked.end_ms), key=lambda each: each.at
    )
    today = datetime.now(ZoneInfo(zone)).date().isoformat()
    return Notes(tuple(listed), len(found) - len(listed), today, zone)


@blueprint.post("/sites/<site>/<page>/annotations")
@needs("analyst")
def add(site: str, page: str) -> Answered:
    """Add a note, at a `day` or at a `time` of it in `zone`."""
    view = _view(site, page)
    moment = _moment(request.form.get("day", ""), request.form.get("time", ""), request.form.get("zone", ""))
    text = request.form.get("text", "")
    state().annotate(site, moment, text, kind=request.form.get("kind", ""), by=g.reader.name)
    journal("note added", about=text, site=site)
    return redirect(f"{view.url()}#notes", 303)


@blueprint.post("/sites/<site>/<page>/annotations/<int:number>/remove")
@needs("analyst")
def remove(site: str, page: str, number: int) -> Answered:
    """Delete a note."""
    view = _view(site, page)
    if found := state().annotation(site, number):
        state().remove_annotation(site, number)
        journal("note removed", about=found.text, site=site)
    return redirect(f"{view.url()}#notes", 303)


@blueprint.get("/api/<site>/annotations.json")
@needs("viewer")
def told(site: str) -> Answered:
    """The notes of a site, the earliest first; `period` and `tz` as reports take them, without a period all."""
    try:
        zone = zone_of(request.args.get("tz") or sites()[site].time_zone).key
        period = parse(request.args["period"]) if request.args.get("period") else None
        asked = period.resolve(zone, time.time_ns() // 1_000_000) if period else None
    except QueryError as error:
        return Response(f"{error}\n", 400, mimetype="text/plain")
    found = sorted(((_shown(each, zone), each) for each in state().annotations(site)), key=lambda pair: pair[0].at)
    listed = [(at, each) for at, each in found if asked is None or asked.start_ms <= at.at * 1000 < asked.end_ms]
    return jsonify({"site": site, "zone": zone, "annotations": [_plain(shown, each) for shown, each in listed]})


def _plain(shown: Note, each: Annotation) -> dict[str, Any]:
    at = datetime.fromtimestamp(shown.at, UTC)
    whole_day = not isinstance(each.moment, datetime)
    return {
        "id": each.id,
        "at": at.isoformat(),
        "day": each.moment.isoformat() if whole_day else None,
        "kind": each.kind,
        "text": each.text,
        "by": each.created_by,
        "created_at": datetime.fromtimestamp(each.created_at, UTC).isoformat(),
    }


def _shown(each: Annotation, zone: str) -> Note:
    place = ZoneInfo(zone)
    if isinstance(each.moment, datetime):
        at, when = int(each.moment.timestamp()), f"{each.moment.astimezone(place):%-d %b %Y %H:%M}"
    else:
        at, when = midnight(each.moment, place) // 1000, f"{each.moment:%-d %b %Y}"
    return Note(each.id, at, when, each.kind, each.text, each.created_by)


def _moment(day: str, hour: str, zone: str) -> date | datetime:
    try:
        found = date.fromisoformat(day)
        if not 1970 < found.year < 2200:
            raise ValueError(day)
        if not hour:
            return found
        return datetime.combine(found, clock.fromisoformat(hour), tzinfo=zone_of(zone))
    except (ValueError, QueryError):
        raise StateError("a note needs a day such as 2026-11-22, and may have a time such as 14:30") from None


def _view(site: str, page: str) -> View:
    if page not in pages.found():
        abort(404)
    return View.of(site, page, parse_qsl(request.form.get("query", ""), keep_blank_values=True))
