"""What do the rows of a CSV file say? Headers become fields of outcomes, cells their values.

Nothing is checked here but the form of the file: whether an outcome is as the contract says, the collector decides.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from collector import outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.event import Json

PROPS: Final = "props."
"""Headers that begin with this are properties: `props.colour`."""
_DELIMITERS: Final = ",;\t|"
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")
_WHOLE: Final = re.compile(r"\d{1,30}")
# The command says them, for all rows.
_GIVEN: Final = frozenset({"source"})


class FileError(ValueError):
    """The file cannot be read as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, with the line of the file where it begins: its outcome, or why it has none."""

    line: int
    cells: list[str]
    outcome: Json
    error: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header, the headers that no field has, and its rows, which are read as they are asked for."""

    header: list[str]
    ignored: list[str]
    rows: Iterator[Row]


def fields() -> frozenset[str]:
    """The fields that a column may be, beside properties."""
    return frozenset(entry.name for entry in outcome.fields()) - _GIVEN - {"props"}


def read(file: TextIO, columns: Mapping[str, str], fixed: Mapping[str, str]) -> Table:
    """Read a file with a header, separated by comma, semicolon, tab or bar.

    `columns` maps fields to headers where these have other names; `fixed` are values for cells that are empty or
    missing.

    Raises:
        FileError: it has no header, or lacks a header or a field that is needed; while rows are read, that it is no
            CSV.
    """
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        raise FileError("the file is empty; its first line must name the columns")
    header = [cell.strip() for cell in first[1]]
    places = _places(header, columns)
    _require_fields(places.keys() | fixed.keys())
    used = set(places.values())
    ignored = [name for place, name in enumerate(header) if place not in used and name]
    return Table(
        header, ignored, (_row(line, cells, len(header), places, fixed) for line, cells in lines if any(cells))
    )


def _lines(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every row; the most frequent separator of the first line is the file's."""
    first = file.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    number = 1

    def text() -> Iterator[str]:
        yield first
        yield from file

    reader = csv.reader(text() if first else (), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise FileError(f"line {number}: no CSV ({error})") from None


def _places(header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    """The place of every field's column."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        field = _field(name)
        if field and field not in columns:
            if field in places:
                raise FileError(f"two columns are {field}: {header[places[field]]!r} and {name!r}")
            places[field] = place
    for field, name in columns.items():
        if name not in header:
            raise FileError(f"no column {name!r}; there are {', '.join(header)}")
        places[field] = header.index(name)
    return places


def _field(name: str) -> str:
    """The field that a header names: `Order ID` is order_id; empty where it names none."""
    if name.lower().startswith(PROPS) and len(name) > len(PROPS):
        return PROPS + name[len(PROPS) :]
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain if plain in fields() else ""


def _require_fields(known: set[str]) -> None:
    for entry in outcome.fields():
        if entry.required and entry.name not in known | _GIVEN:
            raise FileError(
                f"no column is {entry.name}; name one with --column {entry.name}=HEADER, or give all rows the same "
                f"with --set {entry.name}=VALUE"
            )
    if not known & set(outcome.LINKS):
        raise FileError(f"no column is {', '.join(outcome.LINKS[:-1])} or {outcome.LINKS[-1]}: one is needed as a link")


def _row(line: int, cells: list[str], width: int, places: Mapping[str, int], fixed: Mapping[str, str]) -> Row:
    if any(cells[width:]):
        return Row(line, cells, {}, f"has {len(cells)} cells, the header {width}")
    texts = {field: cells[place].strip() if place < len(cells) else "" for field, place in places.items()}
    texts |= {field: text for field, text in fixed.items() if not texts.get(field)}
    found: Json = {}
    for field, text in texts.items():
        if text and field.startswith(PROPS):
            found.setdefault("props", {})[field.removeprefix(PROPS)] = text
        elif text:
            found[field] = _value(field, text)
    return Row(line, cells, found)


def _value(field: str, text: str) -> object:
    """Numbers where the contract has them; what is none is left for the collector to refuse."""
    if field == "value" and _NUMBER.fullmatch(text):
        return float(text)
    if field == "ts" and _WHOLE.fullmatch(text):
        return int(text)
    return text
