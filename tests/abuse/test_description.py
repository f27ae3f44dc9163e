"""Schemathesis reads schema/openapi.json and sends what fits it and what does not; every answer is as described.

`HYPOTHESIS_PROFILE=thorough` sends twenty times as much.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from collector import resources
from tests.abuse.conftest import BEARER
from tests.contract.effort import examples

if TYPE_CHECKING:
    from flask import Flask

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
SCHEMA = schemathesis.openapi.from_path(resources.folder("schema") / "openapi.json")
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
SENDING = [label for label in OPERATIONS if label.startswith("POST ")]
ASKING = [label for label in OPERATIONS if label not in SENDING]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
# Where nothing is asked, nothing can be wrong.
ASKED = [
    (label, mode) for label in ASKING for mode in MODES
    if mode is GenerationMode.POSITIVE or list(OPERATIONS[label].iter_parameters())
]  # fmt: skip


def test_every_route_is_read() -> None:
    """None is passed over because its description could not be resolved."""
    described = json.loads((resources.folder("schema") / "openapi.json").read_text())["paths"]
    assert set(OPERATIONS) == {
        f"{method.upper()} {path}" for path, item in described.items() for method in item if method != "parameters"
    }


def asked(app: Flask, case: Any, *checks: Any) -> Any:
    """Send a case to the application; its answer is checked against the description."""
    answer = case.call(app=app)
    case.validate_response(answer, checks=[*CHECKS, *checks])
    return answer


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("label", SENDING)
def test_any_body_is_answered_as_described(app: Flask, label: str, mode: GenerationMode) -> None:
    """Bodies that fit the contract and bodies that nearly do, for a known site and for others, packed or not."""

    @examples(100)
    @given(OPERATIONS[label].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.headers.update(BEARER)
        known = isinstance(case.body, dict)
        if known:
            case.body["site"] = "anyone" if label.endswith("events") else "demo-shop"
        fits = known and mode is GenerationMode.POSITIVE
        if fits:
            packed = case.headers.get("Content-Encoding") == "gzip"
            case.headers.pop("Origin", None)
            text = json.dumps(case.body).encode()
            case.body = gzip.compress(text) if packed else text
        answer = asked(app, case)
        assert not fits or answer.status_code == 202, answer.text

    send()


@pytest.mark.parametrize(("label", "mode"), ASKED)
def test_any_question_is_answered_as_described(app: Flask, label: str, mode: GenerationMode) -> None:
    """Any parameter and header, with the secret key and without."""

    @examples(25)
    @given(OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if len(case.headers) % 2:
            case.headers.update(BEARER)
        asked(app, case)

    ask()
