"""Rows as text: a table in the terminal, HTML in a notebook, CSV for a spreadsheet.

What visitors typed or what a page calls itself is hostile: control characters never reach a terminal, HTML is
escaped, and a spreadsheet is not handed a formula.
"""

from __future__ import annotations

import csv
import html
import io
import json
import math
import unicodedata
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from collector.query.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_SHOWN = 60
_WIDEST = 48
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(rows: Sequence[Any], *, limit: int = _SHOWN, hide: Collection[str] = ()) -> str:
    """An aligned table of row dataclasses without the fields `hide`; rows after `limit` are only counted."""
    if not rows:
        return "(no rows)"
    names = [name for name in _shown_fields(rows) if name not in hide]
    heads = [_head(rows[0], name) for name in names]
    cells = [[_cut(printable(_cell(row, name)), _metadata(row, name)) for name in names] for row in rows[:limit]]
    right = [_is_number(rows, name) for name in names]
    widths = [max(map(width, (head, *column))) for head, column in zip(heads, zip(*cells, strict=True), strict=True)]
    lines = [_line(heads, widths, right), _line(["-" * each for each in widths], widths, right)]
    lines += [_line(each, widths, right) for each in cells]
    if len(rows) > limit:
        lines.append(f"... and {len(rows) - limit:,} more rows")
    return "\n".join(lines)


def html_table(rows: Sequence[Any], *, limit: int = _SHOWN, hide: Collection[str] = ()) -> str:
    """The same as an HTML table; everything is escaped."""
    if not rows:
        return "<p>(no rows)</p>"
    names = [name for name in _shown_fields(rows) if name not in hide]
    heads = "".join(f"<th>{escaped(_head(rows[0], name))}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escaped(_cell(row, name))}</td>" for name in names) + "</tr>" for row in rows[:limit]
    )
    more = f"<p>… and {len(rows) - limit:,} more rows</p>" if len(rows) > limit else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{more}"


def csv_text(rows: Sequence[Any], names: Sequence[str]) -> str:
    """The flattened rows as CSV; text that a spreadsheet would run as a formula gets a leading '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        flat = flatten(row)
        writer.writerow([_harmless(flat.get(name)) for name in names])
    return out.getvalue()


def flatten(row: Any) -> dict[str, Any]:
    """A row with rates spread over columns: `rate` gives k, n, rate, low, high; another name prefixes them."""
    flat: dict[str, Any] = {}
    for each in fields(row):
        value = getattr(row, each.name)
        if isinstance(value, Rate) or (value is None and "Rate" in str(each.type)):
            prefix = "" if each.name == "rate" else f"{each.name}_"
            flat.update({f"{prefix}{part}": getattr(value, part, None) for part in ("k", "n", "rate", "low", "high")})
        elif isinstance(value, dict):
            flat[each.name] = json.dumps(value, ensure_ascii=False)
        else:
            flat[each.name] = value
    return flat


def plain(value: Any) -> Any:
    """A value as JSON can carry it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value / timedelta(seconds=1)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, timedelta):
        return span(round(value / timedelta(milliseconds=1)))
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items()) or "-"
    return str(value)


def span(ms: int) -> str:
    """A length of time: 240 ms, 8.1 s, 3 min 12 s, 2 h 5 min, 3 d 4 h, 7 d."""
    if ms < 1000:
        return f"{ms} ms"
    seconds = ms / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _two(minutes, "min", rest, "s")
    hours, minutes = divmod(minutes, 60)
    return _two(hours, "h", minutes, "min") if hours < 48 else _two(hours // 24, "d", hours % 24, "h")


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def printable(text: str) -> str:
    """Text without anything that a terminal would obey: controls and direction marks are written as escapes."""
    return "".join(
        char
        if unicodedata.category(char)[0] != "C" and char not in "\u2028\u2029"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def escaped(text: str) -> str:
    """Text for HTML: escaped, controls and direction marks written out."""
    return html.escape(printable(text), quote=True)


def width(text: str) -> int:
    """Columns that a terminal needs for `text`."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _shown_fields(rows: Sequence[Any]) -> list[str]:
    """Fields worth a column: not hidden, and not empty in every row where they may be."""
    return [
        each.name
        for each in fields(rows[0])
        if each.metadata.get("show", True)
        and not (each.metadata.get("sparse") and all(getattr(row, each.name) in (None, "", {}) for row in rows))
    ]


def _head(row: Any, name: str) -> str:
    metadata = _metadata(row, name)
    label = str(metadata.get("label", name.replace("_", " ")))
    return f"{label} ({metadata['unit']})" if "unit" in metadata else label


def _is_number(rows: Sequence[Any], name: str) -> bool:
    return all(isinstance(getattr(row, name), int | float | Decimal | timedelta | Rate | None) for row in rows)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (size - width(each)) + each if aligned else each + " " * (size - width(each))
        for each, size, aligned in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _metadata(row: Any, name: str) -> Mapping[str, Any]:
    return {each.name: each.metadata for each in fields(row)}[name]


def _cell(row: Any, name: str) -> str:
    value = getattr(row, name)
    metadata = _metadata(row, name)
    if value is not None and metadata.get("share"):
        return f"{100 * value:.1f} %"
    return f"{value:,.2f}" if value is not None and metadata.get("money") else cell(value)


def _cut(text: str, metadata: Mapping[str, Any]) -> str:
    return text if len(text) <= _WIDEST or metadata.get("wide") else text[: _WIDEST - 1] + "…"


def _harmless(value: Any) -> Any:
    # Only what others wrote can be a formula: a negative amount is a number.
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else plain(value)
