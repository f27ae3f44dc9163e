"""The headline numbers: each with its interval where it has one, and with what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector.dashboard import cells
from collector.dashboard.page import ANY_SUCCESS
from collector.dashboard.table import changes_of, changes_of_total
from collector.query import Rate, render

if TYPE_CHECKING:
    from collector.dashboard.cells import Change
    from collector.dashboard.page import Ask
    from collector.query import Result


@dataclass(frozen=True, slots=True)
class Tile:
    """A number: `name` is the field of `traffic` that the trend shows when it is chosen."""

    name: str
    head: str
    text: str
    more: str = ""
    change: Change | None = None
    definition: str = ""


def tiles(ask: Ask, traffic: Any, revenue: Result[Any] | None) -> list[Tile]:
    """The tiles of the overview, from the totals of `traffic` and the rows of `revenue`."""
    total = traffic.total
    changes = changes_of_total(traffic, ask.compared) if ask.compared else {}
    found = [
        Tile("visitors", "Visitors", f"{total.visitors:,}", "", changes.get("visitors"), "visitor"),
        Tile("sessions", "Sessions", f"{total.sessions:,}", f"{total.page_views:,} page views",
             changes.get("sessions"), "session"),
    ]  # fmt: skip
    if total.conversion is not None:
        what = "any success" if ask.goal == ANY_SUCCESS else ask.goal
        found.append(_rate("conversion", f"Conversion: {what}", total.conversion, changes))
    found += _money(revenue, ask.compared) if revenue is not None else []
    in_use = render.cell(total.in_use) if total.in_use is not None else "–"
    upper = f"p75 {render.cell(total.in_use_p75)}" if total.in_use_p75 is not None else ""
    found.append(Tile("in_use", "Engaged time, median", in_use, upper, changes.get("in_use"), "engaged"))
    found.append(_rate("bounce_ga", "Bounce rate", total.bounce_ga, changes))
    return found


def _rate(name: str, head: str, rate: Rate, changes: dict[str, Change]) -> Tile:
    return Tile(name, head, cells.percent(rate.rate), cells.interval(rate), changes.get(name),
                rate.definition.partition("/")[0])  # fmt: skip


def _money(revenue: Result[Any], compared: str) -> list[Tile]:
    changes = changes_of(revenue, compared) if compared else {}
    return [
        Tile(
            "revenue",
            f"Revenue, {row.currency}" if row.currency else "Revenue",
            f"{row.revenue:,.0f}",
            f"{row.orders:,} orders" + (f" · {row.aov:,.2f} each" if row.aov is not None else ""),
            changes.get((("", row.currency), "revenue")),
            "revenue",
        )
        for row in revenue.rows[:2]
    ]
