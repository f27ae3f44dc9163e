"""What the orders bring: revenue, average order value, revenue per visitor, each currency for itself."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.conversions import Grouping, grouping, units_with_goals
from collector.query.definitions import DIFFERENCE, JUDGED_FROM, MONEY_FROM, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion
from collector.query.goal_sql import GOAL
from collector.query.mean import Sums, differs, mean, ratio, total
from collector.query.orders import ORDER, as_money, chosen_orders_sql, orders_sql
from collector.query.period import instant
from collector.query.question import begin, check_unit
from collector.query.rate import adjusted
from collector.query.result import Result
from collector.query.sql import Binder, hex_id

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

REVENUE = define(
    "revenue",
    3,
    "money, in the currency of the row",
    "revenue: sum of the orders' money, refunds taken off; AOV = revenue / orders; RPV = revenue / units, with those "
    "that ordered nothing. Unit session: orders of the sessions that start in the period; visitor or person: orders "
    "in the period. Intervals, 95 %: AOV's by Student's t on the logarithm, its error by the delta method over units "
    "with orders; RPV's from Wilson's of the share of units with orders and Student's of the logarithm of their mean, "
    "put together by the method of variance estimates recovery. "
    "Currencies are never added up. Winsorised: an order above the quantile of its currency counts as the quantile. "
    "q: RPV against the rest of the currency, normal, by the larger of Welch's standard error and that of one variance "
    "for all; Benjamini-Hochberg",
    f"judged from {JUDGED_FROM} units; intervals from {MONEY_FROM} units with orders",
    "Matomo, Goals (revenue per visit, average order value); Cochran, Sampling Techniques (1977), 6.4 (ratios); Zou "
    "and Donner, Statistics in Medicine 27 (2008), 1693-1702 (variance estimates recovery)",
)


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """A group (empty: all) in one currency (empty: orders without any).

    Attributes:
        units: sessions, visitors or people of the group, whether they ordered or not.
        buyers: those who ordered; `orders` without the cancelled ones.
        revenue: after refunds; `refunded` is what was taken off.
        aov, rpv: revenue per order and per unit, with their 95 % intervals; None: too few to say.
        q_value: of RPV against the other groups; None: not judged.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    currency: str = field(metadata={"key": True})
    units: int = field(metadata={"better": "more"})
    buyers: int = field(metadata={"better": "more"})
    orders: int = field(metadata={"better": "more"})
    cancelled: int = field(metadata={"better": "less"})
    revenue: Decimal = field(metadata={"better": "more"})
    refunded: Decimal = field(metadata={"better": "less"})
    aov: float | None = field(
        metadata={"better": "more", "label": "AOV", "money": True, "interval": ("aov_low", "aov_high")}
    )
    aov_low: float | None = field(metadata={"label": "from", "money": True})
    aov_high: float | None = field(metadata={"label": "to", "money": True})
    rpv: float | None = field(
        metadata={"better": "more", "label": "RPV", "money": True, "interval": ("rpv_low", "rpv_high")}
    )
    rpv_low: float | None = field(metadata={"label": "from", "money": True})
    rpv_high: float | None = field(metadata={"label": "to", "money": True})
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order; `order_id` is empty where the conversion had none. `net` is what counts in `revenue`."""

    ordered_at: datetime
    order_id: str = field(metadata={"sparse": True})
    session_id: str
    paid: Decimal
    refunded: Decimal
    net: Decimal
    currency: str
    cancelled: bool


@dataclass(frozen=True, repr=False, kw_only=True)
class Orders(Result[OrderRow]):
    """Answer of `Revenue.orders`; the newest first."""

    row_type: ClassVar[type] = OrderRow


@dataclass(frozen=True, repr=False, kw_only=True)
class Revenue(Result[RevenueRow]):
    """Answer of `Site.revenue`; the currency with the most orders first, in it the largest group, or parts in order."""

    goal: str
    unit: str
    by: str | None
    question: Question = field(compare=False)
    row_type: ClassVar[type] = RevenueRow

    def about(self) -> list[str]:
        return [f"{self.goal} per {self.unit}", *([f"goals {self.meta.goals}"] if self.meta.goals else [])]

    def hidden(self) -> tuple[str, ...]:
        hidden = [] if any(row.cancelled for row in self.rows) else ["cancelled"]
        return tuple(hidden if any(row.refunded for row in self.rows) else [*hidden, "refunded"])

    def orders(self, *, group: str | None = None, currency: str | None = None) -> Orders:
        """The orders behind a row, cancelled ones too: as many as `orders` and `cancelled` say.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        joined = _joined(self.question, binder, self.goal, self.unit, grouping(self.question, self.by), None)
        chosen = f" AND currency = {binder.text(currency)}" if currency is not None else ""
        if group is not None:
            chosen += f" AND grp = {binder.text(grouping(self.question, self.by).value(group))}"
        since = len(self.question.asker.statements)
        found = self.question.asker.rows(
            f"SELECT at, order_, session, paid, refunded, exact, currency, cancelled\nFROM ({joined}\n)\n"
            f"WHERE 1{chosen} ORDER BY at DESC, order_, session",
            binder,
        )
        zone = self.question.place.zone
        rows = tuple(
            OrderRow(
                instant(at, zone),
                order,
                hex_id(session),
                as_money(paid),
                as_money(refunded),
                as_money(net),
                word,
                bool(gone),
            )
            for at, order, session, paid, refunded, net, word, gone in found
        )
        meta = self.question.meta(ORDER, GOAL)
        return Orders(rows, meta, tuple(self.question.asker.statements[since:]), self.question.place.store)

    def plot(self, *, currency: str | None = None, dark: bool = False) -> Figure:
        """Revenue and RPV of one currency with intervals: over time, or by group.

        Raises:
            QueryError: matplotlib is not installed.
            UnknownName: no such currency.
        """
        from collector.query.plots.revenue import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, currency, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    goal: str = "purchase",
    unit: Literal["session", "visitor", "person"] = "visitor",
    *,
    by: str | None = None,
    where: Filter | None = None,
    winsorize: float | None = None,
    bots: bool = False,
) -> Revenue:
    """What the orders bring (definitions `revenue`, `order`): outcomes of servers over what pages said.

    Args:
        goal: the goal whose conversions are orders.
        unit: whose revenue RPV is the mean of.
        by: column whose values are groups; hour, day or week for a trend; none for no groups
        winsorize: quantile such as 0.99: dearer orders count as that much, so that a few do not make the mean.
    """
    check_unit(unit)
    if winsorize is not None and not 0.5 <= winsorize < 1:
        raise BadQuestion("winsorize is a quantile from 0.5 to below 1, such as 0.99")
    question = begin(place, "revenue", period, where, bots=bots)
    question.catalog.require("goal", goal)
    groups = grouping(question, by)
    units = _units(question, unit, groups)
    binder = Binder()
    joined = _joined(question, binder, goal, unit, groups, winsorize)
    found = question.asker.rows(
        f"""
SELECT grp, currency, countIf(y > 0), sum(y), sum(gone), sum(money), sum(back),
    sum(x), sum(x * x), sum(y * y), sum(x * y)
FROM (
    SELECT unit, grp, currency, sum(net) AS x, countIf(NOT cancelled) AS y, countIf(cancelled) AS gone,
        sum(exact) AS money, sumIf(refunded, NOT cancelled) AS back
    FROM ({joined}
    )
    GROUP BY unit, grp, currency
)
GROUP BY grp, currency""",
        binder,
    )
    rows = _rows(found, units, groups, winsorized=winsorize is not None)
    meta = question.meta(
        REVENUE,
        ORDER,
        GOAL,
        UNIT_DEFINITIONS[unit],
        *([DIFFERENCE] if groups.column else []),
        notes=_notes(question, goal, unit, winsorize),
    )
    return Revenue(
        rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        goal=goal,
        unit=unit,
        by=by,
        question=question,
    )


