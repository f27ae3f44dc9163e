"""The compiled checks and JSON Schema say the same about every event, element and envelope."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import validate
from collector.event import Json, contract, kinds
from tests.contract import generate, spec
from tests.contract.effort import examples

ENVELOPE = {name: node for name, node in contract()["properties"].items() if name not in ("events", "elements")}
ELEMENT = contract()["$defs"]["element"]["properties"]


def verdict(event: Any) -> tuple[bool, str]:
    """Whether the collector takes an event, and the reason where it does not."""
    answer = validate.batch(generate.batch([event]))
    return bool(answer.indexes), answer.rejected[0].reason if answer.rejected else ""


def reads(batch: Json) -> bool:
    """Whether the collector reads the envelope of a batch."""
    try:
        validate.batch(batch)
    except validate.Unreadable:
        return False
    return True


@pytest.mark.parametrize("kind", generate.KINDS)
def test_allowed_events_are_taken(kind: str) -> None:
    """Whatever the contract allows is taken, and kept as it was sent."""

    @examples(60)
    @given(generate.event(kind))
    def check(event: Json) -> None:
        assert spec.allows_event(event)
        answer = validate.batch(generate.batch([event]))
        assert answer.rejected == []
        assert answer.batch["events"] == [event]

    check()


@pytest.mark.parametrize("kind", generate.KINDS)
def test_both_agree_on_events_that_nearly_fit(kind: str) -> None:
    """A changed event is taken if and only if JSON Schema allows it; only the elements are beyond JSON Schema."""

    @examples(120)
    @given(generate.event(kind).flatmap(lambda event: generate.nearly(event, generate.event_nodes(kind))))
    def check(event: Json) -> None:
        taken, reason = verdict(event)
        assert spec.allows_event(event) is (taken or reason == "element")

    check()


@pytest.mark.parametrize("kind", generate.KINDS)
def test_both_agree_at_every_limit(kind: str) -> None:
    """Each field in turn at each of its limits, just past it, and of a related type: both say the same."""
    full = generate.full_event(kind, high=False, n=0)
    for name, node in generate.event_nodes(kind).items():
        for value in generate.around(node):
            taken, reason = verdict(full | {name: value})
            assert spec.allows_event(full | {name: value}) is (taken or reason == "element"), (name, value)


@pytest.mark.parametrize("name", ENVELOPE)
def test_both_agree_at_every_limit_of_the_envelope(name: str) -> None:
    """Each field of the envelope in turn at each of its limits, just past it, and of a related type."""
    for value in generate.around(ENVELOPE[name]):
        batch = generate.batch([]) | {name: value}
        assert spec.allows_batch(batch) is reads(batch), value


@pytest.mark.parametrize("name", contract()["$defs"]["page"]["properties"])
def test_both_agree_at_every_limit_of_the_page(name: str) -> None:
    """Each field of the page block in turn at each of its limits, just past it, and of a related type."""
    for value in generate.around(contract()["$defs"]["page"]["properties"][name]):
        batch = generate.batch([])
        batch["page"][name] = value
        assert spec.allows_batch(batch) is reads(batch), value


@examples(200)
@given(generate.JSON)
def test_both_agree_on_anything_as_an_event(value: Any) -> None:
    """What is no event at all is refused by both."""
    assert spec.allows_event(value) is verdict(value)[0]


@examples(200)
@given(
    generate.element().flatmap(lambda element: generate.nearly(element, ELEMENT)) | generate.element() | generate.JSON
)
def test_both_agree_on_elements(element: Any) -> None:
    """An event is refused for its element if and only if JSON Schema does not allow the element."""
    event = {"n": 0, "t": 0, "k": "click", "x": 0, "y": 0, "el": 3}
    answer = validate.batch(generate.batch([event], {"3": element}))
    assert spec.validator("element").is_valid(element) is bool(answer.indexes)


@examples(300)
@given(st.data())
def test_both_agree_on_envelopes(data: st.DataObject) -> None:
    """A batch without events is read if and only if JSON Schema allows it."""
    whole = data.draw(generate.fitting({"type": "object", "properties": ENVELOPE, "required": list(ENVELOPE)}))
    batch = data.draw(st.just(whole) | generate.nearly(whole, ENVELOPE)) | {"events": []}
    assert spec.allows_batch(batch) is reads(batch)


@pytest.mark.parametrize("high", [False, True])
@pytest.mark.parametrize("kind", generate.KINDS)
def test_both_take_extremes(kind: str, high: bool) -> None:
    """An event with every field at its limit is taken by both."""
    event = generate.full_event(kind, high, 0)
    assert set(event) == {"n", "t", "k"} | {entry.name for entry in kinds()[kind]}
    assert spec.allows_event(event)
    assert verdict(event) == (True, "")


@pytest.mark.parametrize("kind", generate.KINDS)
def test_a_bad_event_never_costs_its_neighbours(kind: str) -> None:
    """Between good events a bad one is refused alone, by its place in what was sent."""
    good = [generate.full_event(kind, high=False, n=n) for n in range(3)]
    answer = validate.batch(generate.batch([good[0], {}, good[1], None, good[2]]))
    assert answer.indexes == [0, 2, 4]
    assert [event.index for event in answer.rejected] == [1, 3]


@pytest.mark.parametrize("index", ["", "x", "-1", "1000000", "1.0", "٣", "3\n"])
def test_an_element_index_has_at_most_six_digits(index: str) -> None:
    """An element under an index that the contract does not allow is not kept."""
    batch = generate.batch([], {index: {"key": "0" * 16}})
    assert not spec.allows_batch(batch)
    assert index not in validate.batch(batch).batch["elements"]
