"""What is not measured yet, how much that is, and the line that measures it."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from collector.goals import Abandoned, Happening, Left
from collector.query.definitions import define
from collector.query.errors import BadQuestion
from collector.query.page_views import viewed
from collector.query.question import begin
from collector.query.rate import Rate
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collector.goals import Goal
    from collector.query.period import Period
    from collector.query.question import Place, Question

COVERAGE = define(
    "coverage",
    4,
    "proportion",
    "how much of what could be measured is not: each line says of what, in the period; for page types, zones and "
    "skeletons page views by page, for trails page views, for forms sessions with a start and none with a success, for "
    "goals those of goals.yml that nobody reached (of all events; of sessions where it takes one to judge) and those "
    "with conversions before and none now, for bots, what the caps dropped and browsers' clocks that were more than "
    "10 s off all events. What never reached the collector (blocked, no consent) cannot be counted here",
    "none",
    "own",
)


@dataclass(frozen=True, slots=True)
class GapRow:
    """A gap: what is missing, of what (a page, a form, a goal; empty: the site), how much, and how to measure it."""

    gap: str = field(metadata={"key": True})
    subject: str = field(metadata={"key": True})
    rate: Rate = field(metadata={"better": "less", "label": "missing (95 %)"})
    of: str
    fix: str = field(metadata={"wide": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Coverage(Result[GapRow]):
    """Answer of `Site.coverage`; gaps of one kind together, the largest first."""

    row_type: ClassVar[type] = GapRow


def ask(place: Place, period: Period | str, *, limit: int = 5) -> Coverage:
    """What is not measured yet, how much that is, and the line of HTML, YAML or Python that measures it.

    Args:
        limit: how many pages, forms or goals of each kind of gap, the largest ones.
    """
    if not 1 <= limit <= 1000:
        raise BadQuestion(f"limit is 1 to 1,000, not {limit:,}")
    question = begin(place, "coverage", period)
    rows = [
        *_pages(question, limit),
        *_looks(question, limit),
        *_forms(question, limit),
        *_goals(question, limit),
        *_site(question),
    ]
    notes = () if rows else ("Nothing that this report knows of is missing.",)
    return Coverage(tuple(rows), question.meta(COVERAGE, notes=notes), tuple(question.asker.statements), place.store)


def _pages(question: Question, limit: int) -> list[GapRow]:
    """Pages without a type, without a marked zone, and without vitals."""
    binder = Binder()
    condition = viewed(question, question.scope(binder))
    found = question.asker.rows(
        f"""
SELECT toString(events.path) AS path, countIf(events.kind = 'page_view') AS views,
    countIf(events.kind = 'page_view' AND events.page_type = '') AS untyped,
    uniqIf((events.visitor_id, events.page_id), events.kind = 'zone') AS zoned
FROM events
WHERE {condition} AND events.kind IN ('page_view', 'zone')
GROUP BY path HAVING views > 0 ORDER BY views DESC, path""",
        binder,
    )
    untyped = sorted((row for row in found if row[2]), key=lambda row: -row[2])[:limit]
    unseen = [row for row in found if not row[3]][:limit]
    rows = [
        _gap("page without a type", path, missing, views, "page views", '<html data-footpath-page-type="product">')
        for path, views, missing, _ in untyped
    ]
    return rows + [
        _gap("page without zones", path, views, views, "page views", '<section data-footpath-zone="reviews">')
        for path, views, _, _ in unseen
    ]


def _looks(question: Question, limit: int) -> list[GapRow]:
    """Pages that nobody drew, which heatmaps and replays need; and whether the pointer's way is told."""
    binder = Binder()
    condition = viewed(question, question.scope(binder))
    site_id = binder.integer(question.place.site_id)
    drawn = f"SELECT skeletons.path FROM skeletons WHERE skeletons.site_id = {site_id} AND skeletons.bot_class = ''"
    found = question.asker.rows(
        f"""
SELECT toString(events.path) AS path, count() AS views, path GLOBAL IN ({drawn}) AS is_drawn
FROM events
WHERE {condition} AND events.kind = 'page_view'
GROUP BY path ORDER BY views DESC, path""",
        binder,
    )
    views = sum(count for _, count, _ in found)
    rows = [
        _gap("page without a skeleton", path, count, count, "page views", _captured("skeleton", "1"))
        for path, count, is_drawn in found
        if not is_drawn
    ][:limit]
    if views and not any(is_drawn for *_, is_drawn in found):
        rows = [_gap("no skeletons", "", views, views, "page views", _captured("skeleton", "0.1"))]
    moved = Binder()
    scope_id, during = moved.integer(question.place.site_id), question.during(moved, "trails.ts")
    told = question.asker.rows(
        f"SELECT count() FROM trails WHERE trails.site_id = {scope_id} AND trails.bot_class = '' AND {during}", moved
    )
    if views and not told[0][0]:
        rows.append(_gap("no trails", "", views, views, "page views", _captured("trail", "1")))
    return rows


