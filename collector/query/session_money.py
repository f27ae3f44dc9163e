"""What the orders of a goal bring a session: revenue and revenue per session of groups of sessions, in one currency."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from collector.query.definitions import JUDGED_FROM
from collector.query.errors import BadQuestion
from collector.query.mean import Sums, differs, mean
from collector.query.orders import as_money, orders_sql
from collector.query.rate import adjusted
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from collector.query.columns import Column
    from collector.query.question import Question

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """Money of the orders of some sessions, and over the k sessions with orders the sums of x and x²."""

    money: Decimal = Decimal(0)
    k: int = 0
    x: float = 0.0
    xx: float = 0.0


@dataclass(frozen=True, slots=True)
class Brought:
    """Money by (place, group) in `currency`; None: there is none to tell. `orders` counts by currency."""

    currency: str | None = None
    orders: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[Key, Cell] = field(default_factory=dict)

    def fields(self, sessions: int, keys: Iterable[Key]) -> dict[str, Any]:
        """Revenue and RPV with its interval of the `sessions` of these cells, as fields of a row."""
        if self.currency is None:
            return {}
        own = list(keys)
        rpv = mean(self._sums(sessions, own))
        revenue = sum((self.cells.get(key, Cell()).money for key in own), Decimal(0))
        return {"revenue": as_money(revenue), "rpv": rpv.value, "rpv_low": rpv.low, "rpv_high": rpv.high}

    def q_values(
        self, blocks: Sequence[Sequence[tuple[int, Key]]], wholes: Sequence[tuple[int, Iterable[Key]]]
    ) -> list[list[float | None]]:
        """Each (sessions, key) against the rest of its block's whole; Benjamini-Hochberg over all of them."""
        if self.currency is None:
            return [[None] * len(block) for block in blocks]
        p_values = []
        for block, whole in zip(blocks, wholes, strict=True):
            every = self._sums(*whole)
            for n, key in block:
                part = self._sums(n, [key])
                p_values.append(differs(part, every.minus(part), JUDGED_FROM))
        left = iter(adjusted(p_values))
        return [[next(left) for _ in block] for block in blocks]

    def notes(self, goal: str, sessions: int) -> tuple[str, ...]:
        """The revenue in words, and which orders are not in it."""
        if self.currency is None:
            return ()
        whole = self.fields(sessions, self.cells)
        each = "-" if whole["rpv"] is None else f"{whole['rpv']:,.2f}"
        said = f"Orders of {goal}: {whole['revenue']:,} {self.currency}".rstrip() + f", {each} a session (RPV)."
        others = {coin: n for coin, n in self.orders.items() if coin != self.currency}
        if not others:
            return (said,)
        told = ", ".join(f"{n:,} in {coin or 'no currency'}" for coin, n in others.items())
        return said, f"Orders in other currencies are not counted ({told}): ask with currency=."

    def _sums(self, sessions: int, keys: Iterable[Key]) -> Sums:
        found = [self.cells.get(key, Cell()) for key in keys]
        return Sums(
            sessions,
            sum(each.k for each in found),
            x=sum(each.x for each in found),
            xx=sum(each.xx for each in found),
        )


def brought(
    question: Question,
    goal: str | None,
    group: Column | None,
    place: Callable[[Binder], str],
    currency: str | None,
) -> Brought:
    """Money of the sessions that start in the period and pass the filter, by `place` and the value of `group`.

    `place` writes SQL over the columns start_ms (Unix ms) and entry_path of a session. Without `currency`, it is the
    one that most orders with money have; without such orders, and for goals that are no events, there is no money.

    Raises:
        BadQuestion: a currency without a goal (None: money is left out), or with one that takes a session to judge.
    """
    if goal is None:
        if currency is not None:
            raise BadQuestion("currency is that of the orders of a goal: name the goal, and do not leave money out")
        return Brought()
    if currency is None and any(each.by_session for each in question.place.goals.find(goal)):
        return Brought()
    binder = Binder()
    found = question.asker.rows(_money_sql(question, goal, group, place(binder), binder), binder)
    orders: dict[str, int] = {}
    for _, _, coin, n, *_ in found:
        if n:
            orders[coin] = orders.get(coin, 0) + n
    orders = dict(sorted(orders.items(), key=lambda each: (-each[1], each[0])))
    if currency is None:
        currency = next(iter(orders), None)
    cells = {
        (str(where), str(grp)): Cell(money, int(k), float(x), float(xx))
        for where, grp, coin, _, money, k, x, xx in found
        if coin == currency
    }
    return Brought(currency, orders, cells)


def _money_sql(question: Question, goal: str, group: Column | None, place: str, binder: Binder) -> str:
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    # Few sessions order: looked up by their ids they take a tenth of what reading all sessions takes.
    buyers = f"""SELECT events.session_id FROM events
    WHERE {scope.near()} AND events.kind IN ({question.kinds(goal)}) AND {question.converted(goal, binder)}"""
    attributes = {"entry_path", *mentioned(chosen)}
    return f"""
SELECT toString({place}) AS place, grp, currency, sum(n), sum(money), countIf(bought), sum(x), sum(x * x)
FROM (
    SELECT session_id, entry_path, toUnixTimestamp64Milli(started_at) AS start_ms, {"grp" if group else "''"} AS grp
    FROM ({sessions_sql(question, scope, group=group, only=buyers, attributes=attributes)}
    )
    WHERE {question.during(binder, "started_at")} AND {chosen}
) AS visits
INNER JOIN (
    SELECT session, currency, sum(net) AS x, sum(exact) AS money, countIf(exact != 0) AS n,
        countIf(NOT cancelled) > 0 AS bought
    FROM ({orders_sql(question, binder, goal, "session", winsorize=None)}
    )
    GROUP BY session, currency
) AS orders ON orders.session = visits.session_id
GROUP BY place, grp, currency"""
