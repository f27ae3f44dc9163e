"""Raw events as a Parquet file: day by day, so that memory stays bounded however many there are."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collector.query.columns import COLUMNS, column
from collector.query.question import begin
from collector.query.result import needs_analysis
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

CHUNK: Final = 50_000
"""Events in a row group at most, and in memory at a time."""
_SIMPLE: Final = {
    "UInt8": "uint8",
    "UInt16": "uint16",
    "UInt32": "uint32",
    "UInt64": "uint64",
    "Int32": "int32",
    "Float32": "float32",
    "Float64": "float64",
    "Bool": "bool_",
    "Date": "date32",
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the file: how it is asked for, and its Arrow type."""

    name: str
    sql: str
    type: pa.DataType


def export(
    place: Place,
    path: str | Path,
    period: Period | str,
    *,
    where: Filter | None = None,
    bots: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """See `Site.to_parquet`."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        import pyarrow.parquet as pq  # noqa: PLC0415 - optional
    except ImportError:
        raise needs_analysis("pyarrow") from None
    question = begin(place, "to_parquet", period, where, bots=bots)
    columns = _columns(question)
    days = _days(question)
    total, done = sum(days.values()), 0
    target, unfinished = Path(path), Path(f"{path}.unfinished")
    schema = pa.schema([(column.name, column.type) for column in columns])
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for arrays in _chunks(question, columns, days):
            writer.write_table(pa.table(arrays, schema=schema))
            done += len(arrays[0])
            if progress:
                progress(done, total)
    unfinished.replace(target)
    return done


def _columns(question: Question) -> list[_Column]:
    import pyarrow as pa  # noqa: PLC0415 - optional

    found = question.asker.rows(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase()"
        " AND table = 'events' ORDER BY position",
        Binder(),
    )
    return [_column(name, kind, pa) for name, kind in found]


def _column(name: str, kind: str, pa: Any) -> _Column:
    """Ids as they are shown, enumerations and properties as text, instants as whole ms."""
    sql, plain = f"events.{name}", kind.removeprefix("LowCardinality(").removeprefix("Nullable(").rstrip(")")
    if COLUMNS.get(name) == "id":
        return _Column(name, column(name).as_text, pa.string())
    if kind.startswith("DateTime64"):
        return _Column(name, f"toUnixTimestamp64Milli({sql})", pa.timestamp("ms", "UTC"))
    if kind.startswith("Decimal"):
        return _Column(name, sql, pa.decimal128(18, 4))
    if kind.startswith("Array("):
        return _Column(name, sql, pa.list_(getattr(pa, _SIMPLE[kind[6:-1]])()))
    if plain in _SIMPLE:
        return _Column(name, sql, getattr(pa, _SIMPLE[plain])())
    return _Column(name, f"toString({sql})", pa.string())


def _condition(question: Question, binder: Binder) -> str:
    scope = question.scope(binder)
    return f"{scope.base()} AND {question.during(binder)} AND {question.row_filter(scope)}"


def _days(question: Question) -> dict[int, int]:
    """Events by UTC day, as days since 1970: the parts of the table that are read one after the other."""
    binder = Binder()
    sql = f"SELECT toUInt32(toDate(events.ts)) AS day, count() FROM events WHERE {_condition(question, binder)}"
    return dict(question.asker.rows(f"{sql} GROUP BY day ORDER BY day", binder))


def _chunks(question: Question, columns: list[_Column], days: dict[int, int]) -> Iterator[list[tuple[Any, ...]]]:
    """Columns of at most about `CHUNK` events; a large day is divided by visitor."""
    for day, count in days.items():
        parts = -(-count // CHUNK)
        for part in range(parts):
            binder = Binder()
            found = question.asker.rows(
                f"""SELECT {", ".join(each.sql for each in columns)} FROM events
WHERE {_condition(question, binder)} AND toDate(events.ts) = toDate({binder.integer(day)})
    AND intHash64(events.visitor_id) % {binder.integer(parts)} = {binder.integer(part)}
ORDER BY events.ts, events.page_id, events.n""",
                binder,
            )
            if found:
                yield list(zip(*found, strict=True))