def _captured(what: str, share: str) -> str:
    """The line that measures it. Reports do not see sites.yml: it may be there already."""
    return (
        f"sites.yml: capture: {{{what}: {share}}}; where it says so already: browsers keep the script for an hour, and "
        f'a pinned tag needs data-{what}="{share}"'
    )


def _forms(question: Question, limit: int) -> list[GapRow]:
    """Forms that were started, and of which no success was ever told in the period."""
    binder = Binder()
    condition = viewed(question, question.scope(binder))
    found = question.asker.rows(
        f"""
SELECT toString(events.form) AS name,
    uniqExactIf(events.session_id, events.kind = 'field' OR events.step = 'start') AS begun
FROM events
WHERE {condition} AND events.kind IN ('form', 'field')
GROUP BY name HAVING begun > 0 AND countIf(events.step = 'ok') = 0
ORDER BY begun DESC, name LIMIT {binder.integer(limit)}""",
        binder,
    )
    return [
        _gap(
            "form without a success",
            name,
            begun,
            begun,
            "sessions that started it",
            f'footpath("conversion", "{name}") where it is done, or <form data-footpath-goal="{name}">',
        )
        for name, begun in found
    ]


def _goals(question: Question, limit: int) -> list[GapRow]:
    """Goals that conversions were told of before, and none in the period; whether orders say what they are worth."""
    binder = Binder()
    now = question.during(binder)
    found = question.asker.rows(
        f"""
SELECT toString(events.goal) AS name, countIf({now}) AS lately, count() AS ever,
    countIf({now} AND events.value != 0) AS worth,
    countIf({now} AND events.value != 0 AND events.order_id = '') AS anonymous
FROM events
WHERE {question.scope(binder).base()} AND events.kind = 'conversion'
    AND events.ts < {binder.instant(question.range.end_ms)}
GROUP BY name ORDER BY ever DESC, name""",
        binder,
    )
    rows = [
        _gap(
            "goal without conversions", name, ever, ever, "conversions, all before", f'footpath("conversion", "{name}")'
        )
        for name, lately, ever, _, _ in found
        if not lately
    ]
    rows += [
        _gap(
            "order without an id",
            name,
            anonymous,
            worth,
            "conversions with a value",
            f'footpath("conversion", "{name}", {{value, currency, order_id}})',
        )
        for name, _, _, worth, anonymous in found
        if anonymous
    ]
    rows += _never_reached(question)[:limit]
    if not found and not question.place.goals.listed:
        rows.append(_gap("no goal at all", "", 1, 1, "sites", 'footpath("conversion", "purchase"), or goals.yml'))
    return rows[: 2 * limit]


