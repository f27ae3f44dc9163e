"""The contract as jsonschema reads it: the second opinion that the compiled checks are held against."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from collector.event import Json, contract

if TYPE_CHECKING:
    from collections.abc import Iterator


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """`pattern` as ECMA-262 means it: Python's `$` also stands before a final line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})


@cache
def validator(name: str = "") -> Any:
    """A validator of the batch, or of one of the contract's definitions."""
    whole = contract()
    return _Validator({"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]} if name else whole)


def allows_event(event: Any) -> bool:
    """Whether the contract allows this event, as far as JSON Schema can say."""
    return bool(validator("event").is_valid(event))


def allows_batch(batch: Json) -> bool:
    """Whether the contract allows this batch with all its events and elements."""
    return bool(validator().is_valid(batch))
