"""Where people click on a page: by cell of the page, or by element."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import PAGE_COLUMNS, Column, column
from collector.query.definitions import HEAT
from collector.query.page_views import check_page_group, page_condition, page_views, rolls_up
from collector.query.question import begin, check_page_filter
from collector.query.reports import elements
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

CELL_PX = 16


@dataclass(frozen=True, slots=True)
class CellRow:
    """Clicks in a cell: from `x_pct` to `x_pct + 1` % of the width, from `y_px` to `y_px + 16` px.

    `layer` is `page`, or `viewport` for fixed and sticky elements, whose cells are those of the viewport.
    `share` is of the group's clicks.
    """

    group: str = field(metadata={"sparse": True})
    layer: str
    x_pct: int = field(metadata={"label": "x", "unit": "%"})
    y_px: int = field(metadata={"label": "y", "unit": "px"})
    clicks: int
    share: float = field(metadata={"share": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Heatmap(Result[CellRow]):
    """Answer of `Site.heatmap`. `page_views` and `clicks` are totals by group."""

    path: str
    by: str | None
    page_views: dict[str, int]
    clicks: dict[str, int]
    question: Question = field(compare=False)
    row_type: ClassVar[type] = CellRow

    def about(self) -> list[str]:
        return [
            self.path,
            f"{sum(self.clicks.values()):,} clicks on {sum(self.page_views.values()):,} page views",
        ]

    def boxes(self) -> tuple[elements.ElementRow, ...]:
        """The elements that were clicked, by the same question.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        return elements.rows_of(self.question, self.path, column(self.by) if self.by else None, self.page_views)

    def plot(
        self, *, group: str | None = None, background: str | Path | bytes | Any = None, dark: bool = False
    ) -> Figure:
        """The map over an image of the whole page (a path, bytes or a PIL image), over the answer of `Site.skeleton`,
        or over the elements' boxes.

        Args:
            group: which group; by default the one with most clicks.

        Raises:
            QueryError: matplotlib is not installed, or ClickHouse did not answer (the boxes are asked for).
            UnknownName: no such group.
        """
        from collector.query.plots.heatmap import plot_cells  # noqa: PLC0415 - matplotlib is optional

        return plot_cells(self, group, background, dark=dark)


def ask(
    place: Place,
    path: str,
    period: Period | str,
    by: str | None = "device",
    *,
    where: Filter | None = None,
    bots: bool = False,
) -> Heatmap:
    """Where people click on a page, by cell of the page (definition `heat`).

    Args:
        path: path of the page; `*` stands for any characters.
    """
    group = column(by) if by else None
    used = check_page_filter(where, PAGE_COLUMNS) | check_page_group(by)
    question = begin(place, "heatmap", period, where, bots=bots)
    question.catalog.require("page", path)
    rolled_up = rolls_up(question, used)
    views = page_views(question, path, group, rolled_up=rolled_up)
    cells = _cells(question, path, group, rolled_up=rolled_up)
    totals: dict[str, int] = {}
    for grp, *_, clicks in cells:
        totals[grp] = totals.get(grp, 0) + clicks
    rows = tuple(
        CellRow(grp, "viewport" if fixed else "page", x, y * CELL_PX, clicks, clicks / totals[grp])
        for grp, fixed, x, y, clicks in cells
    )
    return Heatmap(
        rows,
        question.meta(HEAT, rolled_up=rolled_up),
        tuple(question.asker.statements),
        place.store,
        path=path,
        by=by,
        page_views=views,
        clicks=totals,
        question=question,
    )


def _cells(question: Question, path: str, group: Column | None, *, rolled_up: bool) -> list[tuple[Any, ...]]:
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=rolled_up)
    if rolled_up:
        grp = f"toString(events.{group.name})" if group else "''"
        sql = f"""
SELECT {grp} AS grp, events.fixed AS layer, events.cell_x AS cx, events.cell_y AS cy, sum(events.clicks) AS total
FROM heat_cells AS events
WHERE {condition}"""
    else:
        sql = f"""
SELECT {group.as_text if group else "''"} AS grp, events.element_fixed AS layer,
    toUInt8(least(99, greatest(0, if(layer, intDiv(events.vx * 100, greatest(1, toInt32(events.viewport_width))),
        intDiv(events.x * 100, greatest(1, toInt32(events.document_width))))))) AS cx,
    toUInt32(intDiv(greatest(0, if(layer, events.vy, events.y)), {CELL_PX})) AS cy, count() AS total
FROM events
WHERE {condition} AND events.kind = 'click'"""
    return question.asker.rows(
        f"{sql}\nGROUP BY grp, layer, cx, cy HAVING total > 0 ORDER BY grp, total DESC, layer, cy, cx", binder
    )