def _never_reached(question: Question) -> list[GapRow]:
    """Goals of goals.yml that nobody reached in the period."""
    goals = sorted(question.place.goals.listed.values(), key=lambda goal: goal.name)
    if not goals:
        return []
    binder = Binder()
    counts = ", ".join(f"countIf({question.converted(goal.name, binder)})" for goal in goals)
    sessions = "uniqExact(events.session_id)" if any(goal.by_session for goal in goals) else "0"
    during = question.during(binder)
    found = question.asker.rows(
        f"SELECT count(), {sessions}, {counts} FROM events WHERE {question.scope(binder).base()} AND {during}", binder
    )
    events, visits, *reached = found[0] if found else (0, 0)
    return [
        _unreached(goal, events, visits) for goal, count in zip(goals, reached, strict=False) if not count and events
    ]


_WHY: Final = {
    Happening: "its match fits no event; footpath query sessions --where shows what there is",
    Left: "no session was left so soon; it may be right, or left_within is too short",
    Abandoned: "no cart was abandoned; it may be right, or abandoned and without name the wrong goals",
}


def _unreached(goal: Goal, events: int, sessions: int) -> GapRow:
    why = dict.fromkeys(_WHY[type(match)] for match in goal.match)
    count, of = (sessions, "sessions") if goal.by_session else (events, "events")
    of = f"{of}, none of which {'has' if goal.by_session else 'is'} one"
    return _gap("goal without conversions", goal.name, count, count, of, f"goals.yml: {'; '.join(why)}")


def _site(question: Question) -> list[GapRow]:
    """What the whole site does without: vitals, people, outcomes; and what was left out or lost."""
    binder = Binder()
    site_id = binder.integer(question.place.site_id)
    during = question.during(binder)
    found = question.asker.rows(
        f"""
SELECT count(), countIf(events.bot_class != ''), countIf(events.kind = 'page_view'), countIf(events.kind = 'vital'),
    countIf(events.kind = 'identify'), sum(events.dropped), countIf(events.clock IN ('received', 'clamped'))
FROM events WHERE events.site_id = {site_id} AND {during}""",
        binder,
    )
    if not found or not found[0][0]:
        return []
    events, bots, views, vitals, identified, dropped, clocks = found[0]
    orders = Binder()
    scope_id, during = orders.integer(question.place.site_id), question.during(orders, "outcomes.ts")
    told = question.asker.rows(f"SELECT count() FROM outcomes WHERE outcomes.site_id = {scope_id} AND {during}", orders)
    refused = Binder()
    key, since = refused.text(question.place.key), question.during(refused, "rejected_events.received_at")
    lost = question.asker.rows(
        f"SELECT reason, count() FROM rejected_events WHERE rejected_events.site = {key} AND {since}"
        " GROUP BY reason ORDER BY count() DESC, reason",
        refused,
    )
    rows = []
    if views and not vitals:
        rows.append(
            _gap("no web vitals", "", views, views, "page views", '<script async src=".../sdk.js?site=KEY">, not older')
        )
    if views and not identified:
        rows.append(
            _gap("nobody is identified", "", views, views, "page views", 'footpath("identify", id) after a login')
        )
    if not told[0][0]:
        fix = "footpath import outcomes orders.csv, or POST /v1/outcomes from the shop's server"
        rows.append(_gap("no outcomes of servers", "", 1, 1, "sites", fix))
    if dropped:
        rows.append(
            _gap(
                "dropped by the script's caps",
                "",
                dropped,
                events + dropped,
                "events",
                "site.elements: a page that clicks in a loop",
            )
        )
    if bots:
        rows.append(
            _gap("left out as bots", "", bots, events, "events", 'bots=True counts them; by="bot_class" says which')
        )
    if clocks:
        rows.append(_gap("wrong clocks of browsers", "", clocks, events, "events", "footpath check looks at clocks"))
    return rows + [
        _gap("refused", reason, count, events + count, "events", "footpath tail shows why") for reason, count in lost
    ]


def _gap(gap: str, subject: str, missing: int, of: int, what: str, fix: str) -> GapRow:  # noqa: PLR0917 - as the table
    return GapRow(gap, subject, Rate.of(missing, of, COVERAGE), what, fix)
