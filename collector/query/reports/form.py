"""How a form is filled in: from seeing it to sending it, and field by field."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query import render
from collector.query.columns import column
from collector.query.definitions import FORM_ABANDON, FORM_FIELD, FORM_RATE, SESSION
from collector.query.errors import unknown
from collector.query.form_sql import fields_sql, reached_sql, sessions_of_form, visits_sql
from collector.query.question import begin
from collector.query.rate import Rate, against_the_rest
from collector.query.reports.sessions import of_ids
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.reports.sessions import Sessions

_HOW_FAR = {
    "viewed": "1",
    "started": "started",
    "not_started": "NOT started",
    "attempted": "attempted",
    "failed": "failed",
    "succeeded": "succeeded",
    "resubmitted": "resubmitted",
    "abandoned": "abandoned",
    "open": "open",
}


@dataclass(frozen=True, slots=True)
class FormRow:
    """A group's sessions (empty: all): how many saw the form, and how many of them got how far.

    `started` is out of viewed, `attempted` and `succeeded` out of started, `failed` out of attempted, `completed`
    (succeeded) out of viewed; `abandoned` out of started, without those `open`, who may still go on. `not_started` saw
    it and did nothing, out of viewed; `resubmitted` attempted at least twice, out of attempted. `q_value` is that of
    `completed` against the other groups, None where not judged.
    """

    group: str = dataclasses.field(metadata={"sparse": True, "key": True})
    viewed: int = dataclasses.field(metadata={"better": "more"})
    started: Rate = dataclasses.field(metadata={"better": "more"})
    attempted: Rate = dataclasses.field(metadata={"better": "more"})
    failed: Rate = dataclasses.field(metadata={"better": "less"})
    succeeded: Rate = dataclasses.field(metadata={"better": "more"})
    completed: Rate = dataclasses.field(metadata={"better": "more"})
    abandoned: Rate = dataclasses.field(metadata={"better": "less"})
    open: int
    not_started: Rate = dataclasses.field(metadata={"better": "less"})
    resubmitted: Rate = dataclasses.field(metadata={"better": "less"})
    q_value: float | None = dataclasses.field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of a group (empty: all), in the order of the form.

    Attributes:
        reached: sessions that visited it; `visits` counts every visit.
        hesitation_ms, hesitation_p75_ms: focus to first input, over visits with input; None: there were none.
        dwell_ms, dwell_p75_ms: focus to blur.
        pasted, autofilled: out of visits.
        returned, blank: visited more than once, empty at the last visit; out of the sessions that reached it.
        invalid: visits by code.
        last_field: abandons whose last field it is, out of all abandons.
        hazard: the same, out of the sessions that reached it and are not open.
    """

    group: str = dataclasses.field(metadata={"sparse": True, "key": True})
    field: str = dataclasses.field(metadata={"key": True})
    index: int = dataclasses.field(metadata={"show": False})
    reached: int = dataclasses.field(metadata={"better": "more"})
    visits: int
    hesitation_ms: float | None = dataclasses.field(metadata={"better": "less", "label": "hesitation", "unit": "ms"})
    hesitation_p75_ms: float | None = dataclasses.field(metadata={"better": "less", "label": "p75", "unit": "ms"})
    dwell_ms: float | None = dataclasses.field(metadata={"label": "dwell", "unit": "ms"})
    dwell_p75_ms: float | None = dataclasses.field(metadata={"label": "p75", "unit": "ms"})
    edits: int
    deletes: int
    refills: int = dataclasses.field(metadata={"better": "less"})
    pasted: Rate
    autofilled: Rate
    returned: Rate = dataclasses.field(metadata={"better": "less"})
    blank: Rate = dataclasses.field(metadata={"better": "less"})
    invalid: dict[str, int] = dataclasses.field(metadata={"sparse": True})
    last_field: Rate = dataclasses.field(metadata={"better": "less"})
    hazard: Rate = dataclasses.field(metadata={"better": "less"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Form(Result[FieldRow]):
    """Answer of `Site.form`: `rows` are the fields in order, `totals` the form as a whole by group."""

    name: str
    totals: tuple[FormRow, ...]
    question: Question = dataclasses.field(compare=False)
    group: Column | None = dataclasses.field(compare=False)
    row_type: ClassVar[type] = FieldRow

    def about(self) -> list[str]:
        return [self.name]

    def sessions(
        self,
        field: str | None = None,
        *,
        left: bool = False,
        how_far: str = "viewed",
        group: str | None = None,
        limit: int = 1000,
    ) -> Sessions:
        """The sessions behind a number, exactly as many, the newest first.

        Args:
            field: those that reached this field; with `left` those that left the form there (`last_field.k`).
            left: those that left the form, at any field where none is said.
            how_far: viewed, started, not_started, attempted, failed, succeeded, resubmitted, abandoned or open.
            group: only this group.

        Raises:
            UnknownName: no such field or `how_far`.
            QueryError: ClickHouse did not answer.
        """
        if how_far not in _HOW_FAR:
            raise unknown("how_far", how_far, _HOW_FAR)
        names = {row.field for row in self.rows}
        if field is not None and field not in names:
            raise unknown(f"field of form {self.name!r}", field, names)
        binder = Binder()
        parts = [_HOW_FAR[how_far], *(["abandoned"] if left else [])]
        parts += [f"last = {binder.text(field)}"] if left and field is not None else []
        parts += [f"grp = {binder.text(group)}"] if group is not None else []
        if field is not None and not left:
            parts.append(reached_sql(self.question, self.name, field, binder))
        source = sessions_of_form(self.question, self.name, self.group, binder)
        ids = f"SELECT session FROM ({source}\n) WHERE {' AND '.join(parts)}"
        since = len(self.question.asker.statements)
        return of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, group: str | None = None, dark: bool = False) -> Figure:
        """The ladder of fields: reached, left there, hesitation, refills and invalid visits.

        Raises:
            QueryError: matplotlib is not installed.
            UnknownName: no such group.
        """
        from collector.query.plots.form import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, group, dark=dark)

    def to_table(self) -> str:
        head, how = map(render.printable, self.title())
        notes = ["", *map(render.printable, self.meta.notes)] if self.meta.notes else []
        return "\n".join(
            [
                head,
                how,
                "",
                render.table(self.totals),
                "",
                render.table(self.rows, hide=self.hidden()),
                *notes,
            ]
        )

    def _repr_html_(self) -> str:
        return render.html_table(self.totals) + super()._repr_html_()


