"""Clicks by element: identity first, pixels second."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import PAGE_COLUMNS, column
from collector.query.definitions import BOX, CLICK_RATE, DEAD, RAGE
from collector.query.elements_parts import CTA, ELEMENT_DIFFERENCE, compared, with_goal
from collector.query.page_views import check_page_group, page_condition, page_views, rolls_up
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate
from collector.query.reports.zones import ZONE
from collector.query.result import Result
from collector.query.signals.dead import dead_sql
from collector.query.signals.rage import rage_bursts
from collector.query.sql import PAGE_VIEW, SEQUENCE, Binder, hex_id

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Earlier, Period, Range
    from collector.query.question import Place, Question


@dataclass(frozen=True, slots=True)
class ElementRow:
    """An element of a group (empty: all). Name, role, selector and zone are those of its latest click.

    Attributes:
        key, item: identity of the control, and which of its repeating ancestors it stands in.
        share: of the group's clicks.
        click_rate: page views with a click on it, out of page views.
        dead, rage: clicks, see the definitions.
        fixed: its box is in the viewport, not in the page.
        x, y, width, height: median box in CSS px; `page_width` is the median width that x belongs to.
        exposure: page views in which its zone was seen; None: no goal was asked, or its zone is not known.
        converted: sessions that reached the goal at or after their first click on it, out of those with a click.
        versus: click rate of the page views of the other filter or period; `difference` is `click_rate` - `versus`,
            with its 95 % interval, and `q_value` that of the difference; None: there was no other.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    key: str = field(metadata={"key": True})
    item: str = field(metadata={"sparse": True, "key": True})
    name: str = field(metadata={"names": True})
    role: str
    selector: str = field(metadata={"show": False})
    zone: str = field(metadata={"sparse": True})
    clicks: int
    share: float = field(metadata={"share": True})
    dead: int = field(metadata={"better": "less"})
    rage: int = field(metadata={"better": "less"})
    visitors: int
    click_rate: Rate
    fixed: bool = field(metadata={"show": False})
    x: int = field(metadata={"unit": "px"})
    y: int = field(metadata={"unit": "px"})
    width: int = field(metadata={"unit": "px"})
    height: int = field(metadata={"unit": "px"})
    page_width: int = field(metadata={"show": False})
    exposure: Rate | None = field(default=None, metadata={"sparse": True, "label": "zone seen"})
    converted: Rate | None = field(
        default=None, metadata={"better": "goal", "sparse": True, "label": "goal after a click"}
    )
    versus: Rate | None = field(default=None, metadata={"sparse": True, "label": "compared with"})
    difference: float | None = field(
        default=None, metadata={"sparse": True, "share": True, "points": True, "interval": ("low", "high")}
    )
    low: float | None = field(default=None, metadata={"sparse": True, "share": True, "points": True})
    high: float | None = field(default=None, metadata={"sparse": True, "share": True, "points": True})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class ElementMap(Result[ElementRow]):
    """Answer of `Site.elements`. `page_views` are totals by group.

    `versus`: with whom or what it is compared, in words; `earlier`: with which period, where that is another one.
    """

    path: str
    by: str | None
    page_views: dict[str, int]
    goal: str | None = None
    versus: str = ""
    earlier: Range | None = None
    row_type: ClassVar[type] = ElementRow

    def about(self) -> list[str]:
        said = [self.path, f"{sum(self.page_views.values()):,} page views"]
        said += [self.goal] if self.goal else []
        return [*said, f"against {self.versus}"] if self.versus else said

    def hidden(self) -> tuple[str, ...]:
        """Boxes are for the picture, and a comparison is about rates."""
        boxes = ("x", "y", "width", "height")
        return (*boxes, "share", "dead", "rage") if self.versus else boxes if self.goal else ()

    def plot(
        self, *, group: str | None = None, background: str | Path | bytes | Any = None, dark: bool = False
    ) -> Figure:
        """The elements' boxes, filled by clicks; `background` is an image of the whole page, or the answer of
        `Site.skeleton`.

        Where two filters or periods were asked for, a bar an element for the difference of their click rates.

        Raises:
            QueryError: matplotlib is not installed.
            UnknownName: no such group.
        """
        if self.versus:
            from collector.query.plots.difference import plot  # noqa: PLC0415 - matplotlib is optional

            return plot(self, group, dark=dark)
        from collector.query.plots.heatmap import plot_elements  # noqa: PLC0415 - matplotlib is optional

        return plot_elements(self, group, background, dark=dark)


