"""Values that the contract allows, and values that nearly are: strategies built from its nodes.

They know the keywords that the contract uses and lean towards edges: lowest, highest, longest, most.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from collector.event import Field, Json, contract, kinds, resolved

Values = st.SearchStrategy[Any]

KINDS = tuple(kinds())
SITE = "demo-shop"
STARTED = 1_790_000_000_000

LETTERS = st.characters(exclude_categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(LETTERS, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(LETTERS, max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
"""Any JSON value at all."""


def fitting(raw: Json) -> Values:
    """Values that a node allows."""
    node = resolved(raw)
    if "const" in node or "enum" in node:
        return st.sampled_from(node.get("enum", [node.get("const")]))
    if isinstance(node["type"], list):
        return st.one_of([fitting({**node, "type": name}) for name in node["type"]])
    return _BY_TYPE[node["type"]](node)


def _integers(node: Json) -> Values:
    low, high = node["minimum"], node["maximum"]
    return st.sampled_from([low, high]) | st.integers(low, high)


def _numbers(node: Json) -> Values:
    low, high = node.get("minimum"), node.get("maximum")
    plain = st.floats(low, high, allow_nan=False, allow_infinity=False)
    whole = st.integers(low if low is not None else -(2**63), high if high is not None else 2**63 - 1)
    return plain | whole if low is None else plain | whole | st.sampled_from([low, high, float(high)])


def _texts(node: Json) -> Values:
    if "pattern" in node:
        return st.from_regex(re.compile(node["pattern"].removesuffix("$") + r"\Z", re.ASCII), fullmatch=True)
    least, most = node.get("minLength", 0), node["maxLength"]
    short = st.text(LETTERS, min_size=least, max_size=min(most, 24))
    return short | st.sampled_from(["x" * most, "é" * most, "😀" * most])


def _lists(node: Json) -> Values:
    least, most = node.get("minItems", 0), node["maxItems"]
    if "prefixItems" in node:
        places = [fitting(place) for place in node["prefixItems"]]
        return st.one_of([st.tuples(*places[:length]).map(list) for length in range(least, most + 1)])
    item, unique = fitting(node["items"]), node.get("uniqueItems", False)
    some = st.lists(item, min_size=least, max_size=min(most, max(least, 6)), unique=unique)
    if least == most or unique:
        return some
    return some | item.map(lambda entry: [entry] * most)


def _objects(node: Json) -> Values:
    if "properties" in node:
        return _record(node)
    most = node["maxProperties"]
    names = fitting({"type": "string", "maxLength": 64, **node.get("propertyNames", {})})
    value = fitting(node["additionalProperties"])
    some = st.dictionaries(names, value, max_size=min(most, 5))
    numbers = range(most)
    return some | value.map(lambda entry: {str(number): entry for number in numbers})


def _record(node: Json) -> Values:
    needed = node.get("required", ())
    fields = {name: fitting(inner) for name, inner in node["properties"].items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: inner for name, inner in fields.items() if name not in needed},
    )


_BY_TYPE = {
    "integer": _integers,
    "number": _numbers,
    "string": _texts,
    "array": _lists,
    "object": _objects,
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
}


def event(kind: str) -> Values:
    """Events of a kind as the contract allows them; any field beside the required ones may be absent.

    An `el` stays below a million, since the index of an element has six digits.
    """
    fields = {entry.name: _field(entry) for entry in kinds()[kind]}
    needed = {entry.name for entry in kinds()[kind] if entry.required}
    u32 = fitting({"$ref": "#/$defs/u32"})
    return st.fixed_dictionaries(
        {"n": u32, "t": u32, "k": st.just(kind), **{name: fields[name] for name in fields if name in needed}},
        optional={name: fields[name] for name in fields if name not in needed},
    )


def _field(entry: Field) -> Values:
    return st.integers(0, 999_999) if entry.name == "el" else fitting(entry.node)


def full_event(kind: str, high: bool, n: int) -> Json:
    """The event of a kind that has every field at its highest (or lowest) value."""
    fields = {entry.name: extreme(entry.node, high) for entry in kinds()[kind]}
    if "el" in fields:
        fields["el"] = 999_999 if high else 0
    return {"n": n, "t": extreme({"$ref": "#/$defs/u32"}, high), "k": kind, **fields}


def extreme(raw: Json, high: bool) -> Any:
    """The highest, longest, fullest value that a node allows, or the lowest, shortest, emptiest."""
    node = resolved(raw)
    if "const" in node or "enum" in node:
        return node.get("enum", [node.get("const")])[-1 if high else 0]
    match node["type"]:
        case "integer" | "number":
            return node["maximum" if high else "minimum"]
        case "string" if "pattern" in node:
            return {"^[A-Z]{3}$": "ZZZ"}.get(node["pattern"], ("f" if high else "0") * 16)
        case "string":
            return "😀" * node["maxLength"] if high else "x" * node.get("minLength", 0)
        case "array":
            return _extreme_list(node, high)
        case "object":
            return _extreme_object(node, high)
        case _:  # a union: its texts are the longest
            return "😀" * node["maxLength"] if high else None


def _extreme_list(node: Json, high: bool) -> list[Any]:
    if node.get("uniqueItems"):
        return list(range(node["maxItems"])) if high else []
    if "prefixItems" in node:
        return [extreme(place, high) for place in node["prefixItems"][: node["maxItems" if high else "minItems"]]]
    return [extreme(node["items"], high)] * (node["maxItems"] if high else node.get("minItems", 0))


def _extreme_object(node: Json, high: bool) -> Json:
    if "properties" in node:
        return {name: extreme(inner, high) for name, inner in node["properties"].items()}
    count = node["maxProperties"] if high else 0
    width = 1 if "pattern" in node["propertyNames"] else node["propertyNames"]["maxLength"]
    return {f"{n:_>{width}}": extreme(node["additionalProperties"], high) for n in range(count)}


def element() -> Values:
    """Elements as the contract allows them."""
    return fitting({"$ref": "#/$defs/element"})


def page() -> Values:
    """Page blocks as the contract allows them."""
    return fitting({"$ref": "#/$defs/page"})


def batch(events: list[Any], elements: Json | None = None, **changes: Any) -> Json:
    """A batch with these events; elements that they name and nobody described get a plain description."""
    named = {str(event["el"]) for event in events if isinstance(event, dict) and _is_index(event.get("el"))}
    return {
        "v": 1, "site": SITE, "sent_at": STARTED + 1000, "sent_t": 1000, "visitor": "3f9a0c4417be20d1",
        "session": "0f9a0c4417be20d1", "page": {"id": "0d9a0c4417be20d1", "started_at": STARTED, "url": ""},
        "elements": {index: {"key": "9f2c0a0000000001"} for index in named} | (elements or {}),
        "events": events, **changes,
    }  # fmt: skip


def _is_index(value: Any) -> bool:
    return type(value) is int and 0 <= value <= 999_999


@st.composite
def nearly(draw: st.DrawFn, whole: Json, nodes: dict[str, Json]) -> Json:
    """An object that the contract allows, with one to three of its fields changed, taken away or added."""
    changed = dict(whole)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from([*nodes, "unknown"]))
        if name in changed and draw(st.integers(0, 5)) == 0:
            del changed[name]
        else:
            changed[name] = draw(near(nodes.get(name, {"type": "null"})))
    return changed


def near(raw: Json) -> Values:
    """Values around a node's limits, of related types, or anything at all."""
    node = resolved(raw)
    odd = st.sampled_from(around(node))
    if node.get("type") == "array":
        places = st.one_of(near(place) for place in node.get("prefixItems", [node.get("items")]))
        odd |= st.lists(places, max_size=8)
        if "prefixItems" in node:
            odd |= st.tuples(*map(near, node["prefixItems"])).map(list)
    if node.get("type") == "object" and "additionalProperties" in node:
        odd |= st.dictionaries(st.text(LETTERS, max_size=3), near(node["additionalProperties"]), max_size=4)
    if "properties" in node and node.get("type") == "object":
        odd |= fitting(node).flatmap(lambda value: nearly(value, node["properties"]))
    return odd | odd | fitting(node) | JSON


