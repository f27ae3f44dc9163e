"""Which visits brought the conversions, by eight rules at once."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.attribution_sql import CENTS, RULES, WHOLE, Shape, conversions_sql, credit_sql, paths_sql, rolls_up
from collector.query.columns import column
from collector.query.definitions import SESSION, UNIT_DEFINITIONS, define
from collector.query.errors import unknown
from collector.query.goal_sql import GOAL
from collector.query.orders import ORDER
from collector.query.period import duration_ms, instant
from collector.query.question import begin
from collector.query.result import Result
from collector.query.sql import Binder, hex_id
from collector.query.units import unit_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

ATTRIBUTION = define(
    "attribution",
    1,
    "conversions, and their value in one currency",
    "orders of the period (definition `order`), with their net money. The touches of a "
    "conversion are the sessions of its visitor or person that begin at or before it, in the order of their first "
    "events (ts, page_id, n), and not longer before it than the look-back; the session in which it happens is always "
    "a touch. A direct session is a touch as any other; so is every session of a repeated channel; a touch before "
    "an earlier conversion counts for the later one, too. A conversion belongs to the person of "
    "the first event of its session. The rules: first; last; last_non_direct: the last touch whose channel is not "
    "Direct, where there is none the last; linear: equal; time_decay: 2^(-age / half-life); u_shaped: first 40 %, last "
    "40 %, those between share 20 %, two touches 50/50; j_shaped: 20, 60 and 20 %, two 25/75; inverse_j: 60, 20 and "
    "20 %, two 75/25; a single touch has it all. participation: conversions with at least one touch of the group. By "
    "each rule credit adds up to the conversions, and to their value: it is rounded to 1e-9 (value to 0.0001), and the "
    "last touch has what is left over",
    "look-back 30 days, half-life 7 days, unless asked otherwise",
    "Mixpanel, attributed by (computed properties); Matomo, faq 25500; Google Ads, attribution models",
)

UNITS = ("visitor", "person")


@dataclass(frozen=True, slots=True)
class AttributionRow:
    """A channel, source … with its credit in conversions by rule.

    Attributes:
        participation: conversions that it took part in; these do not add up.
        low, high: the least and the most that a rule gives it: how far the rules disagree.
        first_value … inverse_j_value: the same credit in money.
    """

    group: str = field(metadata={"key": True})
    first: float = field(metadata={"better": "goal"})
    last: float = field(metadata={"better": "goal"})
    last_non_direct: float = field(metadata={"better": "goal", "label": "last non-direct"})
    linear: float = field(metadata={"better": "goal"})
    time_decay: float = field(metadata={"better": "goal"})
    u_shaped: float = field(metadata={"better": "goal", "label": "U"})
    j_shaped: float = field(metadata={"better": "goal", "label": "J"})
    inverse_j: float = field(metadata={"better": "goal", "label": "inverse J"})
    participation: int = field(metadata={"better": "goal"})
    low: float
    high: float
    first_value: Decimal = field(metadata={"show": False})
    last_value: Decimal = field(metadata={"show": False})
    last_non_direct_value: Decimal = field(metadata={"show": False})
    linear_value: Decimal = field(metadata={"show": False})
    time_decay_value: Decimal = field(metadata={"show": False})
    u_shaped_value: Decimal = field(metadata={"show": False})
    j_shaped_value: Decimal = field(metadata={"show": False})
    inverse_j_value: Decimal = field(metadata={"show": False})


@dataclass(frozen=True, slots=True)
class ConversionPathRow:
    """A conversion: when, of whom, in which session, worth what (in the currency of the answer), and its touches."""

    time: datetime
    unit: str
    session_id: str
    value: Decimal
    touches: int
    path: str


@dataclass(frozen=True, repr=False, kw_only=True)
class ConversionPaths(Result[ConversionPathRow]):
    """Answer of `Attribution.conversions`; the latest first."""

    group: str | None
    row_type: ClassVar[type] = ConversionPathRow

    def about(self) -> list[str]:
        return [f"conversions with {self.group}"] if self.group is not None else ["conversions"]


@dataclass(frozen=True, repr=False, kw_only=True)
class Attribution(Result[AttributionRow]):
    """Answer of `Site.attribution`; the most linear credit first. `value` is in `currency`."""

    question: Question = field(compare=False)
    shape: Shape
    conversions_in_all: int
    value: Decimal
    currency: str
    row_type: ClassVar[type] = AttributionRow

    def about(self) -> list[str]:
        return [self.shape.goal, f"by {self.shape.group.name}", f"per {self.shape.unit}"]

    def settled(self) -> dict[str, Any]:
        return {"currency": self.currency or None}

    def conversions(self, group: str | None = None, *, limit: int = 1000) -> ConversionPaths:
        """Conversions that the group took part in (None: all) with their touches, as many as `participation` says.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        paths = paths_sql(self.question, self.shape, binder)
        chosen = "1" if group is None else f"has(names, {binder.text(group)})"
        since = len(self.question.asker.statements)
        found = self.question.asker.rows(
            f"""
SELECT unit, win.1, win.5, win.4, names
FROM (SELECT unit, win, arrayMap(t -> t.5, path) AS names FROM ({paths}
))
WHERE {chosen}
ORDER BY win.1 DESC, win.2 DESC, win.3 DESC
LIMIT {binder.integer(limit)}""",
            binder,
        )
        zone = self.question.place.zone
        rows = tuple(
            ConversionPathRow(
                instant(at, zone),
                unit_text(unit),
                hex_id(session),
                Decimal(money) / CENTS,
                len(names),
                " > ".join(name or "(empty)" for name in names),
            )
            for unit, at, session, money, names in found
        )
        statements = tuple(self.question.asker.statements[since:])
        return ConversionPaths(rows, self.meta, statements, self.question.place.store, group=group)

    def plot(self, *, dark: bool = False) -> Figure:
        """The credit of each group by every rule, and the range between the rules, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.attribution import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    goal: str,
    period: Period | str,
    by: str = "channel",
    *,
    lookback: str | timedelta = "30d",
    half_life: str | timedelta = "7d",
    unit: Literal["visitor", "person"] = "visitor",
    currency: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> Attribution:
    """Which visits brought the conversions, by eight rules at once (definition `attribution`).

    `where` selects the sessions in which the conversions happened.

    Args:
        goal: name of the goal, `*` for any characters.
        by: column whose values get the credit, read at the first event of each session: channel, source, campaign …
        lookback: the longest way from a visit to a conversion.
        half_life: after so long a visit has half the weight, for time_decay.
        unit: whose visits led to a conversion.
        currency: of the values; by default the one of most conversions.
    """
    if unit not in UNITS:
        raise unknown("unit of attribution", unit, UNITS)
    shape = Shape(goal, column(by), unit, duration_ms(lookback), duration_ms(half_life), currency or "")
    question = begin(place, "attribution", period, where, bots=bots)
    question.catalog.require("goal", goal)
    coins = _currencies(question, shape)
    if currency is None and coins:
        shape = Shape(goal, shape.group, unit, shape.lookback_ms, shape.half_life_ms, next(iter(coins)))
    binder = Binder()
    found = question.asker.rows(credit_sql(question, shape, binder), binder)
    rows = sorted((_row(str(group), figures) for group, figures in found), key=lambda row: (-row.linear, row.group))
    credit = sum(figures[0] for _, figures in found)
    money = sum(figures[len(RULES) + 1] for _, figures in found)
    meta = question.meta(
        ATTRIBUTION,
        ORDER,
        GOAL,
        SESSION,
        UNIT_DEFINITIONS[unit],
        window_ms=shape.lookback_ms,
        rolled_up=rolls_up(question, shape.group),
        notes=_notes(credit // WHOLE, Decimal(money) / CENTS, shape.currency, coins),
    )
    return Attribution(
        tuple(rows),
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        shape=shape,
        conversions_in_all=credit // WHOLE,
        value=Decimal(money) / CENTS,
        currency=shape.currency,
    )


def _currencies(question: Question, shape: Shape) -> dict[str, int]:
    """Conversions that are worth something, by currency, the most frequent first."""
    binder = Binder()
    found = question.asker.rows(
        f"SELECT coin, count() AS n FROM ({conversions_sql(question, shape, binder)}\n)\nWHERE money != 0\n"
        "GROUP BY coin ORDER BY n DESC, coin",
        binder,
    )
    return {str(coin): int(n) for coin, n in found}


def _row(group: str, figures: list[int]) -> AttributionRow:
    credits: dict[str, Any] = {name: each / WHOLE for name, each in zip(RULES, figures, strict=False)}
    money = figures[len(RULES) + 1 :]
    values: dict[str, Any] = {f"{name}_value": Decimal(each) / CENTS for name, each in zip(RULES, money, strict=True)}
    least, most = min(credits.values()), max(credits.values())
    return AttributionRow(group=group, participation=figures[len(RULES)], low=least, high=most, **credits, **values)


def _notes(conversions: int, value: Decimal, currency: str, coins: dict[str, int]) -> tuple[str, ...]:
    worth = f", worth {value:,.2f} {currency}".rstrip() if coins else ""
    notes = [f"{conversions:,} conversions{worth}: by each rule credit adds up to them; participation does not."]
    others = {coin: n for coin, n in coins.items() if coin != currency}
    if others:
        said = ", ".join(f"{n:,} in {coin or 'no currency'}" for coin, n in others.items())
        notes.append(f"Values in other currencies are not counted ({said}): ask with currency=.")
    return tuple(notes)
