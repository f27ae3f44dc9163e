"""Events in words, for the timeline of a session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from collector.query.render import span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The columns that the descriptions read, beside `properties`: those of a custom event, as JSON.
COLUMNS = (
    "title",
    "soft",
    "status",
    "engaged_ms",
    "max_scroll_pct",
    "element_role",
    "element_name",
    "element_selector",
    "element_zone",
    "element_fixed",
    "x",
    "y",
    "vx",
    "vy",
    "response",
    "response_ms",
    "watched_ms",
    "first_ms",
    "visible_ms",
    "form",
    "field",
    "hesitation_ms",
    "dwell_ms",
    "edits",
    "deletes",
    "refills",
    "pasted",
    "autofilled",
    "filled",
    "invalid",
    "step",
    "last_field",
    "error_type",
    "error_message",
    "vital",
    "vital_value",
    "goal",
    "value",
    "currency",
    "order_id",
    "experiment",
    "variant",
    "survey",
    "survey_score",
    "custom_name",
)
_SOFT = {
    "history": "in the page",
    "hash": "by its anchor",
    "bfcache": "from the back/forward cache",
    "resume": "after a pause",
}
_STEPS = {
    "view": "saw",
    "start": "started",
    "attempt": "tried to send",
    "error": "failed to send",
    "ok": "sent",
}


def describe(kind: str, event: Mapping[str, Any]) -> str:
    """An event in words, such as `clicked button "Add to cart" at 612,1480 (answered by mutation after 240 ms)`."""
    return _WORDS[kind](event) if kind in _WORDS else kind


def _page_view(event: Mapping[str, Any]) -> str:
    title = f' "{event["title"]}"' if event["title"] else ""
    how = f" ({_SOFT.get(event['soft'], event['soft'])})" if event["soft"] else ""
    wrong = f", status {event['status']}" if event["status"] >= 400 else ""
    return f"viewed the page{title}{how}{wrong}"


def _engagement(event: Mapping[str, Any]) -> str:
    return f"used the page for {span(event['engaged_ms'])}, scrolled to {event['max_scroll_pct']} %"


def _click(event: Mapping[str, Any]) -> str:
    x, y = (event["vx"], event["vy"]) if event["element_fixed"] else (event["x"], event["y"])
    return f"clicked {_element(event)} at {x},{y} ({_answer(event)})"


def _answer(event: Mapping[str, Any]) -> str:
    if event["response"]:
        return f"answered by {event['response']} after {span(event['response_ms'])}"
    return f"no answer in {span(event['watched_ms'])}"


def _element(event: Mapping[str, Any]) -> str:
    role = event["element_role"] or "element"
    if event["element_name"]:
        return f'{role} "{event["element_name"]}"'
    return f"{role} {event['element_selector']}".strip()


def _zone(event: Mapping[str, Any]) -> str:
    """Headings and buttons are seen one by one: a zone with four of them is not seen four times."""
    first = f", first after {span(event['first_ms'])}" if event["first_ms"] else ""
    zone = f"zone {event['element_zone']}" if event["element_zone"] else ""
    named = _element(event) if event["element_name"] or not zone else ""
    what = " in ".join(each for each in (named, zone) if each)
    return f"saw {what} for {span(event['visible_ms'])}{first}"


def _field(event: Mapping[str, Any]) -> str:
    said = [f"for {span(event['dwell_ms'])}"]
    if event["hesitation_ms"] is not None:
        said.append(f"first input after {span(event['hesitation_ms'])}")
    said += [f"{event[name]} {name}" for name in ("edits", "deletes", "refills") if event[name]]
    said += [name for name in ("pasted", "autofilled") if event[name]]
    said += [] if event["filled"] else ["left it blank"]
    said += [f"invalid: {event['invalid']}"] if event["invalid"] else []
    return f"visited field {event['field']} of form {event['form']} ({', '.join(said)})"


def _form(event: Mapping[str, Any]) -> str:
    after = f", last field {event['last_field']}" if event["last_field"] else ""
    return f"{_STEPS.get(event['step'], event['step'])} form {event['form']}{after}"


def _error(event: Mapping[str, Any]) -> str:
    return f"met a {event['error_type']} error: {event['error_message']}"


def _vital(event: Mapping[str, Any]) -> str:
    unit = "" if event["vital"] == "CLS" else " ms"
    return f"{event['vital']} {event['vital_value']:.4g}{unit}"


def _conversion(event: Mapping[str, Any]) -> str:
    worth = f", {event['value']:.2f} {event['currency']}".rstrip() if event["value"] else ""
    order = f", order {event['order_id']}" if event["order_id"] else ""
    return f"converted: {event['goal']}{worth}{order}"


def _exposure(event: Mapping[str, Any]) -> str:
    return f"saw variant {event['variant']} of experiment {event['experiment']}"


def _survey(event: Mapping[str, Any]) -> str:
    return f"answered survey {event['survey']}: {event['survey_score']:g}"


def _custom(event: Mapping[str, Any]) -> str:
    said = ", ".join(f"{key}={value}" for key, value in json.loads(event["properties"]).items())
    return f"{event['custom_name']}{f' ({said})' if said else ''}"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "page_view": _page_view,
    "engagement": _engagement,
    "click": _click,
    "zone": _zone,
    "field": _field,
    "form": _form,
    "error": _error,
    "vital": _vital,
    "conversion": _conversion,
    "exposure": _exposure,
    "survey": _survey,
    "custom": _custom,
    "identify": lambda _: "was identified",
}
