"""Checks compiled from JSON Schema nodes: small functions that return the value to keep, or say what is wrong.

They know the keywords that the contract uses and refuse to compile any other, so that a rule can never be written
into the contract without being enforced.
"""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from collector.event import Json, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Check = Callable[[Any], Any]

_KNOWN: Final = frozenset({
    "type", "const", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "items", "prefixItems",
    "minItems", "maxItems", "uniqueItems", "properties", "required", "propertyNames", "additionalProperties",
    "maxProperties", "description", "x-column", "x-resolved",
})  # fmt: skip


_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1


class Invalid(ValueError):
    """A value breaks its rule; the message completes the sentence "x: …"."""


def compiled(node: Json) -> Check:
    """A function that returns the value to keep, or raises `Invalid`. It knows what the contract uses, no more.

    Raises:
        NotImplementedError: the contract uses a keyword that no check knows.
    """
    node = resolved(node)
    if unknown := set(node) - _KNOWN:
        raise NotImplementedError(f"no check for {', '.join(sorted(unknown))}")
    if "const" in node or "enum" in node:
        return _choice(node.get("enum", [node.get("const")]))
    makers: dict[str, Callable[[Json], Check]] = {
        "integer": _integer,
        "number": _number,
        "string": _string,
        "array": _array,
        "object": _object,
        "boolean": lambda _: _boolean,
        "null": lambda _: _null,
    }
    if isinstance(node.get("type"), list):
        return _union([makers[name](node) for name in node["type"]], node["type"])
    if node.get("type") not in makers:
        raise NotImplementedError(f"no check for {node}")
    return makers[node["type"]](node)


def _choice(choices: list[Any]) -> Check:
    texts = frozenset(choice for choice in choices if type(choice) is str)

    def check(value: Any) -> Any:
        if type(value) is str and value in texts:
            return value
        for choice in choices:
            if value == choice and isinstance(value, bool) is isinstance(choice, bool):
                return choice
        raise Invalid(f"must be {', '.join(map(str, choices))}")

    return check


def _integer(node: Json) -> Check:
    low, high = node.get("minimum", _INT64_MIN), node.get("maximum", _INT64_MAX)

    def check(value: Any) -> int:
        if type(value) is int and low <= value <= high:
            return value
        if type(value) is float and value.is_integer():
            return check(int(value))
        if type(value) is not int:
            raise Invalid("must be a whole number")
        raise Invalid(f"must be from {low} to {high}")

    return check


def _number(node: Json) -> Check:
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)

    def check(value: Any) -> float:
        if type(value) is int and not _INT64_MIN <= value <= _INT64_MAX:
            value = _as_float(value)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise Invalid("must be a number")
        if not low <= value <= high:
            raise Invalid(f"must be from {low} to {high}")
        return value  # type: ignore[no-any-return]

    return check


def _as_float(value: int) -> float:
    """A whole number past 64 bits as JavaScript has it; neither spool nor table can hold more of it."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _string(node: Json) -> Check:
    least, most = node.get("minLength", 0), node.get("maxLength", sys.maxsize)
    pattern = re.compile(node["pattern"]).fullmatch if "pattern" in node else None

    def check(value: Any) -> str:
        if type(value) is str and least <= len(value) <= most and (pattern is None or pattern(value)):
            return value
        if type(value) is not str:
            raise Invalid("must be a text")
        if not least <= len(value) <= most:
            raise Invalid(f"must have {least or 'at most'}{' to' if least else ''} {most} characters")
        raise Invalid(f"must match {node['pattern']}")

    return check


def _array(node: Json) -> Check:
    least, most = node.get("minItems", 0), node.get("maxItems", sys.maxsize)
    if "prefixItems" in node:
        return _tuple(node, least, most)
    item, unique = compiled(node["items"]), node.get("uniqueItems", False)

    def check(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Invalid("must be a list")
        if not least <= len(value) <= most:
            raise Invalid(f"must have {least} to {most} entries")
        checked = [item(entry) for entry in value]
        if unique and len(set(checked)) != len(checked):
            raise Invalid("must not repeat an entry")
        return checked

    return check


def _tuple(node: Json, least: int, most: int) -> Check:
    """A list whose entries have a rule each, by their places."""
    places = [compiled(place) for place in node["prefixItems"]]
    if most > len(places) or "items" in node or "uniqueItems" in node:
        raise NotImplementedError("no check for entries past those of prefixItems")

    def check(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Invalid("must be a list")
        if not least <= len(value) <= most:
            raise Invalid(f"must have {least} to {most} entries")
        return [place(entry) for place, entry in zip(places, value, strict=False)]

    return check


def _object(node: Json) -> Check:
    return _record(node) if "properties" in node else _mapping(node)


MISSING: Final = "is missing"


class Fields:
    """The known fields of an object, each with its check; others are ignored."""

    def __init__(self, checks: Mapping[str, Check], required: Iterable[str]) -> None:
        self._checks, self._required = checks, frozenset(required)

    def kept(self, value: Json) -> Json | None:
        """The known fields as they are to be kept, None where something is wrong: `faults` says what."""
        checks = self._checks
        try:
            found = {name: checks[name](inner) for name, inner in value.items() if name in checks}
        except Invalid:
            return None
        return found if found.keys() >= self._required else None

    def faults(self, value: Json) -> list[tuple[str, str]]:
        """Every field that is wrong or missing, and how, in the contract's order."""
        found = []
        for name, check in self._checks.items():
            try:
                if name in value:
                    check(value[name])
                elif name in self._required:
                    found.append((name, MISSING))
            except Invalid as error:
                found.append((name, str(error)))
        return found


def _record(node: Json) -> Check:
    """An object with known fields; the others are ignored."""
    known = Fields({name: compiled(inner) for name, inner in node["properties"].items()}, node.get("required", ()))

    def check(value: Any) -> Json:
        if type(value) is not dict:
            raise Invalid("must be an object")
        kept = known.kept(value)
        if kept is None:
            raise Invalid(" ".join(known.faults(value)[0]))
        return kept

    return check


def _mapping(node: Json) -> Check:
    """An object with free names and one rule for all values."""
    most = node.get("maxProperties", sys.maxsize)
    name_check = _string({"type": "string", **node.get("propertyNames", {})})
    inner = compiled(node["additionalProperties"])

    def check(value: Any) -> Json:
        if type(value) is not dict:
            raise Invalid("must be an object")
        if len(value) > most:
            raise Invalid(f"must have at most {most} entries")
        return {_named("a name", name_check, name): _named(name[:64], inner, entry) for name, entry in value.items()}

    return check


def _union(checks: list[Check], names: list[str]) -> Check:
    by_type = {kind: check for check, name in zip(checks, names, strict=True) for kind in _PYTHON_TYPES[name]}

    def check(value: Any) -> Any:
        if type(value) not in by_type:
            raise Invalid(f"must be {', '.join(names)}")
        return by_type[type(value)](value)

    return check


_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int, float), "number": (int, float), "string": (str,), "array": (list,), "object": (dict,),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
"""What JSON's types are once they are read."""


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Invalid("must be true or false")
    return value


def _null(value: Any) -> None:
    if value is not None:
        raise Invalid("must be null")


def _named(name: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except Invalid as error:
        raise Invalid(f"{name} {error}") from None
