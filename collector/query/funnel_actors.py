"""Who reached a step of a funnel, or was lost after it: from the same statement as the number."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from collector.query.definitions import FUNNEL_STEP
from collector.query.funnel_sql import reading_of, units_sql
from collector.query.period import instant
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import Binder, hex_id
from collector.query.units import unit_text

if TYPE_CHECKING:
    from datetime import datetime

    from collector.query.funnel_sql import Shape
    from collector.query.question import Question


@dataclass(frozen=True, slots=True)
class ActorRow:
    """A unit: its id, when and in which session it entered first, and how many steps it reached."""

    id: str
    entered_at: datetime
    session_id: str
    reached: int


@dataclass(frozen=True, repr=False, kw_only=True)
class Actors(Result[ActorRow]):
    """Answer of `Funnel.actors`; the latest entry first."""

    question: Question = field(compare=False)
    shape: Shape
    step: int
    dropped: bool
    group: str | None
    row_type: ClassVar[type] = ActorRow

    def about(self) -> list[str]:
        return [f"{'lost after' if self.dropped else 'reached'} step {self.step}"]

    def sessions(self, *, limit: int = 1000) -> sessions.Sessions:
        """The sessions in which these units entered, the newest first.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        chosen = _chosen(self.question, self.shape, self.step, binder, dropped=self.dropped, group=self.group)
        since = len(self.question.asker.statements)
        return sessions.of_ids(self.question, f"SELECT entered_in FROM ({chosen})", binder, limit=limit, since=since)


def actors_of(question: Question, shape: Shape, step: int, *, dropped: bool, group: str | None) -> Actors:
    """See `Funnel.actors`."""
    binder = Binder()
    before = len(question.asker.statements)
    found = question.asker.rows(
        f"SELECT unit, first_entry, entered_in, level FROM ("
        f"{_chosen(question, shape, step, binder, dropped=dropped, group=group)}) ORDER BY first_entry DESC, unit",
        binder,
    )
    zone = question.place.zone
    rows = tuple(
        ActorRow(unit_text(unit), instant(entered, zone), hex_id(session), level)
        for unit, entered, session, level in found
    )
    return Actors(
        rows,
        question.meta(FUNNEL_STEP, window_ms=shape.window_ms),
        tuple(question.asker.statements[before:]),
        question.place.store,
        question=question,
        shape=shape,
        step=step,
        dropped=dropped,
        group=group,
    )


def _chosen(question: Question, shape: Shape, step: int, binder: Binder, *, dropped: bool, group: str | None) -> str:
    if dropped:
        last = step == len(shape.steps)
        reached = "0" if last else f"level = {binder.integer(step)}"
        reached += f" AND last_entry + {binder.integer(shape.window_ms)} <= {binder.integer(question.now_ms)}"
    else:
        reached = f"level >= {binder.integer(step)}"
    if group is not None:
        reached += f" AND grp = {binder.text(group)}"
    return f"SELECT * FROM ({units_sql(reading_of(question, shape, binder), shape, who=True)}\n)\nWHERE {reached}"
