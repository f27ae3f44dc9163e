"""Which zones of a page are seen, for how long, what is clicked in them, and who converts after it."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import PAGE_COLUMNS, column
from collector.query.definitions import define
from collector.query.errors import BadQuestion
from collector.query.page_views import check_page_group, page_condition
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate, adjusted, difference, p_value
from collector.query.result import Result
from collector.query.sql import Binder, one_key

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

MID_LINE_MS = 150
ZONE = define(
    "zone",
    1,
    "proportion of page views",
    "page views that began in the period, by the name of the zone (data-footpath-zone, else the landmark). Exposed: "
    "the line at half the height of the zone, or of a heading, form or button in it, was visible for at least min_ms, "
    "or something in it was clicked. Exposure rate: exposed out of page views of the page; click rate: page views "
    "with a click in it, out of page views; per session alike; attractiveness: exposed and clicked, out of exposed",
    f"min_ms = {MID_LINE_MS} ms; what was visible for less than 100 ms is not stored",
    "Contentsquare, zone metrics (exposure: mid-height line for 150 ms); a click implies exposure: own",
)
ZONE_TIME = define(
    "zone_time",
    1,
    "ms",
    "median over the exposed page views of the time for which the zone was visible: of what stands in it, that which "
    "was visible longest; without the first min_ms",
    f"min_ms = {MID_LINE_MS} ms",
    "Contentsquare, exposure time",
)
ZONE_CONVERSION = define(
    "zone_conversion",
    1,
    "proportion of sessions",
    "sessions with a click in the zone that contain a conversion of the goal, out of those with a click; difference to "
    "the sessions that viewed the page without a click in it, with Newcombe's interval; q-value as in `change`. It "
    "says how clickers fared, not what the click caused",
    "judged where both have at least 100",
    "Contentsquare, conversion per click",
)


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """A zone of a group (empty: all), from the top of the page down.

    Attributes:
        exposure: page views in which it was seen; `click_rate` those with a click in it, both out of page views.
        session_click_rate: the same of sessions.
        attractiveness: with a click, out of those in which it was seen.
        first_ms, visible_ms: medians: when it was first seen, and for how long.
        y: median of the top of its clicked or seen elements, px.
        ignored: seen, and never clicked.
        converted: sessions with a click in it that reached the goal; `others` of those without; None: no goal asked.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    zone: str = field(metadata={"key": True})
    exposure: Rate
    visible_ms: float | None = field(metadata={"label": "seen for", "unit": "ms"})
    first_ms: float | None = field(metadata={"label": "first seen", "unit": "ms"})
    clicks: int
    click_rate: Rate
    session_click_rate: Rate = field(metadata={"label": "clicked by sessions"})
    attractiveness: Rate
    ignored: bool = field(metadata={"label": "never clicked"})
    y: int = field(metadata={"show": False})
    converted: Rate | None = field(
        default=None, metadata={"better": "goal", "sparse": True, "label": "converted after a click"}
    )
    others: Rate | None = field(default=None, metadata={"better": "goal", "sparse": True, "label": "converted without"})
    difference: float | None = field(
        default=None, metadata={"sparse": True, "share": True, "interval": ("low", "high")}
    )
    low: float | None = field(default=None, metadata={"sparse": True, "share": True})
    high: float | None = field(default=None, metadata={"sparse": True, "share": True})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Zones(Result[ZoneRow]):
    """Answer of `Site.zones`, from the top of the page down. `page_views` are totals by group."""

    path: str
    goal: str | None
    page_views: dict[str, int]
    row_type: ClassVar[type] = ZoneRow

    def about(self) -> list[str]:
        return [self.path, f"{sum(self.page_views.values()):,} page views", *([self.goal] if self.goal else [])]

    def plot(self, *, group: str | None = None, dark: bool = False) -> Figure:
        """The ladder of zones: seen and clicked, with intervals, from the top of the page down.

        Raises:
            QueryError: matplotlib is not installed.
            UnknownName: no such group.
        """
        from collector.query.plots.zones import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, group, dark=dark)


