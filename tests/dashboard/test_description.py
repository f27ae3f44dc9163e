"""/openapi.json of the dashboard has every route, and what it says of reports is how they answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from collector.dashboard.api import CLOSED
from collector.dashboard.description import REPORT
from collector.query.report import REPORTS
from tests.dashboard.conftest import BEGIN, END

if TYPE_CHECKING:
    from tests.dashboard.conftest import World

PERIOD = f"period={BEGIN}..{END}"
SAID = {
    "attribution": "goal=purchase", "conversion_rate": "goal=purchase&unit=session", "elements": "path=/cart",
    "form": "name=checkout", "funnel": "step=page:/&step=page:/cart", "heatmap": "path=/cart",
    "revenue": "goal=purchase", "scroll": "path=/cart", "skeleton": "path=/cart", "segments": "goal=purchase",
    "zones": "path=/cart",
    "net_score": "unit=session", "time_to_value": "start-step=page:/&value-step=conversion:purchase",
}  # fmt: skip


def description(world: World) -> dict[str, Any]:
    """As anybody gets it."""
    answer = world.browser().get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def test_it_is_openapi(world: World) -> None:
    """Of version 3.1, with an id of its own for each operation."""
    found = description(world)
    validate(found)
    ids = [
        each["operationId"] for path in found["paths"].values() for name, each in path.items() if name != "parameters"
    ]
    assert len(ids) == len(set(ids)) > 50


def test_every_route_is_in_it(world: World) -> None:
    """With every method and every part of its address; and nothing else is."""
    found = {
        (path, method.upper())
        for path, each in description(world)["paths"].items()
        for method in each
        if method != "parameters"
    }
    wanted = set()
    for rule in world.app.url_map.iter_rules():
        paths = [re.sub(r"<(?:int:|path:)?(\w+)>", r"{\1}", rule.rule)]
        if rule.endpoint == REPORT:
            paths = [f"/api/{{site}}/{name}.{{form}}" for name in REPORTS if name not in CLOSED]
        wanted |= {(path, method) for path in paths for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert found == wanted


def test_who_may_is_what_the_routes_need(world: World) -> None:
    """Tokens read sites and nothing else, forms carry their check."""
    paths = description(world)["paths"]
    assert paths["/api/{site}/traffic.{form}"]["get"]["security"] == [{"Session": []}, {"Token": []}]
    assert paths["/overlay/{secret}"]["get"]["security"] == []
    assert paths["/people"]["get"]["security"] == [{"Session": []}]
    for path in paths.values():
        if "post" in path:
            (schema,) = (each["schema"] for each in path["post"]["requestBody"]["content"].values())
            assert "csrf" in schema["required"]


@pytest.mark.parametrize("name", sorted(set(REPORTS) - set(CLOSED)))
def test_reports_answer_as_they_are_described(world: World, dashboard_url: str, name: str) -> None:
    """Their rows have the fields, and the parameters are those that are taken."""
    from tests.dashboard.test_pages import session_id

    found = description(world)
    operation = found["paths"][f"/api/{{site}}/{name}.{{form}}"]["get"]
    said = SAID.get(name, "")
    said = f"id={session_id(dashboard_url, 'site-1')}" if name in ("session", "replay") else said
    period = PERIOD if any(each["name"] == "period" for each in operation["parameters"]) else ""
    browser = world.browser("viewer")
    answer = browser.get(f"/api/site-1/{name}.json?{'&'.join(filter(None, (period, said)))}")
    assert answer.status_code == 200, answer.text
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    problems = Draft202012Validator({"components": found["components"], **schema}).iter_errors(answer.json)
    assert [f"{each.json_path}: {each.message}" for each in problems][:3] == []
    assert {each["name"] for each in operation["parameters"]} == {
        "tz", *(option.flag.removeprefix("--") for option in REPORTS[name].options)
    }  # fmt: skip
    refused = browser.get(f"/api/site-1/{name}.json?{quote('no such')}=1")
    assert refused.status_code == 400
    assert str(refused.status_code) in operation["responses"]
