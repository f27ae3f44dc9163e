"""How many carts are left without an order, and where."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from collector.query.carts import CART, carts_sql
from collector.query.conversions import Grouping, grouping, in_chosen_sessions
from collector.query.definitions import DIFFERENCE, SESSION_HOURS, define
from collector.query.errors import BadQuestion, unknown
from collector.query.goal_sql import GOAL
from collector.query.period import duration_ms, instant
from collector.query.question import begin
from collector.query.rate import Rate, against_the_rest
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import Binder
from collector.query.steps import conversion, form, page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.steps import Step

CART_ABANDONMENT = define(
    "cart_abandonment",
    1,
    "proportion of carts",
    "abandoned carts out of the carts that are not open. By last step, page or field: abandoned carts after whose "
    "beginning it was the visitor's last one within the window (session variant: in the session), out of all "
    "abandoned carts of the group; empty: none came. A page counts from where the cart began. "
    "A breakdown by a column reads it at the event that "
    "begins the cart; a filter selects sessions in which carts begin",
    "as cart",
    "Baymard, cart abandonment: 1 - orders / carts; 70.19 % is the average of 49 studies",
)
STEPS = (page(type="cart"), page(type="checkout"), form("*", "start"), form("*", "attempt"), form("*", "error"))
"""What a visitor usually does between cart and order."""


@dataclass(frozen=True, slots=True)
class CartRow:
    """A group (empty: all), or what came last in it: `abandoned` is out of the group's carts, or of its abandoned ones.

    `open`: carts whose window has not ended, ordered already or not; they count in no rate.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    last: str = field(metadata={"sparse": True, "key": True})
    abandoned: Rate = field(metadata={"better": "less"})
    open: int
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What was asked, without site and period."""

    cart: str
    order: str
    within_ms: int
    in_session: bool
    by: str | None
    last: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, repr=False, kw_only=True)
class CartAbandonment(Result[CartRow]):
    """Answer of `Site.cart_abandonment`; the largest group first, what came last by how often it did."""

    question: Question = field(compare=False)
    shape: Shape
    row_type: ClassVar[type] = CartRow

    def about(self) -> list[str]:
        version = [f"goals {self.meta.goals}"] if self.meta.goals else []
        within = "in one session" if self.shape.in_session else "per visitor"
        return [f"{self.shape.cart} without {self.shape.order} {within}", *version]

    def hidden(self) -> tuple[str, ...]:
        return () if any(row.open for row in self.rows) else ("open",)

    def sessions(
        self, *, group: str | None = None, last: str | None = None, ordered: bool = False, limit: int = 1000
    ) -> sessions.Sessions:
        """The sessions in which the abandoned carts of a row began, or with `ordered` the others; the newest first.

        A session in which two carts began is one session.

        Raises:
            BadQuestion: `last` was not asked for.
        """
        if last is not None and self.shape.last is None:
            raise BadQuestion("this answer does not know what came last: ask with last='step', 'page' or 'field'")
        binder = Binder()
        groups = grouping(self.question, self.shape.by)
        chosen = "state = 'ordered'" if ordered else "state = 'abandoned'"
        if group is not None:
            chosen += f" AND grp = {binder.text(groups.value(group))}"
        if last is not None:
            chosen += f" AND latest = {binder.text(last)}"
        carts = _carts(self.question, self.shape, groups, binder)
        since = len(self.question.asker.statements)
        ids = f"SELECT session FROM ({carts}\n) WHERE {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Rates with intervals: a line over time, else a mark for each row.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.carts import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    within: str | timedelta = "24h",
    *,
    cart: str = "add_to_cart",
    order: str = "purchase",
    last: Literal["step", "page", "field"] | None = None,
    by: str | None = None,
    where: Filter | None = None,
    steps: Sequence[Step] = STEPS,
    bots: bool = False,
) -> CartAbandonment:
    """How many carts are left without an order, and what came last in them (definitions `cart`, `cart_abandonment`).

    Args:
        within: how long an order may take: text, timedelta, or "session" for an order in the same session.
        cart: the goal that begins a cart; add_to_cart is detected, where goals.yml does not say it.
        order: the goal that ends it well.
        last: divide the abandoned carts by the last step, page or field before they were left.
        by: column whose values are groups, read where the cart begins; hour, day or week for a trend
        steps: what can be the last step.
    """
    if last not in (None, "step", "page", "field"):
        raise unknown("last", str(last), ("step", "page", "field"))
    in_session = within == "session"
    within_ms = SESSION_HOURS * 3_600_000 if in_session else duration_ms(within)
    shape = Shape(cart, order, within_ms, in_session, by, last, tuple(steps))
    question = begin(place, "cart_abandonment", period, where, bots=bots)
    if shape.steps != STEPS:
        question.catalog.require_steps(shape.steps)
    for goal in (cart, order):
        question.catalog.require("goal", goal)
        place.goals.resolve(conversion(goal))
    groups = grouping(question, by)
    binder = Binder()
    found = question.asker.rows(
        f"SELECT grp, latest, state, count() FROM ({_carts(question, shape, groups, binder)}\n)\n"
        "GROUP BY grp, latest, state",
        binder,
    )
    counts: dict[tuple[str, str, str], int] = {}
    for grp, latest, state, count in found:
        key = groups.name(grp), str(latest), str(state)
        counts[key] = counts.get(key, 0) + int(count)
    rows = _by_last(counts) if last else _by_group(counts, groups)
    incomplete = question.range.end_ms + within_ms > question.now_ms
    meta = question.meta(
        CART_ABANDONMENT,
        CART,
        GOAL,
        *([DIFFERENCE] if groups.column and not last else []),
        window_ms=within_ms,
        incomplete_from=instant(max(question.range.start_ms, question.now_ms - within_ms), place.zone)
        if incomplete
        else None,
        notes=_notes(counts, last),
    )
    return CartAbandonment(
        tuple(rows), meta, tuple(question.asker.statements), place.store, question=question, shape=shape
    )


def _by_group(counts: dict[tuple[str, str, str], int], groups: Grouping) -> list[CartRow]:
    def of(name: str, state: str) -> int:
        return sum(count for (group, _, each), count in counts.items() if (group, each) == (name, state))

    names = list(dict.fromkeys(group for group, _, _ in counts))
    if groups.trend:
        names = list(groups.trend.filled(dict.fromkeys(names), None))
    if not groups.trend:
        names.sort(key=lambda name: (-of(name, "abandoned") - of(name, "ordered"), name))
    if not names and groups.by is None:
        names = [""]
    pairs = [(of(name, "abandoned"), of(name, "abandoned") + of(name, "ordered")) for name in names]
    q_values = against_the_rest(pairs) if groups.column else [None] * len(pairs)
    return [
        CartRow(name, "", Rate.of(k, n, CART_ABANDONMENT), of(name, "open"), q)
        for name, (k, n), q in zip(names, pairs, q_values, strict=True)
    ]


def _by_last(counts: dict[tuple[str, str, str], int]) -> list[CartRow]:
    left = {(group, last): count for (group, last, state), count in counts.items() if state == "abandoned"}
    totals: dict[str, int] = {}
    for (group, _), count in left.items():
        totals[group] = totals.get(group, 0) + count
    ordered = sorted(left, key=lambda key: (-totals[key[0]], key[0], -left[key], key[1]))
    return [
        CartRow(group, last, Rate.of(left[group, last], totals[group], CART_ABANDONMENT), 0, None)
        for group, last in ordered
    ]


def _notes(counts: dict[tuple[str, str, str], int], last: str | None) -> tuple[str, ...]:
    still = sum(count for (_, _, state), count in counts.items() if state == "open")
    notes = [f"{still:,} carts are open: their window has not ended, and they count in no rate."] if still else []
    if last:
        notes.append(f"Rates are out of the abandoned carts of the group; an empty last {last}: none came.")
    return tuple(notes)


def _carts(question: Question, shape: Shape, groups: Grouping, binder: Binder) -> str:
    """The carts of the period with grp and latest: what came last, where that was asked."""
    carts = carts_sql(
        question,
        binder,
        shape.cart,
        shape.order,
        within_ms=shape.within_ms,
        since_ms=question.range.start_ms,
        until_ms=question.range.end_ms,
        in_session=shape.in_session,
        group=groups.column,
    )
    chosen = in_chosen_sessions(question, binder, "session")
    part = groups.trend.sql("fromUnixTimestamp64Milli(begun, 'UTC')", binder) if groups.trend else "grp"
    carts = f"SELECT * REPLACE ({part} AS grp) FROM ({carts}) WHERE 1{chosen}"
    if shape.last is None:
        return f"SELECT *, '' AS latest FROM ({carts}\n)"
    scope = question.scope(binder)
    condition, value = _last(question, shape, binder)
    own = "session" if shape.in_session else "visitor"
    return f"""