def ask(
    place: Place,
    path: str,
    period: Period | str,
    by: str | None = "device",
    *,
    min_ms: int = MID_LINE_MS,
    goal: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> Zones:
    """Which zones of a page are seen, for how long, and clicked (definitions `zone`, `zone_time`).

    Args:
        path: path of the page; `*` stands for any characters.
        min_ms: visible for at least so long it was seen; what was visible for less than 100 is not stored.
        goal: also how many sessions reach this goal after a click in the zone, and without one.
    """
    if min_ms < 0:
        raise BadQuestion(f"min_ms is 0 or more, not {min_ms}")
    group = column(by) if by else None
    check_page_filter(where, PAGE_COLUMNS)
    check_page_group(by)
    question = begin(place, "zones", period, where, bots=bots)
    question.catalog.require("page", path)
    if goal is not None:
        question.catalog.require("goal", goal)
    totals = _totals(question, path, group, goal)
    found = question.asker.rows(*_zones(question, path, group, min_ms, goal))
    rows = _judged([_row(each, totals.get(each[0], (0, 0, 0)), min_ms, goal) for each in found])
    meta = question.meta(
        ZONE,
        ZONE_TIME,
        *([ZONE_CONVERSION] if goal else []),
        notes=() if found else ("No zone was seen or clicked here: mark parts of the page with data-footpath-zone.",),
    )
    views = {name: each[0] for name, each in totals.items()}
    return Zones(rows, meta, tuple(question.asker.statements), place.store, path=path, goal=goal, page_views=views)


def _totals(question: Question, path: str, group: Column | None, goal: str | None) -> dict[str, tuple[int, int, int]]:
    """Page views, sessions, and sessions that converted, by group."""
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=False)
    won = f"uniqExactIf(events.session_id, {_won(question, goal, binder)})" if goal else "0"
    found = question.asker.rows(
        f"""
SELECT {group.as_text if group else "''"} AS grp, count(), uniqExact(events.session_id), {won}
FROM events
WHERE {condition} AND events.kind = 'page_view'
GROUP BY grp ORDER BY grp""",
        binder,
    )
    return {str(grp): (views, sessions, converted) for grp, views, sessions, converted in found}


def exposures(question: Question, path: str, group: Column | None) -> dict[tuple[str, str], int]:
    """Page views in which a zone was seen, by group and zone (definition `zone`)."""
    found = question.asker.rows(*_zones(question, path, group, MID_LINE_MS, None))
    return {(str(row[0]), row[1]): row[2] for row in found}


def _zones(question: Question, path: str, group: Column | None, min_ms: int, goal: str | None) -> tuple[str, Binder]:
    """One row a page view and zone, then one a zone: what stands in a zone is seen with it, the longest counts."""
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=False)
    grp = f"any({group.as_text})" if group else "''"
    won = f"uniqExactIf(session, clicked > 0 AND {_won(question, goal, binder, 'session')})" if goal else "0"
    sql = f"""
SELECT grp, zone, countIf(exposed) AS seen, quantileExactIf(0.5)(longest, exposed AND longest > 0),
    quantileExactIf(0.5)(assumeNotNull(first), exposed AND isNotNull(first)), sum(clicked) AS clicks,
    countIf(clicked > 0), uniqExactIf(session, clicked > 0), {won}, toInt64(quantileExact(0.5)(top)) AS y
FROM (
    SELECT {grp} AS grp, any(events.element_zone) AS zone, any(events.session_id) AS session,
        arrayMax(sumMap([{one_key("events.element_key", "events.element_item")}], [events.visible_ms]).2) AS longest,
        countIf(events.kind = 'click') AS clicked, minOrNullIf(events.first_ms, events.first_ms > 0) AS first,
        longest >= {binder.integer(min_ms)} AND longest > 0 OR clicked > 0 AS exposed, min(events.element_y) AS top
    FROM events
    WHERE {condition} AND events.kind IN ('zone', 'click') AND events.element_zone != ''
    GROUP BY {one_key("events.element_zone", "events.visitor_id", "events.page_id")}
)
GROUP BY grp, zone
HAVING seen > 0
ORDER BY grp, y, zone"""
    return sql, binder


def _won(question: Question, goal: str, binder: Binder, session: str = "events.session_id") -> str:
    scope = question.scope(binder)
    condition = question.converted(goal, binder)
    return f"{session} IN (SELECT events.session_id FROM events WHERE {scope.near()} AND {condition})"


def _row(found: tuple[Any, ...], totals: tuple[int, int, int], min_ms: int, goal: str | None) -> ZoneRow:
    grp, zone, seen, visible, first, clicks, clicked, sessions, won, y = found
    # A page view whose own event was lost still counts where something of it was seen.
    views, all_sessions, all_won = (max(pair) for pair in zip(totals, (seen, sessions, won), strict=True))
    row = (
        str(grp),
        zone,
        Rate.of(seen, views, ZONE),
        None if visible != visible else max(0.0, float(visible) - min_ms),  # noqa: PLR0124 - NaN: nothing was measured
        None if first != first else float(first),  # noqa: PLR0124
        int(clicks),
        Rate.of(clicked, views, ZONE),
        Rate.of(sessions, all_sessions, ZONE),
        Rate.of(clicked, seen, ZONE),
        clicks == 0,
        int(y),
    )
    if goal is None:
        return ZoneRow(*row)
    converted = Rate.of(won, sessions, ZONE_CONVERSION)
    others = Rate.of(all_won - won, all_sessions - sessions, ZONE_CONVERSION)
    return ZoneRow(*row, converted, others, *(difference(others, converted) or (None, None, None)))


def _judged(rows: list[ZoneRow]) -> tuple[ZoneRow, ...]:
    q_values = adjusted(
        [
            p_value(row.converted.k, row.converted.n, row.others.k, row.others.n)
            if row.converted is not None and row.others is not None
            else None
            for row in rows
        ]
    )
    return tuple(replace(row, q_value=q) for row, q in zip(rows, q_values, strict=True))
