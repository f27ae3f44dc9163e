"""Every report for scripts, by its name and the options of the command line: JSON or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from collector.dashboard import connection
from collector.dashboard.reader import needs
from collector.query import QueryError
from collector.query.report import REPORTS

if TYPE_CHECKING:
    from typing import Any

blueprint = Blueprint("api", __name__)
# A statement of one's own can read all sites; who may see one site only must not.
CLOSED = ("sql",)
_COMMON = ("tz",)


@blueprint.get("/api/<site>/<report>.<form>")
@needs("viewer")
def answer(site: str, report: str, form: str) -> Response:
    """A report's answer: `/api/my-shop/funnel.json?step=page:/&step=conversion:purchase&period=7d`.

    Errors are texts: 404 no such report, 400 the question, 503 the database.
    """
    found = REPORTS.get(report)
    if found is None or report in CLOSED or form not in ("json", "csv"):
        return _said(404, f"no such report; there are {', '.join(sorted(set(REPORTS) - set(CLOSED)))}, .json or .csv")
    names = {option.flag.removeprefix("--"): option for option in found.options}
    given: dict[str, Any] = {}
    for name in request.args:
        option = names.get(name.replace("_", "-"))
        if option is None and name not in _COMMON:
            return _said(400, f"{report} has no {name}; it has {', '.join([*names, *_COMMON])}")
        if option is not None:
            given[option.name] = _read(name, multiple=option.kind.multiple, switch=option.default is False)
    for option in found.options:
        if option.name == "period" and "period" not in given:
            given["period"] = option.default
    if missing := [option.flag for option in found.options if option.required and option.name not in given]:
        return _said(400, f"{report} needs {', '.join(missing)}")
    try:
        place = connection.site(site, request.args.get("tz"))
        result = getattr(place, report)(**found.from_texts(given))
    except QueryError as error:
        if connection.is_away(error):
            connection.forget()
            return _said(503, str(error))
        return _said(400, str(error))
    if form == "csv":
        return Response(result.to_csv(), mimetype="text/csv")
    return Response(result.to_json(), mimetype="application/json")


def _read(name: str, *, multiple: bool, switch: bool) -> Any:
    if multiple:
        return request.args.getlist(name)
    return request.args[name] in ("1", "true", "yes") if switch else request.args[name]


def _said(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, mimetype="text/plain")