SELECT carts.*, tupleElement(arrayLast(e -> e.1 >= (carts.begun, carts.page, carts.number)
    AND e.1.1 <= carts.begun + {binder.integer(shape.within_ms)}, later.tail), 2) AS latest
FROM ({carts}
) AS carts
LEFT JOIN (
    SELECT events.{own}_id AS owner,
        arraySort(groupArray(((toUnixTimestamp64Milli(events.ts), events.page_id, events.n), {value}))) AS tail
    FROM events
    WHERE {scope.base()} AND {question.during(binder, look_ahead_ms=shape.within_ms + 1)} AND {condition}
        AND events.{own}_id IN (SELECT {own} FROM ({carts}) WHERE state = 'abandoned')
    GROUP BY owner
) AS later ON later.owner = carts.{own}"""


def _last(question: Question, shape: Shape, binder: Binder) -> tuple[str, str]:
    """Condition on events that can come last, and SQL of what they are called."""
    if shape.last == "page":
        # Who sees no further page left on the one where the cart began.
        began = f"events.kind IN ({question.kinds(shape.cart)}) AND {question.converted(shape.cart, binder)}"
        return f"(events.kind = 'page_view' OR ({began}))", "toString(events.path)"
    if shape.last == "field":
        return "events.kind = 'field'", "concat(toString(events.form), '/', toString(events.field))"
    if not shape.steps:
        raise BadQuestion("last='step' needs steps")
    kinds = ", ".join(sorted({f"'{kind}'" for step in shape.steps for kind in step.kinds}))
    conditions = [step.sql(binder) for step in shape.steps]
    names = [f"{condition}, {binder.text(str(step))}" for condition, step in zip(conditions, shape.steps, strict=True)]
    return f"events.kind IN ({kinds}) AND ({' OR '.join(conditions)})", f"multiIf({', '.join(names)}, '')"
