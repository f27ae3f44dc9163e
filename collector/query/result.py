"""What a report answers: typed rows, and everything needed to trust and repeat them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from collector.query import render
from collector.query.ask import Cost, Estimate, Statement, cost_of, estimate_of
from collector.query.errors import BadQuestion, QueryError
from collector.query.period import PREVIOUS
from collector.query.trend import SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from collector.query.compare import Comparison
    from collector.query.definitions import Definition
    from collector.query.period import Earlier, Range
    from collector.query.report import Asked
    from collector.store import Store

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Meta:
    """How a question was understood.

    Attributes:
        zone: time zone of the days and of the times shown.
        period: the half-open instants asked for.
        window_ms: the longest way from the first step to a later one, None where there is none.
        read_until: end of what was read, after the period's end where steps are looked for beyond it.
        incomplete_from: from here on the answer can still change; None: it cannot.
        bots_excluded: whether only people were counted.
        rolled_up: whether the answer comes from a roll-up; it is the same from single events.
        definitions: name/version of each definition that the numbers rest on.
        goals: version of the site's goals.yml, which says what conversions are; empty: there is none.
        notes: what a reader should know, in sentences.
    """

    report: str
    site: str
    zone: str
    period: Range | None
    window_ms: int | None = None
    read_until: datetime | None = None
    incomplete_from: datetime | None = None
    bots_excluded: bool = True
    rolled_up: bool = False
    filter: str = ""
    definitions: tuple[str, ...] = ()
    goals: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Result(Generic[R]):
    """The answer of a report. `rows` are frozen dataclasses; print it, or take it as pandas, dicts, CSV or JSON."""

    rows: tuple[R, ...]
    meta: Meta
    statements: tuple[Statement, ...] = ()
    _store: Store | None = field(default=None, compare=False)
    asked: Asked | None = field(default=None, compare=False, kw_only=True)

    row_type: ClassVar[type]

    @property
    def sql(self) -> tuple[str, ...]:
        """Every statement that was run, with `{name:Type}` where `params` has the values."""
        return tuple(statement.sql for statement in self.statements)

    @property
    def params(self) -> tuple[dict[str, object], ...]:
        """The bound values of each statement of `sql`."""
        return tuple(statement.params for statement in self.statements)

    @property
    def spec(self) -> dict[str, Any]:
        """The question as plain data that JSON can carry; `Site.ask` asks it again.

        Raises:
            BadQuestion: the answer was not given by a method of `Site`.
        """
        return self.call.spec()

    def compare(self, period: Earlier = PREVIOUS) -> Comparison:
        """The same question about another period, and what changed since (definition `change`).

        Args:
            period: the earlier one; `previous` is as many days or hours, right before. Of a period that is not over
                it is only as much as has passed: today until noon is held against yesterday until noon. Where rows are
                hours, days or weeks it is all of it.

        Raises:
            BadQuestion: the rows of this report cannot be told apart, or it has no period.
        """
        from collector.query.compare import compare  # noqa: PLC0415 - compare knows results

        return compare(self, self.call, period)

    def estimate(self) -> Estimate:
        """How much the statements would read: rows and marks, from the index alone.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        return estimate_of(self._store, self.statements)

    @property
    def call(self) -> Asked:
        """The call that gave it: report, arguments, site.

        Raises:
            BadQuestion: the answer was not given by a method of `Site`.
        """
        if self.asked is None:
            raise BadQuestion("this answer does not know its question: it was not given by a method of Site")
        return self.asked

    @property
    def cost(self) -> Cost | None:
        """What the statements took together (rows, bytes, CPU ms, peak memory); None where the log has not got it.

        Asks system.query_log each time and waits some seconds for it.
        """
        return cost_of(self._store, self.statements) if self._store is not None else None

    def to_dicts(self) -> list[dict[str, Any]]:
        """Each row as a dict; a rate is a dict of its own."""
        return [asdict(row) for row in self.rows]  # type: ignore[call-overload]

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame, one row each; rates are spread over k, n, rate, low and high.

        Raises:
            QueryError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - optional
        except ImportError:
            raise needs_analysis("pandas") from None
        return pd.DataFrame([render.flatten(row) for row in self.rows], columns=self.columns)

    def to_polars(self) -> pl.DataFrame:
        """A Polars DataFrame with the columns of `to_pandas`.

        Raises:
            QueryError: polars is not installed.
        """
        try:
            import polars as pl  # noqa: PLC0415 - optional
        except ImportError:
            raise needs_analysis("polars") from None
        return pl.DataFrame(self._by_column(), infer_schema_length=None)

    def to_arrow(self) -> pa.Table:
        """An Arrow table with the columns of `to_pandas`.

        Raises:
            QueryError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa  # noqa: PLC0415 - optional
        except ImportError:
            raise needs_analysis("pyarrow") from None
        return pa.table(self._by_column())

    def _by_column(self) -> dict[str, list[Any]]:
        flat = [render.flatten(row) for row in self.rows]
        return {name: [row[name] for row in flat] for name in self.columns}

    @property
    def columns(self) -> list[str]:
        """Names of the columns of CSV and pandas, also where there is no row."""
        if self.rows:
            return list(render.flatten(self.rows[0]))
        return [name for each in fields(self.row_type) for name in _spread(each.name, "Rate" in str(each.type))]

    def to_csv(self) -> str:
        """CSV with a head line; text that a spreadsheet would run as a formula gets a leading '."""
        return render.csv_text(self.rows, self.columns)

    def to_json(self) -> str:
        """JSON: `report`, `meta`, `rows`."""
        return json.dumps(
            {
                "report": self.meta.report,
                "meta": render.plain(asdict(self.meta)),
                "rows": render.plain(self.to_dicts()),
            },
            ensure_ascii=False,
        )

    def to_table(self) -> str:
        """The table with its title and notes, as `print` shows it."""
        lines = [render.printable(line) for line in self.title()]
        notes = [render.printable(note) for note in self.meta.notes]
        return "\n".join([*lines, "", render.table(self.shown(), hide=self.hidden()), *(["", *notes] if notes else [])])

    def title(self) -> list[str]:
        """One or two lines above the table: what was asked, how it was understood."""
        meta = self.meta
        head = [meta.report, meta.site, *self.about()]
        how = [str(meta.period)] if meta.period else []
        how += [meta.zone, "people" if meta.bots_excluded else "people and bots"]
        how += [f"window {render.span(meta.window_ms)}"] if meta.window_ms else []
        how += [f"where {meta.filter}"] if meta.filter else []
        how += [f"incomplete from {meta.incomplete_from:%Y-%m-%d %H:%M}"] if meta.incomplete_from else []
        return [" · ".join(head), " · ".join(how)]

    def about(self) -> list[str]:
        """What the report is about: a page, a goal, a form."""
        return []

    def settled(self) -> dict[str, Any]:
        """Arguments that the question left open and the answer chose: a comparison asks with the same."""
        return {}

    def in_parts(self) -> bool:
        """Whether rows are parts of the period, such as days, each of which is compared for itself."""
        return self.call.arguments.get("by") in SIZES

    def shown(self) -> Sequence[Any]:
        """The rows as the tables for people have them; the other forms have `rows`."""
        return self.rows

    def hidden(self) -> tuple[str, ...]:
        """Fields that the tables leave out because they would say nothing."""
        return ()

    def __repr__(self) -> str:
        return self.to_table()

    def __str__(self) -> str:
        return self.to_table()

    def _repr_html_(self) -> str:
        head, how = map(render.escaped, self.title())
        notes = "".join(f"<p>{render.escaped(note)}</p>" for note in self.meta.notes)
        table = render.html_table(self.shown(), hide=self.hidden())
        return f"<div><p><strong>{head}</strong><br>{how}</p>{table}{notes}</div>"


def needs_analysis(package: str) -> QueryError:
    """The error where an optional package is missing."""
    return QueryError(f"this needs {package}, which is not installed: pip install 'footpath[analysis]'")


def labels(*definitions: Definition) -> tuple[str, ...]:
    """name/version of each definition."""
    return tuple(definition.label for definition in definitions)


def _spread(name: str, is_rate: bool) -> list[str]:
    if not is_rate:
        return [name]
    prefix = "" if name == "rate" else f"{name}_"
    return [f"{prefix}{part}" for part in ("k", "n", "rate", "low", "high")]
