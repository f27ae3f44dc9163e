"""Statements behind `friction`: which sessions saw a step, and which of them a signal hit there.

The numbers, the sessions and the elements come from the same hits. A row is (step, group, signal, session); signal 0
stands for a page view of the step, and whoever was hit there has seen it, too.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from collector.query.page_views import viewed
from collector.query.signals.loop import step_series
from collector.query.signals.signal import HIT, Limits, Look, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.columns import Column
    from collector.query.friction_parts import HitRow
    from collector.query.question import Question
    from collector.query.sql import Binder
    from collector.query.steps import Step

# Signals that read page views besides those that saw a step, and those that read clicks.
_OF_VIEWS = {"broken_link", "quick_back", "page_loop", "scrolling"}
_OF_CLICKS = {"rage", "dead", "error_click", "broken_link"}
_PLACES = {"page": "events.path", "page_type": "events.page_type", "site": "''"}


@dataclass(frozen=True, slots=True)
class Map:
    """What a friction map is about: its steps (pages, page types, the site, or steps that were given) and limits."""

    question: Question
    of: str
    steps: tuple[Step, ...]
    group: Column | None
    limits: Limits
    signals: tuple[Signal, ...]

    @property
    def clicked(self) -> tuple[Signal, ...]:
        """Its signals of clicks: those that hit elements."""
        return tuple(signal for signal in self.signals if signal.name in _OF_CLICKS)

    def look(self, binder: Binder) -> Look:
        """Where its signals are looked for."""
        scope = self.question.scope(binder)
        return Look(
            scope,
            viewed(self.question, scope),
            self.question.row_filter(scope),
            "''" if self.steps else _PLACES[self.of],
            self.group.as_text if self.group else "''",
            self.question.now_ms,
        )


def hits_sql(of: Map, signal: Signal, look: Look) -> str:
    """A statement with one row a hit, its columns `HIT`; `place` is the step at which it happened.

    Of steps that were given it is the last one that the session did before; hits before the first belong to none.
    """
    return _at_steps(of, signal.hits(look, of.limits), look)


def _at_steps(of: Map, hits: str, look: Look, more: tuple[str, ...] = ()) -> str:
    """The hits with the step that the session did last, where steps were given; `more` are columns to keep."""
    if not of.steps:
        return hits
    last = "arrayLast(e -> (e.1, e.2, e.3) <= (hit.ms, hit.page, hit.number), at.series).4"
    kept = ", ".join(f"hit.{name} AS {name}" for name in (*HIT.split(", "), *more) if name != "place")
    return f"""
SELECT {kept}, toString({last}) AS place
FROM ({hits}
) AS hit
INNER JOIN ({step_series(of.steps, look)}
) AS at ON hit.session = at.session
WHERE {last} > 0"""


def seen_sql(of: Map, look: Look) -> str:
    """A statement with rows (place, grp, session): who saw which step."""
    views = look.views
    if not of.steps:
        return f"""
SELECT {views.place} AS place, {views.group} AS grp, events.session_id AS session
FROM {views.source} AS events
WHERE {views.rows} AND events.kind = 'page_view'"""
    return f"""
SELECT toString(each.4) AS place, each.6 AS grp, session
FROM (SELECT session, arrayJoin(arrayFilter(e -> e.5, series)) AS each FROM ({step_series(of.steps, look)}
))"""


def cells_sql(of: Map, goal: str | None, limit: int, binder: Binder) -> str:
    """The statement of the map, a row a step: place, cells, the most seen step first.

    A cell is (group, sessions that saw the step, those that converted, and by signal in their order: sessions that it
    hit, hits, sessions that it hit and that converted).
    """
    once, look = _read_once(of, of.look(binder))
    hits = _numbered(of, of.signals, look, HIT if of.steps else "place, grp, session")
    if of.steps:
        hits = f"SELECT place, grp, session, signal FROM ({_at_steps(of, hits, look, ('signal',))}\n)"
    # Each level above the signals takes the server a tenth of the planning that all of them take.
    signals = f"(1, {len(of.signals) + 1}, 1)"
    won = "toUInt64(0) AS won, CAST([], 'Array(UInt64)') AS hit_and_won"
    if goal:
        won = f"""uniqExactIf(session, {_converted(of, goal, binder)} AS converted) AS won,
        uniqExactResampleIf{signals}(session, signal, converted) AS hit_and_won"""
    return f"""{once}
SELECT place, groupArray((grp, seen, won, hit, hits, hit_and_won)) AS cells
FROM (
    SELECT toString(place) AS place, toString(grp) AS grp, uniqExact(session) AS seen, {won},
        uniqExactResample{signals}(session, signal) AS hit, countResample{signals}(signal) AS hits
    FROM (
SELECT place, grp, session, toUInt8(0) AS signal FROM ({seen_sql(of, look)}
)
UNION ALL
{hits}
    )
    GROUP BY place, grp
)
GROUP BY place
ORDER BY sum(seen) DESC, place
LIMIT {binder.integer(limit)}"""


def _numbered(of: Map, signals: Sequence[Signal], look: Look, kept: str) -> str:
    """The hits of these signals with the signal's place among them, from 1 on."""
    return "\nUNION ALL\n".join(
        f"SELECT {kept}, toUInt8({number}) AS signal FROM ({signal.hits(look, of.limits)}\n)"
        for number, signal in enumerate(signals, 1)
    )


