"""A statement of one's own, with the same guards as every report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, ClassVar, Final
from zoneinfo import ZoneInfo

from collector.query.ask import Asker
from collector.query.errors import BadQuestion
from collector.query.result import Meta, Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.question import Place

# What is left of a statement without its texts, quoted names and comments.
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|`[^`]*`|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\{\s*([A-Za-z_]\w*)\s*:")
MOST_ROWS: Final = 1_000_000


@dataclass(frozen=True, repr=False, kw_only=True)
class Sql(Result[Any]):
    """Answer of `Site.sql`: rows are dataclasses whose fields are the statement's columns, `names` in order."""

    names: tuple[str, ...]
    row_type: ClassVar[type] = object

    @property
    def columns(self) -> list[str]:
        return list(self.names)


def ask(place: Place, /, text: str, **params: object) -> Sql:
    """Rows of a statement of your own: reading only, at most a million rows, 60 s and 3 GB.

    `{site_id:UInt32}` and `{zone:String}` are the site's number and the question's time zone; other placeholders are
    bound to `params` by the server, never written into the text. Filter by `site_id`: the tables hold all sites.

    Args:
        text: one SELECT (WITH, SHOW, DESCRIBE, EXPLAIN), with placeholders {name:Type}.
        **params: what the placeholders stand for, such as path=/cart.
    """
    wanted = set(_PLACEHOLDER.findall(_QUOTED.sub(" ", text)))
    known = {"site_id": place.site_id, "zone": place.zone, **params}
    if missing := sorted(wanted - set(known)):
        raise BadQuestion(f"the statement asks for {{{missing[0]}:…}}, which was not given: sql(text, {missing[0]}=…)")
    if unused := sorted(set(params) - wanted):
        raise BadQuestion(f"{unused[0]!r} was given, and the statement has no {{{unused[0]}:Type}}")
    binder = Binder({name: _value(name, known[name], place.zone) for name in sorted(wanted)})
    asker = Asker(place, "sql")
    found = asker.table(text, binder, {"readonly": 2, "max_result_rows": MOST_ROWS})
    names = _names(found.columns)
    row_type = make_dataclass(
        "SqlRow",
        [(name, Any, field(metadata={"label": column})) for name, column in zip(names, found.columns, strict=True)],
        frozen=True,
        slots=True,
    )
    meta = Meta("sql", place.key, place.zone, None, bots_excluded=False)
    rows = tuple(row_type(*each) for each in found.rows)
    return Sql(rows, meta, tuple(asker.statements), place.store, names=tuple(names))


def _value(name: str, value: object, zone: str) -> object:
    """The value as the driver can bind it: an instant as text in UTC, since it would lose its milliseconds."""
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    if isinstance(value, list | tuple):
        return [_value(name, each, zone) for each in value]
    if value is None or not isinstance(value, str | int | float | Decimal | date):
        raise BadQuestion(
            f"{name}={value!r} cannot be bound: give text, a number, a day, an instant or a list of them"
            + ("; for NULL write IS NULL into the statement" if value is None else "")
        )
    return f"{value:f}" if isinstance(value, Decimal) else value


def _names(columns: Sequence[str]) -> list[str]:
    """Names of columns as names of fields, each once: `count()` is `count`, a second one `count_2`."""
    names: list[str] = []
    for column in columns:
        word = re.sub(r"\W+", "_", column).strip("_") or "column"
        word = f"column_{word}" if word[0].isdigit() or iskeyword(word) else word
        name, number = word, 1
        while name in names:
            number += 1
            name = f"{word}_{number}"
        names.append(name)
    return names
