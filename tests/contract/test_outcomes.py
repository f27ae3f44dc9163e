"""The contract of outcomes: checks, JSON Schema, description and tables say the same."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from collector import outcome, spool, validate_outcomes
from collector.event import Json, Record
from collector.outcome_rows import row, said
from tests.contract import generate, spec, tables
from tests.contract.conftest import SECRET
from tests.contract.effort import examples
from tests.contract.test_openapi import DESCRIBED, assert_described

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.test import TestResponse

    from collector.store import Store

NODES = {entry.name: entry.node for entry in outcome.fields()}
NOW = 1_790_000_000_000
FULL: Json = {
    "source": "crm", "id": "lead-1", "kind": "lead", "ts": NOW, "value": 1.5, "currency": "EUR", "goal": "offer",
    "order_id": "A-1", "visitor": "3f9a0c4417be20d1", "user": "ada", "quality": "A", "stage": "won",
    "props": {"seats": 3},
}  # fmt: skip
PATH = "/v1/outcomes"
_VALIDATOR = extend(Draft202012Validator, {"pattern": spec._pattern})(outcome.contract())


def allowed(body: Any) -> bool:
    """Whether JSON Schema allows a body."""
    return bool(_VALIDATOR.is_valid(body))


def taken(one: Any) -> bool:
    """Whether the collector takes an outcome."""
    return not validate_outcomes.check({"site": "demo-shop", "outcomes": [one]}, NOW, "UTC").rejected


FEW_PROPS = NODES["props"] | {
    "maxProperties": 5,
    "additionalProperties": NODES["props"]["additionalProperties"] | {"maxLength": 100},
}
"""As many as stay below 32 KiB whatever their letters."""


def outcomes() -> st.SearchStrategy[Json]:
    """Outcomes as the contract allows them."""
    fields = {name: generate.fitting(node) for name, node in NODES.items() if name != "ts"} | {
        "ts": st.integers(outcome.EARLIEST_MS, NOW) | st.datetimes().map(lambda at: at.replace(year=2020).isoformat()),
        "props": generate.fitting(FEW_PROPS),
    }
    needed = ("source", "id", "kind")
    return st.sampled_from(outcome.LINKS).flatmap(
        lambda link: st.fixed_dictionaries(
            {name: fields[name] for name in (*needed, link)},
            optional={name: inner for name, inner in fields.items() if name not in (*needed, link)},
        )
    ).map(lambda one: one | {"currency": "EUR"} if "value" in one else one)  # fmt: skip


def test_the_full_outcome_has_every_field() -> None:
    """So that the tests below leave none out."""
    assert FULL.keys() == NODES.keys()
    assert taken(FULL)


@examples(150)
@given(outcomes())
def test_allowed_outcomes_are_taken_and_kept(one: Json) -> None:
    """Whatever the contract allows is kept as it was sent, its time as Unix ms, through the spool."""
    assert allowed({"site": "demo-shop", "outcomes": [one]})
    (kept,) = validate_outcomes.check({"site": "demo-shop", "outcomes": [one]}, NOW, "UTC").outcomes
    assert kept | {"ts": 0} == one | {"ts": 0}
    assert isinstance(kept.get("ts", 0), int)
    assert Record.decode(Record(NOW, 1, "demo-shop", outcomes=[kept]).encode()).outcomes == [kept]


@pytest.mark.parametrize("name", [name for name in NODES if name != "ts"])
def test_both_agree_at_every_limit(name: str) -> None:
    """Each field in turn at each of its limits, just past it, of a related type, and absent."""
    for value in generate.around(NODES[name]):
        one = FULL | {name: value}
        assert allowed({"site": "demo-shop", "outcomes": [one]}) is taken(one), value
    without = {field: value for field, value in FULL.items() if field != name}
    assert allowed({"site": "demo-shop"} | without) is taken(without)


@examples(100)
@given(st.sets(st.sampled_from(sorted(NODES))))
def test_both_agree_on_what_is_required(names: set[str]) -> None:
    """Any choice of fields: required ones, one of the links, a currency beside a value."""
    one = {name: FULL[name] for name in names}
    assert allowed({"site": "demo-shop", "outcomes": [one]}) is taken(one)


@examples(150)
@given(generate.JSON | st.dictionaries(st.sampled_from(sorted(NODES)), generate.JSON))
def test_no_value_breaks_the_checks(one: Any) -> None:
    """Whatever is sent, there is a verdict."""
    verdict = validate_outcomes.check({"site": "demo-shop", "outcomes": [one]}, NOW, "Europe/Berlin")
    assert len(verdict.outcomes) + len(verdict.rejected) == 1
    assert all(rejected.errors for rejected in verdict.rejected)


@examples(100)
@given(
    st.text(max_size=40)
    | st.from_regex(r"[0-9]{1,4}-?[0-9W]{1,3}-?[0-9]{0,2}([T ][0-9:.,]{0,15}(Z|[+-][0-9:]{2,8})?)?")
)
def test_no_time_breaks_the_checks(text: str) -> None:
    """Whatever text is sent as a time, in zones with odd offsets too."""
    for zone in ("UTC", "Pacific/Apia", "Europe/Dublin"):
        verdict = validate_outcomes.check({"site": "demo-shop", "outcomes": [FULL | {"ts": text}]}, NOW, zone)
        assert all(outcome.EARLIEST_MS <= one["ts"] <= NOW + outcome.AHEAD_MS for one in verdict.outcomes)


def test_every_field_has_its_column_and_fits(store: Store) -> None:
    """The loader writes all columns of `outcomes` and no other; each holds whatever the contract allows."""
    types = tables.types(store, "outcomes")
    record = Record(NOW, 1, "demo-shop", outcomes=[FULL | {"user": "f" * 16}])
    assert row(record, 0, said(record, 0)).keys() == types.keys()
    for entry in outcome.fields():
        assert set(entry.columns) <= types.keys(), entry.name
        if entry.direct:
            assert tables.fits(entry.node, types[entry.columns[0]]), entry.name
    view = tables.types(store, "latest_outcomes")
    assert view.keys() == types.keys() - {"version", "digest"}


def test_kinds_of_the_table_are_those_of_the_contract(store: Store) -> None:
    """The enumeration has the same words."""
    listed = [part.split(" = ")[0].strip("'") for part in tables.types(store, "outcomes")["kind"][6:-1].split(", ")]
    assert listed == NODES["kind"]["enum"]


@examples(40)
@given(st.lists(outcomes(), min_size=1, max_size=5, unique_by=lambda one: (one["source"], one["id"])))
def test_outcomes_read_back(store: Store, sent: list[Json]) -> None:
    """Allowed outcomes, several in one insert, read back from the view with every value in its column."""
    verdict = validate_outcomes.check({"site": "demo-shop", "outcomes": sent}, NOW, "UTC")
    kept = [one | ({"user": "00ff" * 4} if "user" in one else {}) for one in verdict.outcomes]
    record = Record.decode(Record(NOW, 7, "demo-shop", outcomes=kept).encode())
    rows = [row(record, place, said(record, place)) for place in range(len(kept))]
    store.execute("TRUNCATE TABLE outcomes")
    store.insert("outcomes", {name: [one[name] for one in rows] for name in rows[0]})
    types = tables.types(store, "outcomes")
    names = ("kind", "value", "currency", "goal", "order_id", "quality", "stage")
    found = {
        (source, key): (dict(zip(names, values, strict=True)), tables.flat(props), at, visitor, person)
        for source, key, props, at, visitor, person, *values in store.execute(
            "SELECT source, id, toString(props), toUnixTimestamp64Milli(ts), visitor_id, person_id, "
            f"{', '.join(names)} FROM latest_outcomes"
        )
    }
    assert found == {
        (one["source"], one["id"]): (
            {name: tables.stored(one.get(name, tables.empty(types[name]) if name != "kind" else ""), types[name])
             for name in names},
            tables.stored(one.get("props", {}), types["props"]),
            one.get("ts", NOW), int(one.get("visitor", "0"), 16), int(one.get("user", "0"), 16),
        )
        for one in kept
    }  # fmt: skip


def test_the_body_is_the_contract(app: Flask) -> None:
    """The description refers to the contract that the application serves beside it."""
    bodies = DESCRIBED["paths"][PATH]["post"]["requestBody"]["content"]
    assert bodies == {"application/json": {"schema": {"$ref": "outcome.schema.json"}}}
    assert app.test_client().get("/outcome.schema.json").get_json() == outcome.contract()


def post(app: Flask, body: Any, **headers: str) -> TestResponse:
    """Send a body; the answer is compared with the description."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = app.test_client().post(PATH, data=text, headers=headers)
    assert_described(answer, DESCRIBED["paths"][PATH]["post"]["responses"][str(answer.status_code)])
    return answer


