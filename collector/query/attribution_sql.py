"""The statements behind attribution: conversions with the sessions that led to them, and the credit of each.

Credit is counted in whole billionths of a conversion and in ten-thousandths of the currency, and what rounding leaves
over goes to the last touch: so credit adds up to the conversions, and to their value, to the last digit.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.columns import SESSION_COLUMNS
from collector.query.definitions import SESSION_HOURS, SESSION_SLACK_DAYS
from collector.query.orders import chosen_orders_sql, orders_sql
from collector.query.session_source import FIRST, of_first
from collector.query.sql import DAY_MS, SEQUENCE
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder

WHOLE = 1_000_000_000
CENTS = 10_000
RULES = ("first", "last", "last_non_direct", "linear", "time_decay", "u_shaped", "j_shaped", "inverse_j")
DIRECT = "Direct"
# Credit of the first and of the last touch of three or more, and of the first of two; in parts of WHOLE.
_POSITIONS = {
    "u_shaped": (400_000_000, 400_000_000, 500_000_000),
    "j_shaped": (200_000_000, 600_000_000, 250_000_000),
    "inverse_j": (600_000_000, 200_000_000, 750_000_000),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about attribution without its site, period and filter; `currency` is the one whose value counts."""

    goal: str
    group: Column
    unit: str
    lookback_ms: int
    half_life_ms: int
    currency: str


def conversions_sql(question: Question, shape: Shape, binder: Binder) -> str:
    """Orders of the period in the sessions that the filter selects: won_in, at, page, number, money, coin."""
    orders = orders_sql(question, binder, shape.goal, "visitor", winsorize=None)
    return f"""
SELECT session AS won_in, at, page, number, toInt64(exact * {CENTS}) AS money, currency AS coin
FROM ({chosen_orders_sql(question, binder, orders)}
)
WHERE NOT cancelled"""


def paths_sql(question: Question, shape: Shape, binder: Binder) -> str:
    """A row for each conversion: unit, win (at, page, number, money, session) and path, its touches in order.

    A touch is (at, page, number, session, group, whether it is not direct).
    """
    scope = question.scope(binder)
    lookback, currency = binder.integer(shape.lookback_ms), binder.text(shape.currency)
    unit = unit_sql(shape.unit, scope, f"({_touches(question, shape, binder)}\n    ) AS events")
    return f"""
SELECT unit, win, arrayFilter(t -> (t.1, t.2, t.3) <= (win.1, win.2, win.3)
    AND (win.1 - t.1 <= {lookback} OR t.4 = win.5), touches) AS path
FROM (
    SELECT {unit.id} AS unit, arraySort(groupArray((toUnixTimestamp64Milli(events.ts), events.page_id, events.n,
        events.session_id, events.grp, events.channel != '{DIRECT}'))) AS touches, groupArrayArray(won.wins) AS wins
    FROM {unit.source}
    LEFT JOIN (
        SELECT won_in, groupArray((at, page, number, if(coin = {currency}, money, 0), won_in)) AS wins
        FROM ({conversions_sql(question, shape, binder)}
        )
        GROUP BY won_in
    ) AS won ON won.won_in = events.session_id
    GROUP BY unit
    HAVING notEmpty(wins)
) ARRAY JOIN wins AS win"""


def credit_sql(question: Question, shape: Shape, binder: Binder) -> str:
    """A row for each group: grp, and the sums of credit by `RULES`, of participation, and of money by `RULES`."""
    money = f"arrayMap(w -> intDiv(toInt128(win.4) * w, {WHOLE}), weights_)"
    return f"""
SELECT grp, sumForEach(figures) FROM (
    SELECT entry.1 AS grp, entry.2 AS figures
    FROM (
        SELECT arrayJoin(arrayMap(i -> (path[i].5, arrayConcat(arrayMap(w -> w[i], weights),
            [toInt64(arrayEnumerateUniq(arrayMap(t -> t.5, path))[i] = 1)],
            arrayMap(v -> toInt64(v[i]), moneys))), arrayEnumerate(path))) AS entry
        FROM (
            SELECT path, arrayMap(each -> {_exact(str(WHOLE))}, shares) AS weights,
                arrayMap(each -> {_exact("win.4")}, arrayMap(weights_ -> {money}, weights)) AS moneys
            FROM (
                SELECT path, win, length(path) AS m, [{", ".join(_shares(shape, binder))}] AS shares
                FROM ({paths_sql(question, shape, binder)}
                )
            )
        )
    )
)
GROUP BY grp"""


