"""How far down a page people get."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import PAGE_COLUMNS, Column, column
from collector.query.definitions import ENGAGED, REACH
from collector.query.page_views import check_page_group, page_condition, page_views, rolls_up
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

BANDS = 20
BAND_PCT = 5


@dataclass(frozen=True, slots=True)
class ScrollRow:
    """A band of a group (empty: all): from `from_pct` to `to_pct` % of the document's height.

    `reach` is over page views; `engaged_s` are seconds in use while the band was on the screen, all page views
    together.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    from_pct: int = field(metadata={"label": "from", "unit": "%", "key": True})
    to_pct: int = field(metadata={"label": "to", "unit": "%", "key": True})
    reach: Rate
    engaged_s: float = field(metadata={"label": "engaged", "unit": "s"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Scroll(Result[ScrollRow]):
    """Answer of `Site.scroll`: 20 rows a group. `page_views` are totals by group."""

    path: str
    by: str | None
    page_views: dict[str, int]
    row_type: ClassVar[type] = ScrollRow

    def about(self) -> list[str]:
        return [self.path, f"{sum(self.page_views.values()):,} page views"]

    def plot(self, *, background: str | Path | bytes | Any = None, dark: bool = False) -> Figure:
        """Reach over the height of the page with its interval, one curve a group, beside an image of the page.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.scroll import plot  # noqa: PLC0415 - matplotlib is optional

        return plot(self, background, dark=dark)


def ask(
    place: Place,
    path: str,
    period: Period | str,
    by: str | None = "device",
    *,
    where: Filter | None = None,
    bots: bool = False,
) -> Scroll:
    """How far down a page people get (definition `reach`).

    Args:
        path: path of the page; `*` stands for any characters.
    """
    group = column(by) if by else None
    used = check_page_filter(where, PAGE_COLUMNS) | check_page_group(by)
    question = begin(place, "scroll", period, where, bots=bots)
    question.catalog.require("page", path)
    rolled_up = rolls_up(question, used)
    views = page_views(question, path, group, rolled_up=rolled_up)
    bands = {
        (str(grp), int(band)): (int(reached), float(seconds))
        for grp, band, reached, seconds in _bands(question, path, group, rolled_up=rolled_up)
    }
    for grp, _ in sorted(bands):
        views.setdefault(grp, 0)
    if not views and by is None:
        views = {"": 0}
    rows = []
    for grp, count in views.items():
        # Where the first report of a page view was lost, those of its deepest band still count it.
        n = max(count, *(bands.get((grp, band), (0, 0.0))[0] for band in range(BANDS)))
        for band in range(BANDS):
            reached, seconds = bands.get((grp, band), (0, 0.0))
            rows.append(ScrollRow(grp, band * BAND_PCT, (band + 1) * BAND_PCT, Rate.of(reached, n, REACH), seconds))
    return Scroll(
        tuple(rows),
        question.meta(REACH, ENGAGED, rolled_up=rolled_up),
        tuple(question.asker.statements),
        place.store,
        path=path,
        by=by,
        page_views=views,
    )


def _bands(question: Question, path: str, group: Column | None, *, rolled_up: bool) -> list[tuple[Any, ...]]:
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=rolled_up)
    if rolled_up:
        grp = f"toString(events.{group.name})" if group else "''"
        return question.asker.rows(
            f"""
SELECT {grp} AS grp, events.band AS b, sum(events.reached), sum(events.seconds)
FROM scroll_bands AS events
WHERE {condition}
GROUP BY grp, b ORDER BY grp, b""",
            binder,
        )
    return question.asker.rows(
        f"""
SELECT grp, entry.1 AS b, sum(entry.2), sum(entry.3)
FROM (
    SELECT {group.as_text if group else "''"} AS grp, arrayJoin(arrayConcat(
        arrayMap(b -> (b, toUInt64(1), toFloat64(0)), events.reached),
        arrayMap((b, s) -> (b, toUInt64(0), toFloat64(s)), events.band, events.band_seconds))) AS entry
    FROM events
    WHERE {condition} AND events.kind = 'engagement'
)
GROUP BY grp, b ORDER BY grp, b""",
        binder,
    )