@pytest.mark.parametrize(("body", "secret", "status"), [
    ({"site": "demo-shop"} | FULL, SECRET, 202),
    ({"site": "demo-shop", "outcomes": [FULL, {}, 5, FULL | {"id": 5}, FULL | {"id": "😀" * 200}]}, SECRET, 202),
    ({"site": "demo-shop", "outcomes": []}, SECRET, 202),
    (b"[]", SECRET, 400), ({"site": "demo-shop", "outcomes": 5}, SECRET, 400), (b"[" * 100_000, SECRET, 400),
    ({"site": "demo-shop"} | FULL, None, 401), ({"site": "demo-shop"} | FULL, SECRET[1:], 401),
    ({"site": "anyone"} | FULL, SECRET, 401), ({"site": "nobody"} | FULL, SECRET, 403), ({}, SECRET, 403),
    ({"site": "closed"} | FULL, SECRET, 410), ({"site": "demo-shop", "outcomes": [{}] * 501}, SECRET, 413),
    (b" " * (1 << 20) + b"{}", SECRET, 413),
])  # fmt: skip
def test_answers_are_as_described(app: Flask, body: Any, secret: str | None, status: int) -> None:
    """Status, headers and body of every kind of answer."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    assert post(app, body, **headers).status_code == status


def test_a_flood_and_a_full_disk_are_answered_as_described(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 and 503 say when to try again."""
    monkeypatch.setattr(spool.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    app = make_app(rate="0.25")
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert [post(app, {"site": "demo-shop"} | FULL, **headers).status_code for _ in range(2)] == [503, 429]
