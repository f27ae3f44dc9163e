"""What else can be asked of elements: audiences or periods compared, and the way from seeing to the goal."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from collector.query.definitions import CLICK_RATE, define
from collector.query.page_views import page_condition
from collector.query.rate import Rate, adjusted, difference, p_value
from collector.query.reports.zones import ZONE, exposures
from collector.query.sql import Binder, hex_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.columns import Column
    from collector.query.question import Question

CTA = define(
    "call_to_action",
    1,
    "proportion of sessions",
    "sessions with a conversion of the goal at or after their first click on the element (by ts, in page views that "
    "began in the period), out of the sessions with a click on it",
    "conversions up to 2 days after the period",
    "own",
)
ELEMENT_DIFFERENCE = define(
    "element_difference",
    1,
    "difference of proportions",
    "click rate of an element in the page views of one filter or period - that in those of the other, with Newcombe's "
    "hybrid score interval; p-value as in `difference`, Benjamini-Hochberg over all elements. Page views that belong "
    "to both count on both sides",
    "judged where both have at least 100 page views",
    "Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10",
)


def compared(rows: Sequence[Any], views: dict[str, int], others: Sequence[Any], other_views: dict[str, int]) -> Any:
    """The elements of both audiences with the difference of their click rates, the clearest difference first."""
    by_key = {(row.group, row.key, row.item): row for row in others}
    pairs = [(row, by_key.pop((row.group, row.key, row.item), None)) for row in rows]
    # Who never clicked it has a rate, too: none of their page views.
    pairs += [
        (
            replace(row, clicks=0, share=0.0, dead=0, rage=0, visitors=0, click_rate=_none(views.get(row.group, 0))),
            row,
        )
        for row in by_key.values()
    ]
    found = []
    for mine, other in pairs:
        rate = other.click_rate if other is not None else _none(other_views.get(mine.group, 0))
        change, low, high = difference(rate, mine.click_rate) or (None, None, None)
        found.append(replace(mine, versus=rate, difference=change, low=low, high=high))
    q_values = adjusted([p_value(r.click_rate.k, r.click_rate.n, r.versus.k, r.versus.n) for r in found])
    judged = [replace(row, q_value=q) for row, q in zip(found, q_values, strict=True)]
    return tuple(sorted(judged, key=lambda row: -abs(row.difference or 0)))


def with_goal(question: Question, path: str, group: Column | None, goal: str, rows: Sequence[Any]) -> Any:
    """The elements with how often their zone was seen, and who reached the goal after a click."""
    seen = exposures(question, path, group)
    reached = _reached(question, path, group, goal)
    return tuple(
        replace(
            row,
            exposure=_exposure(seen, row),
            converted=Rate.of(*reached.get((row.group, row.key, row.item), (0, 0)), CTA),
        )
        for row in rows
    )


def _exposure(seen: dict[tuple[str, str], int], row: Any) -> Rate | None:
    k = seen.get((row.group, row.zone))
    return None if k is None else Rate.of(k, max(k, row.click_rate.n), ZONE)


def _reached(
    question: Question, path: str, group: Column | None, goal: str
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """(sessions that reached the goal after their first click, sessions with a click) by element."""
    binder = Binder()
    scope = question.scope(binder)
    condition = page_condition(question, path, binder, rolled_up=False)
    won = f"{scope.near()} AND {question.converted(goal, binder)}"
    grp = group.as_text if group else "''"
    found = question.asker.rows(
        f"""
SELECT grp, element, item, countIf(first_click <= won_at), count()
FROM (
    SELECT {grp} AS grp, events.element_key AS element, toString(events.element_item) AS item,
        events.session_id AS session, min(toUnixTimestamp64Milli(events.ts)) AS first_click
    FROM events
    WHERE {condition} AND events.kind = 'click'
    GROUP BY grp, element, item, session
) AS clicked
LEFT JOIN (
    SELECT events.session_id AS winner, max(toUnixTimestamp64Milli(events.ts)) AS won_at
    FROM events WHERE {won} GROUP BY winner
) AS goals ON clicked.session = goals.winner
GROUP BY grp, element, item""",
        binder,
    )
    return {(str(g), hex_id(key), item): (k, n) for g, key, item, k, n in found}


def _none(n: int) -> Rate:
    return Rate.of(0, n, CLICK_RATE)
