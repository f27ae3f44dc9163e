"""The tables in schema/README.md, made from the contract and the .sql files.

`python -m tests.contract.describe` writes them anew, from the folder of the checkout; a test says when that is due.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from collector import outcome, resources
from collector.event import Field, Json, contract, kinds, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TABLES = ("events", "trails", "skeletons", "outcomes")
_COLUMN = re.compile(r"^    (\w+) (.+?)(?: COMMENT '((?:[^']|'')*)')?,?$", re.MULTILINE)
_NO_TYPE = re.compile(r" (CODEC|DEFAULT|TTL) ?.*")


def readme() -> Path:
    """The file that holds the tables."""
    return resources.folder("schema") / "README.md"


def regenerated(text: str) -> str:
    """The text with every table between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, table in {"batch": batch, "kinds": fields, "outcome": outcome_fields,
                        **{shown: partial(columns, shown) for shown in TABLES}}.items():  # fmt: skip
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, _, rest = text.partition(start)
        _, found, tail = rest.partition(end)
        if not found:
            raise ValueError(f"{start.strip()} … {end} is missing")
        text = f"{head}{start}\n{table()}\n{end}{tail}"
    return text


def batch() -> str:
    """The blocks of a batch: each field, its rule and meaning."""
    blocks = {"batch": contract(), **{name: contract()["$defs"][name] for name in ("entry", "page", "element")}}
    return _table(("block", "field", "rule", "meaning"), (
        (f"`{block}`", _name(name, name in node.get("required", ())), rule(inner), _meaning(inner))
        for block, node in blocks.items()
        for name, inner in node["properties"].items()
    ))  # fmt: skip


def fields() -> str:
    """Every kind with its fields beside n, t and k, their rules, columns and meanings.

    A field that the contract leaves undescribed is described by its column's comment.
    """
    rows = []
    comments = {name: comment.replace("''", "'") for name, _, comment in _COLUMN.findall(_definition("events"))}
    comments["el"] = "Index of the element it happened on, described in `elements`."
    for kind, entries in kinds().items():
        for entry in entries:
            name = _name(entry.name, entry.required)
            meaning = _meaning(entry.node) or comments.get(
                entry.name if entry.name == "el" else entry.columns[0], ""
            ).removeprefix(f"{kind}: ")
            rows.append((f"`{kind}`", name, rule(entry.node), _columns(entry), meaning))
    return _table(("kind", "field", "rule", "column", "meaning"), rows)


def outcome_fields() -> str:
    """The fields of an outcome, their rules, columns and meanings."""
    return _table(("field", "rule", "column", "meaning"), (
        (_name(entry.name, entry.required), rule(entry.node), _columns(entry), _meaning(entry.node))
        for entry in outcome.fields()
    ))  # fmt: skip


def columns(table: str) -> str:
    """The columns of a table with their types and comments."""
    return _table(("column", "type", "meaning"), (
        (f"`{name}`", f"`{_NO_TYPE.sub('', declared)}`", (comment or "").replace("''", "'"))
        for name, declared, comment in _COLUMN.findall(_definition(table))
    ))  # fmt: skip


def _definition(table: str) -> str:
    for path in sorted((resources.folder("schema") / "clickhouse").glob("*.sql")):
        if found := re.search(rf"CREATE TABLE {table} \(\n(.*?)\n\)\n", path.read_text(), re.DOTALL):
            return re.sub(r"\n    INDEX .*", "", found[1])
    raise LookupError(f"no file creates {table}")


def rule(raw: Json) -> str:
    """A node in words."""
    node = resolved(raw)
    if "const" in node or "enum" in node:
        return ", ".join(f"`{choice}`" for choice in node.get("enum", [node.get("const")]))
    match node["type"]:
        case "integer" | "number":
            what = "whole number" if node["type"] == "integer" else "number"
            return f"{what}, {node['minimum']} to {node['maximum']}"
        case "string":
            return _text_rule(node)
        case "array":
            least, most = node.get("minItems", 0), node["maxItems"]
            count = f"{most}" if least == most else f"{least} to {most}"
            if "prefixItems" in node:
                return f"{count} of ({'; '.join(map(rule, node['prefixItems']))})"
            return f"{count} of ({rule(node['items'])}){', each once' if node.get('uniqueItems') else ''}"
        case "object":
            return _object_rule(node)
        case several:
            return " or ".join(several) + f"; texts to {node['maxLength']} characters"


def _text_rule(node: Json) -> str:
    if "pattern" in node:
        return f"text like `{node['pattern']}`"
    least = f"{node['minLength']} to " if "minLength" in node else "at most "
    return f"text, {least}{node['maxLength']} characters"


def _object_rule(node: Json) -> str:
    if "properties" in node:
        return "object, see below"
    inner = node["additionalProperties"]
    value = "object, see below" if "properties" in resolved(inner) else rule(inner)
    names = node["propertyNames"]
    named = f"like `{names['pattern']}`" if "pattern" in names else f"to {names['maxLength']} characters"
    return f"object of at most {node['maxProperties']} ({value}), names {named}"


def _name(name: str, required: bool) -> str:
    return f"**`{name}`**" if required else f"`{name}`"


def _columns(entry: Field) -> str:
    if entry.name == "el":
        return "`element_*`"
    return ", ".join(f"`{column}`" for column in entry.columns)


def _meaning(node: Json) -> str:
    return str(node.get("description", ""))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    readme().write_text(regenerated(readme().read_text()))