def _shares(shape: Shape, binder: Binder) -> list[str]:
    """SQL of the credit of each touch, by rule, before what rounding leaves over."""
    half_life = binder.number(float(shape.half_life_ms))
    decay = f"arrayMap(t -> exp2(-(path[m].1 - t.1) / {half_life}), path)"
    rules = {
        "first": _only("1"),
        "last": _only("m"),
        "last_non_direct": _only("if(arrayExists(t -> t.6, path), arrayLastIndex(t -> t.6, path), m)"),
        "linear": f"arrayMap(t -> intDiv({WHOLE}, m), path)",
        "time_decay": f"arrayMap(r -> toInt64(floor({WHOLE} * r / arraySum({decay}))), {decay})",
        **{name: _by_position(*shares) for name, shares in _POSITIONS.items()},
    }
    return [f"arrayMap(w -> toInt64(w), {rules[name]})" for name in RULES]


def _only(place: str) -> str:
    return f"arrayMap(i -> if(i = {place}, {WHOLE}, 0), arrayEnumerate(path))"


def _by_position(first: int, last: int, first_of_two: int) -> str:
    between = f"intDiv({WHOLE - first - last}, greatest(toInt64(m) - 2, 1))"
    return (
        f"arrayMap(i -> multiIf(m = 1, {WHOLE}, m = 2, if(i = 1, {first_of_two}, {WHOLE - first_of_two}),"
        f" i = 1, {first}, i = m, {last}, {between}), arrayEnumerate(path))"
    )


def _exact(whole: str) -> str:
    """The array `each` with what its sum lacks of the whole added to the last one."""
    return f"arrayPushBack(arrayPopBack(each), each[-1] + {whole} - arraySum(each))"


def _touches(question: Question, shape: Shape, binder: Binder) -> str:
    """Sessions that may be touches, by their first event: session_id, visitor_id, ts, page_id, n, channel, grp."""
    scope = question.scope(binder)
    # A converting session is a touch also where it began before the look-back.
    since = question.range.start_ms - max(shape.lookback_ms, SESSION_HOURS * 3_600_000)
    first, end = since - SESSION_SLACK_DAYS * DAY_MS, question.range.end_ms
    rolled_up = rolls_up(question, shape.group)
    source = "sessions" if rolled_up else "events"
    when = f"{source}.{'started_at' if rolled_up else 'ts'}"
    during = f"{when} >= {binder.instant(first)} AND {when} < {binder.instant(end)}"
    if shape.unit == "visitor":
        buyers = f"""SELECT events.visitor_id FROM events WHERE {scope.base()} AND {question.during(binder)}
            AND events.kind IN ({question.kinds(shape.goal)}) AND {question.converted(shape.goal, binder)}"""
        during += f"\n        AND {source}.visitor_id IN ({buyers})"
    if rolled_up:
        place = FIRST
        picked = (
            f"min({place}) AS entry, argMin({of_first('channel')}, {place}) AS channel,"
            f" argMin({of_first(shape.group.name)}, {place}) AS grp"
        )
        where = f"sessions.site_id = {binder.integer(scope.site_id)}"
    else:
        grp = "path" if shape.group.name == "entry_path" else None
        value = f"toString(events.{grp})" if grp else shape.group.as_text
        picked = (
            f"min({SEQUENCE}) AS entry, argMin(toString(events.channel), {SEQUENCE}) AS channel,"
            f" argMin({value}, {SEQUENCE}) AS grp"
        )
        where = scope.base()
    return f"""
    SELECT session_id, visitor_id, fromUnixTimestamp64Milli(toInt64(bitShiftRight(entry, 96)), 'UTC') AS ts,
        toUInt64(bitShiftRight(entry, 32)) AS page_id, toUInt32(entry) AS n, channel, grp
    FROM (
        SELECT {source}.session_id AS session_id, min({source}.visitor_id) AS visitor_id, {picked}
        FROM {source}
        WHERE {where} AND {during}
        GROUP BY session_id
    )"""


def rolls_up(question: Question, group: Column) -> bool:
    """Whether the roll-up of sessions gives the touches."""
    return not question.bots and group.name in SESSION_COLUMNS