def _units(question: Question, unit: str, groups: Grouping) -> dict[str, int]:
    """How many units each group has."""
    binder = Binder()
    counted = units_with_goals(question, binder, (), unit, groups)
    found = question.asker.rows(
        f"SELECT grp, count() AS units FROM ({counted}\n) GROUP BY grp ORDER BY units DESC, grp", binder
    )
    by_name = {groups.name(grp): int(count) for grp, count in found}
    if groups.trend:
        return groups.trend.filled(by_name, 0)
    return by_name or ({"": 0} if groups.by is None else {})


def _joined(  # noqa: PLR0917 - as the report's arguments
    question: Question, binder: Binder, goal: str, unit: str, groups: Grouping, winsorize: float | None
) -> str:
    """The orders with the group of their unit, as column grp."""
    orders = orders_sql(question, binder, goal, unit, winsorize=winsorize)
    orders = chosen_orders_sql(question, binder, orders)
    if unit != "session" and groups.column is None:
        grp = groups.trend.sql("ordered_at", binder) if groups.trend else "''"
        return f"SELECT *, {grp} AS grp FROM ({orders}\n)"
    units = units_with_goals(question, binder, (), unit, groups)
    return f"""
SELECT orders.*, units.grp AS grp FROM ({orders}
) AS orders
INNER JOIN (SELECT unit, grp FROM ({units}
)) AS units ON units.unit = orders.unit"""