def _read_once(of: Map, look: Look, *, in_words: bool = False) -> tuple[str, Look]:
    """What several of the signals read, as common table expressions that are kept, and where to look in them.

    What was hit is told `in_words` only where it is shown.
    """
    names = {signal.name for signal in of.signals}
    here = f"{look.place} AS place, {look.group} AS grp"
    kept = replace(look, place="events.place", group="events.grp")
    once = []
    if names & _OF_VIEWS:
        once.append(f"views AS MATERIALIZED ({_views_sql(look, here)}\n)")
        look = replace(look, views_in=replace(kept, within="events.within", chosen="events.chosen", source="views"))
    if len(names & _OF_CLICKS) > 1:
        once.append(f"clicks AS MATERIALIZED ({_clicks_sql(look, here, of.limits, in_words=in_words)}\n)")
        look = replace(look, clicks_in=replace(kept, within="1", chosen="1", source="clicks"))
    return f"\nWITH {', '.join(once)}" if once else "", look


def _views_sql(look: Look, here: str) -> str:
    """The page views of sessions that reach into the period, `within` the period and `chosen` or not."""
    return f"""
    SELECT {_columns("kind", "ts", "session_id", "page_id", "n", "path", "soft", "status")}, {here},
        toUInt8({look.within}) AS within, toUInt8({look.chosen}) AS chosen
    FROM events
    WHERE {look.near} AND events.kind = 'page_view'"""


def _clicks_sql(look: Look, here: str, limits: Limits, *, in_words: bool) -> str:
    """The clicks and errors of the page views on which a click was not answered soon or an error came.

    No others can be hits of a signal of clicks.
    """
    answered_late = f"(events.response = '' OR events.response_ms > {look.binder.integer(limits.dead_ms)})"
    fault = "events.kind = 'error' AND events.error_type IN ('js', 'rejection', 'http')"
    element = [f"element_{part}" for part in ("key", "item", "role", "name", "fixed")]
    words = ("element_selector", "error_message", "error_source")
    told = _columns(*words) if in_words else ", ".join(f"'' AS {name}" for name in words)
    return f"""
    SELECT {_columns("kind", "ts", "visitor_id", "session_id", "page_id", "n", *element)},
        {_columns("x", "y", "vx", "vy", "response", "response_ms", "watched_ms", "selection", "error_type")},
        {told}, {here}
    FROM events
    WHERE {look.rows} AND (events.kind = 'click' OR {fault}) AND events.page_id IN (
        SELECT events.page_id FROM events
        WHERE {look.rows} AND (events.kind = 'click' AND {answered_late} OR {fault}))"""


def _columns(*names: str) -> str:
    return ", ".join(f"events.{name} AS {name}" for name in names)


def sessions_of_hits(
    of: Map, signal: Signal, place: str | None, binder: Binder, *, group: str | None, hit: HitRow | None
) -> str:
    """A statement of the ids of the sessions that the signal hit at a step (None: at any), there what `hit` says."""
    hits = hits_sql(of, signal, of.look(binder))
    return f"SELECT session FROM ({hits}\n) WHERE {_at(place, group, binder)}{_same(hit, binder)}"


def elements_sql(of: Map, signals: Sequence[Signal], place: str | None, limit: int, binder: Binder) -> str:
    """The statement of what was hit: signal (its place from 1 on), place, element, item, what, hits, sessions.

    What hit most sessions comes first.
    """
    once, look = _read_once(replace(of, signals=tuple(signals)), of.look(binder), in_words=True)
    hits = _numbered(of, signals, look, HIT)
    hits = _at_steps(of, hits, look, ("signal",))
    return f"""{once}
SELECT signal, toString(place) AS step, element, toString(item) AS item_,
    argMax(toString(what), (ms, page, number)) AS what_, count() AS hits, uniqExact(session) AS sessions
FROM ({hits}
)
WHERE {_at(place, None, binder)}
GROUP BY signal, step, element, item_, if(element = 0, toString(what), '')
ORDER BY sessions DESC, hits DESC, signal, step, what_, element, item_
LIMIT {binder.integer(limit)}"""


def curve_sql(of: Map, signal: Signal, place: str | None, thresholds: Sequence[float], binder: Binder) -> str:
    """The statement of a curve, one row: sessions that saw the step, and how many were hit at each threshold.

    The map's own limit is the loosest of them.
    """
    look = of.look(binder)
    best, none = ("min", "inf") if signal.below else ("max", "-inf")
    limits = ", ".join(binder.number(each) for each in thresholds)
    holds = {"quick_back": "<", "slow": ">"}.get(signal.name, "<=" if signal.below else ">=")
    return f"""
SELECT count(), sumForEach(arrayMap(t -> toUInt64(best {holds} t), [{limits}]))
FROM (
    SELECT session, {best}(value) AS best
    FROM (
        SELECT session, toString(place) AS place, {none} AS value FROM ({seen_sql(of, look)}
        )
        UNION ALL
        SELECT session, toString(place) AS place, value FROM ({hits_sql(of, signal, look)}
        )
    )
    WHERE {_at(place, None, binder)}
    GROUP BY session
)"""


def _at(place: str | None, group: str | None, binder: Binder) -> str:
    parts = [f"toString(place) = {binder.text(place)}"] if place is not None else []
    parts += [f"toString(grp) = {binder.text(group)}"] if group is not None else []
    return " AND ".join(parts) or "1"


def _same(hit: HitRow | None, binder: Binder) -> str:
    """The condition that it is this that was hit."""
    if hit is None:
        return ""
    if not hit.key:
        return f" AND element = 0 AND toString(what) = {binder.text(hit.what)}"
    return f" AND element = {binder.unsigned(int(hit.key, 16))} AND toString(item) = {binder.text(hit.item)}"


def _converted(of: Map, goal: str, binder: Binder) -> str:
    scope = of.question.scope(binder)
    condition = of.question.converted(goal, binder)
    return f"session IN (SELECT events.session_id FROM events WHERE {scope.near()} AND {condition})"
