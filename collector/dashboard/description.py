"""The dashboard's routes as OpenAPI: made of the routes, what they need, and the reports with their options and rows.

Written by hand it would be a second list of all options of all reports; `schema/openapi.json` is the collector's.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, current_app, jsonify

from collector.dashboard.api import CLOSED
from collector.dashboard.reader import SESSION, cookie, needs
from collector.query.report import REPORTS

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

    from collector.query.report import Option, Report

Json = dict[str, Any]
blueprint = Blueprint("description", __name__)
REPORT: Final = "api.answer"
"""The route that is described once a report."""
_METHODS: Final = ("GET", "POST")
_KINDS: Final = {
    "pages.csv": "text/csv",
    "pages.png": "image/png",
    "static": "application/octet-stream",
    "healthz": "text/plain",
    "overlay.answer": "application/json",
    "notes.told": "application/json",
    "description.openapi": "application/json",
}
"""What routes answer with that do not answer with a page."""
_NEEDS: Final = {
    "anyone": "For anyone.",
    "secret": "For whoever has the secret in the address, of any origin; no cookie is looked at.",
    "user": "For who is logged in.",
    "viewer": "For who may read the site.",
    "analyst": "For analysts of the site, and owners.",
    "owner": "For owners.",
}
_WORDS: Final = {
    "site": "The site's key.", "page": "A page of the dashboard, such as overview.", "panel": "A panel of the page.",
    "number": "The number that the page shows.", "secret": "256 random bits, as the link has them.",
    "filename": "The file's name.",
}  # fmt: skip
_NUMBER: Final = {"type": "number"}
_TEXT: Final = {"type": "string"}
_RATE: Final = {"$ref": "#/components/schemas/Rate"}
_TYPES: Final[dict[str, Json]] = {
    "str": _TEXT,
    "int": {"type": "integer"},
    "float": _NUMBER,
    "bool": {"type": "boolean"},
    "Rate": _RATE,
    "Decimal": {"type": "string", "description": "A decimal number."},
    "datetime": {"type": "string", "format": "date-time"},
    "timedelta": {"type": "number", "description": "Seconds."},
    "dict[str, int]": {"type": "object", "additionalProperties": {"type": "integer"}},
    "tuple[str, ...]": {"type": "array", "items": _TEXT},
    "tuple[int, ...]": {"type": "array", "items": {"type": "integer"}},
}


@blueprint.get("/openapi.json")
@needs("anyone")
def openapi() -> Response:
    """This description."""
    return jsonify(described(current_app))


def described(app: Flask) -> Json:
    """The description of all routes of the dashboard."""
    paths: Json = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if rule.endpoint == REPORT:
            for name in sorted(set(REPORTS) - set(CLOSED)):
                paths[f"/api/{{site}}/{name}.{{form}}"] = _report(REPORTS[name])
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {"parameters": [_of_path(name) for name in _names(path)]})
        for method in _METHODS:
            if method in (rule.methods or ()):
                paths[path][method.lower()] = _route(app, rule, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Footpath dashboard",
            "version": "1",
            "description": "Reports for scripts are below /api, with a token from the page Account. All other "
            "routes are the pages and their forms. 404 also stands for a site that the reader may not see; without the "
            "database the answer is 503.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {path: each for path, each in paths.items() if set(each) - {"parameters"} or each.get("get")},
        "components": {
            "securitySchemes": {
                "Token": {"type": "http", "scheme": "bearer", "description": "A token of a user; it reads only."},
                "Session": {"type": "apiKey", "in": "cookie", "name": cookie(SESSION)},
            },
            "schemas": {"Rate": _rate(), "Meta": _meta()},
        },
    }


def _route(app: Flask, rule: Rule, method: str) -> Json:
    view = app.view_functions[rule.endpoint]
    wanted = str(getattr(view, "needs", "owner"))
    text = " ".join((view.__doc__ or "A file of the pages.").split("\n\n")[0].split())
    found: Json = {
        "operationId": f"{rule.endpoint.replace('.', '_')}_{method.lower()}",
        "tags": [rule.endpoint.partition(".")[0]],
        "summary": text,
        "description": _NEEDS[wanted],
        "security": _security(wanted, method),
        "responses": _responses(rule.endpoint, wanted, method),
    }
    if method == "POST":
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": _form()}}}
    return found


def _security(wanted: str, method: str) -> list[Json]:
    if wanted in ("anyone", "secret"):
        return []
    return [{"Session": []}, {"Token": []}] if wanted == "viewer" and method == "GET" else [{"Session": []}]


def _responses(endpoint: str, wanted: str, method: str) -> Json:
    kind = _KINDS.get(endpoint, "text/html")
    found: Json = {"200": {"description": "What was asked for.", "content": {kind: {}}}}
    if kind == "text/html":
        found["303"] = {"description": "Where it goes on; to the login for who is not logged in."}
    if wanted not in ("anyone", "secret"):
        found |= {code: {"description": text} for code, text in _REFUSED.items()}
    if method == "POST":
        found["403"] = {"description": "Too low a role, or a form without its check."}
    if endpoint == "overlay.answer":
        error = {
            "application/json": {"schema": {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}}
        }
        said = {"400": "The question is not possible.", "401": "The link is void.", "429": "Too many void links.",
                "503": "The database does not answer."}  # fmt: skip
        found |= {code: {"description": text, "content": error} for code, text in said.items()}
    return found


_REFUSED: Final = {
    "400": "The question is not possible; a sentence says why.",
    "401": "No login, and no token.",
    "403": "Too low a role.",
    "404": "No such site that the reader may see, or nothing of that name.",
    "503": "The database does not answer.",
}


def _form() -> Json:
    check = {"type": "string", "description": "From the page of the form; it belongs to the session."}
    return {"type": "object", "properties": {"csrf": check}, "required": ["csrf"]}


def _of_path(name: str) -> Json:
    kind = {"type": "integer"} if name == "number" else _TEXT
    return {"name": name, "in": "path", "required": True, "description": _WORDS[name], "schema": kind}


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _report(report: Report) -> Json:
    form = {"name": "form", "in": "path", "required": True, "schema": {"enum": ["json", "csv"]}}
    zone = {"name": "tz", "in": "query", "description": "Zone of the days; the site's by default.", "schema": _TEXT}
    row = _row(report)
    answer = {
        "type": "object",
        "required": ["report", "meta", "rows"],
        "properties": {
            "report": {"const": report.name},
            "meta": {"$ref": "#/components/schemas/Meta"},
            "rows": {"type": "array", "items": row},
        },
    }
    content = {"application/json": {"schema": answer}, "text/csv": {"schema": _TEXT}}
    return {
        "parameters": [_of_path("site"), form],
        "get": {
            "operationId": f"report_{report.name}",
            "tags": ["reports"],
            "summary": report.help,
            "description": _NEEDS["viewer"],
            "security": _security("viewer", "GET"),
            "parameters": [*map(_option, report.options), zone],
            "responses": {
                "200": {"description": "The report's answer.", "content": content},
                **{
                    code: {"description": text, "content": {"text/plain": {"schema": _TEXT}}}
                    for code, text in _REFUSED.items()
                },
            },
        },
    }


def _option(option: Option) -> Json:
    one: Json = {"type": "string", **({"enum": list(option.kind.choices)} if option.kind.choices else {})}
    if option.default is False:
        one = {"enum": ["1", "true", "yes", "0", "false", "no"]}
    schema = {"type": "array", "items": one} if option.kind.multiple else one
    form = f" ({option.kind.form})" if option.kind.form and option.kind.form not in option.help else ""
    return {
        "name": option.flag.removeprefix("--"),
        "in": "query",
        "required": option.required,
        "description": f"{option.help}{form}",
        "schema": schema,
    }


def _row(report: Report) -> Json:
    answer = getattr(sys.modules[report.ask.__module__], str(report.ask.__annotations__["return"]))
    fields = dataclasses.fields(answer.row_type)
    return {
        "type": "object",
        "required": [each.name for each in fields],
        "properties": {each.name: _field(each) for each in fields},
    }


def _field(each: dataclasses.Field[Any]) -> Json:
    name, _, other = str(each.type).partition(" | ")
    found = _TYPES.get(name, {})
    words = ", ".join(filter(None, (each.metadata.get("label", ""), each.metadata.get("unit", ""))))
    either = {"anyOf": [found, {"type": "null"}]} if other and found else found
    # What is not finite has no number in JSON.
    either = {"type": ["number", "null"]} if found is _NUMBER else either
    return {**either, "description": words} if words else either


def _rate() -> Json:
    proportion = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    counts = {"k": {"type": "integer"}, "n": {"type": "integer"}}
    rates = {"rate": proportion, "low": proportion, "high": proportion}
    return {
        "type": "object",
        "description": "k out of n with its 95 % interval (Wilson); `definition` names what is counted.",
        "required": [*counts, *rates, "definition"],
        "properties": {**counts, **rates, "definition": _TEXT},
    }


def _meta() -> Json:
    return {
        "type": "object",
        "description": "How the question was understood: site, zone, period, definitions, notes.",
        "required": ["report", "site", "zone", "period", "definitions", "notes"],
        "properties": dict.fromkeys(("report", "site", "zone", "filter", "goals"), _TEXT)
        | {name: {"type": "array", "items": _TEXT} for name in ("definitions", "notes")},
    }
