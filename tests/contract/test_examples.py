"""schema/examples.jsonl holds for the collector's checks and for JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collector import resources, validate
from collector.checks import _KNOWN
from collector.event import Json, contract, kinds
from tests.contract import spec

EXAMPLES: list[Json] = [
    json.loads(line) for line in (resources.folder("schema") / "examples.jsonl").read_text().splitlines()
]
READ = [example for example in EXAMPLES if example["is"] != "unreadable"]
UNREADABLE = [example for example in EXAMPLES if example["is"] == "unreadable"]
BEYOND_JSON_SCHEMA = ("is not described in elements", "element ")
"""Verdicts that rest on two parts of a batch."""


def named(examples: list[Json]) -> Any:
    """One test per example, under the example's name."""
    return pytest.mark.parametrize("example", [pytest.param(example, id=example["name"]) for example in examples])


@named(READ)
def test_the_collector_says_what_the_example_says(example: Json) -> None:
    """The named events are taken, the others refused for the named reason."""
    answer = validate.batch(validate.read(json.dumps(example["batch"]).encode()))
    assert answer.indexes == example["accepted"]
    assert {str(event.index) for event in answer.rejected} == set(example["rejected"])
    for event in answer.rejected:
        assert example["rejected"][str(event.index)] in "; ".join(event.errors)


@named(UNREADABLE)
def test_the_collector_refuses_the_envelope(example: Json) -> None:
    """The whole batch is refused, for the named reason."""
    with pytest.raises(validate.Unreadable) as caught:
        validate.batch(example["batch"])
    assert example["error"] in str(caught.value)


@named(EXAMPLES)
def test_json_schema_says_the_same(example: Json) -> None:
    """A batch is allowed if nothing of it is refused; so is each event, as far as JSON Schema sees."""
    refused = example.get("rejected", {"": example.get("error")})
    if not any("is not described" in error for error in refused.values()):
        assert spec.allows_batch(example["batch"]) is (not refused)
    for index, event in enumerate(example["batch"]["events"] if example["is"] != "unreadable" else ()):
        beyond = any(words in refused.get(str(index), "") for words in BEYOND_JSON_SCHEMA)
        assert spec.allows_event(event) is (index in example["accepted"] or beyond)


def test_every_example_is_told_apart() -> None:
    """Each has a name of its own, a reason, and a verdict on every event."""
    assert len({example["name"] for example in EXAMPLES}) == len(EXAMPLES)
    for example in EXAMPLES:
        assert example["why"].endswith(".")
        assert example["is"] in ("good", "bad", "unreadable")
    for example in READ:
        verdicts = [*map(str, example["accepted"]), *example["rejected"]]
        assert sorted(verdicts) == sorted(str(index) for index in range(len(example["batch"]["events"])))
        assert bool(example["accepted"] or not example["rejected"]) is (example["is"] == "good")


def test_every_field_has_an_example() -> None:
    """Good events show each kind with all of its fields, and with the required ones alone."""
    shown = [example["batch"]["events"][index] for example in READ for index in example["accepted"]]
    for kind, entries in kinds().items():
        fields = [frozenset(event) - {"n", "t", "k"} for event in shown if event["k"] == kind]
        assert frozenset(entry.name for entry in entries) in fields
        assert frozenset(entry.name for entry in entries if entry.required) in fields


def test_every_rule_is_broken_once() -> None:
    """Each keyword of the contract that can refuse a value does so in some example."""
    told = " ".join(
        word for example in EXAMPLES for word in [*example.get("rejected", {}).values(), example.get("error", "")]
    )
    words = {
        "type": "must be a whole number", "const": "v: must be 1", "enum": "must be history",
        "minimum": "must be from", "maximum": "must be from", "minLength": "must have 1 to", "maxLength": "at most",
        "pattern": "must match", "items": "reached: must be from", "prefixItems": "boxes: must be from 0 to 6",
        "minItems": "must have 4 to 4", "maxItems": "must have 0 to", "uniqueItems": "must not repeat",
        "properties": "key must match", "required": "is missing", "propertyNames": "a name must match",
        "additionalProperties": "cart must be", "maxProperties": "at most 64 entries",
    }  # fmt: skip
    assert words.keys() == _KNOWN - {"description", "x-column", "x-resolved"}
    for keyword, word in words.items():
        assert word in told, keyword
    for name in contract()["required"]:
        assert f"{name}: Missing" in told
