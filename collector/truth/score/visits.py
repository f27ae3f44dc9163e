"""Are visits counted as they happened: sessions, traffic, where they begin and end, which way they take?"""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from collector.truth.planted import SYSTEMS
from collector.truth.score.judge import exact
from collector.truth.walk import GOAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.sessions import SessionRow
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World
    from collector.truth.walked import Walked

_ALL, _TOLD = 10_000, 10
_UNTOLD = ("zone", "engagement")


def _sessions(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        rows, after = [], None
        while True:
            page = world.site.sessions(world.period, limit=_ALL, after=after)
            rows += [_listed(row) for row in page.rows]
            after = page.next
            if after is None:
                break
        newest_first = sorted(world.visits, key=lambda each: (-each.begin_ms, -int(each.session, 16)))
        right.append(rows == [_expected(each) for each in newest_first])
    return exact("sessions", "every visit, with who, where from, pages, clicks, errors, orders, times", right)


def _listed(row: SessionRow) -> tuple[Any, ...]:
    begin, took, engaged = (round(1000 * each) for each in (row.start.timestamp(), _s(row.duration), _s(row.engaged)))
    return (
        row.session_id, row.visitor_id, (row.device, row.browser), row.os, row.channel, row.source, row.medium,
        row.campaign, row.entry_page, row.exit_page, row.page_views, row.clicks, row.errors, row.conversions,
        begin, took, engaged,
    )  # fmt: skip


def _expected(each: Walked) -> tuple[Any, ...]:
    came = each.arrival
    reported = each.order.reported if each.order else 0
    return (
        each.session, each.visitor, each.who, SYSTEMS[each.who], came.channel, came.source, came.medium, came.campaign,
        each.pages[0], each.pages[-1], len(each.pages), each.clicks().total(), len(each.errors()), reported,
        each.begin_ms, each.end_ms - each.begin_ms, sum(view.engaged_ms for view in each.views),
    )  # fmt: skip


def _s(length: Any) -> float:
    return float(length.total_seconds())


def _traffic(worlds: Sequence[World]) -> Score:
    """By hour and channel; visitors of hours do not add up, so that each hour's are counted for itself."""
    right = []
    for world in worlds:
        answer = world.site.traffic(world.period, every="hour", by="channel", goal=GOAL)
        found = {
            (int(row.start.timestamp()), row.group): (
                row.sessions, row.visitors, row.page_views, row.engaged.k, row.bounce_single.k,
                row.conversion.k if row.conversion else 0, row.revenue or 0,
            )
            for row in answer.rows
            if row.start and row.sessions
        }  # fmt: skip
        hours: dict[tuple[int, str], list[Walked]] = {}
        for each in world.visits:
            hours.setdefault((_hour(world, each), each.arrival.channel), []).append(each)
        visitors = len({each.visitor for each in world.visits})
        right.append(
            found == {key: _counted(each) for key, each in hours.items()}
            and (answer.total.sessions, answer.total.visitors) == (len(world.visits), visitors)
        )
    return exact("traffic", "visitors, sessions, views, bounces, orders, money by hour and channel", right)


def _hour(world: World, each: Walked) -> int:
    """Its first second, or that of the period, whose first hour is a part of one."""
    start_s = world.now_ms // 1000 - 48 * 3600
    return max(each.begin_ms // 3_600_000 * 3600, start_s)


def _counted(visits: list[Walked]) -> tuple[Any, ...]:
    orders = [each.order for each in visits if each.order]
    return (
        len(visits), len({each.visitor for each in visits}), sum(len(each.views) for each in visits),
        sum(each.engaged for each in visits), sum(len(each.views) == 1 for each in visits),
        len(orders), sum(order.value for order in orders),
    )  # fmt: skip


def _landing(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        found = {
            row.page: (
                row.sessions, row.engaged.k, row.bounce_ga.k, row.bounce_single.k,
                row.conversion.k if row.conversion else 0, row.revenue or 0,
            )
            for row in world.site.landing_pages(world.period, goal=GOAL).rows
        }  # fmt: skip
        pages = {each.pages[0] for each in world.visits}
        counted = {page: _counted([each for each in world.visits if each.pages[0] == page]) for page in pages}
        right.append(
            found
            == {
                page: (sessions, engaged, sessions - engaged, single, orders, money)
                for page, (sessions, _, _, engaged, single, orders, money) in counted.items()
            }
        )
    return exact("landing_pages", "sessions, engaged, bounces, orders, money by first page", right)


def _exits(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        found = {row.page: (row.views, row.exits) for row in world.site.exit_pages(world.period).rows}
        views = Counter(page for each in world.visits for page in each.pages)
        exits = Counter(each.pages[-1] for each in world.visits)
        right.append(found == {page: (count, exits[page]) for page, count in views.items()})
    return exact("exit_pages", "page views and exits by page", right)


def _paths(worlds: Sequence[World]) -> Score:
    """Ways from entry to exit, and every step of them; the same page again is no step."""
    right = []
    for world in worlds:
        answer = world.site.paths(world.period, depth=20, limit=1000)
        ways = [("(entry)", *(page for page, _ in groupby(each.pages)), "(exit)") for each in world.visits]
        steps = Counter(step for way in ways for step in pairwise(way))
        right.append(
            {row.stations: row.share.k for row in answer.rows} == Counter(ways)
            and {(row.station, row.to): row.count for row in answer.transitions().rows} == steps
        )
    return exact("paths", "each way through the site, and each step of it", right)


def _timelines(worlds: Sequence[World]) -> Score:
    """Of some visits: what happened when, in order."""
    right = []
    for world in worlds:
        for each in world.visits[:_TOLD]:
            rows = world.site.session(each.session).rows
            told = [(round(1000 * row.time.timestamp()), row.kind) for row in rows if row.kind not in _UNTOLD]
            right.append(told == [event for view in each.views for event in view.told])
    return exact("session", "what happened when, in order", right, "visits")


SCORES = (_sessions, _timelines, _traffic, _landing, _exits, _paths)