def _rows(
    found: list[tuple[Any, ...]], units: dict[str, int], groups: Grouping, *, winsorized: bool
) -> tuple[RevenueRow, ...]:
    by_currency: dict[str, dict[str, tuple[Any, ...]]] = {}
    for grp, currency, *numbers in found:
        by_currency.setdefault(str(currency), {})[groups.name(grp)] = tuple(numbers)
    if not by_currency and groups.by is None:
        by_currency = {"": {}}
    ordered = sorted(by_currency, key=lambda each: (-sum(row[1] for row in by_currency[each].values()), each))
    return tuple(
        row
        for currency in ordered
        for row in _of_currency(currency, by_currency[currency], units, groups, winsorized=winsorized)
    )


_NOTHING = (0, 0, 0, Decimal(0), Decimal(0), 0.0, 0.0, 0.0, 0.0)


def _of_currency(
    currency: str, found: dict[str, tuple[Any, ...]], units: dict[str, int], groups: Grouping, *, winsorized: bool
) -> list[RevenueRow]:
    sums = {}
    for name, n in units.items():
        buyers, orders, _, _, _, x, xx, yy, xy = found.get(name, _NOTHING)
        sums[name] = Sums(n, int(buyers), float(x), float(orders), float(xx), float(yy), float(xy))
    q_values: list[float | None] = [None] * len(sums)
    if groups.column:
        every = total(sums.values())
        q_values = adjusted([differs(each, every.minus(each), JUDGED_FROM) for each in sums.values()])
    rows = []
    for (name, each), q in zip(sums.items(), q_values, strict=True):
        buyers, orders, cancelled, exact, refunded, *_ = found.get(name, _NOTHING)
        aov, rpv = ratio(each), mean(each)
        revenue = Decimal(f"{each.x:.4f}") if winsorized else exact
        rows.append(
            RevenueRow(
                name,
                currency,
                each.n,
                int(buyers),
                int(orders),
                int(cancelled),
                as_money(revenue),
                as_money(refunded),
                aov.value,
                aov.low,
                aov.high,
                rpv.value,
                rpv.low,
                rpv.high,
                q,
            )
        )
    return rows


def _notes(question: Question, goal: str, unit: str, winsorize: float | None) -> tuple[str, ...]:
    notes = []
    if winsorize is not None:
        notes.append(f"Winsorised at {winsorize:g}: dearer orders count as that quantile of their currency.")
    binder = Binder()
    during = question.during(binder, "ts")
    converted = question.converted(goal, binder)
    found = question.asker.rows(
        f"""
SELECT currency, count(), sum(value) FROM latest_outcomes
WHERE site_id = {binder.integer(question.place.site_id)} AND kind = 'order' AND {during} AND order_id NOT IN (
    SELECT events.order_id FROM events
    WHERE {question.scope(binder).base()} AND events.kind = 'conversion' AND {converted} AND events.order_id != '')
GROUP BY currency ORDER BY count() DESC""",
        binder,
    )
    if found:
        told = ", ".join(f"{count:,} ({as_money(value):,} {word or 'of no value'})" for word, count, value in found)
        notes.append(f"Not counted, since no page reported them: orders that only servers know, {told}.")
    return tuple(notes)