def ask(
    place: Place,
    name: str,
    period: Period | str,
    *,
    by: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> Form:
    """How a form is filled in, field by field (definitions `form_rate`, `form_field`, `form_abandon`).

    Args:
        name: name of the form.
    """
    group = column(by) if by else None
    question = begin(place, "form", period, where, bots=bots)
    question.catalog.require("form", name)
    binder = Binder()
    totals = question.asker.rows(
        f"""
SELECT grp, count() AS viewed, countIf(started), countIf(attempted), countIf(failed), countIf(succeeded),
    countIf(abandoned), countIf(open), countIf(resubmitted)
FROM ({sessions_of_form(question, name, group, binder)}
)
GROUP BY grp ORDER BY viewed DESC, grp""",
        binder,
    )
    if not totals and group is None:
        totals = [("", 0, 0, 0, 0, 0, 0, 0, 0)]
    abandons = {row[0]: row[6] for row in totals}
    binder = Binder()
    found = question.asker.rows(fields_sql(question, name, group, binder), binder)
    binder = Binder()
    visits = {each[:2]: each for each in question.asker.rows(visits_sql(question, name, group, binder), binder)}
    rows = sorted(
        (_field_row(each, visits[each[:2]], abandons[each[0]]) for each in found),
        key=lambda row: (row.group, row.index, row.field),
    )
    open_ones = sum(row[7] for row in totals)
    notes = (f"{open_ones:,} sessions may still go on; they are not abandons.",) if open_ones else ()
    return Form(
        tuple(rows),
        question.meta(FORM_RATE, FORM_FIELD, FORM_ABANDON, SESSION, notes=notes),
        tuple(question.asker.statements),
        place.store,
        name=name,
        totals=tuple(
            dataclasses.replace(_form_row(row), q_value=q)
            for row, q in zip(totals, against_the_rest([(row[5], row[1]) for row in totals]), strict=True)
        )
        if group
        else tuple(map(_form_row, totals)),
        question=question,
        group=group,
    )


def _form_row(found: tuple[Any, ...]) -> FormRow:
    group, viewed, started, attempted, failed, succeeded, abandoned, still, resubmitted = found
    return FormRow(
        group,
        viewed,
        Rate.of(started, viewed, FORM_RATE),
        Rate.of(attempted, started, FORM_RATE),
        Rate.of(failed, attempted, FORM_RATE),
        Rate.of(succeeded, started, FORM_RATE),
        Rate.of(succeeded, viewed, FORM_RATE),
        Rate.of(abandoned, started - still, FORM_ABANDON),
        still,
        Rate.of(viewed - started, viewed, FORM_RATE),
        Rate.of(min(resubmitted, attempted), attempted, FORM_RATE),
    )


def _field_row(found: tuple[Any, ...], visited: tuple[Any, ...], abandons: int) -> FieldRow:
    group, name, index, reached, returned, blank, last, still = found
    _, _, visits, hesitation, dwell, edits, deletes, refills, pasted, autofilled, codes = visited
    return FieldRow(
        group,
        name,
        index,
        reached,
        visits,
        _known(hesitation[0]),
        _known(hesitation[1]),
        _known(dwell[0]),
        _known(dwell[1]),
        edits,
        deletes,
        refills,
        Rate.of(pasted, visits, FORM_FIELD),
        Rate.of(autofilled, visits, FORM_FIELD),
        Rate.of(returned, reached, FORM_FIELD),
        Rate.of(blank, reached, FORM_FIELD),
        dict(sorted(zip(*codes, strict=True))),
        Rate.of(last, abandons, FORM_ABANDON),
        Rate.of(last, reached - still, FORM_ABANDON),
    )


def _known(value: float) -> float | None:
    return None if value != value else float(value)  # noqa: PLR0124 - NaN: there was nothing to measure