def ask(
    place: Place,
    path: str,
    period: Period | str,
    by: str | None = "device",
    *,
    versus: Filter | None = None,
    before: Earlier | None = None,
    goal: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> ElementMap:
    """Which elements of a page people click, with dead and rage clicks (definitions `click_rate`, `rage`, `dead`).

    Args:
        path: path of the page; `*` stands for any characters.
        versus: another filter, whose click rates are compared with those of `where`.
        before: an earlier period, with whose click rates those of `period` are compared; `previous` is as many days or
            hours, right before. With `versus`, the other filter is that of the earlier period.
        goal: also how many saw the element's zone, and how many of those who clicked reached this goal afterwards.
    """
    group = column(by) if by else None
    used = check_page_filter(where, PAGE_COLUMNS) | check_page_group(by)
    other_used = used if versus is None else check_page_filter(versus, PAGE_COLUMNS) | check_page_group(by)
    question = begin(place, "elements", period, where, bots=bots)
    question.catalog.require("page", path)
    other = _other(question, versus, before)
    views = page_views(question, path, group, rolled_up=rolls_up(question, used))
    rows = rows_of(question, path, group, views)
    if goal is not None:
        question.catalog.require("goal", goal)
        rows = with_goal(question, path, group, goal, rows)
    if other is not None:
        other_views = page_views(other, path, group, rolled_up=rolls_up(other, other_used))
        rows = compared(rows, views, rows_of(other, path, group, other_views), other_views)
    meta = question.meta(
        CLICK_RATE, BOX, RAGE, DEAD, *([CTA, ZONE] if goal else []), *([ELEMENT_DIFFERENCE] if other else [])
    )
    return ElementMap(
        rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        path=path,
        by=by,
        page_views=views,
        goal=goal,
        versus=_words(other, question) if other else "",
        earlier=other.range if other and before is not None else None,
    )


def _other(question: Question, versus: Filter | None, before: Earlier | None) -> Question | None:
    """The same about the page views to compare with; None: there are none."""
    if versus is None and before is None:
        return None
    question.catalog.require_filter(versus)
    other = question if versus is None else replace(question, where=versus)
    return other if before is None else other.before(before)


def _words(other: Question, question: Question) -> str:
    """Who and when the others are, as far as that is not said of the first."""
    who = str(other.where) if other.where is not question.where else ""
    when = str(other.range) if other.range is not question.range else ""
    return ", ".join(filter(None, (who, when)))


def rows_of(question: Question, path: str, group: Column | None, page_views: dict[str, int]) -> tuple[ElementRow, ...]:
    """The elements that were clicked on the page, the most clicked first."""
    rage = _rage(question, path, group)
    found = _clicked(question, path, group)
    totals: dict[str, int] = {}
    for grp, _, _, clicks, *_ in found:
        totals[grp] = totals.get(grp, 0) + clicks
    rows = []
    for grp, key, item, clicks, dead, visitors, pages, latest, box, page_width in found:
        name, role, selector, zone, fixed = latest
        x, y, width, height = map(int, box)
        # A page view whose own event was lost still counts where it was clicked on.
        n = max(page_views.get(grp, 0), pages)
        rows.append(
            ElementRow(
                grp,
                hex_id(key),
                item,
                name,
                role,
                selector,
                zone,
                clicks,
                clicks / totals[grp],
                dead,
                rage.get((grp, key, item), 0),
                visitors,
                Rate.of(pages, n, CLICK_RATE),
                bool(fixed),
                x,
                y,
                width,
                height,
                int(page_width),
            )
        )
    return tuple(rows)


def _clicked(question: Question, path: str, group: Column | None) -> list[tuple[Any, ...]]:
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=False)
    names = ", ".join(f"toString(events.element_{part})" for part in ("name", "role", "selector", "zone"))
    box = ", ".join(f"quantileExactLow(0.5)(events.element_{part})" for part in ("x", "y", "width", "height"))
    return question.asker.rows(
        f"""
SELECT {_group(group)} AS grp, events.element_key AS key, toString(events.element_item) AS item, count() AS clicks,
    countIf({dead_sql(binder)}), uniqExact(events.visitor_id),
    uniqExact({PAGE_VIEW}),
    argMax(({names}, events.element_fixed), {SEQUENCE}), ({box}),
    quantileExactLow(0.5)(if(events.element_fixed, events.viewport_width, events.document_width))
FROM events
WHERE {condition} AND events.kind = 'click'
GROUP BY grp, key, item
ORDER BY clicks DESC, grp, key, item""",
        binder,
    )


def _rage(question: Question, path: str, group: Column | None) -> dict[tuple[str, int, str], int]:
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=False)
    bursts = rage_bursts(condition, f"any({_group(group)}) AS grp", binder)
    found = question.asker.rows(
        f"SELECT grp, element_key, toString(element_item) AS item, sum(clicks) FROM ({bursts}\n)"
        " GROUP BY grp, element_key, item",
        binder,
    )
    return {(grp, key, item): int(clicks) for grp, key, item, clicks in found}


def _group(group: Column | None) -> str:
    return group.as_text if group else "''"