def around(raw: Json) -> list[Any]:
    """Values at a node's limits and just past them, and values of related types."""
    node = resolved(raw)
    odd: list[Any] = [None, True, False, 0, 1, -1, 1.0, 0.5, -0.0, "", "1", "true", [], {}, [1], {"a": 1}]
    odd += [2**31, 2**32, 2**53, 2**63, 2**64, 1e300, -1e300, "x\n", "\x00", "ABC", "f" * 16, "F" * 16]
    for limit in ("minimum", "maximum"):
        if limit in node:
            odd += [node[limit], node[limit] - 1, node[limit] + 1, float(node[limit]), node[limit] + 0.5]
    for limit in ("minLength", "maxLength"):
        if limit in node:
            odd += ["x" * max(0, node[limit] + step) for step in (-1, 0, 1)] + ["😀" * (node[limit] + 1)]
    if "prefixItems" in node:
        whole = [extreme(place, high=False) for place in node["prefixItems"]]
        odd += [[*whole, *whole][:count] for count in (1, node["minItems"] - 1, node["maxItems"], node["maxItems"] + 1)]
        odd += [[*whole[:at], wrong, *whole[at + 1 :]] for at, place in enumerate(node["prefixItems"])
                for wrong in around(place)]  # fmt: skip
    elif node.get("type") == "array":
        entry = extreme(node["items"], high=False)
        odd += [[entry] * count for count in (1, 2, 3, node["maxItems"], node["maxItems"] + 1)]
        odd += [[wrong] for wrong in (around(node["items"]) if "prefixItems" in resolved(node["items"]) else ())]
    if "maxProperties" in node:
        value = extreme(node["additionalProperties"], high=False)
        odd += [{str(n): value for n in range(node["maxProperties"] + more)} for more in (0, 1)]
    return odd + [f"{choice} " for choice in node.get("enum", ())] + ([node["const"]] if "const" in node else [])


def event_nodes(kind: str) -> dict[str, Json]:
    """The nodes of all fields of a kind, n, t and k among them."""
    common = contract()["$defs"]["event"]["properties"]
    return {"n": common["n"], "t": common["t"], "k": {"enum": [*KINDS, "scroll"]}} | {
        entry.name: entry.node for entry in kinds()[kind]
    }
