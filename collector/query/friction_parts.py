"""What stands behind a number of `friction`: its sessions, its elements, and its rate at other thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from collector.query.definitions import define
from collector.query.errors import BadQuestion
from collector.query.friction_sql import curve_sql, elements_sql, sessions_of_hits
from collector.query.rate import Rate
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import Binder, hex_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from collector.query.friction_sql import Map
    from collector.query.signals import Signal

SENSITIVITY = define(
    "friction_sensitivity",
    1,
    "proportion of sessions",
    "`friction` with one threshold moved and all others kept: sessions whose worst hit passes it, out of the sessions "
    "that saw the step",
    "those of the row",
    "own",
)


@dataclass(frozen=True, slots=True)
class HitRow:
    """What a signal hit at a step: an element by its key and item, else what it was in words; how often, in how many
    sessions."""

    signal: str = field(metadata={"key": True})
    step: str = field(metadata={"sparse": True, "key": True})
    key: str = field(metadata={"sparse": True, "key": True})
    item: str = field(metadata={"sparse": True, "key": True})
    what: str = field(metadata={"key": True, "wide": True})
    hits: int = field(metadata={"better": "less"})
    sessions: int = field(metadata={"better": "less"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Hit(Result[HitRow]):
    """Answer of `Friction.elements`; what was hit in most sessions first."""

    signals: tuple[str, ...]
    row_type: ClassVar[type] = HitRow

    def about(self) -> list[str]:
        return list(self.signals)


@dataclass(frozen=True, slots=True)
class CurveRow:
    """The rate at one threshold; `asked` is the one of the map."""

    threshold: float = field(metadata={"key": True})
    rate: Rate = field(metadata={"better": "less", "label": "sessions affected (95 %)"})
    asked: bool


@dataclass(frozen=True, repr=False, kw_only=True)
class Curve(Result[CurveRow]):
    """Answer of `Friction.sensitivity`: the rate over a range of the threshold."""

    signal: Signal = field(compare=False)
    step: str
    row_type: ClassVar[type] = CurveRow

    def about(self) -> list[str]:
        return [
            f"{self.signal.name} by {self.signal.threshold} ({self.signal.unit})",
            *([self.step] if self.step else []),
        ]

    def plot(self, *, dark: bool = False) -> Figure:
        """The curve with its interval and a line at the threshold asked for, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.friction import plot_curve  # noqa: PLC0415 - matplotlib is optional

        return plot_curve(self, dark=dark)


def sessions_of(
    of: Map, signal: Signal, place: str | None, *, group: str | None, hit: HitRow | None, limit: int
) -> sessions.Sessions:
    """See `Friction.sessions`."""
    binder = Binder()
    ids = sessions_of_hits(of, signal, place, binder, group=group, hit=hit)
    since = len(of.question.asker.statements)
    return sessions.of_ids(of.question, ids, binder, limit=limit, since=since)


def elements_of(of: Map, signals: Sequence[Signal], place: str | None, limit: int) -> Hit:
    """See `Friction.elements`."""
    binder = Binder()
    since = len(of.question.asker.statements)
    found = of.question.asker.rows(elements_sql(of, signals, place, limit, binder), binder)
    rows = tuple(
        HitRow(signals[number - 1].name, _name(of, step), hex_id(key) if key else "", item, what, hits, count)
        for number, step, key, item, what, hits, count in found
    )
    meta = of.question.meta(*(signal.definition for signal in signals))
    names = tuple(signal.name for signal in signals)
    return Hit(rows, meta, tuple(of.question.asker.statements[since:]), of.question.place.store, signals=names)


def curve_of(of: Map, signal: Signal, place: str | None, thresholds: Sequence[float]) -> Curve:
    """See `Friction.sensitivity`."""
    if not signal.threshold:
        raise BadQuestion(f"{signal.name} has no threshold that could be moved")
    asked = float(getattr(of.limits, signal.threshold))
    points = sorted({float(each) for each in thresholds or signal.curve} | {asked})
    loosest = points[-1] if signal.below else points[0]
    kind = type(getattr(of.limits, signal.threshold))
    binder = Binder()
    since = len(of.question.asker.statements)
    moved = replace(of, limits=replace(of.limits, **{signal.threshold: kind(loosest)}))
    sql = curve_sql(moved, signal, place, points, binder)
    found = of.question.asker.rows(sql, binder) or [(0, [])]
    seen, hit = found[0][0], found[0][1] or [0] * len(points)
    rows = tuple(
        CurveRow(point, Rate.of(count, seen, SENSITIVITY), point == asked)
        for point, count in zip(points, hit, strict=True)
    )
    meta = of.question.meta(SENSITIVITY, signal.definition)
    statements = tuple(of.question.asker.statements[since:])
    step = _name(of, place) if place is not None else ""
    return Curve(rows, meta, statements, of.question.place.store, signal=signal, step=step)


def _name(of: Map, place: str) -> str:
    return str(of.steps[int(place) - 1]) if of.steps and place else place
